import BuildPlanning
import ContentDigest
import FileTrees
import HostSystem
import SandboxInside
import SystemPackage
import TreeMeasures

/// Writes a disk natively: the filesystems by the tools layer's own programs, the rest as bytes.
struct DiskWriter {
    let host: Host
    let tools: ToolsRoot
    let layout: DiskLayout
    let disk: DiskFile
    /// A scratch folder on the store's filesystem.
    let folder: String
    /// All times on the disk, in seconds since 1970.
    let timestamp: Int64

    static let place = "/run/stonebake"

    /// - Returns: a digest of everything outside of the root filesystem: partition table, boot code, ESP.
    /// - Throws: `DiskError`, `HostError`, `CancellationError`.
    func write(tree: RootFilesystem, boot: BootFiles, hashSeed: String) async throws -> Digest {
        try checkSpace(for: tree.measure.usage)
        try disk.resize(to: layout.size)
        async let root: Void = writeRoot(tree, hashSeed: hashSeed)
        async let system = writeSystemPartition(boot.system)
        var surroundings = try writeTable(boot)
        if let system = try await system { surroundings.add("ESP", system) }
        try await root
        return surroundings.digest
    }

    /// Partition table and boot code.
    func writeTable(_ boot: BootFiles) throws -> StepInputs {
        var surroundings = StepInputs()
        let table = PartitionTable(layout: layout)
        var primary = try table.primary()
        if let grub = boot.grub, let place = layout[.biosBoot] {
            let sector = UInt64(place.start) / UInt64(PartitionTable.sectorSize)
            primary.replaceSubrange(
                ..<PartitionTable.sectorSize, with: grub.bootSector(over: primary, coreSector: sector))
            let core = try grub.core(at: sector, size: place.size)
            try disk.write(core, at: place.start)
            surroundings.add("boot code", Digest.of(core))
        }
        try disk.write(primary, at: 0)
        let backup = try table.backup()
        try disk.write(backup, at: table.backupOffset)
        surroundings.add("partition table", Digest.of(primary))
        surroundings.add("its backup", Digest.of(backup))
        return surroundings
    }

    /// Has the tools layer's e2fsck look at the root filesystem, without changing it.
    ///
    /// - Throws: `DiskError.verification` when it is not clean.
    func check() async throws {
        guard let partition = layout[.root] else { return }
        let command = Command("e2fsck", ["-f", "-n", "\(Self.place)/disk.raw?offset=\(partition.start)"])
        let result = try await Sandbox(host: host).run(
            job(
                command, binds: [.init(disk.path, at: "\(Self.place)/disk.raw")], caching: "\(Self.place)/disk.raw"))
        guard result.succeeded else {
            throw DiskError(
                .verification, "the finished root filesystem is damaged", hint: "this is a defect of Stonebake",
                notes: result.tail)
        }
    }

    private func writeRoot(_ tree: RootFilesystem, hashSeed: String) async throws {
        guard let partition = layout[.root] else { return }
        let making = Ext4Writer.command(
            partition, parameters: layout.root, hashSeed: hashSeed, disk: "\(Self.place)/disk.raw",
            features: Ext4Writer.unsummed)
        let script = """
            \(([making.executable] + making.arguments).map(Command.quoted).joined(separator: " ")) || exit
            \(Ext4Writer.finishing("\(Self.place)/disk.raw?offset=\(partition.start)"))
            """
        let command = Command("sh", ["-c", script]).with { $0.environment = making.environment }
        // mke2fs runs among the tools and the tree has a namespace of its own: a pipe joins them.
        var stream = TreeStream(layers: tree.layers, timestamp: timestamp)
        stream.baseLayers = tree.baseLayers
        try await stream.pipe(in: folder, host: host) { [self] pipe in
            _ = try await run(
                command.with { $0.input = .file(pipe) }, "writing the root filesystem",
                binds: [.init(disk.path, at: "\(Self.place)/disk.raw", readOnly: false)],
                caching: "\(Self.place)/disk.raw")
        }
        let attributes = ExtendedAttributes(items: tree.measure.attributes)
        if !attributes.items.isEmpty { try await write(attributes, to: partition) }
    }

    func write(_ attributes: ExtendedAttributes, to partition: DiskLayout.Partition) async throws {
        let work = "\(folder)/attributes"
        try Files.makeFolder(work)
        for (index, item) in attributes.items.enumerated() { try Files.write(item.value, to: "\(work)/value-\(index)") }
        try Files.write(try attributes.requests(folder: "\(Self.place)/attributes"), to: "\(work)/requests")
        let debug = Command(
            "debugfs",
            [
                "-w", "-f", "\(Self.place)/attributes/requests",
                "\(Self.place)/disk.raw?offset=\(partition.start)",
            ])
        let result = try await run(
            debug, "writing extended attributes",
            binds: [
                .init(work, at: "\(Self.place)/attributes"),
                .init(disk.path, at: "\(Self.place)/disk.raw", readOnly: false),
            ])
        // debugfs ends with 0 whatever its requests did; those that fail say so, the others say nothing.
        let failures = result.tail.filter { !$0.hasPrefix("debugfs") }
        guard failures.isEmpty else {
            throw DiskError(.badTree, "the tree's extended attributes cannot be written", notes: failures)
        }
        try removeTree(work)
    }

    /// Its digest; nil when there is none.
    func writeSystemPartition(_ system: SystemPartition?) async throws -> Digest? {
        guard let system, let partition = layout[.esp] else { return nil }
        let work = "\(folder)/esp"
        try Files.makeFolder(work)
        for (index, file) in system.files.enumerated() { try Files.write(file.content, to: "\(work)/file-\(index)") }
        _ = try DiskFile.create("\(work)/esp.img", size: partition.size)
        let script = SystemPartition.script(
            paths: system.files.map(\.path), serial: partition.filesystemUUID ?? "", label: partition.label ?? "")
        try await run(
            Command("sh", ["-c", script]).with { $0.workingDirectory = Self.place }, "writing the EFI system partition",
            binds: [.init(work, at: Self.place, readOnly: false)])
        let disk = disk
        let digest = try await blocking(named: "esp") {
            try disk.write(contentsOf: "\(work)/esp.img", at: partition.start)
        }
        try removeTree(work)
        return digest
    }

    /// - Parameter cached: the disk, as the command sees it, of which blocks are kept in memory
    @discardableResult
    func run(
        _ command: Command, _ purpose: String, binds: [SandboxBind], caching cached: String? = nil
    ) async throws -> CommandResult {
        do {
            return try await Sandbox(host: host).check(
                job(command, binds: binds, caching: cached), purpose: purpose)
        } catch let error as HostError where error.notes.contains(where: { $0.contains("No space left on device") }) {
            throw HostError(
                .noSpace, "\(purpose): the disk that holds '\(host.store.root)' is full",
                hint: "free some space there; `stonebake cache gc` frees the cache", notes: error.notes)
        }
    }

    private func job(_ command: Command, binds: [SandboxBind], caching cached: String?) -> SandboxJob {
        SandboxJob(layers: [tools.tree], command: command).with {
            $0.binds = binds
            $0.timestamp = timestamp
            if let cached { DiskCache(host: host)?.apply(to: &$0, disk: cached) }
        }
    }

    /// The tree is copied once, into the disk: better to say so before than in the middle.
    func checkSpace(for tree: TreeUsage) throws {
        guard let free = Files.freeSpace(at: folder), free < tree.bytes else { return }
        throw HostError(
            .noSpace,
            "the disk image needs \(Files.sizeText(tree.bytes)) in '\(host.store.root)', "
                + "where \(Files.sizeText(free)) are free",
            hint: "free some space there; `stonebake cache gc` frees the cache")
    }
}
