import Glibc

/// What libsolv leaves out of a `Packages` index (deb822) and a resolution needs.
struct StanzaFacts: Equatable {
    var name = ""
    /// Bytes of the .deb; 0 where the index does not say.
    var size: UInt64 = 0
    var isEssential = false
    /// 0 required, 1 important, 2 standard, 3 optional, 4 extra: apt's order.
    var priority: UInt64 = 3
    /// In hexadecimal.
    var sha256: String?
    /// libsolv keeps the longest checksum alone, but a lock has the SHA-256.
    var hasLongerDigest = false
}

/// Reads those facts, a stanza at a time, straight from the bytes: an index has 1.7 million lines.
struct PackagesText {
    /// In the order of the index; a stanza without a `Package` field is skipped, as libsolv skips it.
    static func facts(in text: UnsafeRawBufferPointer) -> [StanzaFacts] {
        guard let base = text.baseAddress else { return [] }
        var facts: [StanzaFacts] = []
        var stanza = StanzaFacts()
        var line = base
        let end = base + text.count
        while line < end {
            let lineEnd = memchr(line, 0x0A, end - line).map { UnsafeRawPointer($0) } ?? end
            if lineEnd == line {
                if !stanza.name.isEmpty { facts.append(stanza) }
                stanza = StanzaFacts()
            } else {
                read(line, lineEnd - line, into: &stanza)
            }
            line = lineEnd + 1
        }
        if !stanza.name.isEmpty { facts.append(stanza) }
        return facts
    }

    private static func read(_ line: UnsafeRawPointer, _ count: Int, into stanza: inout StanzaFacts) {
        // Only a few fields matter; their first letters tell most lines apart. Field names ignore case (deb822(5)).
        switch line.load(as: UInt8.self) | 0x20 {
        case UInt8(ascii: "p"):
            if let name = value("Package:", line, count) {
                stanza.name = name
            } else if let priority = value("Priority:", line, count) {
                let order = ["required", "important", "standard", "optional", "extra"]
                stanza.priority = UInt64(order.firstIndex(of: priority) ?? 3)
            }
        case UInt8(ascii: "s"):
            if let size = value("Size:", line, count) {
                stanza.size = UInt64(size) ?? 0
            } else if let digest = value("SHA256:", line, count) {
                stanza.sha256 = digest
            } else if value("SHA512:", line, count) != nil || value("SHA384:", line, count) != nil {
                stanza.hasLongerDigest = true
            }
        case UInt8(ascii: "e"):
            if let essential = value("Essential:", line, count) { stanza.isEssential = essential == "yes" }
        default: break
        }
    }

    private static func value(_ field: StaticString, _ line: UnsafeRawPointer, _ count: Int) -> String? {
        let length = field.utf8CodeUnitCount
        guard count > length,
            strncasecmp(line.assumingMemoryBound(to: CChar.self), field.utf8Start.cString, length) == 0
        else { return nil }
        let bytes = UnsafeRawBufferPointer(start: line + length, count: count - length)
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        let trimmed = bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        return String(decoding: trimmed, as: UTF8.self)
    }
}

extension UnsafePointer<UInt8> {
    fileprivate var cString: UnsafePointer<CChar> { UnsafeRawPointer(self).assumingMemoryBound(to: CChar.self) }
}
