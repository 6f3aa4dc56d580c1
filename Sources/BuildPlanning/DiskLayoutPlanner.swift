package import ApplianceSpec
package import Diagnostics
package import TreeMeasures

/// From what the tree takes and what the spec asks for to partitions. Pure: the same values give the same layout.
package struct DiskLayoutPlanner: Sendable {
    package static let alignment: Int64 = 1 << 20
    /// The core image (about 35 KiB) and room for a larger one.
    package static let biosBootSize: Int64 = 1 << 20
    /// FAT32 needs 65,525 clusters: 32 MiB with the smallest ones. 64 MiB holds shim and GRUB twice, with as much again
    /// for their successors. FAT32 and not FAT16 because the UEFI specification (13.3) promises no other for fixed media.
    package static let espSize: Int64 = 64 << 20
    package static let rootLabel = "root"
    package static let espLabel = "ESP"

    package let settings: DiskSettings
    package let architecture: Architecture
    package let identity: DiskIdentity

    package init(settings: DiskSettings, architecture: Architecture, identity: DiskIdentity) {
        self.settings = settings
        self.architecture = architecture
        self.identity = identity
    }

    /// The layout for a tree; errors point at the spec's `disk.size` or `disk.budget` and name the packages that take
    /// the space. There is a layout beside the error when only the budget is exceeded.
    package func layout(
        for tree: TreeUsage, packages: [PackageSize]
    ) -> (layout: DiskLayout?, report: DiagnosticReport) {
        var report = DiagnosticReport()
        let layout: DiskLayout
        switch settings.size.value {
        case .automatic:
            layout = makeLayout(size: automaticSize(for: tree), tree: tree)
        case .fixed(let size):
            let smallest = smallestSize(for: tree, free: 0)
            // A size between two MiB is rounded down: a disk is never larger than its spec says.
            let usable = size.bytes / Self.alignment * Self.alignment
            guard usable >= smallest else {
                report.add(tooSmall(size, smallest: smallest, tree: tree, packages: packages))
                return (nil, report)
            }
            layout = makeLayout(size: usable, tree: tree)
        }
        if let excess = budgetDiagnostic(layout, packages: packages) { report.add(excess) }
        return (layout, report)
    }

    /// What is wrong with the disk's size by the spec's budget; nil when it is kept.
    package func budgetDiagnostic(_ layout: DiskLayout, packages: [PackageSize]) -> Diagnostic? {
        guard let budget = settings.budget, layout.size > budget.value.bytes else { return nil }
        let excess = ByteSize(bytes: layout.size - budget.value.bytes)
        return Diagnostic(
            code: "over-budget",
            "a disk of \(ByteSize(bytes: layout.size)) is \(excess) over its budget of \(budget.value)",
            at: budget.range, hint: "remove packages, ask for less free space, or raise the budget",
            notes: Self.largest(packages))
    }

    /// What can be told before anything is built, from the lock alone: a fixed size or a budget that even half of what
    /// the packages say they take does not fit in. Installed-Size counts what the build leaves out, hence the half.
    package func earlyReport(_ lock: Lockfile) -> DiagnosticReport {
        let declared = lock.packages.reduce(Int64(0)) { $0 + $1.installedSize }
        let tree = TreeUsage(blocks: declared / 2 / Ext4Geometry.blockSize, inodes: 0)
        let packages = lock.packages.map { PackageSize(name: $0.name, bytes: $0.installedSize) }
            .sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
        let smallest = smallestSize(for: tree, free: 0)
        var report = DiagnosticReport()
        if case .fixed(let size) = settings.size.value, size.bytes < smallest {
            report.add(tooSmall(size, smallest: smallest, tree: tree, packages: packages))
        }
        if let budget = settings.budget, budget.value.bytes < smallest {
            report.add(
                Diagnostic(
                    code: "over-budget", "the packages do not fit into the budget of \(budget.value)",
                    at: budget.range, hint: "the disk would have at least \(ByteSize(bytes: smallest))",
                    notes: Self.largest(packages)))
        }
        return report
    }

    /// Lines for the ten packages that take the most, largest first.
    package static func largest(_ packages: [PackageSize], count: Int = 10) -> [Diagnostic.Note] {
        packages.prefix(count).map { .init("\($0.name): \(ByteSize(bytes: $0.bytes))") }
    }

    // MARK: Sizes

    private func automaticSize(for tree: TreeUsage) -> Int64 {
        let free =
            switch settings.free {
            case .percent(let percent): tree.bytes * Int64(percent) / 100
            case .bytes(let size): size.bytes
            }
        return smallestSize(for: tree, free: free)
    }

    /// Bytes of the smallest disk whose root filesystem holds the tree and has `free` bytes left, as df(1) counts them.
    private func smallestSize(for tree: TreeUsage, free: Int64) -> Int64 {
        rootStart + FilesystemNeeds.ext4(tree, free: free) + Self.alignment
    }

    /// Bytes before the root partition.
    private var rootStart: Int64 {
        Self.alignment + (settings.boot.contains(.bios) ? Self.biosBootSize : 0)
            + (settings.boot.contains(.uefi) ? Self.espSize : 0)
    }

    private func makeLayout(size: Int64, tree: TreeUsage) -> DiskLayout {
        var partitions: [DiskLayout.Partition] = []
        var start = Self.alignment
        if settings.boot.contains(.bios) {
            partitions.append(partition(14, .biosBoot, "BIOS boot", start, Self.biosBootSize, label: nil, uuid: nil))
            start += Self.biosBootSize
        }
        if settings.boot.contains(.uefi) {
            partitions.append(
                partition(
                    15, .esp, "EFI system", start, Self.espSize, label: Self.espLabel, uuid: identity.espSerial))
            start += Self.espSize
        }
        // The last MiB holds the GPT's copy.
        let rootSize = size - start - Self.alignment
        partitions.append(
            partition(1, .root, "root", start, rootSize, label: Self.rootLabel, uuid: identity.rootUUID))
        let geometry = Ext4Geometry(blocks: rootSize / Ext4Geometry.blockSize, entries: tree.inodes)
        return DiskLayout(
            diskGUID: identity.diskGUID, size: size, partitions: partitions,
            root: .init(
                inodes: geometry.inodes,
                journalMebibytes: (geometry.journalBlocks * Ext4Geometry.blockSize) >> 20))
    }

    private func partition(
        _ number: Int, _ role: DiskLayout.Role, _ name: String, _ start: Int64, _ size: Int64, label: String?,
        uuid: String?
    ) -> DiskLayout.Partition {
        DiskLayout.Partition(
            number: number, role: role, name: name, typeGUID: Self.typeGUID(role, architecture),
            uniqueGUID: identity.partitionGUID(role), start: start, size: size, label: label, filesystemUUID: uuid)
    }

    /// The UEFI specification's and the Discoverable Partitions Specification's type GUIDs; BIOS boot is GRUB's.
    package static func typeGUID(_ role: DiskLayout.Role, _ architecture: Architecture) -> String {
        switch (role, architecture) {
        case (.biosBoot, _): "21686148-6449-6E6F-744E-656564454649"
        case (.esp, _): "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
        case (.root, .amd64): "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"
        case (.root, .arm64): "B921B045-1DF0-41C3-AF44-4C6F280D3FAE"
        case (.data, _): "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
        case (.swap, _): "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F"
        case (.physicalVolume, _): "E6D6D379-F507-44C2-A23C-238F2A3DF928"
        case (.encrypted, _): "CA7D7CCB-63ED-4C53-861C-1742536059CC"
        }
    }

    func tooSmall(
        _ size: ByteSize, smallest: Int64, tree: TreeUsage, packages: [PackageSize]
    ) -> Diagnostic {
        let rest = ByteSize(bytes: smallest - tree.bytes)
        let parts = "files \(ByteSize(bytes: tree.bytes)), filesystem and partitions \(rest)"
        return Diagnostic(
            code: "disk-too-small",
            "a disk of \(size) is smaller than its contents, which need \(ByteSize(bytes: smallest)) (\(parts))",
            at: settings.size.range, hint: "use `size: auto`, or at least \((smallest + 999_999) / 1_000_000) MB",
            notes: Self.largest(packages))
    }
}

extension TreeMeasure {
    /// The ten packages that take the most space, largest first.
    package var largestPackages: [PackageSize] { Array(packageSizes.prefix(10)) }
}
