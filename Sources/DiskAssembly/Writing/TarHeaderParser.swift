/// Turns 512-byte tar headers into entries; remembers what pax and GNU extension headers say of the next one.
struct TarHeaderParser {
    struct Header {
        var path: String
        var linkTarget: String
        var type: Character
        var size: Int64

        /// Whether it describes the next entry (pax `x`, GNU `L` and `K`) or all of them (pax `g`).
        var isExtension: Bool { "xgLK".contains(type) }
    }

    /// Before the name of an extended attribute, whose value follows as it is (star, GNU tar, libarchive).
    private static let attributePrefix = "SCHILY.xattr."

    private var path: String?
    private var linkTarget: String?
    private var size: Int64?
    private var attributes: [String: [UInt8]] = [:]

    /// Nil at the zero block that ends an archive.
    ///
    /// - Throws: `DiskError.badTree` when the checksum is wrong.
    func header(_ block: [UInt8], archive: String) throws(DiskError) -> Header? {
        var sum: Int64 = 0
        for byte in block { sum += Int64(byte) }
        if sum == 0 { return nil }
        // The checksum is taken with its own eight bytes as spaces.
        for byte in block[148..<156] { sum += 32 - Int64(byte) }
        guard Self.number(block[148..<156]) == sum else {
            throw RootArchive.bad(archive, "a header's checksum is wrong")
        }
        let isPOSIX = block[257..<262].elementsEqual("ustar".utf8)
        let prefix = isPOSIX && block[262] == 0 ? Self.text(block[345..<500]) : ""
        let name = Self.text(block[0..<100])
        let type = Character(Unicode.Scalar(block[156]))
        let ownSize = Self.number(block[124..<136])
        let isExtension = "xgLK".contains(type)
        // Links and folders may state a size without having content.
        let bodyless = "123456".contains(type)
        return Header(
            path: prefix.isEmpty ? name : "\(prefix)/\(name)",
            linkTarget: Self.text(block[157..<257]),
            type: type == "\0" || type == "7" ? "0" : type,
            size: bodyless ? 0 : isExtension ? ownSize : size ?? ownSize)
    }

    /// Remembers the content of an extension header for the entry that follows.
    mutating func take(_ content: [UInt8], of header: Header, archive: String) throws(DiskError) {
        switch header.type {
        case "L": path = Self.text(content[...])
        case "K": linkTarget = Self.text(content[...])
        case "x":
            // Records of `LENGTH KEY=VALUE\n`; the length counts all of the record.
            var rest = content[...]
            while let space = rest.firstIndex(of: 32) {
                guard let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                    length > space - rest.startIndex + 1, length <= rest.count
                else { throw RootArchive.bad(archive, "a pax record is malformed") }
                let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
                rest = rest[(rest.startIndex + length)...]
                guard let equals = record.firstIndex(of: 61) else { continue }
                let key = String(decoding: record[..<equals], as: UTF8.self)
                try set(key, record[(equals + 1)...], archive: archive)
            }
        default: break
        }
    }

    /// The entry of a header, with what was remembered for it, which is then forgotten.
    mutating func entry(_ header: Header, offset: Int64) -> RootArchive.Entry {
        defer { self = TarHeaderParser() }
        return RootArchive.Entry(
            path: Self.normalized(path ?? header.path), type: header.type, size: header.size, offset: offset,
            linkTarget: header.type == "1"
                ? Self.normalized(linkTarget ?? header.linkTarget) : linkTarget ?? header.linkTarget,
            attributes: attributes)
    }

    private mutating func set(_ key: String, _ value: ArraySlice<UInt8>, archive: String) throws(DiskError) {
        switch key {
        case "path": path = String(decoding: value, as: UTF8.self)
        case "linkpath": linkTarget = String(decoding: value, as: UTF8.self)
        case "size": size = Int64(String(decoding: value, as: UTF8.self))
        case _ where key.hasPrefix(Self.attributePrefix):
            attributes[String(key.dropFirst(Self.attributePrefix.count))] = Array(value)
        case _ where key.hasPrefix("SCHILY.acl."):
            throw RootArchive.bad(archive, "'\(path ?? "?")' has an access control list in text form")
        default: break
        }
    }

    /// Without `./` in front and `/` behind.
    private static func normalized(_ path: String) -> String {
        var rest = path[...]
        while rest.hasPrefix("./") || rest.hasPrefix("/") { rest = rest.drop { $0 == "." }.drop { $0 == "/" } }
        while rest.hasSuffix("/") { rest.removeLast() }
        return rest == "." ? "" : String(rest)
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Octal digits; or, with the highest bit set, a big-endian number (GNU, for 8 GiB and more).
    private static func number(_ field: ArraySlice<UInt8>) -> Int64 {
        if let first = field.first, first & 0x80 != 0 {
            return field.dropFirst().reduce(Int64(first & 0x7F)) { $0 << 8 | Int64($1) }
        }
        let digits = field.drop { $0 == 32 }.prefix { (48...55).contains($0) }
        return digits.reduce(0) { $0 << 3 | Int64($1 - 48) }
    }
}
