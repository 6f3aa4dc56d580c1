package import ApplianceSpec
package import Diagnostics

/// A division of disks with everything that is known before the tree is: numbers, UUIDs, names. The same settings and
/// identity give the same plan, so that fstab, crypttab and grub.cfg can be written into the tree.
package struct StoragePlan: Sendable {
    package struct Partition: Sendable {
        /// Among the disks, from 0.
        package var disk: Int
        /// In the disk's partition table, from 1.
        package var number: Int
        package var role: DiskLayout.Role
        package var settings: StorageSettings.Partition
        package var encryption: EncryptedDevice?

        package var place: StoragePlace { .partition(disk: disk, number: number) }
    }

    /// A filesystem or swap space, and the device that it fills.
    package struct Filesystem: Sendable {
        package struct Mount: Sendable, Equatable {
            package var path: String
            /// Of a Btrfs volume; nil: its top level.
            package var subvolume: String?
            package var options: [String]
        }

        package var place: StoragePlace
        package var settings: StorageSettings.Filesystem
        package var mounts: [Mount]
        /// Every subvolume of a Btrfs volume, mounted or not.
        package var subvolumes: [String]
        /// Of the device itself; a volume group that lies on encrypted partitions is another matter.
        package var encryption: EncryptedDevice?
        package var uuid: String
        package var space: StorageSettings.Space
        /// Where the spec asks for it.
        package var range: SourceRange?
    }

    package let settings: StorageSettings
    package let architecture: Architecture
    package let identity: DiskIdentity
    /// As numbered; GRUB's and the EFI system partition first where they were added.
    package let partitions: [Partition]
    /// In the order of the spec.
    package let filesystems: [Filesystem]

    /// The numbers of partitions that nobody asked for, as in Debian's cloud images.
    static let biosBootNumber = 14
    static let espNumber = 15

    package init(
        settings: StorageSettings, boot: [DiskSettings.Firmware], architecture: Architecture, identity: DiskIdentity
    ) {
        self.settings = settings
        self.architecture = architecture
        self.identity = identity
        let partitions = Self.partitions(settings, boot: boot, identity)
        self.partitions = partitions
        filesystems = Self.filesystems(settings, partitions, identity)
    }

    private static func partitions(
        _ settings: StorageSettings, boot: [DiskSettings.Firmware], _ identity: DiskIdentity
    ) -> [Partition] {
        var result: [Partition] = []
        let declared = settings.partitions.compactMap { partition -> StorageSettings.Format? in
            if case .filesystem(let filesystem) = partition.content { filesystem.format } else { nil }
        }
        func add(_ format: StorageSettings.Format, mount: String?, _ number: Int, _ role: DiskLayout.Role) {
            guard !declared.contains(format) else { return }
            let label = format == .efi ? Located(DiskLayoutPlanner.espLabel) : nil
            result.append(
                Partition(
                    disk: 0, number: number, role: role,
                    settings: .init(
                        disk: settings.disks[0].name,
                        content: .filesystem(.init(format: format, mount: mount.map { Located($0) }, label: label)),
                        space: .init())))
        }
        if boot.contains(.bios) { add(.biosBoot, mount: nil, biosBootNumber, .biosBoot) }
        if boot.contains(.uefi) { add(.efi, mount: "/boot/efi", espNumber, .esp) }
        var taken = settings.disks.map { _ in Set<Int>() }
        for partition in result { taken[partition.disk].insert(partition.number) }
        for partition in settings.partitions {
            guard let disk = settings.disks.firstIndex(where: { $0.name.value == partition.disk.value }) else {
                continue
            }
            let number = (1...).first { !taken[disk].contains($0) } ?? 1
            taken[disk].insert(number)
            result.append(
                Partition(
                    disk: disk, number: number, role: role(of: partition), settings: partition,
                    encryption: partition.encryption.map {
                        EncryptedDevice($0, at: .partition(disk: disk, number: number), identity)
                    }))
        }
        return result
    }

    private static func role(of partition: StorageSettings.Partition) -> DiskLayout.Role {
        if partition.encryption != nil { return .encrypted }
        switch partition.content {
        case .physicalVolume: return .physicalVolume
        case .btrfsDevice: return .data
        case .filesystem(let filesystem):
            switch filesystem.format {
            case .biosBoot: return .biosBoot
            case .efi: return .esp
            case .swap: return .swap
            default: return filesystem.mount?.value == "/" ? .root : .data
            }
        }
    }

    private static func filesystems(
        _ settings: StorageSettings, _ partitions: [Partition], _ identity: DiskIdentity
    ) -> [Filesystem] {
        var result: [Filesystem] = []
        func add(
            _ filesystem: StorageSettings.Filesystem, _ place: StoragePlace, _ encryption: EncryptedDevice?,
            _ space: StorageSettings.Space, _ range: SourceRange?, _ volume: StorageSettings.BtrfsVolume? = nil
        ) {
            guard filesystem.format != .biosBoot else { return }
            var mounts: [Filesystem.Mount] = []
            if let mount = filesystem.mount {
                mounts.append(.init(path: mount.value, subvolume: nil, options: filesystem.options))
            }
            for subvolume in volume?.subvolumes ?? [] {
                guard let mount = subvolume.mount else { continue }
                mounts.append(.init(path: mount.value, subvolume: subvolume.name.value, options: subvolume.options))
            }
            let uuid =
                switch filesystem.format {
                case .efi: identity.espSerial
                case .vfat: identity.serial("filesystem \(place)")
                default:
                    mounts.contains { $0.path == "/" } ? identity.rootUUID : identity.uuid("filesystem \(place)")
                }
            result.append(
                Filesystem(
                    place: place, settings: filesystem, mounts: mounts,
                    subvolumes: volume?.subvolumes.map(\.name.value) ?? [], encryption: encryption, uuid: uuid,
                    space: space, range: range))
        }
        for partition in partitions {
            let (space, range) = (partition.settings.space, partition.settings.range)
            switch partition.settings.content {
            case .filesystem(let filesystem): add(filesystem, partition.place, partition.encryption, space, range)
            case .btrfsDevice(let name):
                guard let volume = settings.btrfs.first(where: { $0.name.value == name.value }) else { continue }
                add(volume.filesystem, partition.place, partition.encryption, space, range, volume)
            case .physicalVolume: break
            }
        }
        for group in settings.groups {
            for volume in group.volumes {
                guard case .filesystem(let filesystem) = volume.content else { continue }
                let place = StoragePlace.volume(group: group.name.value, name: volume.name.value)
                add(
                    filesystem, place, volume.encryption.map { EncryptedDevice($0, at: place, identity) }, volume.space,
                    volume.range)
            }
        }
        return result
    }

    // MARK: Looking things up

    /// The filesystem that is mounted there.
    package func filesystem(mountedAt path: String) -> (Filesystem, Filesystem.Mount)? {
        for filesystem in filesystems {
            if let mount = filesystem.mounts.first(where: { $0.path == path }) { return (filesystem, mount) }
        }
        return nil
    }

    /// The partitions that hold a volume group, in order.
    package func physicalVolumes(of group: String) -> [Partition] {
        partitions.filter { partition in
            if case .physicalVolume(let name) = partition.settings.content { name.value == group } else { false }
        }
    }

    /// Every encrypted device, partitions first.
    package var encrypted: [EncryptedDevice] {
        partitions.compactMap(\.encryption)
            + filesystems.compactMap { filesystem in
                if case .volume = filesystem.place { filesystem.encryption } else { nil }
            }
    }

    /// Every path at which something is mounted, the root first.
    package var mountPoints: [String] {
        filesystems.flatMap(\.mounts).map(\.path).sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    }

    /// Packages that a system with these devices needs, besides its base.
    package var packages: [String] {
        var packages: Set<String> = []
        let formats = Set(filesystems.map(\.settings.format))
        if formats.contains(.xfs) { packages.insert("xfsprogs") }
        if formats.contains(.btrfs) { packages.insert("btrfs-progs") }
        if formats.contains(.vfat) { packages.insert("dosfstools") }
        if !settings.groups.isEmpty { packages.formUnion(["lvm2", "dmsetup"]) }
        if hasThinPools { packages.insert("thin-provisioning-tools") }
        if !encrypted.isEmpty { packages.formUnion(["cryptsetup", "cryptsetup-initramfs"]) }
        return packages.sorted()
    }

    package var hasThinPools: Bool {
        settings.groups.flatMap(\.volumes).contains { if case .thinPool = $0.content { true } else { false } }
    }
}

/// A block device by what it is part of.
package enum StoragePlace: Sendable, Hashable, Codable, CustomStringConvertible {
    /// `disk` among the disks, from 0.
    case partition(disk: Int, number: Int)
    case volume(group: String, name: String)

    package var description: String {
        switch self {
        case .partition(let disk, let number): "partition \(number) of disk \(disk)"
        case .volume(let group, let name): "volume \(group)/\(name)"
        }
    }
}

/// A LUKS device: a partition or a logical volume.
package struct EncryptedDevice: Sendable, Equatable, Codable {
    package var place: StoragePlace
    package var uuid: String
    /// Of the secret that unlocks it.
    package var secret: String
    /// 1 or 2.
    package var version: Int
    package var cipher: String
    package var keyDerivation: String
    /// KiB.
    package var memory: Int
    /// Seconds of time to spend; nil: `iterations`.
    package var time: Double?
    package var iterations: Int

    /// Below /dev/mapper.
    package var name: String { "luks-\(uuid)" }
    /// Bytes before the encrypted data.
    package var headerSize: Int64 { version == 1 ? 2 << 20 : 16 << 20 }

    init(_ settings: StorageSettings.Encryption, at place: StoragePlace, _ identity: DiskIdentity) {
        self.place = place
        uuid = identity.uuid("luks \(place)")
        secret = settings.secret.value
        version = settings.version
        cipher = settings.cipher ?? "aes-xts-plain64"
        let derivation = version == 1 ? "pbkdf2" : settings.keyDerivation ?? "argon2id"
        keyDerivation = derivation
        memory = Int((settings.memory?.bytes ?? 64 << 20) >> 10)
        time = settings.time
        // Where nothing is said it is not measured: what an emulated appliance can do in two seconds says nothing of the
        // machine that unlocks. These take a processor of today about half a second.
        iterations = settings.iterations ?? (derivation == "pbkdf2" ? 1_000_000 : 8)
    }
}
