import ApplianceSpec
import BuildPlanning
import HostSystem
import TreeMeasures

/// Makes the root filesystem with its tree in one go: `mke2fs -d` of e2fsprogs 1.47.1 or later reads the tar itself.
enum Ext4Writer {
    /// Spelt out, so that no mke2fs.conf decides. What mke2fs 1.47 would add is left out: `metadata_csum_seed` and
    /// `orphan_file`, which GRUB 2.06 and e2fsprogs 1.46, the tools of Debian 11 and 12, do not read.
    static let features = [
        "has_journal", "ext_attr", "resize_inode", "dir_index", "filetype", "extent", "64bit", "flex_bg",
        "sparse_super", "large_file", "huge_file", "dir_nlink", "extra_isize", "metadata_csum",
    ]

    /// What `finish` adds to a filesystem that was made without checksums.
    static let unsummed = features.filter { $0 != "metadata_csum" }

    /// Adds the checksums to a filesystem that was made without them, and indexes its directories, which takes the place
    /// that a folder's checksum needs.
    ///
    /// With them from the beginning, libext2fs would compute a folder's sums twice for each name that it adds: half of
    /// mke2fs' time. Indexed are only those with more than a block; mke2fs leaves all of them to be read from end to end.
    ///
    /// - Parameter disk: with `?offset=` where it does not begin the file
    static func finishing(_ disk: String) -> String {
        let quoted = Command.quoted(disk)
        // 1: it changed what it was asked to change.
        return """
            export E2FSCK_CONFIG=/dev/null E2FSCK_TIME="$SOURCE_DATE_EPOCH" E2FSPROGS_FAKE_TIME="$SOURCE_DATE_EPOCH"
            tune2fs -O metadata_csum \(quoted) </dev/null >/dev/null || exit
            e2fsck -f -y -D \(quoted) </dev/null || [ $? -eq 1 ]
            """
    }

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
        let blocks = partition.size / Ext4Geometry.blockSize
        let largest = Ext4Geometry(blocks: blocks, entries: 0).largest
        let extended =
            [
                "offset=\(partition.start)", "hash_seed=\(hashSeed)", "root_owner=0:0", "nodiscard",
                "lazy_itable_init=0",
                "lazy_journal_init=0",
            ] + (largest > blocks ? ["resize=\(largest)"] : [])
        return Command(
            "mke2fs",
            [
                "-F", "-q", "-b", "\(Ext4Geometry.blockSize)", "-I", "256", "-N", "\(parameters.inodes)",
                "-m", "\(Ext4Geometry.reservedPercent)",
            ] + (parameters.journalMebibytes > 0 ? ["-J", "size=\(parameters.journalMebibytes)"] : []) + [
                "-O", (["none"] + features).joined(separator: ","), "-e", "remount-ro",
                "-U", partition.filesystemUUID ?? "clear", "-L", partition.label ?? "", "-M", mountPoint,
                "-E", extended.joined(separator: ","),
            ] + (features.contains("flex_bg") ? ["-G", "\(Ext4Geometry.groupsTogether)"] : []) + more + [
                "-d", archive, disk, "\(blocks)",
            ]
        ).with { $0.environment["MKE2FS_CONFIG"] = "/dev/null" }
    }
}
