import FileTrees
import FoundationEssentials
import HostSystem
import SandboxInside

extension RootfsAssembler {
    /// Unpacks the .debs, in the order in which dpkg would, into `upper` on top of the layers.
    func unpack(
        _ packages: [String], into upper: String, on layers: RootLayers, database: Bool, folders: [String] = [],
        timestamp: Int64
    ) async throws {
        guard !packages.isEmpty else { return }
        let folder = try host.scratch.newFolder("unpack")
        let copies = PackageCopies(store: host.store, folder: folder)
        let manifest = UnpackManifest(
            packages: try await blocking(named: "copies") { try copies.packages(at: packages) }, database: database,
            folders: folders, timestamp: timestamp, threads: host.cpus)
        try Files.write(Array(try JSONEncoder().encode(manifest)), to: "\(folder)/manifest.json")
        let summary: UnpackSummary = try await runWorker(
            ["unpack", "\(folder)/manifest.json"], layers: layers, upper: upper, timestamp: timestamp)
        host.store.keep(copies: summary.kept.map(Files.name(of:)), in: folder)
        host.progress.send(
            .log("unpacked \(summary.packages) packages, \(summary.entries) entries, \(summary.bytes) bytes"))
    }

    /// Runs one of Stonebake's own commands next to the root, and reads the JSON that it answers.
    func runWorker<Answer: Decodable>(
        _ arguments: [String], layers: RootLayers, upper: String?, timestamp: Int64
    ) async throws -> Answer {
        let result = try await sandbox.runWorker(
            arguments, layers: layers.folders, upper: upper, timestamp: timestamp)
        return try JSONDecoder().decode(Answer.self, from: Data(result.output))
    }
}
