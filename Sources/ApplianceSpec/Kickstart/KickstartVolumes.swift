import Diagnostics
import Kickstart

// LVM, Btrfs, and the layouts that are made by themselves.
extension KickstartCompiler {
    mutating func compile(_ command: VolumeGroupCommand) {
        guard !command.noformat.value, !command.useexisting.value else {
            return unsupported(
                "a group that is there already is of no use in an image, whose disks are made new",
                hint: "write 'volgroup NAME pv.01'")
        }
        changeGroup(command.name) { map in
            map.set("extent-size", text: command.pesize.map { Located("\($0.value) KiB", at: $0.range) })
            map.set("reserved", text: command.reservedPercent.map { Located("\($0.value)%", at: $0.range) })
            map.set("reserved", text: command.reservedSpace.map { Located("\($0.value) MiB", at: $0.range) })
        }
        applied("disk.volume-groups: \(command.name.value)")
    }

    private mutating func changeGroup(_ name: Located<String>, _ change: (inout NodeMap) -> Void) {
        if let index = storage.groups.firstIndex(where: { $0.name == name.value }) {
            change(&storage.groups[index].map)
            return
        }
        var map = NodeMap(at: place)
        map.set("name", text: name)
        change(&map)
        storage.groups.append((name.value, map))
    }

    mutating func compile(_ command: LogicalVolumeCommand) {
        if command.noformat.value || command.useexisting.value || command.resize.value {
            return unsupported(
                "a volume that is there already is of no use in an image, whose disks are made new",
                hint: "write 'logvol … --name=NAME --vgname=GROUP --size=MIB'")
        }
        guard storage.groupOfVolume.values.contains(where: { $0.value == command.vgname.value }) else {
            return unsupported(
                "there is no volume group '\(command.vgname.value)'",
                hint: "write 'part pv.01 --grow' and 'volgroup \(command.vgname.value) pv.01'", at: command.vgname.range
            )
        }
        if !command.cachepvs.isEmpty || command.cachesize != nil || command.cachemode != nil {
            return unsupported(
                "a cache belongs to the disks of one machine",
                hint: "leave '--cachepvs', '--cachesize' and '--cachemode' out")
        }
        var map = NodeMap(at: place)
        map.set("name", text: command.name)
        if command.thinpool.value {
            map.set("thin-pool", true, at: command.thinpool.range)
            map.set("chunk-size", text: command.chunksize.map { Located("\($0.value) KiB", at: $0.range) })
            map.set("metadata-size", text: command.metadatasize.map { Located("\($0.value) MiB", at: $0.range) })
        } else {
            let contents = KickstartContents(
                mount: command.mountPoint, fstype: command.fstype, label: command.label, fsoptions: command.fsoptions,
                mkfsoptions: command.mkfsoptions, bytesPerInode: command.bytesPerInode, fsprofile: command.fsprofile)
            guard add(contents, to: &map) else { return }
            if command.thin.value { map.set("pool", text: command.poolname) }
        }
        var size = command.size
        if command.recommended.value, size == nil, command.mountPoint.value == "swap" {
            size = Located(2048, at: command.recommended.range)
        }
        map.set("size", text: size.map { Located("\($0.value) MiB", at: $0.range) })
        map.set("percent", integer: command.percent)
        if command.grow.value { map.set("grow", true, at: command.grow.range) }
        map.set("max-size", text: command.maxsize.map { Located("\($0.value) MiB", at: $0.range) })
        guard addEncryption(LUKSOptions(command), to: &map, isAsked: command.encrypted.value) else { return }
        changeGroup(command.vgname) { $0.append(map.node, to: "volumes") }
        applied("disk.volume-groups: \(command.vgname.value)/\(command.name.value)")
        option("profile", isGiven: command.profile != nil, noOp: "the pool has LVM's own settings")
        option(
            "hibernation", refused: command.hibernation.range, isGiven: command.hibernation.value,
            "how much memory the machine will have is not known", hint: "write '--size=MIB'")
    }

    mutating func compile(_ command: BtrfsCommand) {
        if command.noformat.value || command.useexisting.value {
            return unsupported(
                "a volume that is there already is of no use in an image, whose disks are made new",
                hint: "write 'btrfs / --label=system btrfs.01'")
        }
        let mount = command.mountPoint.value == "none" ? nil : command.mountPoint
        guard command.subvol.value else {
            guard let name = command.devices.compactMap({ storage.btrfsOfDevice[$0.value] }).first else {
                return unsupported("it names no partition", hint: "write 'part btrfs.01 --grow', and here 'btrfs.01'")
            }
            var map = NodeMap(at: place)
            map.set("name", text: Located(name.value, at: name.range ?? place))
            map.set("label", text: command.label)
            map.set("mount", text: mount)
            var words: [Located<String>] = []
            for (letter, level) in [("-d", command.data), ("-m", command.metadata)] {
                if let level { words += [letter, level.value].map { Located($0, at: level.range) } }
            }
            words += (command.mkfsoptions?.value ?? "").split(separator: " ").map {
                Located(String($0), at: command.mkfsoptions?.range)
            }
            map.set("mkfs-options", texts: words)
            storage.btrfs.append((name.value, map))
            return applied("disk.btrfs: \(name.value)")
        }
        guard let parent = command.devices.first ?? command.parent, let index = parentIndex(parent.value) else {
            return unsupported(
                "there is no Btrfs volume '\((command.devices.first ?? command.parent)?.value ?? "")'",
                hint: "name the volume's label or mount point, and write it before its subvolumes")
        }
        var map = NodeMap(at: place)
        let fallback = String(command.mountPoint.value.drop { $0 == "/" })
        map.set(
            "name", text: command.name ?? Located(fallback.isEmpty ? "root" : fallback, at: command.mountPoint.range))
        map.set("mount", text: mount)
        storage.btrfs[index].map.append(map.node, to: "subvolumes")
        applied("disk.btrfs: \(storage.btrfs[index].name), subvolume \(map["name"]?.string ?? "")")
    }

    /// By its label, its mount point or its name.
    private func parentIndex(_ text: String) -> Int? {
        let label = text.hasPrefix("LABEL=") ? String(text.dropFirst("LABEL=".count)) : text
        return storage.btrfs.firstIndex { volume in
            volume.name == label || volume.map["label"]?.string == label || volume.map["mount"]?.string == text
        }
    }

    mutating func compile(_ command: ReqPartCommand) {
        guard command.addBoot.value else {
            return applied("the partitions that BIOS and UEFI need are made in any case")
        }
        var map = NodeMap(at: place)
        map.set("mount", text: Located("/boot", at: place))
        map.set("filesystem", text: Located("ext4", at: place))
        map.set("size", text: Located("1024 MiB", at: place))
        storage.partitions.insert(map, at: 0)
        applied("disk.partitions: /boot, 1024 MiB, beside what BIOS and UEFI need")
    }

    mutating func compile(_ command: AutoPartCommand) {
        var map = NodeMap(at: place)
        let type = command.type?.value ?? .lvm
        map.set("type", text: Located(type == .thinp ? "thin" : type.rawValue, at: command.type?.range ?? place))
        map.set("filesystem", text: command.fstype)
        if command.nohome.value { map.set("home", false, at: command.nohome.range) }
        if command.noboot.value { map.set("boot", false, at: command.noboot.range) }
        if command.noswap.value { map.set("swap", false, at: command.noswap.range) }
        guard addEncryption(LUKSOptions(command), to: &map, isAsked: command.encrypted.value) else { return }
        storage.automatic = map
        applied("disk.automatic: \(type.rawValue)")
        option(
            "hibernation", refused: command.hibernation.range, isGiven: command.hibernation.value,
            "how much memory the machine will have is not known",
            hint: "write partitions with a swap of the size wanted")
        option(
            "hw-passphrase", refused: command.hwPassphrase?.range, isGiven: command.hwPassphrase != nil,
            "an image is not made for one machine's disks", hint: "leave '--hw-passphrase' out")
    }

    mutating func compile(_ command: ClearPartCommand) {
        if let label = command.disklabel, label.value.lowercased() != "gpt" {
            return unsupported(
                "disks are made with a GPT, which BIOS and UEFI both start from",
                hint: "write '--disklabel=gpt', or leave it out", at: label.range)
        }
        noOp(
            command.disklabel == nil
                ? "the disks of an image are made new" : "the disks of an image are made new, each with a GPT")
    }

    mutating func compile(_ command: MountCommand) {
        unsupported(
            "'\(command.device.value)' would have to be there already, and the disks of an image are made new",
            hint: "write 'part \(command.mountPoint.value) --size=MIB'")
    }
}
