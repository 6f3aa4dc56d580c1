import Diagnostics

// `disk.automatic`: the layouts that Anaconda's autopart makes, for a virtual machine's disk.
extension SpecDecoder {
    /// Bytes of a disk from which /home is separate by itself, as with Anaconda.
    private static let homeFrom: Int64 = 50 << 30

    mutating func automaticLayout(
        _ node: SpecNode, disks: [StorageSettings.Disk], _ settings: DiskSettings
    ) -> StorageSettings {
        let type = node.text("type")?.value ?? "lvm"
        let range = node.firstRange
        let disk = disks[0]
        let encryption = encryption(node["encrypt"])
        let filesystem = node.choice("filesystem") ?? settings.filesystem
        let format = (type == "btrfs" ? .btrfs : filesystem).format
        let isLarge = (disk.size?.value.bytes ?? 0) >= Self.homeFrom
        let hasHome = node["home"]?.boolean ?? (type == "btrfs" || isLarge)
        var partitions: [StorageSettings.Partition] = []
        func partition(
            _ content: StorageSettings.Partition.Content, _ space: StorageSettings.Space,
            _ encryption: StorageSettings.Encryption? = nil
        ) {
            partitions.append(
                .init(disk: disk.name, content: content, space: space, encryption: encryption, range: range))
        }
        func mounted(_ path: String, _ label: String?) -> StorageSettings.Filesystem {
            .init(format: format, mount: Located(path, at: range), label: label.map { Located($0) })
        }
        func bytes(_ size: Int64) -> Located<ByteSize> { Located(ByteSize(bytes: size), at: range) }
        // With a volume group or encryption GRUB needs one, whatever is asked for; see StorageRules.
        if node["boot"]?.boolean ?? true {
            partition(
                .filesystem(.init(format: .ext4, mount: Located("/boot", at: range), label: Located("boot"))),
                .init(size: bytes(1 << 30)))
        }
        let swap: (StorageSettings.Filesystem, StorageSettings.Space)? =
            node["swap"]?.boolean ?? true
            ? (.init(format: .swap, mount: nil), .init(size: bytes(Self.swap(machineMemory, disk.size?.value)))) : nil
        let root = StorageSettings.Space(grows: true, most: hasHome && isLarge ? bytes(70 << 30) : nil)
        let home = StorageSettings.Space(size: bytes(500 << 20), grows: true)
        switch type {
        case "lvm", "thin":
            let group = Located("system", at: range)
            var volumes: [StorageSettings.LogicalVolume] = []
            let pool = type == "thin" ? Located("pool", at: range) : nil
            func volume(
                _ name: String, _ content: StorageSettings.Filesystem, _ space: StorageSettings.Space, thin: Bool
            ) {
                volumes.append(
                    .init(
                        name: Located(name, at: range), content: .filesystem(content), pool: thin ? pool : nil,
                        space: space, range: range))
            }
            if let swap { volume("swap", swap.0, swap.1, thin: false) }
            if let pool {
                volumes.append(
                    .init(
                        name: pool, content: .thinPool(chunkSize: ByteSize(bytes: 64 << 10), metadataSize: nil),
                        space: .init(grows: true), range: range))
            }
            volume("root", mounted("/", "root"), root, thin: true)
            if hasHome { volume("home", mounted("/home", "home"), home, thin: true) }
            partition(.physicalVolume(group), .init(grows: true), encryption)
            return StorageSettings(
                disks: disks, partitions: partitions, groups: [.init(name: group, volumes: volumes)])
        case "btrfs":
            if let swap { partition(.filesystem(swap.0), swap.1, encryption) }
            let name = Located("system", at: range)
            partition(.btrfsDevice(name), .init(grows: true), encryption)
            var subvolumes = [
                StorageSettings.BtrfsVolume.Subvolume(name: Located("root"), mount: Located("/", at: range))
            ]
            if hasHome { subvolumes.append(.init(name: Located("home"), mount: Located("/home", at: range))) }
            return StorageSettings(
                disks: disks, partitions: partitions,
                btrfs: [
                    .init(
                        name: name, filesystem: .init(format: .btrfs, mount: nil, label: name), subvolumes: subvolumes)
                ])
        default:
            if let swap { partition(.filesystem(swap.0), swap.1, encryption) }
            if hasHome { partition(.filesystem(mounted("/home", "home")), home, encryption) }
            partition(.filesystem(mounted("/", "root")), root, encryption)
            return StorageSettings(disks: disks, partitions: partitions)
        }
    }

    private var machineMemory: ByteSize {
        root.text("memory").flatMap { ByteSize(parsing: $0.value) } ?? .mebibytes(1024)
    }

    /// As Red Hat's installation guide recommends by the memory: twice as much below 2 GiB, as much up to 8, half of it
    /// above; and at most a tenth of the disk.
    static func swap(_ memory: ByteSize, _ disk: ByteSize?) -> Int64 {
        let gibibyte: Int64 = 1 << 30
        let wanted =
            switch memory.bytes {
            case ..<(2 * gibibyte): memory.bytes * 2
            case ...(8 * gibibyte): memory.bytes
            case ..<(64 * gibibyte): memory.bytes / 2
            default: 4 * gibibyte
            }
        guard let disk else { return wanted }
        return max(min(wanted, disk.bytes / 10) >> 20, 64) << 20
    }
}
