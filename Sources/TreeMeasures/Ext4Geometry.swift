/// What mke2fs (1.47) spends of a filesystem's blocks on itself, for 4 KiB blocks, 256-byte inodes and the features
/// that Stonebake asks for (64bit, flex_bg, sparse_super, resize_inode). It follows ext2fs_initialize() and
/// calc_reserved_gdt_blocks() of lib/ext2fs, and never promises more than they leave.
package struct Ext4Geometry: Sendable, Equatable {
    package static let blockSize: Int64 = 4096
    static let blocksPerGroup: Int64 = 32768
    static let inodesPerBlock: Int64 = 16
    static let inodesPerGroup: Int64 = 8192
    /// How many groups have their bitmaps and inode tables side by side (`mke2fs -G`, 16 by default).
    package static let groupsTogether: Int64 = 4
    static let descriptorsPerBlock: Int64 = 64
    /// Percent of the blocks that only root may use (`mke2fs -m`).
    package static let reservedPercent: Int64 = 1

    package let blocks: Int64
    package let inodes: Int64
    package let journalBlocks: Int64
    /// Up to how many the descriptors' reserve lets it grow (`mke2fs -E resize=`).
    package let largest: Int64

    /// - Parameters:
    ///   - blocks: the filesystem's size in blocks
    ///   - entries: the inodes that the tree needs
    package init(blocks: Int64, entries: Int64) {
        self.blocks = blocks
        // One inode for 16 KiB of whole groups, as mke2fs does by default of the blocks that there are; more where the tree
        // has many small files, with a quarter of them to spare. Growing the filesystem adds inodes at the same rate.
        // This, the next and `groupsTogether` keep the places of the first 512 MiB of files from following from each block of
        // the size: appliances with one base have its files at the same places.
        inodes = max(Self.groups(blocks) * Self.inodesPerGroup, entries + entries / 4 + 1024)
        // What mke2fs takes is 1,024 times the size.
        largest = min(Self.powerOfTwo(from: blocks > 65_536 ? max(blocks, 262_144) : blocks) * 1024, Int64(UInt32.max))
        journalBlocks = Self.journalBlocks(for: blocks)
    }

    /// mke2fs' own steps (ext2fs_default_journal_size), up to 64 MiB: an image is grown later, its journal is not.
    private static func journalBlocks(for blocks: Int64) -> Int64 {
        switch blocks {
        case ..<65_536: 1024
        case ..<262_144: 4096
        case ..<524_288: 8192
        default: 16384
        }
    }

    /// Blocks that a directory with entries of so many bytes takes at most. No entry crosses a block's end, so that a little
    /// of each is lost. One with more than a block is indexed (e2fsck -D): a block for the index, which holds 500
    /// others, and a fifth of each left free.
    package static func directoryBlocks(_ bytes: Int64) -> Int64 {
        if bytes <= 3900 { return (bytes + 3899) / 3900 }
        let leaves = (bytes + 2999) / 3000
        return leaves + 1 + leaves / 500
    }

    var groups: Int64 { Self.groups(blocks) }

    private static func groups(_ blocks: Int64) -> Int64 { (blocks + blocksPerGroup - 1) / blocksPerGroup }

    /// The smallest that is not below the number.
    private static func powerOfTwo(from number: Int64) -> Int64 {
        var power: Int64 = 1
        while power < number { power *= 2 }
        return power
    }

    /// Blocks that hold no file: superblocks, descriptors and those reserved for growth, bitmaps, inode tables, journal,
    /// the resize inode's block, `lost+found`.
    package var overheadBlocks: Int64 {
        let inodesPerGroup = roundUp(roundUp(inodes, to: groups) / groups, to: Self.inodesPerBlock)
        let tables = groups * (2 + inodesPerGroup / Self.inodesPerBlock)
        let descriptors = (groups + Self.descriptorsPerBlock - 1) / Self.descriptorsPerBlock
        let groupsThen = (largest + Self.blocksPerGroup - 1) / Self.blocksPerGroup
        let reserved = min((groupsThen + Self.descriptorsPerBlock - 1) / Self.descriptorsPerBlock - descriptors, 1024)
        let copies = Int64((0..<groups).filter(Self.hasSuperblock).count)
        return tables + copies * (1 + descriptors + max(reserved, 0)) + journalBlocks + 1 + 5
    }

    /// Blocks that a user who is not root cannot fill: mke2fs' reserve, and what ext4 keeps for delayed allocation.
    package var reservedBlocks: Int64 {
        (blocks * Self.reservedPercent + 99) / 100 + min(blocks / 50, 4096)
    }

    /// Blocks left for a tree and free space.
    package var usableBlocks: Int64 { blocks - overheadBlocks - reservedBlocks }

    /// sparse_super: copies lie in groups 0, 1 and the powers of 3, 5 and 7.
    private static func hasSuperblock(_ group: Int64) -> Bool {
        if group <= 1 { return true }
        return [Int64(3), 5, 7].contains { base in
            var power = base
            while power < group { power *= base }
            return power == group
        }
    }

    private func roundUp(_ value: Int64, to multiple: Int64) -> Int64 {
        (value + multiple - 1) / multiple * multiple
    }
}
