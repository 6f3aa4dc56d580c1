import Diagnostics

// The disk: its size, and its division where the spec says it.
extension SpecDecoder {
    mutating func disk() -> DiskSettings {
        let node = root["disk"]
        var settings = DiskSettings(
            size: Located(.automatic, at: node?["size"]?.range), free: .percent(20), budget: size(node?["budget"]),
            boot: [], filesystem: node?.choice("filesystem") ?? .ext4)
        if let size = size(node?["size"]) { settings.size = size.map { .fixed($0) } }
        if let free = node?.text("free") {
            if free.value.hasSuffix("%"), let percent = Int(free.value.dropLast()) {
                settings.free = .percent(percent)
            } else if let bytes = size(node?["free"]) {
                settings.free = .bytes(bytes.value)
            }
        }
        let boot = node?.list("boot").compactMap { $0.located(DiskSettings.Firmware.init(rawValue:)) } ?? []
        settings.boot = unique(boot, "firmware", \.rawValue).map(\.value)
        if settings.boot.isEmpty { settings.boot = DiskSettings.Firmware.allCases }
        checkSizes(of: settings, freeRange: node?.member("free")?.key.range)
        let before = report.diagnostics.count
        if let node { settings.storage = storage(node, settings) }
        if let data = data(node?["data"]) { add(data, to: &settings) }
        if let storage = settings.storage, isSound, report.diagnostics.count == before {
            for problem in StorageRules(storage: storage, disk: settings).problems { report.add(problem) }
        }
        return settings
    }

    private static let layoutKeys = ["partitions", "volume-groups", "btrfs"]

    private mutating func storage(_ node: SpecNode, _ settings: DiskSettings) -> StorageSettings? {
        var disks = node.list("disks").compactMap { item in
            item.text("name").map { StorageSettings.Disk(name: $0, size: size(item["size"])) }
        }
        if disks.isEmpty { disks = [.init(name: Located("system"), size: nil)] }
        if disks[0].size == nil, case .fixed(let size) = settings.size.value {
            disks[0].size = Located(size, at: settings.size.range)
        } else if let size = disks[0].size, case .fixed = settings.size.value {
            fail(
                "conflicting-sizes", "the disk '\(disks[0].name.value)' is given two sizes", size.range,
                notes: [.init("the other one is here", at: settings.size.range)])
        }
        if let automatic = node["automatic"] {
            if let other = Self.layoutKeys.compactMap({ node.member($0)?.key.range }).first {
                fail(
                    "conflicting-layouts", "a disk is divided automatically or by its spec, not both", other,
                    notes: [.init("automatically, says this", at: automatic.firstRange)])
            }
            return automaticLayout(automatic, disks: disks, settings)
        }
        guard Self.layoutKeys.contains(where: { node[$0] != nil }) else {
            if node["disks"] == nil, node["data"] == nil, settings.filesystem == .ext4 { return nil }
            // The standard layout with another filesystem, or on a disk with a name, or with data beside it.
            let range = (node["disks"] ?? node["filesystem"] ?? node["data"])?.range
            return StorageSettings(
                disks: disks,
                partitions: [
                    .init(
                        disk: disks[0].name,
                        content: .filesystem(
                            .init(
                                format: settings.filesystem.format, mount: Located("/", at: node.firstRange),
                                label: Located("root"))),
                        space: .init(grows: true), range: range)
                ])
        }
        let first = disks[0].name
        return StorageSettings(
            disks: disks,
            partitions: node.list("partitions").compactMap { partition($0, settings, on: first) },
            groups: node.list("volume-groups").compactMap { group($0, settings) },
            btrfs: node.list("btrfs").compactMap { btrfsVolume($0) })
    }

    private mutating func partition(
        _ node: SpecNode, _ settings: DiskSettings, on first: Located<String>
    ) -> StorageSettings.Partition? {
        let content: StorageSettings.Partition.Content
        let group = node.text("volume-group")
        let volume = node.text("btrfs-volume")
        if let holder = group ?? volume {
            for key in ["mount", "filesystem", "label", "options", "mkfs-options"]
                + (group == nil ? [] : ["btrfs-volume"])
            {
                guard let member = node.member(key) else { continue }
                fail(
                    "conflicting-keys", "what belongs to '\(holder.value)' has no '\(key)' of its own",
                    member.key.range,
                    hint: group == nil
                        ? "give it to the Btrfs volume or one of its subvolumes"
                        : "give it to one of the group's volumes")
            }
            content = group.map { .physicalVolume($0) } ?? .btrfsDevice(holder)
        } else {
            content = .filesystem(filesystem(node, settings, what: "a partition"))
        }
        return .init(
            disk: node.text("disk") ?? first, content: content, space: space(node),
            encryption: encryption(node["encrypt"]), range: node.firstRange)
    }

    private mutating func filesystem(
        _ node: SpecNode, _ settings: DiskSettings, what: String
    ) -> StorageSettings.Filesystem {
        let mount = node.text("mount")
        let format: StorageSettings.Format =
            node.choice("filesystem") ?? (mount?.value == "/boot/efi" ? .efi : settings.filesystem.format)
        if mount == nil, node["filesystem"] == nil {
            fail(
                "no-content", "\(what) needs to hold something", node.firstRange,
                hint: "`mount: /srv`, `filesystem: swap`, `volume-group: NAME`, `btrfs-volume: NAME`")
        }
        return .init(
            format: format, mount: mount, label: node.text("label"), options: node.texts("options").map(\.value),
            makeOptions: node.texts("mkfs-options").map(\.value))
    }

    private mutating func space(_ node: SpecNode) -> StorageSettings.Space {
        .init(
            size: size(node["size"]),
            percent: node["percent"].flatMap { value in
                value.integer.map { Located($0, at: value.range) }
            },
            grows: node["grow"]?.boolean ?? false, most: size(node["max-size"]))
    }

    mutating func encryption(_ node: SpecNode?) -> StorageSettings.Encryption? {
        // One without its secret has been reported; what it encrypts is still checked.
        guard let node else { return nil }
        return .init(
            secret: node.text("secret") ?? Located("", at: node.range),
            version: node.text("version")?.value == "luks1" ? 1 : 2, cipher: node.text("cipher")?.value,
            keyDerivation: node.text("pbkdf")?.value, memory: size(node["pbkdf-memory"])?.value,
            time: node.text("pbkdf-time").flatMap { seconds(parsing: $0.value) },
            iterations: node["pbkdf-iterations"]?.integer)
    }

    private mutating func group(_ node: SpecNode, _ settings: DiskSettings) -> StorageSettings.VolumeGroup? {
        guard let name = node.text("name") else { return nil }
        var group = StorageSettings.VolumeGroup(name: name, volumes: [])
        if let extent = size(node["extent-size"]) {
            if extent.value.bytes < 64 << 10 || extent.value.bytes > 16 << 30
                || extent.value.bytes.nonzeroBitCount != 1
            {
                fail(
                    "bad-size", "an extent of \(extent.value) is not possible", extent.range,
                    hint: "a power of two from 64 KiB to 16 GiB: '4 MiB'")
            } else {
                group.extentSize = extent.value
            }
        }
        if let reserved = node.text("reserved") {
            if reserved.value.hasSuffix("%"), let percent = Int(reserved.value.dropLast()) {
                group.reserve = .percent(percent)
            } else if let bytes = size(node["reserved"]) {
                group.reserve = .bytes(bytes.value)
            }
        }
        group.volumes = node.list("volumes").compactMap { logicalVolume($0, settings) }
        return group
    }

    private mutating func logicalVolume(
        _ node: SpecNode, _ settings: DiskSettings
    ) -> StorageSettings.LogicalVolume? {
        guard let name = node.text("name") else { return nil }
        let content: StorageSettings.LogicalVolume.Content
        if node["thin-pool"]?.boolean == true {
            for key in ["mount", "filesystem", "label", "options", "mkfs-options", "pool", "encrypt"] {
                guard let member = node.member(key) else { continue }
                fail("conflicting-keys", "a thin pool has no '\(key)'", member.key.range, hint: "its volumes have")
            }
            let chunk = size(node["chunk-size"])
            if let chunk, !(64 << 10...1 << 30).contains(chunk.value.bytes) || chunk.value.bytes.nonzeroBitCount != 1 {
                fail(
                    "bad-size", "a chunk of \(chunk.value) is not possible", chunk.range,
                    hint: "a power of two from 64 KiB to 1 GiB")
            }
            content = .thinPool(
                chunkSize: chunk?.value ?? ByteSize(bytes: 64 << 10), metadataSize: size(node["metadata-size"])?.value)
        } else {
            for key in ["chunk-size", "metadata-size"] {
                guard let member = node.member(key) else { continue }
                fail("conflicting-keys", "'\(key)' is for a thin pool", member.key.range, hint: "add `thin-pool: true`")
            }
            content = .filesystem(filesystem(node, settings, what: "a logical volume"))
        }
        return .init(
            name: name, content: content, pool: node.text("pool"), space: space(node),
            encryption: encryption(node["encrypt"]), range: node.firstRange)
    }

    private mutating func btrfsVolume(_ node: SpecNode) -> StorageSettings.BtrfsVolume? {
        guard let name = node.text("name") else { return nil }
        return .init(
            name: name,
            filesystem: .init(
                format: .btrfs, mount: node.text("mount"), label: node.text("label") ?? name,
                options: node.texts("options").map(\.value), makeOptions: node.texts("mkfs-options").map(\.value)),
            subvolumes: node.list("subvolumes").compactMap { item in
                item.text("name").map {
                    .init(name: $0, mount: item.text("mount"), options: item.texts("options").map(\.value))
                }
            })
    }
}

extension DiskSettings.Filesystem {
    package var format: StorageSettings.Format {
        switch self {
        case .ext4: .ext4
        case .xfs: .xfs
        case .btrfs: .btrfs
        }
    }
}
