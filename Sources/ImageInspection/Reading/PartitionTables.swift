/// What divides a disk: a GUID partition table, an MBR, or nothing.
package struct DiskTable: Sendable, Equatable {
    package enum Kind: String, Sendable, Codable { case gpt, mbr, none }

    package struct Entry: Sendable, Equatable, Codable {
        package var number: Int
        /// A GUID, or an MBR type as two hexadecimal digits.
        package var type: String
        package var id: String?
        package var name: String?
        /// Bytes.
        package var start: Int64
        package var size: Int64
        /// GPT attribute bits as hexadecimal digits, or `active`.
        package var attributes: String?
    }

    package var kind: Kind
    package var id: String?
    package var entries: [Entry]
    /// What contradicts itself: wrong checksums, a copy that differs.
    package var problems: [String]

    /// Bytes of a sector, by which a table counts: 512, or 4096 where a GPT is found there.
    static func read(_ disk: BlockSource) throws -> DiskTable {
        let sector = try disk.available(0, 512)
        var broken: DiskTable?
        for sectorSize in [512, 4096] {
            guard let table = try gpt(disk, at: Int64(sectorSize), sectorSize: sectorSize) else { continue }
            if table.problems.isEmpty { return table.judged(disk) }
            broken = broken ?? table
        }
        guard sector.count == 512, sector[510] == 0x55, sector[511] == 0xAA, var table = try mbr(disk, sector) else {
            return broken?.judged(disk) ?? DiskTable(kind: .none, id: nil, entries: [], problems: [])
        }
        // The MBR that protects a GPT, of which the first copy is damaged or gone.
        guard table.entries.contains(where: { $0.type == "ee" }) else {
            return broken?.judged(disk) ?? table.judged(disk)
        }
        for sectorSize in [512, 4096] {
            guard var copy = try gpt(disk, at: disk.size - Int64(sectorSize), sectorSize: sectorSize, isCopy: true),
                copy.problems.isEmpty
            else { continue }
            copy.problems = broken?.problems ?? []
            copy.problems.append("the first GPT is damaged, and only its copy at the disk's end is whole")
            return copy.judged(disk)
        }
        if let broken { return broken.judged(disk) }
        table.entries.removeAll { $0.type == "ee" }
        table.problems.append("the master boot record announces a GPT, and there is none")
        return table
    }

    /// With what is wrong of its partitions' places.
    private func judged(_ disk: BlockSource) -> DiskTable {
        var table = self
        // Extended partitions hold others.
        let plain = entries.filter { kind == .gpt || !["05", "0f", "85"].contains($0.type) }.sorted {
            $0.start < $1.start
        }
        for entry in plain where entry.start > disk.size - entry.size {
            table.problems.append("partition \(entry.number) ends behind the end of the disk")
        }
        for (first, second) in zip(plain, plain.dropFirst()) where second.start < first.start + first.size {
            table.problems.append("the partitions \(first.number) and \(second.number) overlap")
        }
        return table
    }

    // MARK: GPT (UEFI specification 2.10, chapter 5)

    /// Nil: there is no GPT's header at this byte.
    private static func gpt(
        _ disk: BlockSource, at place: Int64, sectorSize: Int, isCopy: Bool = false
    ) throws -> DiskTable? {
        guard place > 0 else { return nil }
        let header = try disk.available(place, 512)
        guard header.starts(with: Array("EFI PART".utf8)) else { return nil }
        var table = DiskTable(kind: .gpt, id: header.guid(56), entries: [], problems: [])
        let count = Int(min(header.little(80, as: UInt32.self), 4096))
        let entrySize = Int(header.little(84, as: UInt32.self))
        let sector = Int64(clamping: header.little(72, as: UInt64.self))
        guard (128...4096).contains(entrySize), sector < Int64.max / 4096,
            sector * Int64(sectorSize) <= disk.size - Int64(count * entrySize)
        else {
            table.problems.append("the GPT's entries are not where its header says")
            return table
        }
        let entries = try disk.bytes(sector * Int64(sectorSize), count * entrySize)
        for index in 0..<count {
            let base = index * entrySize
            if Array(entries[base..<base + 16]).isZero { continue }
            let first = Int64(clamping: entries.little(base + 32, as: UInt64.self))
            let last = Int64(clamping: entries.little(base + 40, as: UInt64.self))
            guard last >= first, last < Int64.max / 4096 else {
                table.problems.append("partition \(index + 1) ends before it begins")
                continue
            }
            let units = stride(from: base + 56, to: base + 128, by: 2).map { entries.little($0, as: UInt16.self) }
            let attributes = entries.little(base + 48, as: UInt64.self)
            table.entries.append(
                Entry(
                    number: index + 1, type: entries.guid(base), id: entries.guid(base + 16),
                    name: String(decoding: units.prefix { $0 != 0 }, as: UTF16.self),
                    start: first * Int64(sectorSize), size: (last - first + 1) * Int64(sectorSize),
                    attributes: attributes == 0 ? nil : String(attributes, radix: 16)))
        }
        let size = Int(min(max(header.little(12, as: UInt32.self), 92), 512))
        var zeroed = Array(header[..<size])
        zeroed.replaceSubrange(16..<20, with: [0, 0, 0, 0])
        if checksum(zeroed) != header.little(16, as: UInt32.self) {
            table.problems.append("the GPT header's checksum is wrong")
        }
        if checksum(entries) != header.little(88, as: UInt32.self) {
            table.problems.append("the checksum of the GPT's entries is wrong")
        }
        let backup = Int64(clamping: header.little(32, as: UInt64.self)) &* Int64(sectorSize)
        // Of the copy at the end, the first one is that copy.
        if !isCopy, try !disk.available(backup, 8).elementsEqual(Array("EFI PART".utf8)) {
            table.problems.append("there is no copy of the GPT where its header says")
        }
        return table
    }

    /// CRC-32 (IEEE 802.3).
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }

    // MARK: MBR

    /// Nil when the sector is a filesystem's boot sector, which ends with the same two bytes.
    private static func mbr(_ disk: BlockSource, _ sector: [UInt8]) throws -> DiskTable? {
        var entries: [Entry] = []
        for index in 0..<4 {
            let base = 446 + 16 * index
            guard sector[base] & 0x7F == 0 else { return nil }
            guard let entry = entry(sector, base, number: index + 1, from: 0), entry.start < disk.size else { continue }
            entries.append(entry)
            if ["05", "0f", "85"].contains(entry.type) { entries += try logical(disk, in: entry) }
        }
        guard !entries.isEmpty else { return nil }
        return DiskTable(
            kind: .mbr, id: hexadecimal(sector.little(440, as: UInt32.self)), entries: entries, problems: [])
    }

    /// The chain of extended boot records; numbers begin at 5.
    private static func logical(_ disk: BlockSource, in extended: Entry) throws -> [Entry] {
        var entries: [Entry] = []
        var at = extended.start
        var seen: Set<Int64> = []
        while seen.insert(at).inserted, seen.count < 256 {
            let sector = try disk.available(at, 512)
            guard sector.count == 512, sector[510] == 0x55, sector[511] == 0xAA else { break }
            if let entry = entry(sector, 446, number: 5 + entries.count, from: at) { entries.append(entry) }
            let next = Int64(sector.little(462 + 8, as: UInt32.self)) * 512
            if next == 0 { break }
            at = extended.start + next
        }
        return entries
    }

    private static func entry(_ sector: [UInt8], _ base: Int, number: Int, from: Int64) -> Entry? {
        let size = Int64(sector.little(base + 12, as: UInt32.self)) * 512
        guard sector[base + 4] != 0, size > 0 else { return nil }
        return Entry(
            number: number, type: sector.hex(base + 4..<base + 5), id: nil, name: nil,
            start: from + Int64(sector.little(base + 8, as: UInt32.self)) * 512, size: size,
            attributes: sector[base] & 0x80 != 0 ? "active" : nil)
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
