import ApplianceSpec
import BuildPlanning
import HostSystem

/// Makes the root filesystem with its tree in one go: `mke2fs -d` of e2fsprogs 1.47.1 or later reads the tar itself.
enum Ext4Writer {
    /// Spelt out, so that no mke2fs.conf decides. What mke2fs 1.47 would add is left out: `metadata_csum_seed` and
    /// `orphan_file`, which GRUB 2.06 and e2fsprogs 1.46, the tools of Debian 11 and 12, do not read.
    static let features = [
        "has_journal", "ext_attr", "resize_inode", "dir_index", "filetype", "extent", "64bit", "flex_bg",
        "sparse_super", "large_file", "huge_file", "dir_nlink", "extra_isize", "metadata_csum",
    ]

    /// Of the older ones, as the kernel's driver for ext4 takes them.
    static func features(of format: StorageSettings.Format) -> [String] {
        switch format {
        case .ext2: ["ext_attr", "resize_inode", "dir_index", "filetype", "sparse_super", "large_file"]
        case .ext3: ["has_journal", "ext_attr", "resize_inode", "dir_index", "filetype", "sparse_super", "large_file"]
        default: features
        }
    }

    /// The command, for a disk at that path in the tools layer. The clock it sees is SOURCE_DATE_EPOCH.
    ///
    /// - Parameters:
    ///   - archive: the tree's tar; `-`: its standard input
    ///   - mountPoint: where it was last mounted, as far as it knows
    ///   - features: mke2fs(8), `-O`
    ///   - more: options besides, which win over these
    static func command(
        _ partition: DiskLayout.Partition, parameters: DiskLayout.RootFilesystemParameters, hashSeed: String,
        archive: String = "-", disk: String, mountPoint: String = "/", features: [String] = features,
        more: [String] = []
    ) -> Command {
        let extended = [
            "offset=\(partition.start)", "hash_seed=\(hashSeed)", "root_owner=0:0", "nodiscard", "lazy_itable_init=0",
            "lazy_journal_init=0",
        ]
        return Command(
            "mke2fs",
            [
                "-F", "-q", "-b", "\(Ext4Geometry.blockSize)", "-I", "256", "-N", "\(parameters.inodes)",
                "-m", "\(Ext4Geometry.reservedPercent)",
            ] + (parameters.journalMebibytes > 0 ? ["-J", "size=\(parameters.journalMebibytes)"] : []) + [
                "-O", (["none"] + features).joined(separator: ","), "-e", "remount-ro",
                "-U", partition.filesystemUUID ?? "clear", "-L", partition.label ?? "", "-M", mountPoint,
                "-E", extended.joined(separator: ","),
            ] + more + ["-d", archive, disk, "\(partition.size / Ext4Geometry.blockSize)"]
        ).with { $0.environment["MKE2FS_CONFIG"] = "/dev/null" }
    }
}
