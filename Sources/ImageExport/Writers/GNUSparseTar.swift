package import FileTrees

/// A tar of GNU's old format with one sparse file, as `tar --format=oldgnu -S` writes it: Compute Engine reads no other.
/// libarchive has no writer for it.
package struct GNUSparseTar: Sendable {
    private static let block = 512
    /// Places in the header itself, and in each block that follows it.
    private static let firstPlaces = 4
    private static let morePlaces = 21

    let name: String
    /// Seconds since 1970.
    let timestamp: Int64

    package init(name: String, timestamp: Int64) {
        self.name = name
        self.timestamp = timestamp
    }

    /// - Parameter size: of the file, in bytes; behind the disk it is zeros
    package func stream(
        of disk: DiskSource, size: Int64, cancelled: CancellationFlag
    ) throws -> ComposedStream {
        let contents = try disk.contents(blockSize: 64 << 10, cancelled: cancelled)
        // A hole at the end is told by an empty part there.
        let parts = contents.last?.upperBound == size ? contents : contents + [size..<size]
        let stored = parts.reduce(Int64(0)) { $0 + $1.upperBound - $1.lowerBound }
        var header = [UInt8](repeating: 0, count: Self.block)
        Self.put(Array(name.utf8), into: &header, at: 0)
        Self.put(Self.number(0o644, digits: 7), into: &header, at: 100)
        Self.put(Self.number(0, digits: 7), into: &header, at: 108)
        Self.put(Self.number(0, digits: 7), into: &header, at: 116)
        Self.put(Self.number(stored, digits: 11), into: &header, at: 124)
        Self.put(Self.number(timestamp, digits: 11), into: &header, at: 136)
        header[156] = UInt8(ascii: "S")
        Self.put(Array("ustar  ".utf8), into: &header, at: 257)
        Self.put(Array("root".utf8), into: &header, at: 265)
        Self.put(Array("root".utf8), into: &header, at: 297)
        Self.put(Self.places(parts.prefix(Self.firstPlaces)), into: &header, at: 386)
        var rest = parts.dropFirst(Self.firstPlaces)
        header[482] = rest.isEmpty ? 0 : 1
        Self.put(Self.number(size, digits: 11), into: &header, at: 483)
        Self.put([UInt8](repeating: 0x20, count: 8), into: &header, at: 148)
        let sum = header.reduce(Int64(0)) { $0 + Int64($1) }
        Self.put(Self.number(sum, digits: 6) + [0x20], into: &header, at: 148)
        while !rest.isEmpty {
            var more = [UInt8](repeating: 0, count: Self.block)
            Self.put(Self.places(rest.prefix(Self.morePlaces)), into: &more, at: 0)
            rest = rest.dropFirst(Self.morePlaces)
            more[504] = rest.isEmpty ? 0 : 1
            header += more
        }
        let padding = (Int64(Self.block) - stored % Int64(Self.block)) % Int64(Self.block)
        let length = Int64(header.count) + stored + padding + 1024
        // tar(1) writes whole records of 10 KiB.
        let end = 1024 + (10240 - length % 10240) % 10240
        return ComposedStream(
            [.bytes(header)] + parts.filter { !$0.isEmpty }.map { .disk($0) } + [.zeros(padding + end)], of: disk)
    }

    private static func places(_ parts: ArraySlice<Range<Int64>>) -> [UInt8] {
        parts.flatMap { number($0.lowerBound, digits: 11) + number($0.upperBound - $0.lowerBound, digits: 11) }
    }

    /// Octal digits and a NUL; in base 256 where they do not suffice (8 GiB and more).
    static func number(_ value: Int64, digits: Int) -> [UInt8] {
        let octal = String(value, radix: 8)
        guard octal.utf8.count > digits else {
            return [UInt8](repeating: 0x30, count: digits - octal.utf8.count) + Array(octal.utf8) + [0]
        }
        return [0x80] + [UInt8](repeating: 0, count: digits - 8) + value.bigEndianBytes
    }

    private static func put(_ bytes: [UInt8], into header: inout [UInt8], at offset: Int) {
        header.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
}
