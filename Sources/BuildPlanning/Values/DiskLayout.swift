/// A GPT disk: BIOS boot partition, EFI system partition, root last so that it can grow. All sizes are bytes, all
/// starts and sizes are multiples of 1 MiB.
///
/// The numbers are those of Debian's own cloud images: root is 1 whatever the firmware, so that `/dev/vda1` and
/// GRUB's `(hd0,gpt1)` mean the same on every image; 14 is the BIOS boot partition, 15 the ESP.
///
///     LBA 0        protective MBR, with GRUB's boot.img in its first 440 bytes
///     LBA 1–33     GPT header and 128 entries
///     1 MiB        14  BIOS boot partition (1 MiB, GRUB's core.img)      only with BIOS
///                  15  EFI system partition (64 MiB, FAT32)              only with UEFI
///                   1  root (ext4), to the last whole MiB but one
///     last 33 LBA  the GPT's copy
package struct DiskLayout: Sendable, Equatable, Codable {
    package enum Role: String, Sendable, Codable, CaseIterable {
        case biosBoot, esp, root
        /// A filesystem of another layout than the standard one.
        case data
        case swap, physicalVolume, encrypted
    }

    package struct Partition: Sendable, Equatable, Codable {
        /// The entry's number in the partition table, from 1.
        package var number: Int
        package var role: Role
        /// The GPT partition name.
        package var name: String
        package var typeGUID: String
        package var uniqueGUID: String
        package var start: Int64
        package var size: Int64
        /// The filesystem's label and UUID (FAT: a serial like `1A2B-3C4D`); nil for the BIOS boot partition.
        package var label: String?
        package var filesystemUUID: String?

        package init(
            number: Int, role: Role, name: String, typeGUID: String, uniqueGUID: String, start: Int64, size: Int64,
            label: String?, filesystemUUID: String?
        ) {
            self.number = number
            self.role = role
            self.name = name
            self.typeGUID = typeGUID
            self.uniqueGUID = uniqueGUID
            self.start = start
            self.size = size
            self.label = label
            self.filesystemUUID = filesystemUUID
        }
    }

    /// How the root filesystem is made; follows from its size and from the tree.
    package struct RootFilesystemParameters: Sendable, Equatable, Codable {
        /// Inodes to make at least.
        package var inodes: Int64
        /// Journal, in MiB.
        package var journalMebibytes: Int64

        package init(inodes: Int64, journalMebibytes: Int64) {
            self.inodes = inodes
            self.journalMebibytes = journalMebibytes
        }
    }

    package var diskGUID: String
    package var size: Int64
    /// In the order in which they lie on the disk.
    package var partitions: [Partition]
    package var root: RootFilesystemParameters

    package init(diskGUID: String, size: Int64, partitions: [Partition], root: RootFilesystemParameters) {
        self.diskGUID = diskGUID
        self.size = size
        self.partitions = partitions
        self.root = root
    }

    package subscript(role: Role) -> Partition? { partitions.first { $0.role == role } }
}
