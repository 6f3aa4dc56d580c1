import Glibc

/// What libsolv leaves out of a `Packages` index (deb822) and a resolution needs.
struct StanzaFacts: Equatable {
    var name = ""
    /// Bytes of the .deb; 0 where the index does not say.
    var size: UInt64 = 0
    var isEssential = false
    /// 0 required, 1 important, 2 standard, 3 optional, 4 extra: apt's order.
    var priority: UInt64 = 3
    /// In hexadecimal, where the stanza has longer ones too: libsolv keeps the longest alone.
    var sha256: String?
}

/// Reads those facts, a stanza at a time, straight from the bytes: an index has 1.7 million lines.
struct PackagesText {
    private var stanza = StanzaFacts()
    private var sha256: UnsafeRawBufferPointer?
    private var hasLongerDigest = false
    private var facts: [StanzaFacts] = []

    /// In the order of the index; a stanza without a `Package` field is skipped, as libsolv skips it.
    static func facts(in text: UnsafeRawBufferPointer) -> [StanzaFacts] {
        guard let base = text.baseAddress else { return [] }
        var reader = PackagesText()
        var line = base
        let end = base + text.count
        while line < end {
            let lineEnd = memchr(line, 0x0A, end - line).map { UnsafeRawPointer($0) } ?? end
            if lineEnd == line { reader.endStanza() } else { reader.read(line, lineEnd - line) }
            line = lineEnd + 1
        }
        reader.endStanza()
        return reader.facts
    }

    private mutating func endStanza() {
        if hasLongerDigest, let sha256 { stanza.sha256 = Self.trimmed(sha256) }
        if !stanza.name.isEmpty { facts.append(stanza) }
        stanza = StanzaFacts()
        sha256 = nil
        hasLongerDigest = false
    }

    private mutating func read(_ line: UnsafeRawPointer, _ count: Int) {
        // Only a few fields matter; their first letters tell most lines apart. Field names ignore case (deb822(5)).
        switch line.load(as: UInt8.self) | 0x20 {
        case UInt8(ascii: "p"):
            if let name = Self.value("Package:", line, count) {
                stanza.name = Self.trimmed(name)
            } else if let priority = Self.value("Priority:", line, count) {
                let order = ["required", "important", "standard", "optional", "extra"]
                stanza.priority = UInt64(order.firstIndex(of: Self.trimmed(priority)) ?? 3)
            }
        case UInt8(ascii: "s"):
            if let size = Self.value("Size:", line, count) {
                stanza.size = UInt64(Self.trimmed(size)) ?? 0
            } else if let digest = Self.value("SHA256:", line, count) {
                sha256 = digest
            } else if Self.value("SHA512:", line, count) ?? Self.value("SHA384:", line, count) != nil {
                hasLongerDigest = true
            }
        case UInt8(ascii: "e"):
            if let essential = Self.value("Essential:", line, count) {
                stanza.isEssential = Self.trimmed(essential) == "yes"
            }
        default: break
        }
    }

    /// What follows the field's name; nil when the line is another field's.
    private static func value(
        _ field: StaticString, _ line: UnsafeRawPointer, _ count: Int
    ) -> UnsafeRawBufferPointer? {
        let length = field.utf8CodeUnitCount
        guard count > length,
            strncasecmp(line.assumingMemoryBound(to: CChar.self), field.utf8Start.cString, length) == 0
        else { return nil }
        return UnsafeRawBufferPointer(start: line + length, count: count - length)
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        var (start, end) = (0, bytes.count)
        while start < end, isSpace(bytes[start]) { start += 1 }
        while end > start, isSpace(bytes[end - 1]) { end -= 1 }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }
}

extension UnsafePointer<UInt8> {
    fileprivate var cString: UnsafePointer<CChar> { UnsafeRawPointer(self).assumingMemoryBound(to: CChar.self) }
}
