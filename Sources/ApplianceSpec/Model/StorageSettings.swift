package import Diagnostics

/// How disks are divided, where a spec says so itself: partitions, volume groups, Btrfs volumes, encryption. Without it
/// a disk has the standard layout (docs/disk.md).
package struct StorageSettings: Sendable {
    /// In order; the first one boots. Never empty.
    package var disks: [Disk]
    package var partitions: [Partition]
    package var groups: [VolumeGroup]
    package var btrfs: [BtrfsVolume]

    package init(disks: [Disk], partitions: [Partition], groups: [VolumeGroup] = [], btrfs: [BtrfsVolume] = []) {
        self.disks = disks
        self.partitions = partitions
        self.groups = groups
        self.btrfs = btrfs
    }

    package struct Disk: Sendable {
        package var name: Located<String>
        /// What a disk is for, in the words of virt-image(5).
        package enum Use: String, Sendable, Codable {
            /// The image's own: replaced by the next version.
            case system
            /// The deployer's: kept, and attached to the next version.
            case user
        }

        /// Nil: as large as what lies on it needs.
        package var size: Located<ByteSize>?
        package var use: Use

        package init(name: Located<String>, size: Located<ByteSize>?, use: Use = .system) {
            self.name = name
            self.size = size
            self.use = use
        }
    }

    /// What formats a partition or a logical volume.
    package enum Format: String, Sendable, Codable, CaseIterable {
        case ext2, ext3, ext4, xfs, btrfs, vfat
        /// FAT32 for the EFI system partition.
        case efi
        case swap
        /// GRUB's core image for BIOS; no filesystem.
        case biosBoot = "biosboot"

        package var isExt: Bool { [.ext2, .ext3, .ext4].contains(self) }
        /// Whether it keeps owners, modes and links, as a Unix system needs them.
        package var keepsOwners: Bool { isExt || self == .xfs || self == .btrfs }
        /// The most bytes of a label; nil where none is possible.
        package var longestLabel: Int? {
            switch self {
            case .ext2, .ext3, .ext4: 16
            case .xfs: 12
            case .vfat, .efi: 11
            case .swap: 15
            case .btrfs: 255
            case .biosBoot: nil
            }
        }
    }

    /// A filesystem, or swap space.
    package struct Filesystem: Sendable {
        package var format: Format
        /// Absolute path; nil: it is not mounted.
        package var mount: Located<String>?
        package var label: Located<String>?
        /// For fstab.
        package var options: [String]
        /// Words for the program that makes it.
        package var makeOptions: [String]
        /// Whether it outlives the image, so that the system has to find it by its label: another version's UUIDs differ.
        package var isUserData = false

        package init(
            format: Format, mount: Located<String>?, label: Located<String>? = nil, options: [String] = [],
            makeOptions: [String] = [], isUserData: Bool = false
        ) {
            self.isUserData = isUserData
            self.format = format
            self.mount = mount
            self.label = label
            self.options = options
            self.makeOptions = makeOptions
        }
    }

    /// How much a partition or volume takes.
    package struct Space: Sendable {
        /// Nil: what its contents need, and `disk.free`.
        package var size: Located<ByteSize>?
        /// Of its volume group's space, in place of a size.
        package var percent: Located<Int>?
        /// Whether it takes what is left.
        package var grows: Bool
        package var most: Located<ByteSize>?

        package init(
            size: Located<ByteSize>? = nil, percent: Located<Int>? = nil, grows: Bool = false,
            most: Located<ByteSize>? = nil
        ) {
            self.size = size
            self.percent = percent
            self.grows = grows
            self.most = most
        }
    }

    /// LUKS. The passphrase is only known by the name of its secret.
    package struct Encryption: Sendable {
        package var secret: Located<String>
        /// 1 or 2.
        package var version: Int
        package var cipher: String?
        /// `argon2id`, `argon2i`, `pbkdf2`.
        package var keyDerivation: String?
        package var memory: ByteSize?
        /// Seconds that unlocking should take on the machine that builds.
        package var time: Double?
        package var iterations: Int?

        package init(
            secret: Located<String>, version: Int = 2, cipher: String? = nil, keyDerivation: String? = nil,
            memory: ByteSize? = nil, time: Double? = nil, iterations: Int? = nil
        ) {
            self.secret = secret
            self.version = version
            self.cipher = cipher
            self.keyDerivation = keyDerivation
            self.memory = memory
            self.time = time
            self.iterations = iterations
        }
    }

    package struct Partition: Sendable {
        package enum Content: Sendable {
            case filesystem(Filesystem)
            /// By the name of its volume group.
            case physicalVolume(Located<String>)
            /// By the name of its Btrfs volume.
            case btrfsDevice(Located<String>)
        }

        /// By the disk's name.
        package var disk: Located<String>
        package var content: Content
        package var space: Space
        package var encryption: Encryption?
        package var range: SourceRange?

        package init(
            disk: Located<String>, content: Content, space: Space, encryption: Encryption? = nil,
            range: SourceRange? = nil
        ) {
            self.disk = disk
            self.content = content
            self.space = space
            self.encryption = encryption
            self.range = range
        }
    }

    package struct VolumeGroup: Sendable {
        package enum Reserve: Sendable { case percent(Int), bytes(ByteSize) }

        package var name: Located<String>
        package var extentSize: ByteSize
        /// Kept free in it.
        package var reserve: Reserve?
        package var volumes: [LogicalVolume]

        package init(
            name: Located<String>, extentSize: ByteSize = .mebibytes(4), reserve: Reserve? = nil,
            volumes: [LogicalVolume]
        ) {
            self.name = name
            self.extentSize = extentSize
            self.reserve = reserve
            self.volumes = volumes
        }
    }

    package struct LogicalVolume: Sendable {
        package enum Content: Sendable {
            case filesystem(Filesystem)
            case thinPool(chunkSize: ByteSize, metadataSize: ByteSize?)
        }

        package var name: Located<String>
        package var content: Content
        /// The pool of a thin volume.
        package var pool: Located<String>?
        package var space: Space
        package var encryption: Encryption?
        package var range: SourceRange?

        package init(
            name: Located<String>, content: Content, pool: Located<String>? = nil, space: Space,
            encryption: Encryption? = nil, range: SourceRange? = nil
        ) {
            self.name = name
            self.content = content
            self.pool = pool
            self.space = space
            self.encryption = encryption
            self.range = range
        }
    }

    package struct BtrfsVolume: Sendable {
        package struct Subvolume: Sendable {
            /// Its path below the volume's top level.
            package var name: Located<String>
            package var mount: Located<String>?
            package var options: [String]

            package init(name: Located<String>, mount: Located<String>?, options: [String] = []) {
                self.name = name
                self.mount = mount
                self.options = options
            }
        }

        package var name: Located<String>
        /// The volume's top level; it may be mounted itself.
        package var filesystem: Filesystem
        package var subvolumes: [Subvolume]

        package init(name: Located<String>, filesystem: Filesystem, subvolumes: [Subvolume]) {
            self.name = name
            self.filesystem = filesystem
            self.subvolumes = subvolumes
        }
    }
}

extension StorageSettings {
    /// The secrets that it needs, each once, in the order in which they are named.
    package var secrets: [Located<String>] {
        var seen: Set<String> = []
        let all = partitions.compactMap(\.encryption) + groups.flatMap(\.volumes).compactMap(\.encryption)
        return all.map(\.secret).filter { seen.insert($0.value).inserted }
    }

    /// All that is mounted: the path, and what formats it.
    package var mounts: [(path: Located<String>, format: Format)] {
        var mounts: [(Located<String>, Format)] = []
        func add(_ filesystem: Filesystem) {
            if let mount = filesystem.mount { mounts.append((mount, filesystem.format)) }
        }
        for partition in partitions {
            if case .filesystem(let filesystem) = partition.content { add(filesystem) }
        }
        for volume in groups.flatMap(\.volumes) {
            if case .filesystem(let filesystem) = volume.content { add(filesystem) }
        }
        for volume in btrfs {
            add(volume.filesystem)
            for subvolume in volume.subvolumes {
                if let mount = subvolume.mount { mounts.append((mount, .btrfs)) }
            }
        }
        return mounts
    }
}
