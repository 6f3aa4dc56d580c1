import Diagnostics

// What GRUB and the firmware can read.
extension StorageRules {
    /// What holds a path: the filesystem mounted deepest above it.
    private struct Holder {
        var path: String
        var format: StorageSettings.Format
        /// A word for what makes it unreadable for GRUB; nil when nothing does.
        var obstacle: String?
        /// The disks on which it lies.
        var disks: [String]
        var range: SourceRange?
    }

    func boot(_ found: inout Findings) {
        let holders = holders
        let boot = holders.filter { $0.path == "/boot" || $0.path == "/" }.max { $0.path.count < $1.path.count }
        if let boot {
            if let obstacle = boot.obstacle {
                found.add(
                    "unreadable-boot", "GRUB has to read /boot, and cannot: it is \(obstacle)", boot.range,
                    hint: "give it a partition of its own: `{mount: /boot, filesystem: ext4, size: 1 GiB}`")
            }
            if let other = boot.disks.first(where: { $0 != storage.disks[0].name.value }) {
                found.add(
                    "unreadable-boot",
                    "/boot lies on '\(other)', and the machine boots from '\(storage.disks[0].name.value)'", boot.range,
                    hint: "the first of `disk.disks` boots")
            }
        }
        if let usr = holders.first(where: { $0.path == "/usr" }), usr.format == .vfat {
            found.add("bad-filesystem", "vfat holds no system", usr.range)
        }
        firmware(&found)
    }

    private func firmware(_ found: inout Findings) {
        var seen: Set<StorageSettings.Format> = []
        for partition in storage.partitions {
            guard case .filesystem(let filesystem) = partition.content,
                [.efi, .biosBoot].contains(filesystem.format)
            else { continue }
            let what = filesystem.format == .efi ? "the EFI system partition" : "the BIOS boot partition"
            if !seen.insert(filesystem.format).inserted {
                found.add("listed-twice", "\(what) is given twice", partition.range)
            }
            if partition.encryption != nil {
                found.add("unreadable-boot", "\(what) is encrypted, and firmware cannot read it", partition.range)
            }
            if partition.disk.value != storage.disks[0].name.value {
                found.add(
                    "unreadable-boot", "\(what) has to lie on the disk that boots, '\(storage.disks[0].name.value)'",
                    partition.disk.range ?? partition.range)
            }
            let wanted: DiskSettings.Firmware = filesystem.format == .efi ? .uefi : .bios
            if !disk.boot.contains(wanted) {
                found.add(
                    "unused-partition", "\(what) is of no use: 'boot' has no \(wanted.rawValue)", partition.range,
                    hint: "take it out, or add '\(wanted.rawValue)' to `disk.boot`")
            }
            let least: Int64 = filesystem.format == .efi ? 34 << 20 : 1 << 20
            if let size = partition.space.size, size.value.bytes < least {
                found.add(
                    "bad-size", "\(what) needs at least \(least >> 20) MiB", size.range)
            }
        }
        for volume in storage.groups.flatMap(\.volumes) {
            guard case .filesystem(let filesystem) = volume.content, [.efi, .biosBoot].contains(filesystem.format)
            else {
                continue
            }
            found.add("unreadable-boot", "firmware reads partitions, not logical volumes", volume.range)
        }
        for (size, format, range) in leastSizes where size < format.least {
            found.add(
                "bad-size", "\(format.rawValue) needs at least \(format.least >> 20) MiB", range)
        }
    }

    /// Given sizes of what has a filesystem, encryption's own part taken off.
    private var leastSizes: [(Int64, StorageSettings.Format, SourceRange?)] {
        func size(
            _ space: StorageSettings.Space, _ encryption: StorageSettings.Encryption?,
            _ filesystem: StorageSettings.Filesystem
        ) -> (Int64, StorageSettings.Format, SourceRange?)? {
            guard let size = space.size, !space.grows else { return nil }
            return (size.value.bytes - (encryption == nil ? 0 : 16 << 20), filesystem.format, size.range)
        }
        let partitions = storage.partitions.compactMap { partition in
            if case .filesystem(let filesystem) = partition.content {
                size(partition.space, partition.encryption, filesystem)
            } else {
                nil
            }
        }
        let volumes = storage.groups.flatMap(\.volumes).compactMap { volume in
            if case .filesystem(let filesystem) = volume.content {
                size(volume.space, volume.encryption, filesystem)
            } else {
                nil
            }
        }
        return partitions + volumes
    }

    private var holders: [Holder] {
        var result: [Holder] = []
        func add(
            _ filesystem: StorageSettings.Filesystem, _ obstacle: String?, _ disks: [String], _ range: SourceRange?
        ) {
            guard let mount = filesystem.mount else { return }
            let vfat = filesystem.format == .vfat ? "vfat" : nil
            result.append(
                Holder(
                    path: mount.value, format: filesystem.format, obstacle: obstacle ?? vfat, disks: disks,
                    range: mount.range ?? range))
        }
        for partition in storage.partitions {
            let obstacle = partition.encryption == nil ? nil : "encrypted"
            let disks = [partition.disk.value]
            switch partition.content {
            case .filesystem(let filesystem): add(filesystem, obstacle, disks, partition.range)
            case .btrfsDevice(let name):
                guard let volume = storage.btrfs.first(where: { $0.name.value == name.value }) else { continue }
                add(volume.filesystem, obstacle, disks, volume.name.range)
                for subvolume in volume.subvolumes {
                    var filesystem = volume.filesystem
                    filesystem.mount = subvolume.mount
                    add(filesystem, obstacle, disks, subvolume.name.range)
                }
            case .physicalVolume: break
            }
        }
        for group in storage.groups {
            let holding = storage.partitions.filter { partition in
                if case .physicalVolume(let name) = partition.content { name.value == group.name.value } else { false }
            }
            let isEncrypted = holding.contains { $0.encryption != nil }
            for volume in group.volumes {
                guard case .filesystem(let filesystem) = volume.content else { continue }
                let obstacle =
                    isEncrypted || volume.encryption != nil
                    ? "encrypted" : volume.pool == nil ? nil : "on a thin volume"
                add(filesystem, obstacle, holding.map(\.disk.value), volume.range)
            }
        }
        return result
    }
}

extension StorageSettings.Format {
    /// Bytes of the smallest that its program makes.
    package var least: Int64 {
        switch self {
        case .xfs: 300 << 20
        case .btrfs: 128 << 20
        case .efi: 34 << 20
        case .ext2, .ext3, .ext4: 8 << 20
        case .vfat, .swap, .biosBoot: 1 << 20
        }
    }
}
