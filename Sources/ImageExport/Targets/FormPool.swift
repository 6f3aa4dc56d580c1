package import BuildPlanning
import FileTrees
package import HostSystem
import TreeMeasures

/// What several targets share: a form of the disk or of the tree, made once in a run, and only when somebody asks for it.
/// The raw disk is read by all of them; what one target needs is linked into its own result.
package actor FormPool {
    package enum Form: Hashable, Sendable {
        /// By zstd, or by zlib for those who know nothing newer.
        case qcow2(usesZstd: Bool)
        case vmdk, vhd, vhdx, rawGzip, rawXZ, rawZstd, xva, gceTar
        /// The tree as one tar, and that compressed.
        case tree, treeGzip
        /// The tree of a container that has no disk, compressed; behind Incus' metadata in one archive.
        case containerXZ, containerGzip
        /// Incus' metadata and a qcow2 in one archive.
        case machineTar
    }

    /// Writes a tree's tar to the path.
    package typealias TreeWriting = @Sendable (_ path: String) async throws -> Void

    private struct Key: Hashable {
        var form: Form
        var disk: String
    }

    private let host: Host
    private let facts: ApplianceFacts
    private let tools: ToolsRoot?
    private let tree: TreeWriting?
    private let similar: SimilarImage?
    private let imageCopy: String?
    private let workers: Int
    private let slots: WorkSlots
    private var folder: String?
    private var made: [Key: Task<WrittenFile, any Error>] = [:]

    /// - Parameters:
    ///   - tree: nil where nothing needs it
    ///   - similar: what a qcow2 can be made from sooner than from the disk alone
    ///   - imageCopy: where the qcow2 with zstd is copied to while its digest is taken; nil where nobody wants that
    ///   - workers: how many threads compress one file; nil: as many as there are processors
    package init(
        host: Host, facts: ApplianceFacts, tools: ToolsRoot?, similar: SimilarImage? = nil, imageCopy: String? = nil,
        workers: Int? = nil, tree: TreeWriting? = nil
    ) {
        self.imageCopy = imageCopy
        self.similar = similar
        self.workers = workers ?? host.cpus
        self.host = host
        self.facts = facts
        self.tools = tools
        self.tree = tree
        // As many as there are processors, and one that waits for the disk: it is what keeps the memory small.
        slots = WorkSlots(max(2, min(host.cpus, 8)) + 1)
    }

    /// The form of the disk at that path.
    ///
    /// - Throws: `ExportError`, `HostError`, `CancellationError`.
    package func file(_ form: Form, of disk: String) async throws -> WrittenFile {
        let key = Key(form: form, disk: [.tree, .treeGzip, .containerXZ, .containerGzip].contains(form) ? "" : disk)
        if made[key] == nil {
            let number = made.count
            made[key] = Task { try await self.make(form, of: disk, number) }
        }
        guard let task = made[key] else { throw CancellationError() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Removes what nobody has linked.
    package func discard() async {
        for task in made.values {
            task.cancel()
            _ = try? await task.value
        }
        if let folder { discardTree(folder) }
        made = [:]
    }

    private func newPath(_ number: Int) throws -> String {
        let folder = try self.folder ?? host.store.newStaging()
        self.folder = folder
        return "\(folder)/\(number)"
    }

    private func make(_ form: Form, of disk: String, _ number: Int) async throws -> WrittenFile {
        let path = try newPath(number)
        // What it is made from is waited for outside, so that nobody holds a slot and waits for one.
        let source =
            switch form {
            case .treeGzip, .containerXZ, .containerGzip: try await file(.tree, of: disk).path
            case .machineTar: try await file(.qcow2(usesZstd: false), of: disk).path
            default: disk
            }
        await slots.take()
        defer { slots.give() }
        try Task.checkCancellation()
        let (facts, workers) = (facts, workers)
        switch form {
        case .qcow2(let usesZstd):
            let writer = QCOW2Writer(host: host, tools: try needed(tools))
            // Of several appliances one at a time, while others compute: they wait for the same disk, all in the same
            // second otherwise.
            let turns = host.sparesPageCache ? host.diskTurns : nil
            if let turns { await Timeline.wait("wait for the disk", for: nil) { await turns.take() } }
            defer { turns?.give() }
            try Task.checkCancellation()
            let like = usesZstd ? similar?.find(for: disk) : nil
            return try await writer.write(
                disk, to: path, usesZstd: usesZstd, like: like, copyingTo: usesZstd ? imageCopy : nil)
        case .tree:
            guard let tree else { throw ExportError(.conversion, "there is no tree to take the files from") }
            try await tree(path)
            return try await blocking(named: "digest") { try WrittenFile(hashing: path) }
        case .rawXZ:
            return try await Self.compressed(source, to: path, .xz(preset: 1))
        case .containerXZ:
            return try await blocking(named: "container") { cancelled in
                let archive = try TarWriter(path: path, compression: .xz(preset: 1))
                try ContainerTree.copy(source, into: archive, below: nil, cancelled: cancelled)
                return try WrittenFile(archive, path)
            }
        case .rawZstd:
            return try await ZstdWriter(host: host, tools: try needed(tools), workers: workers)
                .write(source, to: path)
        case .containerGzip:
            return try await blocking(named: "container") { cancelled in
                try IncusArchives(facts: facts).container(of: source, to: path, workers: workers, cancelled: cancelled)
            }
        case .machineTar:
            return try await blocking(named: "machine") {
                try IncusArchives(facts: facts).machine(of: source, to: path)
            }
        default: break
        }
        return try await Timeline.measure("write \(form)") {
            try await blocking(named: "format") { cancelled in
                let input = try DiskSource(source)
                switch form {
                case .vmdk:
                    return try StreamOptimizedVMDK(workers: workers).write(input, to: path, cancelled: cancelled)
                case .vhd:
                    return try FixedVHD(timestamp: facts.timestamp).write(input, to: path, cancelled: cancelled)
                case .vhdx: return try DynamicVHDX().write(input, to: path, cancelled: cancelled)
                case .xva:
                    return try XVAWriter(facts: facts, workers: workers).write(input, to: path, cancelled: cancelled)
                case .gceTar:
                    let gibibyte = Int64(1) << 30
                    let stream = try GNUSparseTar(name: "disk.raw", timestamp: facts.timestamp).stream(
                        of: input, size: (input.size + gibibyte - 1) / gibibyte * gibibyte, cancelled: cancelled)
                    return try GzipWriter(workers: workers).write(stream, to: path, cancelled: cancelled)
                default:
                    return try GzipWriter(workers: workers).write(
                        ComposedStream(input), to: path, cancelled: cancelled)
                }
            }
        }
    }

    private func needed(_ tools: ToolsRoot?) throws(ExportError) -> ToolsRoot {
        guard let tools else { throw ExportError(.conversion, "there are no build tools to write the image with") }
        return tools
    }

    private static func compressed(
        _ source: String, to path: String, _ compression: ArchiveCompression
    ) async throws -> WrittenFile {
        try await blocking(named: "compress") { cancelled in
            let (sha256, size) = try CompressedFile.write(source, to: path, compression, cancelled: cancelled)
            return WrittenFile(path: path, size: size, sha256: sha256)
        }
    }
}
