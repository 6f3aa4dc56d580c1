/// The members of an uncompressed tar, with the place of their contents.
struct TarIndex {
    struct Member {
        var name: String
        /// Bytes.
        var size: Int64
        var start: Int64
        /// `0` a file, `5` a folder, `S` sparse, `x` an extended header.
        var type: UInt8
        var uid: Int64
        var mode: Int64
        var magic: String
    }

    var members: [Member] = []
    /// Whether two blocks of zeros end it.
    var isEnded = false

    /// - Throws: `InspectionError.damaged` for a header that is none, or a member that is cut off.
    init(_ source: BlockSource) throws {
        var position: Int64 = 0
        var longName: String?
        while position + 512 <= source.size {
            let header = try source.bytes(position, 512)
            if header.isZero {
                isEnded = try position + 1024 <= source.size && source.bytes(position + 512, 512).isZero
                return
            }
            var sum: Int64 = 0
            for (index, byte) in header.enumerated() { sum += (148..<156).contains(index) ? 32 : Int64(byte) }
            guard sum == Self.number(header, 148, 8) else {
                throw InspectionError(.damaged, "the tar's header at byte \(position) has a wrong checksum")
            }
            let size = Self.number(header, 124, 12)
            let prefix = header.text(257..<262) == "ustar" && header[263] != 0x20 ? header.text(345..<500) : ""
            let name = header.text(0..<100)
            var start = position + 512
            // Further places of GNU's sparse files stand before the data.
            if header[156] == UInt8(ascii: "S"), header[482] != 0 {
                while try source.bytes(start, 512)[504] != 0 { start += 512 }
                start += 512
            }
            guard size >= 0, size <= source.size - start else {
                throw InspectionError(.damaged, "the member '\(name)' is cut off")
            }
            if header[156] == UInt8(ascii: "L") {
                longName = try source.bytes(start, Int(min(size, 4096))).text(0..<Int(min(size, 4096)))
            } else {
                members.append(
                    Member(
                        name: Self.plain(longName ?? (prefix.isEmpty ? name : "\(prefix)/\(name)")), size: size,
                        start: start,
                        type: header[156], uid: Self.number(header, 108, 8), mode: Self.number(header, 100, 8),
                        magic: header.text(257..<265)))
                longName = nil
            }
            position = start + (size + 511) / 512 * 512
        }
    }

    /// `tar -cf x.tar .` puts `./` before each name.
    private static func plain(_ name: String) -> String {
        name.hasPrefix("./") ? String(name.dropFirst(2)) : name
    }

    /// Octal digits, or base 256.
    private static func number(_ header: [UInt8], _ offset: Int, _ count: Int) -> Int64 {
        let field = header[offset..<offset + count]
        if field.first.map({ $0 & 0x80 != 0 }) == true {
            return field.dropFirst().reduce(Int64(0)) { $0 << 8 | Int64($1) }
        }
        let text = String(decoding: field.prefix { $0 != 0 }, as: UTF8.self).split(separator: " ").first ?? "0"
        return Int64(text, radix: 8) ?? -1
    }
}
