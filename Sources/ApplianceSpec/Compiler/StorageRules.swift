import Diagnostics

/// What is wrong with a division of disks before anything of its contents is known.
struct StorageRules {
    let storage: StorageSettings
    let disk: DiskSettings

    var problems: [Diagnostic] {
        var found = Findings()
        names(&found)
        spaces(&found)
        for (filesystem, range) in filesystems { check(filesystem, range, &found) }
        mounts(&found)
        // What follows from another mistake is none of its own.
        if found.diagnostics.isEmpty { boot(&found) }
        sizes(&found)
        return found.diagnostics
    }

    struct Findings {
        var diagnostics: [Diagnostic] = []

        mutating func add(
            _ code: String, _ message: String, _ range: SourceRange?, hint: String? = nil,
            notes: [Diagnostic.Note] = []
        ) {
            diagnostics.append(Diagnostic(code: code, message, at: range, hint: hint, notes: notes))
        }
    }

    // MARK: Names

    private func names(_ found: inout Findings) {
        unique(storage.disks.map(\.name), "disk", &found)
        unique(storage.groups.map(\.name), "volume group", &found)
        unique(storage.btrfs.map(\.name), "Btrfs volume", &found)
        let disks = storage.disks.map(\.name.value)
        for partition in storage.partitions where !disks.contains(partition.disk.value) {
            found.add(
                "unknown-disk", "there is no disk '\(partition.disk.value)'", partition.disk.range,
                hint: hint(partition.disk.value, disks, "`disk.disks` names them: "))
        }
        for disk in storage.disks.dropFirst()
        where !storage.partitions.contains(where: { $0.disk.value == disk.name.value }) {
            found.add(
                "empty-disk", "nothing lies on the disk '\(disk.name.value)'", disk.name.range,
                hint: "partitions name it: `disk: \(disk.name.value)`")
        }
        let groups = storage.groups.map(\.name.value)
        let volumes = storage.btrfs.map(\.name.value)
        var devices: [String: SourceRange?] = [:]
        for partition in storage.partitions {
            switch partition.content {
            case .physicalVolume(let name) where !groups.contains(name.value):
                found.add(
                    "unknown-volume-group", "there is no volume group '\(name.value)'", name.range,
                    hint: hint(name.value, groups, "`disk.volume-groups` has "))
            case .btrfsDevice(let name) where !volumes.contains(name.value):
                found.add(
                    "unknown-btrfs-volume", "there is no Btrfs volume '\(name.value)'", name.range,
                    hint: hint(name.value, volumes, "`disk.btrfs` has "))
            case .btrfsDevice(let name):
                if let first = devices[name.value] {
                    found.add(
                        "several-devices", "the Btrfs volume '\(name.value)' has two devices", name.range,
                        hint: "one larger partition; several disks under one filesystem: a volume group",
                        notes: [.init("the first one is here", at: first)])
                }
                devices[name.value] = name.range
            default: break
            }
        }
        for group in storage.groups { check(group, &found) }
        for volume in storage.btrfs {
            if devices[volume.name.value] == nil {
                found.add(
                    "no-device", "no partition is the device of the Btrfs volume '\(volume.name.value)'",
                    volume.name.range, hint: "a partition with `btrfs-volume: \(volume.name.value)`")
            }
            unique(volume.subvolumes.map(\.name), "subvolume", &found)
        }
    }

    private func check(_ group: StorageSettings.VolumeGroup, _ found: inout Findings) {
        let isHeld = storage.partitions.contains { partition in
            if case .physicalVolume(let name) = partition.content { return name.value == group.name.value }
            return false
        }
        if !isHeld {
            found.add(
                "no-physical-volume", "no partition is a physical volume of the group '\(group.name.value)'",
                group.name.range, hint: "a partition with `volume-group: \(group.name.value)`")
        }
        unique(group.volumes.map(\.name), "logical volume", &found)
        // lvm(8), VALID NAMES.
        for volume in group.volumes
        where ["snapshot", "pvmove"].contains(where: volume.name.value.hasPrefix)
            || [
                "_cdata", "_cmeta", "_corig", "_mlog", "_mimage", "_pmspare", "_rimage", "_rmeta", "_tdata", "_tmeta",
                "_vorigin",
            ]
            .contains(where: volume.name.value.contains)
        {
            found.add("bad-volume-name", "LVM keeps names like '\(volume.name.value)' for itself", volume.name.range)
        }
        if group.name.value.utf8.count + (group.volumes.map { $0.name.value.utf8.count }.max() ?? 0) > 110 {
            found.add("bad-volume-name", "the names of group and volume are too long together", group.name.range)
        }
        for volume in group.volumes {
            guard let pool = volume.pool else { continue }
            let pools = group.volumes.filter { if case .thinPool = $0.content { true } else { false } }.map(
                \.name.value)
            if !pools.contains(pool.value) {
                found.add(
                    "unknown-pool", "the group '\(group.name.value)' has no thin pool '\(pool.value)'", pool.range,
                    hint: hint(pool.value, pools, "it has "))
            }
        }
        let shares = group.volumes.filter { $0.pool == nil }.compactMap(\.space.percent)
        if shares.reduce(0, { $0 + $1.value }) > 100 {
            found.add(
                "over-full", "the volumes' shares of '\(group.name.value)' are more than 100 %", shares.last?.range)
        }
    }

    private func unique(_ names: [Located<String>], _ what: String, _ found: inout Findings) {
        var seen: [String: SourceRange?] = [:]
        for name in names {
            if let first = seen[name.value] {
                found.add(
                    "duplicate-name", "the \(what) '\(name.value)' is given twice", name.range,
                    notes: [.init("first given here", at: first)])
            } else {
                seen[name.value] = name.range
            }
        }
    }

    private func hint(_ name: String, _ names: [String], _ list: String) -> String? {
        suggestion(for: name, in: names) ?? (names.isEmpty ? nil : list + names.joined(separator: ", "))
    }

    // MARK: What holds what

    /// Every filesystem with the place of what holds it.
    private var filesystems: [(StorageSettings.Filesystem, SourceRange?)] {
        var result: [(StorageSettings.Filesystem, SourceRange?)] = []
        for partition in storage.partitions {
            if case .filesystem(let filesystem) = partition.content { result.append((filesystem, partition.range)) }
        }
        for volume in storage.groups.flatMap(\.volumes) {
            if case .filesystem(let filesystem) = volume.content {
                result.append((filesystem, volume.range))
            }
        }
        return result + storage.btrfs.map { ($0.filesystem, $0.name.range) }
    }

    private func check(_ filesystem: StorageSettings.Filesystem, _ range: SourceRange?, _ found: inout Findings) {
        let format = filesystem.format
        if let label = filesystem.label, let longest = format.longestLabel, label.value.utf8.count > longest {
            found.add(
                "bad-label",
                "a label of \(format.rawValue) has at most \(longest) bytes, and this one "
                    + "\(label.value.utf8.count)", label.range ?? range)
        }
        if let label = filesystem.label, format == .biosBoot {
            found.add("conflicting-keys", "a BIOS boot partition has no label", label.range ?? range)
        }
        if let mount = filesystem.mount, format == .swap || format == .biosBoot {
            found.add("conflicting-keys", "\(format.rawValue) is not mounted", mount.range)
        }
        guard let mount = filesystem.mount else {
            if format == .efi {
                found.add("bad-mount-point", "the EFI system partition is mounted at /boot/efi", range)
            }
            return
        }
        if (format == .efi) != (mount.value == "/boot/efi") {
            found.add(
                "bad-mount-point",
                format == .efi
                    ? "the EFI system partition is mounted at /boot/efi" : "/boot/efi is the EFI system partition",
                mount.range, hint: format == .efi ? "`mount: /boot/efi`" : "`filesystem: efi`")
        }
        if format == .vfat, Self.needOwners.contains(where: { $0 == mount.value }) {
            found.add(
                "bad-filesystem", "vfat keeps no owners and no links, which '\(mount.value)' needs", mount.range,
                hint: "ext4, xfs or btrfs")
        }
    }

    private static let needOwners = ["/", "/boot", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/var"]
    /// What the system needs before anything but root is mounted, and what the kernel or systemd mounts.
    private static let withRoot = ["/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys"]

    private func mounts(_ found: inout Findings) {
        var seen: [String: SourceRange?] = [:]
        for (path, _) in storage.mounts {
            if let first = seen[path.value] {
                found.add(
                    "duplicate-mount-point", "'\(path.value)' is mounted twice", path.range,
                    notes: [.init("first mounted here", at: first)])
            } else {
                seen[path.value] = path.range
            }
            if let place = Self.withRoot.first(where: { path.value == $0 || path.value.hasPrefix("\($0)/") }) {
                found.add(
                    "bad-mount-point", "'\(place)' belongs to the root filesystem", path.range,
                    hint: "the system needs it before it mounts others")
            }
        }
        if seen["/"] == nil {
            found.add(
                "no-root", "nothing is mounted at '/'", storage.partitions.first?.range ?? disk.size.range,
                hint: "one partition, logical volume or subvolume needs `mount: /`")
        }
    }

    // MARK: Space

    private func spaces(_ found: inout Findings) {
        for partition in storage.partitions { check(partition.space, inPool: false, &found) }
        for group in storage.groups {
            for volume in group.volumes {
                check(volume.space, inPool: volume.pool != nil, &found)
            }
        }
    }

    private func check(_ space: StorageSettings.Space, inPool: Bool, _ found: inout Findings) {
        if let most = space.most {
            if !space.grows {
                found.add("unused-key", "'max-size' is for what grows", most.range, hint: "add `grow: true`")
            } else if let size = space.size, most.value < size.value {
                found.add(
                    "bad-size", "the most, \(most.value), is less than the size, \(size.value)", most.range,
                    notes: [.init("the size is given here", at: size.range)])
            }
        }
        if let percent = space.percent {
            if inPool {
                found.add(
                    "conflicting-sizes", "a thin volume has no share of the group", percent.range, hint: "`size: 4 GiB`"
                )
            }
        }
        if let size = space.size, size.value.bytes < 1 << 20 {
            found.add("bad-size", "\(size.value) is less than 1 MiB", size.range)
        }
    }

    /// Fixed sizes against the disks' own. What the contents need is known when they are there.
    private func sizes(_ found: inout Findings) {
        for disk in storage.disks {
            guard let size = disk.size else { continue }
            let partitions = storage.partitions.filter { $0.disk.value == disk.name.value }
            let asked = partitions.reduce(Int64(2) << 20) { $0 + ($1.space.size?.value.bytes ?? 1 << 20) }
            if asked > size.value.bytes {
                found.add(
                    "over-full",
                    "the partitions of '\(disk.name.value)' need \(ByteSize(bytes: asked)), and it has \(size.value)",
                    size.range ?? disk.name.range, hint: "make it larger, or the partitions smaller",
                    notes: partitions.compactMap { partition in
                        partition.space.size.map { .init("\($0.value) here", at: $0.range) }
                    })
            }
        }
    }
}
