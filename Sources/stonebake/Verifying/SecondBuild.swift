import BuildPlanning
import Diagnostics
import FileTrees
import Foundation
import HostSystem

/// Builds once more, from nothing but the downloads, in a process of its own that has everything varied.
struct SecondBuild: Sendable {
    let host: Host
    let variations: Variations
    /// Where its store and its images lie; goes with the run.
    let folder: String

    /// - Throws: `HostError` when the folder cannot be made.
    init(host: Host) throws {
        self.host = host
        variations = Variations(host: host)
        folder = "\(try host.scratch.newFolder("second"))/a longer path – второй, 二番目"
    }

    var store: String { "\(folder)/store of the second build" }
    var images: String { "\(folder)/images of the second build" }

    /// Runs it.
    ///
    /// - Parameters:
    ///   - spec: an absolute path
    ///   - lock: an absolute path
    /// - Throws: `NotReproducible` when it ends with an error, although the first build did not.
    func run(spec: String, lock: String, reading: [String]) async throws {
        try prepareStore()
        let arguments =
            variations.prefix + [
                host.executable, "build", spec, "--lock", lock, "--locked", "--offline", "--output", images,
            ] + reading + host.secrets.files.flatMap { ["--secret", "\($0.key)=\($0.value)"] }
        let command = Command(arguments[0], Array(arguments.dropFirst())).with {
            $0.workingDirectory = folder
            for (name, value) in variations.environment { $0.environment[name] = value }
            for (name, value) in host.secrets.variables { $0.environment[name] = value }
            $0.environment["STONEBAKE_CACHE"] = store
        }
        let result = try await host.runner.run(command)
        guard result.succeeded else {
            // The store goes with the run, and its log with it.
            let said = result.tail.filter { !$0.hasPrefix("The whole log:") }.suffix(12)
            let log = try keepLog().map { ["the second build's whole log: \($0)"] } ?? []
            var failure = NotReproducible(
                "the second build failed where the first one did not",
                notes: said + log + variations.notes)
            if case .exited(let status) = result.status, let code = ExitCode(rawValue: status), code != .usage {
                failure.exitCode = code
            }
            throw failure
        }
    }

    /// A store of its own. Downloads, and the parts of libguestfs that are no part of an image, are the first one's.
    /// Facts may name results that it does not have, so that nothing is taken from the first build's images.
    private func prepareStore() throws {
        try Files.makeFolder(store)
        let shared = ["blobs", "libguestfs"]
        for name in shared {
            try Files.makeFolder("\(host.store.root)/\(name)")
            try FileManager.default.createSymbolicLink(
                atPath: "\(store)/\(name)", withDestinationPath: "\(absolute(host.store.root))/\(name)")
        }
        let facts = "\(host.store.root)/facts"
        guard Files.exists(facts) else { return }
        try FileManager.default.copyItem(atPath: facts, toPath: "\(store)/facts")
    }

    private func keepLog() throws -> String? {
        let name = try Files.names(in: "\(store)/logs").filter { $0.hasSuffix(".log") && $0.contains("-build-") }.max()
        guard let name else { return nil }
        let kept = "\(host.store.root)/logs/second-\(name)"
        try Files.moveAnywhere("\(store)/logs/\(name)", to: kept)
        return kept
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    /// The file that a step of this build made; nil when it made none.
    func result(of step: BuildStep, file: String) throws -> String? {
        guard let entry = try ContentStore(root: store).entry(step.digest) else { return nil }
        return "\(entry.path)/\(file)"
    }
}
