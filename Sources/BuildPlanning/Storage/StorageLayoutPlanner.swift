package import ApplianceSpec
package import Diagnostics
package import TreeMeasures

/// From a plan and what the trees take to sizes and places. Pure: the same values give the same layout.
package struct StorageLayoutPlanner: Sendable {
    static let mebibyte: Int64 = 1 << 20

    package let settings: DiskSettings
    package let plan: StoragePlan

    package init(settings: DiskSettings, plan: StoragePlan) {
        self.settings = settings
        self.plan = plan
    }

    /// The layout for the trees of its filesystems; errors point at the sizes of the spec.
    ///
    /// - Parameters:
    ///   - trees: by the place of the filesystem that holds it; one that is not there has no files
    ///   - packages: what takes the space, largest first, to be named where it does not fit
    package func layout(
        for trees: [StoragePlace: TreeUsage], packages: [PackageSize]
    ) -> (layout: StorageLayout?, report: DiagnosticReport) {
        var sizing = StorageSizing(settings: settings, plan: plan, trees: trees, packages: packages)
        let layout = sizing.layout()
        if let layout, let budget = settings.budget, layout.size > budget.value.bytes {
            sizing.report.add(
                Diagnostic(
                    code: "over-budget",
                    "disks of \(ByteSize(bytes: layout.size)) are \(ByteSize(bytes: layout.size - budget.value.bytes)) "
                        + "over their budget of \(budget.value)",
                    at: budget.range, hint: "remove packages, ask for less free space, or raise the budget",
                    notes: DiskLayoutPlanner.largest(packages)))
        }
        return (sizing.report.hasErrors && layout == nil ? nil : layout, sizing.report)
    }
}

/// One computation of a layout.
struct StorageSizing {
    let settings: DiskSettings
    let plan: StoragePlan
    let trees: [StoragePlace: TreeUsage]
    let packages: [PackageSize]
    var report = DiagnosticReport()

    init(
        settings: DiskSettings, plan: StoragePlan, trees: [StoragePlace: TreeUsage],
        packages: [PackageSize]
    ) {
        self.settings = settings
        self.plan = plan
        self.trees = trees
        self.packages = packages
    }

    static let mebibyte: Int64 = 1 << 20

    mutating func layout() -> StorageLayout? {
        var needs: [GroupNeed] = []
        for group in plan.settings.groups { needs.append(groupNeed(group)) }
        guard let disks = disks(needs), !report.hasErrors else { return nil }
        var groups: [StorageLayout.VolumeGroup] = []
        for (group, need) in zip(plan.settings.groups, needs) {
            guard let group = volumeGroup(group, need, on: disks) else { return nil }
            groups.append(group)
        }
        let contents = plan.filesystems.map { content($0, disks, groups) }
        return StorageLayout(disks: disks, groups: groups, contents: contents)
    }

    func isFixed(_ disk: Int) -> Bool { plan.settings.disks[disk].size != nil }

    static func roundedUp(_ value: Int64, to unit: Int64) -> Int64 { (value + unit - 1) / unit * unit }

    // MARK: What filesystems ask for

    /// Bytes that a device has to have, encryption's header with it, and bytes that it has where there is room.
    struct Need {
        var least: Int64
        var wanted: Int64
    }

    func need(_ filesystem: StoragePlan.Filesystem) -> Need {
        let tree = trees[filesystem.place] ?? TreeUsage(blocks: 0, inodes: 0)
        let needs = FilesystemNeeds(format: filesystem.settings.format, tree: tree)
        let isRoot = filesystem.mounts.contains { $0.path == "/" }
        let free: Int64 =
            switch settings.free {
            case .percent(let percent): tree.bytes * Int64(percent) / 100
            case .bytes(let size): isRoot ? size.bytes : 0
            }
        let header = filesystem.encryption?.headerSize ?? 0
        // Swap space and firmware's partitions hold nothing: any size that is given does.
        let isMeasured = ![.swap, .efi, .biosBoot].contains(filesystem.settings.format)
        return Need(
            least: header + (isMeasured ? needs.size(free: 0) : filesystem.settings.format.least),
            wanted: header + needs.size(free: free))
    }

    /// What it is given before anything grows: whole units of `unit` bytes.
    mutating func base(
        _ space: StorageSettings.Space, _ need: Need, growsLater: Bool, unit: Int64, what: String, range: SourceRange?
    ) -> Int64 {
        let least = Self.roundedUp(need.least, to: unit)
        if let most = space.most, most.value.bytes < least {
            tooSmall(what, has: most.value, need: least, at: most.range ?? range)
        }
        var base: Int64
        if let size = space.size {
            // A size between two units is rounded up, as LVM and partitioners do.
            base = Self.roundedUp(size.value.bytes, to: unit)
            if space.grows || space.percent != nil {
                base = max(base, growsLater ? least : Self.roundedUp(need.wanted, to: unit))
            } else if base < least {
                tooSmall(what, has: size.value, need: least, at: size.range ?? range)
            }
        } else {
            base = growsLater && (space.grows || space.percent != nil) ? least : Self.roundedUp(need.wanted, to: unit)
        }
        if let most = space.most { base = min(base, max(most.value.bytes / unit * unit, least)) }
        return base
    }

    private mutating func tooSmall(_ what: String, has: ByteSize, need: Int64, at range: SourceRange?) {
        report.add(
            Diagnostic(
                code: "partition-too-small",
                "\(what) has \(has), and what belongs there needs \(ByteSize(bytes: need))", at: range,
                hint: "at least \((need + Self.mebibyte - 1) / Self.mebibyte) MiB, or no size at all",
                notes: DiskLayoutPlanner.largest(packages)))
    }

    static func title(_ filesystem: StoragePlan.Filesystem) -> String {
        filesystem.mounts.first.map { "'\($0.path)'" }
            ?? "\(filesystem.settings.format.rawValue) on \(filesystem.place)"
    }

    // MARK: Disks

    private mutating func disks(_ groups: [GroupNeed]) -> [StorageLayout.Disk]? {
        var held = groups.map(\.bytes)
        var disks: [StorageLayout.Disk] = []
        for (index, disk) in plan.settings.disks.enumerated() {
            let partitions = plan.partitions.filter { $0.disk == index }
            var shares: [Growth.Share] = []
            for partition in partitions {
                let size = partitionSize(partition, groups, &held)
                let space = partition.settings.space
                shares.append(
                    .init(
                        size: size, grows: space.grows,
                        most: space.most.map { max(size, $0.value.bytes / Self.mebibyte * Self.mebibyte) }))
            }
            let used = shares.reduce(2 * Self.mebibyte) { $0 + $1.size }
            var size = used
            if let fixed = disk.size {
                size = fixed.value.bytes / Self.mebibyte * Self.mebibyte
                guard used <= size else {
                    report.add(
                        Diagnostic(
                            code: "disk-too-small",
                            "'\(disk.name.value)' has \(fixed.value), and what lies on it needs \(ByteSize(bytes: used))",
                            at: fixed.range ?? disk.name.range,
                            hint: "at least \(used / Self.mebibyte) MiB, or no size at all",
                            notes: DiskLayoutPlanner.largest(packages)))
                    return nil
                }
            }
            let left = (size - used) / Self.mebibyte
            let units = shares.map {
                Growth.Share(
                    size: $0.size / Self.mebibyte, grows: $0.grows, most: $0.most.map { $0 / Self.mebibyte })
            }
            let sizes = Growth.distribute(left, among: units).map { $0 * Self.mebibyte }
            disks.append(.init(name: disk.name.value, layout: table(index, partitions, sizes, size)))
        }
        for (group, missing) in zip(plan.settings.groups, held) where missing > 0 {
            report.add(
                Diagnostic(
                    code: "over-full",
                    "the volumes of '\(group.name.value)' need \(ByteSize(bytes: missing)) more than its partitions have",
                    at: group.name.range, hint: "make a partition larger, or give it no size",
                    notes: DiskLayoutPlanner.largest(packages)))
        }
        return disks
    }

    /// - Parameter held: bytes that each group still has to find a place for
    private mutating func partitionSize(
        _ partition: StoragePlan.Partition, _ groups: [GroupNeed], _ held: inout [Int64]
    ) -> Int64 {
        let space = partition.settings.space
        let header = partition.encryption?.headerSize ?? 0
        if case .physicalVolume(let name) = partition.settings.content {
            guard let index = plan.settings.groups.firstIndex(where: { $0.name.value == name.value }) else { return 0 }
            let extent = groups[index].extentSize
            let around = header + StorageLayout.extentsStart
            // Of several, those of a given size take what fits, and the last without one, or that grows, the rest.
            let all = plan.physicalVolumes(of: name.value)
            let open = all.last { $0.settings.space.size == nil || $0.settings.space.grows } ?? partition
            var size = space.size.map { Self.roundedUp($0.value.bytes, to: Self.mebibyte) } ?? around + extent
            if partition.place == open.place, space.size == nil || space.grows {
                let others = all.filter { $0.place != open.place }.reduce(Int64(0)) { sum, other in
                    let around = (other.encryption?.headerSize ?? 0) + StorageLayout.extentsStart
                    return sum + max(0, ((other.settings.space.size?.value.bytes ?? 0) - around) / extent * extent)
                }
                let rest = max(0, groups[index].bytes - others)
                size = max(size, Self.roundedUp(around + Self.roundedUp(rest, to: extent), to: Self.mebibyte))
                if let most = space.most { size = min(size, most.value.bytes / Self.mebibyte * Self.mebibyte) }
            }
            held[index] -= max(0, (size - around) / extent * extent)
            return size
        }
        guard let filesystem = plan.filesystems.first(where: { $0.place == partition.place }) else {
            return base(
                space, Need(least: Self.mebibyte, wanted: DiskLayoutPlanner.biosBootSize), growsLater: false,
                unit: Self.mebibyte, what: "the BIOS boot partition", range: partition.settings.range)
        }
        return base(
            space, need(filesystem), growsLater: isFixed(partition.disk), unit: Self.mebibyte,
            what: Self.title(filesystem), range: partition.settings.range)
    }

    private func table(
        _ disk: Int, _ partitions: [StoragePlan.Partition], _ sizes: [Int64], _ size: Int64
    ) -> DiskLayout {
        // What grows later lies last, where room is when the disk is made larger; the one that holds root before others.
        let growing = partitions.indices.filter { partitions[$0].settings.space.grows }
        let last = growing.first { holdsRoot(partitions[$0]) } ?? growing.last
        let order = partitions.indices.filter { $0 != last } + (last.map { [$0] } ?? [])
        var start = DiskLayoutPlanner.alignment
        var entries: [DiskLayout.Partition] = []
        for index in order {
            let partition = partitions[index]
            let filesystem = plan.filesystems.first { $0.place == partition.place }
            let visible = partition.encryption == nil ? filesystem : nil
            entries.append(
                DiskLayout.Partition(
                    number: partition.number, role: partition.role, name: name(partition),
                    typeGUID: DiskLayoutPlanner.typeGUID(partition.role, plan.architecture),
                    uniqueGUID: [.biosBoot, .esp].contains(partition.role)
                        ? plan.identity.partitionGUID(partition.role)
                        : plan.identity.uuid("partition \(partition.number) of disk \(disk)").uppercased(),
                    start: start, size: sizes[index], label: visible?.settings.label?.value,
                    filesystemUUID: partition.encryption?.uuid ?? visible?.uuid))
            start += sizes[index]
        }
        return DiskLayout(
            diskGUID: disk == 0 ? plan.identity.diskGUID : plan.identity.uuid("disk \(disk)").uppercased(),
            size: size, partitions: entries, root: .init(inodes: 0, journalMebibytes: 0))
    }

    private func holdsRoot(_ partition: StoragePlan.Partition) -> Bool {
        guard let (root, _) = plan.filesystem(mountedAt: "/") else { return false }
        if root.place == partition.place { return true }
        guard case .volume(let group, _) = root.place,
            case .physicalVolume(let name) = partition.settings.content
        else { return false }
        return name.value == group
    }

    /// The partition's name in the table, as much of it as that holds.
    private func name(_ partition: StoragePlan.Partition) -> String {
        let name =
            switch partition.settings.content {
            case .physicalVolume(let group): "LVM \(group.value)"
            case .btrfsDevice(let volume): "Btrfs \(volume.value)"
            case .filesystem(let filesystem):
                switch filesystem.format {
                case .biosBoot: "BIOS boot"
                case .efi: "EFI system"
                case .swap: "swap"
                default: filesystem.mount.map { $0.value == "/" ? "root" : String($0.value.dropFirst()) } ?? "data"
                }
            }
        return String(name.prefix(36))
    }

    // MARK: Contents

    private func isInEncryptedGroup(_ place: StoragePlace) -> Bool {
        guard case .volume(let group, _) = place else { return false }
        return plan.physicalVolumes(of: group).contains { $0.encryption != nil }
    }

    private func content(
        _ filesystem: StoragePlan.Filesystem, _ disks: [StorageLayout.Disk], _ groups: [StorageLayout.VolumeGroup]
    ) -> StorageLayout.Content {
        var size: Int64
        switch filesystem.place {
        case .partition(let disk, let number):
            size = disks[disk].layout.partitions.first { $0.number == number }?.size ?? 0
        case .volume(let name, let volume):
            let group = groups.first { $0.name == name }
            size = (group?.volumes.first { $0.name == volume }?.extents ?? 0) * (group?.extentSize ?? 0)
        }
        size -= filesystem.encryption?.headerSize ?? 0
        let tree = trees[filesystem.place] ?? TreeUsage(blocks: 0, inodes: 0)
        let geometry = Ext4Geometry(blocks: size / Ext4Geometry.blockSize, entries: tree.inodes)
        let format = filesystem.settings.format
        let mounted = Dictionary(
            filesystem.mounts.map { ($0.subvolume ?? "", $0.path) }, uniquingKeysWith: { first, _ in first })
        return StorageLayout.Content(
            place: filesystem.place, format: format.rawValue, mount: mounted[""],
            subvolumes: filesystem.subvolumes.map { .init(name: $0, mount: mounted[$0]) }, size: size,
            uuid: filesystem.uuid, label: filesystem.settings.label?.value,
            makeOptions: filesystem.settings.makeOptions, encryption: filesystem.encryption,
            isInEncryptedGroup: isInEncryptedGroup(filesystem.place),
            parameters: format.isExt
                ? .init(
                    inodes: geometry.inodes,
                    journalMebibytes: format == .ext2 ? 0 : (geometry.journalBlocks * Ext4Geometry.blockSize) >> 20)
                : nil)
    }
}
