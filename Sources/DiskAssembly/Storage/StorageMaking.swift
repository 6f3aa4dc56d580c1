import ApplianceSpec
import BuildPlanning
import Diagnostics
import FileTrees
import HostSystem
import TreeMeasures

/// Makes the disks of a layout that the spec gives: each filesystem natively as a file of its own, these together onto the
/// disks, and through libguestfs what needs Linux itself: encryption, files into XFS, and the verdict.
struct StorageMaking: Sendable {
    let host: Host
    let plan: BuildPlan
    let storage: StoragePlan
    let root: RootFilesystem
    let tools: ToolsRoot
    let useKVM: Bool
    let secrets: Secrets

    struct Made: Sendable {
        var layout: StorageLayout
        /// One for each disk.
        var disks: [String]
        var inspection: DiskImage.Inspection
    }

    /// - Throws: `DiskError`, `HostError`, `CancellationError`.
    func make() async throws -> Made {
        let keys = try storage.encrypted.map { try secrets.value(of: $0.secret) }
        let folder = try host.scratch.newFolder("disk")
        let tar = "\(folder)/root.tar"
        try await TreeStream(layers: root.layers, timestamp: plan.lock.timestamp).write(to: tar, host: host)
        let archive = try await blocking(named: "tree") { try RootArchive(tar) }
        let split = TreeSplit(archive, mounts: storage.mountPoints.filter { $0 != "/boot/efi" })
        let layout = try sized(split)
        let trees = try await Timeline.measure("divide the tree") { try await writeTrees(split, layout, folder) }
        let images = try await Timeline.measure("make the filesystems") { try await makeImages(layout, trees, folder) }
        let (disks, system) = try await makeTables(layout, folder)
        let composer = StorageComposer(
            host: host, tools: tools, layout: layout, disks: disks, folder: folder, timestamp: plan.lock.timestamp)
        let clear = try await Timeline.measure("write the disks") { try await composer.compose(images) }
        let inspection = try await Timeline.measure("finish and verify the disks", adopting: true) {
            try await finish(layout, disks, clear, keys, trees, folder, files: system)
        }
        try await checkXFS(layout, disks, folder)
        return Made(layout: layout, disks: disks.map(\.path), inspection: inspection)
    }

    private func sized(_ split: TreeSplit) throws -> StorageLayout {
        let usage = split.usage()
        var trees: [StoragePlace: TreeUsage] = [:]
        for filesystem in storage.filesystems {
            var sum = TreeUsage(blocks: 0, inodes: 0)
            for mount in filesystem.mounts {
                sum.blocks += usage[mount.path]?.blocks ?? 0
                sum.inodes += usage[mount.path]?.inodes ?? 0
            }
            trees[filesystem.place] = sum
        }
        let planner = StorageLayoutPlanner(settings: plan.appliance.disk, plan: storage)
        let (layout, report) = planner.layout(for: trees, packages: root.measure.packageSizes)
        guard let layout, !report.hasErrors else {
            throw DiskError(.size, "the disks do not fit their spec", report: report)
        }
        return layout
    }

    /// The tree of each mount point as a tar, by the mount point.
    private func writeTrees(
        _ split: TreeSplit, _ layout: StorageLayout, _ folder: String
    ) async throws -> [String: String] {
        var paths: [String: String] = [:]
        let mounts = layout.contents.filter { $0.format != "efi" }.flatMap { content in
            [content.mount].compactMap { $0 } + content.subvolumes.compactMap(\.mount)
        }
        for (index, mount) in mounts.enumerated() { paths[mount] = "\(folder)/tree-\(index).tar" }
        let made = paths
        try await blocking(named: "trees") { try split.write(to: made) }
        return paths
    }

    private func makeImages(
        _ layout: StorageLayout, _ trees: [String: String], _ folder: String
    ) async throws -> [StoragePlace: String] {
        var images: [StoragePlace: String] = [:]
        for (index, content) in layout.contents.enumerated() where content.format != "efi" {
            let work = "\(folder)/filesystem-\(index)"
            try Files.makeFolder(work)
            let maker = FilesystemMaker(
                host: host, tools: tools, content: content, identity: plan.identity, folder: work,
                timestamp: plan.lock.timestamp)
            var parts: [FilesystemMaker.Tree] = []
            if let tree = content.mount.flatMap({ trees[$0] }) { parts.append(.init(archive: tree, subvolume: "")) }
            for subvolume in content.subvolumes {
                guard let tree = subvolume.mount.flatMap({ trees[$0] }) else { continue }
                parts.append(.init(archive: tree, subvolume: subvolume.name))
            }
            if parts.isEmpty, content.format.hasPrefix("ext") {
                // One that nothing mounts is empty, and mke2fs still wants a tree.
                let empty = "\(work)/empty.tar"
                let writer = try TarWriter(path: empty)
                try writer.add(
                    ArchiveEntry(path: ".", kind: .directory, mode: 0o755, modified: plan.lock.timestamp))
                _ = try writer.finish()
                parts.append(.init(archive: empty, subvolume: ""))
            }
            try await maker.make(parts)
            try await maker.check()
            // Where encryption comes below, what is not written reads as anything: what a filesystem takes for zeros has
            // to be written. mke2fs does so when asked; XFS relies on its log alone.
            if content.isEncrypted {
                switch content.format {
                case "xfs": try DiskFile.fillHoles(of: maker.image, in: XFSSuperblock(maker.image).log)
                case "vfat": try DiskFile.fillHoles(of: maker.image)
                default: break
                }
            }
            images[content.place] = maker.image
        }
        return images
    }

    /// The disks with their partition tables, boot code and EFI system partition; and what the latter must hold.
    private func makeTables(
        _ layout: StorageLayout, _ folder: String
    ) async throws -> ([DiskFile], files: [String]) {
        let assets = TreeAssets(folder: root.assets)
        var disks: [DiskFile] = []
        var files: [String] = []
        for (index, disk) in layout.disks.enumerated() {
            let file = try DiskFile.create("\(folder)/disk-\(index).raw", size: disk.layout.size)
            disks.append(file)
            let boot = try BootFiles(
                assets: assets, layout: disk.layout, architecture: plan.appliance.architecture,
                configuration: storage.efiConfiguration)
            let writer = DiskWriter(
                host: host, tools: tools, layout: disk.layout, disk: file, folder: folder,
                timestamp: plan.lock.timestamp)
            if index == 0 { try writer.checkSpace(for: root.measure.usage) }
            _ = try writer.writeTable(boot)
            _ = try await writer.writeSystemPartition(boot.system)
            files += boot.system?.files.map(\.path) ?? []
        }
        return (disks, files)
    }

    // MARK: libguestfs

    private func finish(
        _ layout: StorageLayout, _ disks: [DiskFile], _ clear: [StorageComposer.Clear], _ keys: [[UInt8]],
        _ trees: [String: String], _ folder: String, files: [String]
    ) async throws -> DiskImage.Inspection {
        let label = StorageSession.label
        var extra: [StorageSession.Drive] = []
        var secretDrives: [SecretDrive] = []
        var encryptions: [StorageWork.Encryption] = []
        for (index, item) in clear.enumerated() {
            guard let number = storage.encrypted.firstIndex(where: { $0.uuid == item.device.uuid }) else { continue }
            let secret = try SecretDrive(keys[number], folder: folder)
            secretDrives.append(secret)
            extra.append(.init(path: item.image, label: label("clear", index), readOnly: true))
            extra.append(.init(path: secret.path, label: label("key", index), readOnly: true))
            let whole = [SparseCopier.Range(start: item.offset, count: item.size)]
            encryptions.append(
                .init(
                    clear: item, source: label("clear", index), key: label("key", index), keyLength: secret.length,
                    ranges: try SparseCopier.data(of: item.image, gap: 1 << 20).isEmpty
                        ? whole : SparseCopier.data(of: item.image, gap: 1 << 20)))
        }
        var populations: [StorageWork.Population] = []
        for content in layout.contents where content.format == "xfs" {
            guard let tree = content.mount.flatMap({ trees[$0] }) else { continue }
            let name = label("tree", populations.count)
            extra.append(.init(path: tree, label: name, readOnly: true))
            populations.append(.init(content: content, tree: name))
        }
        try checkSpace(for: encryptions.reduce(0) { $0 + $1.ranges.reduce(0) { $0 + $1.count } }, in: folder)
        let work = StorageWork(layout: layout, encryptions: encryptions, populations: populations)
        let drives =
            disks.enumerated().map { index, disk in
                StorageSession.Drive(path: disk.path, label: label("disk", index), readOnly: work.isEmpty)
            } + extra
        let verifier = StorageVerifier(
            layout: layout, kernel: root.kernel, systemPartitionFiles: files, progress: host.progress,
            sources: extra.count)
        let secrets = secretDrives
        return try await StorageSession(host: host, useKVM: useKVM).run(
            drives, started: { for secret in secrets { try secret.fill() } }
        ) { handle, cancelled in
            try work.run(handle, cancelled)
            return try verifier.verify(handle, cancelled)
        }
    }

    /// A QEMU that finds no space for what its guest writes stops the guest, and nobody hears of it.
    private func checkSpace(for needed: Int64, in folder: String) throws {
        guard let free = Files.freeSpace(at: folder), free < needed + needed / 20 else { return }
        throw HostError(
            .noSpace,
            "encrypting the disks needs \(Files.sizeText(needed)) in '\(host.store.root)', "
                + "where \(Files.sizeText(free)) are free",
            hint: "free some space there; `stonebake cache gc` frees the cache")
    }

    /// What the appliance has written is looked at by the XFS tools of the system that will mount it.
    private func checkXFS(_ layout: StorageLayout, _ disks: [DiskFile], _ folder: String) async throws {
        for content in layout.contents where content.format == "xfs" && content.encryption == nil {
            guard case .partition(let disk, let number) = content.place,
                let partition = layout.disks[disk].layout.partitions.first(where: { $0.number == number })
            else { continue }
            let work = "\(folder)/check"
            try Files.makeFolder(work)
            let copy = try DiskFile.create("\(work)/image", size: content.size)
            let source = disks[disk].path
            try await blocking(named: "copy") {
                try copy.write(dataOf: source, from: partition.start, count: partition.size)
            }
            try await FilesystemMaker(
                host: host, tools: tools, content: content, identity: plan.identity, folder: work,
                timestamp: plan.lock.timestamp
            ).check()
            try removeTree(work)
        }
    }
}
