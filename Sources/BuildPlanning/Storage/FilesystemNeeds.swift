import ApplianceSpec
import TreeMeasures

/// Bytes that a filesystem needs for a tree. For ext4 it is computed by what mke2fs spends; for the others it is a bound
/// that leaves their own metadata room.
struct FilesystemNeeds {
    let format: StorageSettings.Format
    let tree: TreeUsage

    private static let mebibyte: Int64 = 1 << 20

    /// - Parameter free: bytes that are left, as df(1) counts them
    func size(free: Int64) -> Int64 {
        switch format {
        case .ext2, .ext3, .ext4: max(Self.ext4(tree, free: free), format.least)
        // A log of 64 MiB, and a share of each allocation group for its trees and reservations.
        case .xfs: max((tree.bytes + free) * 107 / 100 + tree.inodes * 512 + 96 * Self.mebibyte, format.least)
        // mkfs.btrfs counts 16 KiB of metadata for each inode, twice; chunks are allocated in tenths of the device.
        case .btrfs: max((tree.bytes + free) * 115 / 100 + tree.inodes * 32768 + 192 * Self.mebibyte, format.least)
        case .vfat: max((tree.bytes + free) * 103 / 100 + 2 * Self.mebibyte, format.least)
        case .efi: DiskLayoutPlanner.espSize
        case .swap: 512 * Self.mebibyte
        case .biosBoot: DiskLayoutPlanner.biosBootSize
        }
    }

    /// Bytes of the smallest whole MiB of an ext4 that holds the tree and has `free` bytes left.
    static func ext4(_ tree: TreeUsage, free: Int64) -> Int64 {
        let step = mebibyte / Ext4Geometry.blockSize
        // Extents that need a block of their own, and the estimate of directories: half a percent, at least 1 MiB.
        let freeBlocks = (free + Ext4Geometry.blockSize - 1) / Ext4Geometry.blockSize
        let needed = tree.blocks + max(tree.blocks / 200, 256) + freeBlocks
        var blocks = (needed + step - 1) / step * step
        // The overhead grows with the size, so go up until it fits; each round adds what is missing.
        while true {
            let missing = needed - Ext4Geometry(blocks: blocks, entries: tree.inodes).usableBlocks
            if missing <= 0 { break }
            blocks += (missing + step - 1) / step * step
        }
        return blocks * Ext4Geometry.blockSize
    }
}
