import FileTrees

/// Reads ext2, ext3 and ext4 without mounting: as an ordinary user, in seconds where an emulated appliance takes
/// minutes. A journal that was not replayed is not replayed here either; the facts say so.
final class Ext4Reader: FilesystemReader {
    private let inodes: Ext4Inodes

    /// Nil when the source holds something else.
    init?(_ source: BlockSource) throws {
        guard let superblock = try Ext4Superblock(source) else { return nil }
        // Compression, a journal device, directory data of Lustre: nothing that Linux itself would mount.
        guard !superblock.hasIncompatible(0x1 | 0x8 | 0x1000) else {
            throw InspectionError(.unknownFeature, "'\(source.path)' has ext4 features that cannot be read")
        }
        inodes = try Ext4Inodes(source: source, superblock: superblock)
    }

    var facts: [Fact] { inodes.superblock.facts }

    func files() throws -> [FileRecord] {
        var result: [FileRecord] = []
        var visited: Set<Int64> = []
        var pending: [(path: String, number: Int64)] = [("", 2)]
        while let (path, number) = pending.popLast() {
            let inode = try inodes.inode(number)
            let record = try record(path, number, inode)
            result.append(record)
            guard record.kind == .directory else { continue }
            guard visited.insert(number).inserted else {
                throw InspectionError(.damaged, "the directory '\(path)' lies in itself")
            }
            for entry in try entries(ofDirectory: inode) {
                pending.append((path.isEmpty ? entry.name : "\(path)/\(entry.name)", entry.inode))
            }
        }
        return result.sortedBytewise { $0.path }
    }

    private func record(_ path: String, _ number: Int64, _ inode: [UInt8]) throws -> FileRecord {
        let mode = UInt32(inode.little(0, as: UInt16.self))
        let kind: FileRecord.Kind =
            switch mode & 0o170000 {
            case 0o100000: .file
            case 0o040000: .directory
            case 0o120000: .symlink
            case 0o010000: .fifo
            case 0o140000: .socket
            case 0o020000: .characterDevice
            case 0o060000: .blockDevice
            default: .unknown
            }
        let size = Ext4Inodes.size(inode)
        // The two lowest bits of the extra field continue the seconds beyond 2038.
        let epoch = inode.count > 140 ? Int64(inode.little(136, as: UInt32.self) & 3) << 32 : 0
        let attributes = try Ext4Attributes(inodes: inodes).all(of: inode).filter { $0.name != "system.data" }
        return FileRecord(
            path: path, kind: kind, mode: mode & 0o7777,
            uid: UInt32(inode.little(2, as: UInt16.self)) | UInt32(inode.little(120, as: UInt16.self)) << 16,
            gid: UInt32(inode.little(24, as: UInt16.self)) | UInt32(inode.little(122, as: UInt16.self)) << 16,
            size: kind == .directory ? 0 : size, modified: Int64(inode.little(16, as: Int32.self)) + epoch,
            target: try target(kind, inode, size), links: Int(inode.little(26, as: UInt16.self)),
            attributes: Dictionary(
                attributes.map { ($0.name, $0.value.hex($0.value.indices)) }, uniquingKeysWith: { $1 }),
            handle: number)
    }

    private func target(_ kind: FileRecord.Kind, _ inode: [UInt8], _ size: Int64) throws -> String? {
        switch kind {
        case .symlink:
            // Short ones lie where the block numbers would.
            let isFast = size < 60 && inode.little(32, as: UInt32.self) & 0x8_0000 == 0
            return isFast
                ? inode.text(40..<40 + Int(size))
                : String(decoding: try inodes.content(of: inode, at: 0, 4096), as: UTF8.self)
        case .characterDevice, .blockDevice:
            let old = inode.little(40, as: UInt32.self)
            if old != 0 { return "\(old >> 8 & 0xFF):\(old & 0xFF)" }
            let new = inode.little(44, as: UInt32.self)
            return "\(new >> 8 & 0xFFF):\(new & 0xFF | new >> 12 & 0xFFF00)"
        default: return nil
        }
    }

    /// Without `.` and `..`. The inner nodes of hashed directories look like deleted entries, and are passed over.
    private func entries(ofDirectory inode: [UInt8]) throws -> [(name: String, inode: Int64)] {
        var result: [(String, Int64)] = []
        func parse(_ bytes: [UInt8], _ range: Range<Int>) {
            var at = range.lowerBound
            while at + 8 <= range.upperBound {
                let number = Int64(bytes.little(at, as: UInt32.self))
                let length = Int(bytes.little(at + 4, as: UInt16.self))
                let nameLength = Int(bytes[at + 6])
                guard length >= 8 else { break }
                if number != 0, at + 8 + nameLength <= range.upperBound {
                    let name = String(decoding: bytes[(at + 8)..<(at + 8 + nameLength)], as: UTF8.self)
                    if name != ".", name != ".." { result.append((name, number)) }
                }
                at += length
            }
        }
        if Ext4Inodes.hasInlineData(inode) {
            let bytes = try inodes.inlineContent(of: inode)
            // The parent's number comes first; what lies in the attribute is a list of its own.
            parse(bytes, min(4, bytes.count)..<min(60, bytes.count))
            if bytes.count > 60 { parse(bytes, 60..<bytes.count) }
            return result
        }
        let content = try inodes.content(of: inode, at: 0, Int(min(Ext4Inodes.size(inode), 1 << 30)))
        for start in stride(from: 0, to: content.count, by: inodes.superblock.blockSize) {
            parse(content, start..<min(start + inodes.superblock.blockSize, content.count))
        }
        return result
    }

    func content(of file: FileRecord, at offset: Int64, _ count: Int) throws -> [UInt8] {
        try inodes.content(of: try inodes.inode(file.handle), at: offset, count)
    }

    // MARK: Structures

    func structure(at offset: Int64) throws -> String {
        let superblock = inodes.superblock
        if (1024..<2048).contains(offset) { return "the ext4 superblock" }
        if offset < 1024 { return "the boot block before the ext4 superblock" }
        let block = offset / Int64(superblock.blockSize)
        let number = max(0, block - superblock.firstDataBlock) / superblock.blocksPerGroup
        let tableBlocks =
            (superblock.inodesPerGroup * Int64(superblock.inodeSize) + Int64(superblock.blockSize) - 1)
            / Int64(superblock.blockSize)
        for (index, group) in inodes.groups.enumerated() {
            if block == group.blockBitmap { return "the ext4 block bitmap of group \(index)" }
            if block == group.inodeBitmap { return "the ext4 inode bitmap of group \(index)" }
            if (group.inodeTable..<group.inodeTable + tableBlocks).contains(block) {
                let within = (offset - group.inodeTable * Int64(superblock.blockSize)) / Int64(superblock.inodeSize)
                return try inodeName(Int64(index) * superblock.inodesPerGroup + within + 1)
            }
        }
        if let owner = try owner(of: block) { return owner }
        let first = superblock.firstDataBlock + number * superblock.blocksPerGroup
        if block == first, Ext4Inodes.hasCopy(number, superblock) {
            return "the ext4 superblock's copy in group \(number)"
        }
        let descriptors = (superblock.groups * Int64(superblock.descriptorSize)) / Int64(superblock.blockSize) + 1
        if Ext4Inodes.hasCopy(number, superblock), block - first <= descriptors {
            return "the ext4 group descriptors in group \(number)"
        }
        return "block \(block) of ext4, which no file uses"
    }

    private static let special: [Int64: String] = [
        1: "the bad blocks' inode", 7: "the resize inode", 8: "the journal",
    ]

    private func inodeName(_ number: Int64) throws -> String {
        if let name = Self.special[number] { return "inode \(number) of ext4 (\(name))" }
        let path = try files().first { $0.handle == number }?.path
        return "inode \(number) of ext4 (\(path.map { "/\($0)" } ?? "no file's"))"
    }

    private func owner(of block: Int64) throws -> String? {
        for (number, name) in Self.special.sorted(by: { $0.key < $1.key }) where number != 1 {
            let inode = try inodes.inode(number)
            guard inode.little(0, as: UInt16.self) != 0 else { continue }
            if try inodes.extents(of: inode).contains(where: { ($0.physical..<$0.physical + $0.count).contains(block) })
            {
                return "\(name) of ext4"
            }
        }
        for file in try files() where file.kind == .file || file.kind == .directory || file.kind == .symlink {
            let inode = try inodes.inode(file.handle)
            if file.kind == .symlink && file.size < 60 || Ext4Inodes.hasInlineData(inode) { continue }
            if try inodes.extents(of: inode).contains(where: { ($0.physical..<$0.physical + $0.count).contains(block) })
            {
                return "\(file.kind == .directory ? "the directory" : "the content of") /\(file.path)"
            }
        }
        return nil
    }
}
