import BuildPlanning

/// A GUID partition table (UEFI specification 2.10, chapter 5) as bytes.
///
/// Written here and not by parted in the libguestfs appliance: its calls take seconds when emulated, its GUIDs are
/// random, and the disk's size is not known when the appliance starts. libguestfs reads the result back.
///
///     LBA 0            protective MBR
///     LBA 1            header
///     LBA 2–33         128 entries of 128 bytes
///     LBA -33 – -2     the entries again
///     LBA -1           the header's copy, which names itself as the main one
struct PartitionTable {
    static let sectorSize = 512
    private static let entryCount = 128
    private static let entrySize = 128
    /// Sectors that the entries fill.
    private static let entrySectors = entryCount * entrySize / sectorSize

    let layout: DiskLayout

    private var sectors: UInt64 { UInt64(layout.size) / UInt64(Self.sectorSize) }

    /// LBA 0–33. The first 440 bytes are left to a boot loader.
    func primary() throws(DiskError) -> [UInt8] {
        let entries = try entries()
        return protectiveMBR()
            + header(at: 1, other: sectors - 1, entriesAt: 2, entries: entries) + entries
    }

    /// The last 33 sectors.
    func backup() throws(DiskError) -> [UInt8] {
        let entries = try entries()
        return entries
            + header(at: sectors - 1, other: 1, entriesAt: sectors - 1 - UInt64(Self.entrySectors), entries: entries)
    }

    /// Where `backup` begins, in bytes.
    var backupOffset: Int64 { layout.size - Int64((Self.entrySectors + 1) * Self.sectorSize) }

    /// One entry of type 0xEE over the whole disk, so that tools that know no GPT see no free space.
    private func protectiveMBR() -> [UInt8] {
        var sector = [UInt8](repeating: 0, count: Self.sectorSize)
        sector.replaceSubrange(446..<454, with: [0x00, 0x00, 0x02, 0x00, 0xEE, 0xFF, 0xFF, 0xFF])
        sector.put(UInt32(1), at: 454)
        sector.put(UInt32(clamping: sectors - 1), at: 458)
        sector.put(UInt16(0xAA55), at: 510)
        return sector
    }

    private func header(at own: UInt64, other: UInt64, entriesAt: UInt64, entries: [UInt8]) -> [UInt8] {
        var sector = [UInt8](repeating: 0, count: Self.sectorSize)
        sector.replaceSubrange(0..<8, with: Array("EFI PART".utf8))
        sector.put(UInt32(0x0001_0000), at: 8)
        sector.put(UInt32(92), at: 12)
        sector.put(own, at: 24)
        sector.put(other, at: 32)
        sector.put(UInt64(2 + Self.entrySectors), at: 40)
        sector.put(sectors - 2 - UInt64(Self.entrySectors), at: 48)
        sector.replaceSubrange(56..<72, with: Self.bytes(ofGUID: layout.diskGUID) ?? [])
        sector.put(entriesAt, at: 72)
        sector.put(UInt32(Self.entryCount), at: 80)
        sector.put(UInt32(Self.entrySize), at: 84)
        sector.put(CRC32.of(entries), at: 88)
        sector.put(CRC32.of(sector[..<92]), at: 16)
        return sector
    }

    private func entries() throws(DiskError) -> [UInt8] {
        var table = [UInt8](repeating: 0, count: Self.entryCount * Self.entrySize)
        guard Self.bytes(ofGUID: layout.diskGUID) != nil else { throw malformed(layout.diskGUID) }
        for partition in layout.partitions {
            guard let type = Self.bytes(ofGUID: partition.typeGUID) else { throw malformed(partition.typeGUID) }
            guard let unique = Self.bytes(ofGUID: partition.uniqueGUID) else { throw malformed(partition.uniqueGUID) }
            guard (1...Self.entryCount).contains(partition.number) else {
                throw DiskError(.verification, "a partition has the number \(partition.number)")
            }
            let offset = (partition.number - 1) * Self.entrySize
            let first = UInt64(partition.start) / UInt64(Self.sectorSize)
            table.replaceSubrange(offset..<offset + 16, with: type)
            table.replaceSubrange(offset + 16..<offset + 32, with: unique)
            table.put(first, at: offset + 32)
            table.put(first + UInt64(partition.size) / UInt64(Self.sectorSize) - 1, at: offset + 40)
            // UTF-16LE, 36 units.
            for (index, unit) in partition.name.utf16.prefix(36).enumerated() {
                table.put(unit, at: offset + 56 + 2 * index)
            }
        }
        return table
    }

    private func malformed(_ guid: String) -> DiskError {
        DiskError(.verification, "the disk layout holds '\(guid)', which is no GUID")
    }

    /// The on-disk form of a GUID: its first three fields are little-endian, the rest as written. Nil when it is none.
    static func bytes(ofGUID text: String) -> [UInt8]? {
        let fields = text.split(separator: "-", omittingEmptySubsequences: false)
        guard fields.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return nil }
        var result: [UInt8] = []
        for (index, field) in fields.enumerated() {
            var bytes: [UInt8] = []
            var rest = field
            while !rest.isEmpty {
                guard let byte = UInt8(rest.prefix(2), radix: 16), !rest.hasPrefix("+") else { return nil }
                bytes.append(byte)
                rest = rest.dropFirst(2)
            }
            result += index < 3 ? bytes.reversed() : bytes
        }
        return result
    }
}

extension [UInt8] {
    /// Stores an integer, least significant byte first.
    mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
        Swift.withUnsafeBytes(of: value.littleEndian) { replaceSubrange(offset..<offset + $0.count, with: $0) }
    }

    /// Reads an integer stored least significant byte first.
    func value<Integer: FixedWidthInteger>(at offset: Int, as type: Integer.Type = Integer.self) -> Integer {
        (0..<Integer.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Integer(self[offset + $1]) }
    }
}
