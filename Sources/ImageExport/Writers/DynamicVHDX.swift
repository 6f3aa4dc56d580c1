import ContentDigest
package import FileTrees

/// A dynamic VHDX ([MS-VHDX]: Virtual Hard Disk v2 File Format). Blocks of zeros are left out.
///
///     0        file type identifier
///     64 KiB   header, and 64 KiB further its copy with the lower sequence number
///     192 KiB  region table, and 64 KiB further its copy
///     1 MiB    log, empty
///     2 MiB    metadata
///     3 MiB    block allocation table
///     …        blocks of 1 MiB
///
/// qemu-img would write random GUIDs; these are derived from the disk, so that the same disk gives the same bytes.
package struct DynamicVHDX: Sendable {
    private static let mebibyte: Int64 = 1 << 20
    private static let blockSize: Int64 = 1 << 20
    /// Blocks that one sector bitmap would stand for: its entry follows theirs in the table.
    private static let chunkRatio: Int64 = (1 << 23) * 512 / blockSize

    package init() {}

    package func write(_ disk: DiskSource, to path: String, cancelled: CancellationFlag) throws -> WrittenFile {
        let output = try FileOutput(path)
        let seed = try DiskSeed(disk)
        let size = (disk.size + 511) / 512 * 512
        let blocks = (size + Self.blockSize - 1) / Self.blockSize
        let entries = blocks + (blocks - 1) / Self.chunkRatio
        let tableSize = (entries * 8 + Self.mebibyte - 1) / Self.mebibyte * Self.mebibyte
        let present = try disk.contents(blockSize: Int(Self.blockSize), cancelled: cancelled)

        try output.write(Array("vhdxfile".utf8) + Array("Stonebake".utf16).flatMap(\.littleEndianBytes))
        try output.pad(to: 64 << 10)
        for sequence in [UInt64(1), 0] {
            try output.write(Self.header(sequence: sequence, seed: seed))
            try output.pad(to: 64 << 10)
        }
        for _ in 0..<2 { try output.write(Self.regions(tableSize: tableSize)) }
        try output.pad(to: 2 * Self.mebibyte)
        try output.write(Self.metadata(size: size, seed: seed))
        try output.pad(to: 3 * Self.mebibyte)

        var table = [UInt64](repeating: 0, count: Int(entries))
        var place = 3 + tableSize / Self.mebibyte
        for block in present.flatMap({
            $0.lowerBound / Self.blockSize..<($0.upperBound + Self.blockSize - 1) / Self.blockSize
        }) {
            // Fully present; the place is in MiB.
            table[Int(block + block / Self.chunkRatio)] = UInt64(place) << 20 | 6
            place += 1
        }
        try output.write(table.flatMap(\.littleEndianBytes))
        try output.pad(to: Self.mebibyte)
        for range in present {
            try output.copy(disk, range, cancelled: cancelled)
            try output.pad(to: Self.blockSize)
        }
        return WrittenFile(output)
    }

    private static func header(sequence: UInt64, seed: DiskSeed) -> [UInt8] {
        var bytes = Array("head".utf8) + UInt32(0).littleEndianBytes + sequence.littleEndianBytes
        bytes += seed.uuidBytes("vhdx file") + seed.uuidBytes("vhdx data")
        // No log is to be replayed; versions; where the log is.
        bytes += [UInt8](repeating: 0, count: 16) + UInt16(0).littleEndianBytes + UInt16(1).littleEndianBytes
        bytes += UInt32(mebibyte).littleEndianBytes + UInt64(mebibyte).littleEndianBytes
        bytes += [UInt8](repeating: 0, count: 4096 - bytes.count)
        return CRC32C.sealed(bytes, at: 4)
    }

    private static func regions(tableSize: Int64) -> [UInt8] {
        var bytes = Array("regi".utf8) + UInt32(0).littleEndianBytes + UInt32(2).littleEndianBytes
        bytes += UInt32(0).littleEndianBytes
        bytes += guid("2DC27766-F623-4200-9D64-115E9BFD4A08") + UInt64(3 * mebibyte).littleEndianBytes
        bytes += UInt32(tableSize).littleEndianBytes + UInt32(1).littleEndianBytes
        bytes += guid("8B7CA206-4790-4B9A-B8FE-575F050F886E") + UInt64(2 * mebibyte).littleEndianBytes
        bytes += UInt32(mebibyte).littleEndianBytes + UInt32(1).littleEndianBytes
        bytes += [UInt8](repeating: 0, count: (64 << 10) - bytes.count)
        return CRC32C.sealed(bytes, at: 4)
    }

    private static func metadata(size: Int64, seed: DiskSeed) -> [UInt8] {
        // Bit 1: of the virtual disk; bit 2: a reader has to know it.
        let items: [(guid: String, flags: UInt32, value: [UInt8])] = [
            ("CAA16737-FA36-4D43-B3B6-33F0AA44E76B", 4, UInt32(blockSize).littleEndianBytes + [0, 0, 0, 0]),
            ("2FA54224-CD1B-4876-B211-5DBED83BF4B8", 6, size.littleEndianBytes),
            ("BECA12AB-B2E6-4523-93EF-C309E000C746", 6, seed.uuidBytes("vhdx disk")),
            ("8141BF1D-A96F-4709-BA47-F233A8FAAB5F", 6, UInt32(512).littleEndianBytes),
            ("CDA348C7-445D-4471-9CC9-E9885251C556", 6, UInt32(4096).littleEndianBytes),
        ]
        var table = Array("metadata".utf8) + [0, 0] + UInt16(items.count).littleEndianBytes
        table += [UInt8](repeating: 0, count: 20)
        var values: [UInt8] = []
        for item in items {
            table += guid(item.guid) + UInt32((64 << 10) + values.count).littleEndianBytes
            table += UInt32(item.value.count).littleEndianBytes + item.flags.littleEndianBytes + [0, 0, 0, 0]
            values += item.value
        }
        return table + [UInt8](repeating: 0, count: (64 << 10) - table.count) + values
    }

    /// As Windows stores it: the first three fields least significant byte first.
    private static func guid(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8.filter { $0 != UInt8(ascii: "-") })
        let bytes = stride(from: 0, to: 32, by: 2).map {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0
        }
        return [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map { bytes[$0] }
    }
}
