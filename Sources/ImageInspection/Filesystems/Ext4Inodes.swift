/// Inodes of an ext4 filesystem, and where their content lies.
struct Ext4Inodes: Sendable {
    let source: BlockSource
    let superblock: Ext4Superblock
    /// Per group: the blocks of its block bitmap, inode bitmap and inode table.
    let groups: [Group]

    struct Group: Sendable {
        var blockBitmap: Int64
        var inodeBitmap: Int64
        var inodeTable: Int64
    }

    /// Blocks of a file that lie behind one another on the disk.
    struct Extent: Sendable {
        var logical: Int64
        var physical: Int64
        var count: Int64
    }

    /// Numbers of a stranger's may be anything: what they point at is calculated without a trap, and `bytes` refuses what
    /// lies outside.
    init(source: BlockSource, superblock: Ext4Superblock) throws {
        self.source = source
        self.superblock = superblock
        let size = superblock.descriptorSize
        let perBlock = Int64(superblock.blockSize / size)
        guard perBlock > 0, superblock.groups >= 0,
            superblock.groups <= source.size / Int64(size), superblock.inodes <= source.size
        else { throw InspectionError(.damaged, "'\(source.path)': an ext4 superblock contradicts itself") }
        groups = try (0..<superblock.groups).map { (number: Int64) -> Group in
            let block = Self.descriptorBlock(number / perBlock, perBlock: perBlock, superblock)
            let offset = block &* Int64(superblock.blockSize) &+ number % perBlock * Int64(size)
            let bytes = try source.bytes(offset, size)
            func place(_ low: Int, _ high: Int) -> Int64 {
                Int64(bytes.little(low, as: UInt32.self)) | Int64(bytes.little(high, as: UInt32.self)) << 32
            }
            return Group(blockBitmap: place(0, 32), inodeBitmap: place(4, 36), inodeTable: place(8, 40))
        }
    }

    /// With `meta_bg`, the descriptors of later groups lie in these groups.
    private static func descriptorBlock(_ index: Int64, perBlock: Int64, _ superblock: Ext4Superblock) -> Int64 {
        let firstMeta = Int64(superblock.bytes.little(260, as: UInt32.self))
        // Behind the superblock, which with blocks of 1 KiB is block 1 even where the first data block is 0 (bigalloc).
        let behind = Ext4Superblock.offset / Int64(superblock.blockSize) + 1
        guard superblock.hasIncompatible(0x10), index >= firstMeta else { return behind + index }
        let group = index * perBlock
        return superblock.firstDataBlock + group * superblock.blocksPerGroup + (hasCopy(group, superblock) ? 1 : 0)
    }

    /// Whether the group begins with a copy of the superblock (`sparse_super`).
    static func hasCopy(_ group: Int64, _ superblock: Ext4Superblock) -> Bool {
        if group == 0 || !superblock.hasReadOnly(1) { return true }
        return [Int64(3), 5, 7].contains { base in
            var power: Int64 = 1
            while power < group { power *= base }
            return power == group
        }
    }

    /// Where the inode lies, in bytes.
    private func offset(of number: Int64) throws -> Int64 {
        let index = Int((number - 1) / superblock.inodesPerGroup)
        guard number >= 1, number <= superblock.inodes, index < groups.count else {
            throw InspectionError(.damaged, "'\(source.path)' has no inode \(number)")
        }
        return groups[index].inodeTable &* Int64(superblock.blockSize)
            &+ (number - 1) % superblock.inodesPerGroup &* Int64(superblock.inodeSize)
    }

    func inode(_ number: Int64) throws -> [UInt8] {
        try source.bytes(offset(of: number), superblock.inodeSize)
    }

    static func size(_ inode: [UInt8]) -> Int64 {
        // ext4's own limit is below 2^47.
        Int64(inode.little(4, as: UInt32.self)) | Int64(inode.little(108, as: UInt32.self) & 0xFFFF) << 32
    }

    static func hasInlineData(_ inode: [UInt8]) -> Bool { inode.little(32, as: UInt32.self) & 0x1000_0000 != 0 }

    // MARK: Where content lies

    func extents(of inode: [UInt8]) throws -> [Extent] {
        if inode.little(32, as: UInt32.self) & 0x8_0000 != 0 {
            return try extents(inNode: Array(inode[40..<100]), depth: 0)
        }
        var extents: [Extent] = []
        var logical: Int64 = 0
        func add(_ block: UInt32) {
            if block != 0 {
                if let last = extents.last, last.logical + last.count == logical,
                    last.physical + last.count == Int64(block)
                {
                    extents[extents.count - 1].count += 1
                } else {
                    extents.append(Extent(logical: logical, physical: Int64(block), count: 1))
                }
            }
            logical += 1
        }
        func descend(_ block: UInt32, _ level: Int) throws {
            let perBlock = superblock.blockSize / 4
            guard block != 0 else {
                logical += (0..<level).reduce(Int64(1)) { product, _ in product * Int64(perBlock) }
                return
            }
            let bytes = try self.block(Int64(block))
            for index in 0..<perBlock {
                let next = bytes.little(4 * index, as: UInt32.self)
                if level == 1 { add(next) } else { try descend(next, level - 1) }
            }
        }
        for index in 0..<12 { add(inode.little(40 + 4 * index, as: UInt32.self)) }
        let end = (Self.size(inode) + Int64(superblock.blockSize) - 1) / Int64(superblock.blockSize)
        for level in 1...3 where logical < end { try descend(inode.little(84 + 4 * level, as: UInt32.self), level) }
        return extents
    }

    private func extents(inNode node: [UInt8], depth: Int) throws -> [Extent] {
        guard node.little(0, as: UInt16.self) == 0xF30A, depth < 8 else {
            throw InspectionError(.damaged, "'\(source.path)': an ext4 extent tree is damaged")
        }
        let count = min(Int(node.little(2, as: UInt16.self)), (node.count - 12) / 12)
        let isLeaf = node.little(6, as: UInt16.self) == 0
        return try (0..<count).flatMap { index -> [Extent] in
            let base = 12 + 12 * index
            if isLeaf {
                let length = Int64(node.little(base + 4, as: UInt16.self))
                // Allocated and not written: reads as zeros, as a hole does.
                guard length <= 32768 else { return [] }
                let physical =
                    Int64(node.little(base + 6, as: UInt16.self)) << 32 | Int64(node.little(base + 8, as: UInt32.self))
                return [Extent(logical: Int64(node.little(base, as: UInt32.self)), physical: physical, count: length)]
            }
            let child =
                Int64(node.little(base + 8, as: UInt16.self)) << 32 | Int64(node.little(base + 4, as: UInt32.self))
            return try extents(inNode: try block(child), depth: depth + 1)
        }
    }

    func block(_ number: Int64) throws -> [UInt8] {
        try source.bytes(number &* Int64(superblock.blockSize), superblock.blockSize)
    }

    /// Up to `count` bytes of an inode's content; holes read as zeros.
    func content(of inode: [UInt8], at offset: Int64, _ count: Int) throws -> [UInt8] {
        let size = Self.size(inode)
        guard offset < size else { return [] }
        let wanted = Int(min(Int64(count), size - offset))
        if Self.hasInlineData(inode) {
            let all = try inlineContent(of: inode)
            return Array(all[min(Int(offset), all.count)..<min(Int(offset) + wanted, all.count)])
        }
        var result = [UInt8](repeating: 0, count: wanted)
        let blockSize = Int64(superblock.blockSize)
        for extent in try extents(of: inode) {
            guard extent.physical < 1 << 44 else {
                throw InspectionError(.damaged, "'\(source.path)': an ext4 extent lies outside")
            }
            let first = max(extent.logical * blockSize, offset)
            let last = min((extent.logical + extent.count) * blockSize, offset + Int64(wanted))
            guard first < last else { continue }
            let bytes = try source.bytes(
                extent.physical * blockSize + first - extent.logical * blockSize, Int(last - first))
            result.replaceSubrange(Int(first - offset)..<Int(last - offset), with: bytes)
        }
        return result
    }

    /// `inline_data`: the first 60 bytes lie where the block numbers would, the rest in an attribute.
    func inlineContent(of inode: [UInt8]) throws -> [UInt8] {
        let rest = try Ext4Attributes(inodes: self).all(of: inode).first { $0.name == "system.data" }?.value ?? []
        return Array((inode[40..<100] + rest).prefix(Int(Self.size(inode))))
    }
}
