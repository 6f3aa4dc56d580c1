/// The superblock of ext2, ext3 or ext4 (kernel documentation, filesystems/ext4).
struct Ext4Superblock: Sendable {
    static let offset: Int64 = 1024

    let bytes: [UInt8]
    let blockSize: Int
    let blocks: Int64
    let inodes: Int64
    let inodeSize: Int
    let blocksPerGroup: Int64
    let inodesPerGroup: Int64
    let descriptorSize: Int
    let firstDataBlock: Int64

    /// Nil when there is none.
    ///
    /// - Throws: `InspectionError.damaged` when it contradicts itself.
    init?(_ source: BlockSource) throws {
        bytes = try source.available(Self.offset, 1024)
        guard bytes.count == 1024, bytes.little(56, as: UInt16.self) == 0xEF53 else { return nil }
        let shift = bytes.little(24, as: UInt32.self)
        guard shift <= 6 else { throw InspectionError(.damaged, "'\(source.path)': an ext4 block size is impossible") }
        blockSize = 1024 << Int(shift)
        is64Bit = bytes.little(96, as: UInt32.self) & 0x80 != 0
        let high = is64Bit ? Int64(bytes.little(336, as: UInt32.self)) << 32 : 0
        blocks = Int64(bytes.little(4, as: UInt32.self)) | high
        inodes = Int64(bytes.little(0, as: UInt32.self))
        let isFirstRevision = bytes.little(76, as: UInt32.self) == 0
        inodeSize = isFirstRevision ? 128 : Int(bytes.little(88, as: UInt16.self))
        blocksPerGroup = Int64(bytes.little(32, as: UInt32.self))
        inodesPerGroup = Int64(bytes.little(40, as: UInt32.self))
        let size = Int(bytes.little(254, as: UInt16.self))
        descriptorSize = is64Bit && size >= 64 ? size : 32
        firstDataBlock = Int64(bytes.little(20, as: UInt32.self))
        guard blocksPerGroup > 0, inodesPerGroup > 0, inodes > 0, inodeSize <= blockSize, inodeSize >= 128,
            (1..<(1 << 44)).contains(blocks), firstDataBlock <= blocks
        else {
            throw InspectionError(.damaged, "'\(source.path)': an ext4 superblock contradicts itself")
        }
    }

    let is64Bit: Bool

    var groups: Int64 { (blocks - firstDataBlock + blocksPerGroup - 1) / blocksPerGroup }

    func hasIncompatible(_ bit: UInt32) -> Bool { bytes.little(96, as: UInt32.self) & bit != 0 }
    func hasReadOnly(_ bit: UInt32) -> Bool { bytes.little(100, as: UInt32.self) & bit != 0 }
    func hasCompatible(_ bit: UInt32) -> Bool { bytes.little(92, as: UInt32.self) & bit != 0 }

    private static let compatible = [
        "dir_prealloc", "imagic_inodes", "has_journal", "ext_attr", "resize_inode", "dir_index", "lazy_bg",
        "exclude_inode", "exclude_bitmap", "sparse_super2", "fast_commit", "stable_inodes", "orphan_file",
    ]
    private static let incompatible = [
        "compression", "filetype", "needs_recovery", "journal_dev", "meta_bg", "", "extent", "64bit", "mmp", "flex_bg",
        "ea_inode", "", "dirdata", "metadata_csum_seed", "large_dir", "inline_data", "encrypt", "casefold",
    ]
    private static let readOnly = [
        "sparse_super", "large_file", "btree_dir", "huge_file", "uninit_bg", "dir_nlink", "extra_isize", "has_snapshot",
        "quota", "bigalloc", "metadata_csum", "replica", "read-only", "project", "shared_blocks", "verity",
        "orphan_present",
    ]

    private func names(_ offset: Int, _ names: [String]) -> [String] {
        let bits = bytes.little(offset, as: UInt32.self)
        return (0..<32).filter { bits >> UInt32($0) & 1 == 1 }.map { bit in
            bit < names.count && !names[bit].isEmpty ? names[bit] : "feature \(offset).\(bit)"
        }
    }

    var features: [String] {
        (names(92, Self.compatible) + names(96, Self.incompatible) + names(100, Self.readOnly)).sorted()
    }

    private var kind: String {
        if hasIncompatible(0x40 | 0x80 | 0x200) || hasReadOnly(0x8 | 0x20 | 0x40 | 0x400) { return "ext4" }
        return hasCompatible(0x4) ? "ext3" : "ext2"
    }

    private var freeBlocks: Int64 {
        Int64(bytes.little(12, as: UInt32.self)) | (is64Bit ? Int64(bytes.little(344, as: UInt32.self)) << 32 : 0)
    }

    var facts: [Fact] {
        let free = freeBlocks * Int64(blockSize)
        let freeInodes = Int64(bytes.little(16, as: UInt32.self))
        func time(_ offset: Int, high: Int) -> String {
            let seconds = Int64(bytes.little(offset, as: UInt32.self)) | Int64(bytes[high]) << 32
            return seconds == 0 ? "never" : DiskTime.text(seconds)
        }
        return [
            Fact("type", kind), Fact("uuid", bytes.uuid(104)), Fact("label", bytes.text(120..<136)),
            Fact("size", "\(blocks * Int64(blockSize))"), Fact("used", "\(blocks * Int64(blockSize) - free)"),
            Fact("block size", "\(blockSize)"), Fact("inodes", "\(inodes)"),
            Fact("used inodes", "\(inodes - freeInodes)"),
            Fact("reserved blocks", "\(bytes.little(8, as: UInt32.self))"), Fact("inode size", "\(inodeSize)"),
            Fact("features", features.joined(separator: " ")), Fact("made", time(264, high: 628)),
            Fact("written", time(48, high: 624)), Fact("mounted", time(44, high: 625)),
            Fact("mounts", "\(bytes.little(52, as: UInt16.self))"),
            Fact("state", bytes.little(58, as: UInt16.self) & 1 == 1 ? "clean" : "not clean"),
            Fact("directory hash seed", bytes.uuid(236)),
        ]
    }
}
