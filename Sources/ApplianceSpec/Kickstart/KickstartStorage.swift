import Diagnostics
import Kickstart

/// What partitions, volume groups and Btrfs volumes come to together: a physical volume is named before its group.
struct KickstartStorage {
    /// `pv.01` and its group, `btrfs.01` and its volume.
    var groupOfVolume: [String: Located<String>] = [:]
    var btrfsOfDevice: [String: Located<String>] = [:]
    var partitions: [NodeMap] = []
    var groups: [(name: String, map: NodeMap)] = []
    var btrfs: [(name: String, map: NodeMap)] = []
    var automatic: NodeMap?
    var disks: [Located<String>] = []
    var bootDisk: String?

    /// `sda` of `/dev/sda`, and of `disk/by-path/…` the last part.
    static func diskName(_ text: Located<String>) -> Located<String> {
        text.map { String($0.split(separator: "/").last ?? "") }
    }
}

extension KickstartCompiler {
    /// Looks through all statements for what partitions refer to.
    mutating func prepareStorage() {
        for statement in document.commands {
            switch statement.command {
            case .volumeGroup(let command):
                for partition in command.partitions { storage.groupOfVolume[partition.value] = command.name }
            case .btrfs(let command) where !command.subvol.value:
                for device in command.devices { storage.btrfsOfDevice[device.value] = btrfsName(command) }
            case .bootloader(let command):
                storage.bootDisk =
                    (command.bootDrive ?? command.driveorder.first).map { KickstartStorage.diskName($0).value }
            default: break
            }
        }
    }

    /// A volume has a label, or the name of its first partition.
    private func btrfsName(_ command: BtrfsCommand) -> Located<String> {
        if let label = command.label { return label }
        let device = command.devices.first ?? command.mountPoint
        return device.map { $0.filter { $0 != "." && $0 != "/" } }
    }

    /// The disk's keys, once every statement is known.
    mutating func compileStorage() {
        guard
            !storage.partitions.isEmpty || !storage.groups.isEmpty || !storage.btrfs.isEmpty || storage.automatic != nil
        else { return }
        var disks = storage.disks
        if let boot = storage.bootDisk, let index = disks.firstIndex(where: { $0.value == boot }) {
            disks.insert(disks.remove(at: index), at: 0)
        }
        root.change("disk", at: place) { map in
            if disks.count > 1 {
                for disk in disks {
                    var item = NodeMap(at: disk.range ?? map.range)
                    item.set("name", text: disk)
                    map.append(item.node, to: "disks")
                }
            }
            for partition in storage.partitions {
                var partition = partition
                if disks.count < 2 { partition.remove("disk") }
                map.append(partition.node, to: "partitions")
            }
            for group in storage.groups { map.append(group.map.node, to: "volume-groups") }
            for volume in storage.btrfs { map.append(volume.map.node, to: "btrfs") }
            if let automatic = storage.automatic { map.set("automatic", automatic.node) }
        }
    }

    // MARK: Partitions

    mutating func compile(_ command: PartitionCommand) {
        if command.mountPoint.value.hasPrefix("raid.") { return refuseRAID() }
        if command.mountPoint.value == "prepboot" || command.fstype?.value == "prepboot" {
            return unsupported(
                "PReP is for POWER machines, and images are for amd64 and arm64", hint: "leave the line out")
        }
        var size = command.size
        var grows = command.grow.value
        if let onpart = command.onpart {
            guard let made = prePartitions[onpart.value] else {
                return unsupported(
                    "'\(onpart.value)' would have to be there already, and the disks of an image are made new",
                    hint: "write '--size=MIB' and, where it takes what is left, '--grow'", at: onpart.range)
            }
            unsupported(
                "'\(onpart.value)' is made by %pre with parted, and the disks of an image are made new",
                hint: "write '\(made.statement(for: command))'", at: onpart.range)
            guard allowsUnsupported else { return }
            size = Located(made.size, at: onpart.range)
            grows = grows || made.grows
        }
        let existing = [("noformat", command.noformat.value), ("resize", command.resize.value)]
        if let (name, _) = existing.first(where: \.1) {
            return unsupported(
                "'--\(name)' is about a partition that is there already, and the disks of an image are made new",
                hint: "write '--size=MIB'")
        }
        var map = NodeMap(at: place)
        if let disk = command.ondisk { addDisk(KickstartStorage.diskName(disk), to: &map) }
        guard addContents(command, to: &map) else { return }
        if command.recommended.value, size == nil { size = recommendedSize(command) }
        map.set("size", text: size.map { Located("\($0.value) MiB", at: $0.range) })
        if grows { map.set("grow", true, at: command.grow.range ?? place) }
        map.set("max-size", text: command.maxsize.map { Located("\($0.value) MiB", at: $0.range) })
        let isSound = addEncryption(
            LUKSOptions(command), to: &map, isAsked: command.encrypted.value)
        guard isSound else { return }
        storage.partitions.append(map)
        if command.onpart == nil { applied("disk.partitions: \(summary(map))") }
        option("asprimary", isGiven: command.asprimary.value, noOp: "a GPT has no other kind of partition")
        option("active", isGiven: command.active.value, noOp: "a GPT has no active partition")
        for (name, range) in [
            ("onbiosdisk", command.onbiosdisk?.range), ("start", command.start?.range), ("end", command.end?.range),
            ("hw-passphrase", command.hwPassphrase?.range),
        ] {
            option(
                name, refused: range, isGiven: range != nil, "an image is not made for one machine's disks",
                hint: "leave '--\(name)' out; '--ondisk=NAME' gives each disk an image of its own")
        }
        option(
            "hibernation", refused: command.hibernation.range, isGiven: command.hibernation.value,
            "how much memory the machine will have is not known", hint: "write '--size=MIB'")
    }

    private func summary(_ map: NodeMap) -> String {
        let what =
            map["mount"]?.string ?? map["filesystem"]?.string ?? map["volume-group"]?.string
            ?? map["btrfs-volume"]?.string ?? ""
        let size = map["size"]?.string ?? map["percent"]?.integer.map { "\($0) %" } ?? "what it needs"
        return
            "\(what), \(size)\(map["grow"] == nil ? "" : " and what is left")\(map["encrypt"] == nil ? "" : ", encrypted")"
    }

    private mutating func addDisk(_ disk: Located<String>, to map: inout NodeMap) {
        if !storage.disks.contains(where: { $0.value == disk.value }) { storage.disks.append(disk) }
        map.set("disk", text: disk)
    }

    /// MiB; for swap twice a small machine's memory, as Anaconda has it.
    private func recommendedSize(_ command: PartitionCommand) -> Located<Int>? {
        switch command.mountPoint.value {
        case "swap": Located(2048, at: command.recommended.range)
        case "/boot": Located(1024, at: command.recommended.range)
        case "/boot/efi": Located(200, at: command.recommended.range)
        default: nil
        }
    }

    /// What a partition holds: a file system, swap space, or a part of something else.
    private mutating func addContents(_ command: PartitionCommand, to map: inout NodeMap) -> Bool {
        let mount = command.mountPoint
        if mount.value.hasPrefix("pv.") {
            guard let group = storage.groupOfVolume[mount.value] else {
                unsupported("no volume group has '\(mount.value)'", hint: "write 'volgroup NAME \(mount.value)'")
                return false
            }
            map.set("volume-group", text: Located(group.value, at: mount.range))
            return true
        }
        if mount.value.hasPrefix("btrfs.") {
            guard let volume = storage.btrfsOfDevice[mount.value] else {
                unsupported(
                    "no Btrfs volume has '\(mount.value)'", hint: "write 'btrfs / --label=system \(mount.value)'")
                return false
            }
            map.set("btrfs-volume", text: Located(volume.value, at: mount.range))
            return true
        }
        let contents = KickstartContents(
            mount: mount, fstype: command.fstype, label: command.label, fsoptions: command.fsoptions,
            mkfsoptions: command.mkfsoptions, bytesPerInode: command.bytesPerInode, fsprofile: command.fsprofile)
        return add(contents, to: &map)
    }

    /// A file system's keys; reported where there is no such file system.
    mutating func add(_ contents: KickstartContents, to map: inout NodeMap) -> Bool {
        switch contents.mount.value {
        case "swap", "biosboot":
            map.set("filesystem", text: contents.mount)
        default:
            if contents.mount.value != "none" { map.set("mount", text: contents.mount) }
            if let type = contents.fstype {
                let names = ["vfat": "vfat", "fat32": "vfat", "msdos": "vfat", "fat": "vfat", "linux-swap": "swap"]
                let name = names[type.value] ?? type.value
                guard StorageSettings.Format(rawValue: name) != nil else {
                    let known = StorageSettings.Format.allCases.map(\.rawValue).joined(separator: ", ")
                    unsupported(
                        type.value.hasPrefix("$")
                            ? "'\(type.value)' is not replaced by anything: Kickstart knows no variables"
                            : "there is no file system '\(type.value)'",
                        hint: "write one of \(known)", at: type.range)
                    return false
                }
                map.set("filesystem", text: Located(name, at: type.range))
            }
        }
        map.set("label", text: contents.label)
        map.set("options", texts: contents.options)
        map.set("mkfs-options", texts: contents.makeOptions)
        return true
    }

    // MARK: Encryption

    /// - Returns: false when the statement is refused for it.
    mutating func addEncryption(_ luks: LUKSOptions, to map: inout NodeMap, isAsked: Bool) -> Bool {
        guard isAsked else {
            option("passphrase", isGiven: luks.passphrase != nil, noOp: "nothing is encrypted without --encrypted")
            return true
        }
        guard luks.escrowcert == nil, !luks.backuppassphrase else {
            unsupported("keys are not deposited anywhere", hint: "leave '--escrowcert' and '--backuppassphrase' out")
            return false
        }
        var encrypt = NodeMap(at: place)
        var secret = Located("luks", at: place)
        if let passphrase = luks.passphrase {
            guard passphrase.value.hasPrefix("secret:") else {
                unsupported(
                    "a passphrase in the file would be read by everyone who reads it, and end up in logs",
                    hint: "write '--passphrase=secret:NAME', and give it to the build with --secret NAME=FILE")
                return false
            }
            secret = Located(String(passphrase.value.dropFirst("secret:".count)), at: place)
        }
        encrypt.set("secret", text: secret)
        encrypt.set("version", text: luks.version)
        encrypt.set("cipher", text: luks.cipher)
        encrypt.set("pbkdf", text: luks.pbkdf)
        encrypt.set("pbkdf-memory", text: luks.memory.map { Located("\($0.value) KiB", at: $0.range) })
        encrypt.set("pbkdf-time", text: luks.time.map { Located("\($0.value) ms", at: $0.range) })
        encrypt.set("pbkdf-iterations", integer: luks.iterations)
        map.set("encrypt", encrypt.node)
        return true
    }

    mutating func refuseRAID() {
        unsupported(
            "software RAID is of no use in an image: a cloud's disks are mirrored below it",
            hint: "write a partition or a logical volume in its place")
    }
}

/// What the options of `part`, `logvol` and `raid` say of a file system.
struct KickstartContents {
    var mount: Located<String>
    var fstype: Located<String>?
    var label: Located<String>?
    var fsoptions: Located<String>?
    var mkfsoptions: Located<String>?
    var bytesPerInode: Located<Int>?
    var fsprofile: Located<String>?

    var options: [Located<String>] {
        (fsoptions?.value ?? "").split(separator: ",").map { Located(String($0), at: fsoptions?.range) }
    }

    var makeOptions: [Located<String>] {
        var words = (mkfsoptions?.value ?? "").split(separator: " ").map { Located(String($0), at: mkfsoptions?.range) }
        if let bytes = bytesPerInode { words += ["-i", "\(bytes.value)"].map { Located($0, at: bytes.range) } }
        if let profile = fsprofile { words += ["-T", profile.value].map { Located($0, at: profile.range) } }
        return words
    }
}

/// What `--encrypted` comes with.
struct LUKSOptions {
    var passphrase: Located<String>?
    var escrowcert: Located<String>?
    var backuppassphrase: Bool
    var cipher: Located<String>?
    var version: Located<String>?
    var pbkdf: Located<String>?
    /// KiB.
    var memory: Located<Int>?
    /// Milliseconds.
    var time: Located<Int>?
    var iterations: Located<Int>?

    init(_ command: some EncryptingCommand) {
        passphrase = command.passphrase
        escrowcert = command.escrowcert
        backuppassphrase = command.backuppassphrase.value
        cipher = command.cipher
        version = command.luksVersion
        pbkdf = command.pbkdf
        memory = command.pbkdfMemory
        time = command.pbkdfTime
        iterations = command.pbkdfIterations
    }
}
