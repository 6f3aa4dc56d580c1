import FileTrees

/// Where the clusters of an earlier qcow2 lie in its file. Only of one as `QCOW2Layout` places it, or qemu-img with the same
/// options: whatever else the format allows is none that somebody takes frames from.
struct QCOW2Tables: Sendable {
    enum Place {
        /// Bytes of the file that begin with the frame, and end with the sector in which that ends.
        case compressed(Range<Int64>)
        /// zstd has not made it smaller: images that were never compressed are not asked.
        case stored
    }

    private static let clusterSize = Int64(QCOW2Layout.clusterSize)
    private static let entriesPerTable = QCOW2Layout.clusterSize / 8
    /// Bytes of the largest disk: its tables take 128 MiB.
    private static let largestDisk: UInt64 = 1 << 40
    /// Of an L1 entry, or an L2 entry that is not compressed.
    private static let offset: UInt64 = 0x00ff_ffff_ffff_fe00
    private static let isCompressed: UInt64 = 1 << 62
    private static let isZeros: UInt64 = 1

    /// Empty where a table has no entries.
    private var tables: [[UInt64]] = []

    /// Nil when the file cannot be read, or is something else.
    init?(_ path: String) {
        guard let header = Self.read(path, at: 0, count: 112), Self.isExpected(header) else { return nil }
        let size: UInt64 = header.bigEndian(at: 24)
        let clusters = (size + UInt64(Self.clusterSize) - 1) / UInt64(Self.clusterSize)
        let count = (clusters + UInt64(Self.entriesPerTable) - 1) / UInt64(Self.entriesPerTable)
        let (l1Entries, l1): (UInt32, UInt64) = (header.bigEndian(at: 36), header.bigEndian(at: 40))
        guard (1...Self.largestDisk).contains(size), UInt64(l1Entries) == count, Self.isPlace(l1),
            let entries = Self.numbers(path, at: l1, count: Int(count))
        else { return nil }
        for entry in entries {
            let place = entry & Self.offset
            if place == 0 {
                tables.append([])
            } else {
                guard Self.isPlace(place), let table = Self.numbers(path, at: place, count: Self.entriesPerTable) else {
                    return nil
                }
                tables.append(table)
            }
        }
    }

    /// Nil for zeros, and behind the disk's end.
    subscript(cluster: Int) -> Place? {
        let number = cluster / Self.entriesPerTable
        guard number < tables.count, !tables[number].isEmpty else { return nil }
        let entry = tables[number][cluster % Self.entriesPerTable]
        guard entry & Self.isCompressed != 0 else {
            return entry & Self.offset == 0 || entry & Self.isZeros != 0 ? nil : .stored
        }
        // How many sectors follow the first one lies above the place.
        let start = Int64(entry & (1 << 54 - 1))
        let sectors = Int64(entry >> 54 & 0xff) + 1
        return .compressed(start..<start / 512 * 512 + sectors * 512)
    }

    /// Version 3, without a backing file, encryption or snapshots, and compressed by zstd, which is all that a reader has to
    /// know of it.
    private static func isExpected(_ header: [UInt8]) -> Bool {
        let words: [(place: Int, value: UInt32)] = [
            (0, 0x5146_49fb), (4, 3), (8, 0), (12, 0), (16, 0), (20, 16), (32, 0), (60, 0), (72, 0), (76, 1 << 3),
        ]
        guard words.allSatisfy({ header.bigEndian(at: $0.place) == $0.value }) else { return false }
        let length: UInt32 = header.bigEndian(at: 100)
        return length >= 105 && header[104] == 1
    }

    private static func isPlace(_ offset: UInt64) -> Bool {
        offset > 0 && offset < 1 << 56 && offset % UInt64(clusterSize) == 0
    }

    private static func numbers(_ path: String, at place: UInt64, count: Int) -> [UInt64]? {
        guard let bytes = read(path, at: Int64(place), count: count * 8) else { return nil }
        return (0..<count).map { bytes.bigEndian(at: $0 * 8) }
    }

    /// Nil when there are not so many.
    private static func read(_ path: String, at place: Int64, count: Int) -> [UInt8]? {
        try? [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            done =
                try Files.read(path, at: place, into: UnsafeMutableRawBufferPointer(buffer), bypassingCache: false) ?? 0
            if done < count { throw HostError(.fileSystem, "'\(path)' is too short") }
        }
    }
}

extension [UInt8] {
    fileprivate func bigEndian<Number: FixedWidthInteger>(at place: Int) -> Number {
        withUnsafeBytes { Number(bigEndian: $0.loadUnaligned(fromByteOffset: place, as: Number.self)) }
    }
}
