import ApplianceSpec
package import BuildPlanning
package import ContentDigest
package import HostSystem
import SystemPackage

/// Writes the formats of a disk into the content store, each as a step of its own. `raw` is the disk itself, of which
/// nothing but the digest is kept.
package struct FormatWriter: Sendable {
    private let host: Host

    package init(host: Host) {
        self.host = host
    }

    /// The format that this step made before; nil when the store does not have it.
    ///
    /// - Parameter disk: the path of the disk in the store
    package func cached(_ step: BuildStep, disk: String) throws -> FormatFile? {
        guard let target = step.target, let entry = try host.store.entry(step.digest) else { return nil }
        return file(target, entry, disk: disk, of: step.disk)
    }

    /// Makes the format of the disk at that path, with the programs of the tools layer.
    ///
    /// - Parameter known: the disk's own digest, where somebody computes it already
    /// - Throws: `ExportError`, `HostError`, `CancellationError`; nothing half-written counts.
    package func make(
        _ step: BuildStep, from disk: String, digest known: Task<Digest, any Error>? = nil, tools: ToolsRoot
    ) async throws -> UnkeptFormat {
        guard let target = step.target else {
            throw ExportError(.conversion, "'\(step.title)' is no step that writes a format")
        }
        let clock = ContinuousClock()
        let start = clock.now
        let staging = try host.store.newStaging()
        var path = disk
        switch target {
        case .raw: break
        case .qcow2:
            path = "\(staging)/\(Self.fileName(target))"
            try await convert(disk, into: staging, Self.qcow2Command(to: Self.fileName(target), cpus: host.cpus), tools)
        }
        let result = path
        let known = target == .raw ? known : nil
        let (size, own) = try await Timeline.measure("digest of the \(target.rawValue)") {
            try await blocking(named: "digest") {
                (try Files.identity(result)?.size ?? 0, known == nil ? try Self.digest(of: result) : nil)
            }
        }
        guard let digest = try await known?.value ?? own else {
            throw ExportError(.conversion, "the \(target.rawValue) has no digest")
        }
        // Something has to be there of a raw disk too: an entry holds what a step made.
        try Files.write("\(digest)\n", to: "\(staging)/sha256")
        return UnkeptFormat(
            target: target, path: result, staging: staging, size: size, sha256: digest,
            seconds: (clock.now - start).inSeconds)
    }

    /// Puts what was made into the store, when the disk is there too.
    package func keep(_ format: UnkeptFormat, as step: BuildStep, disk: String) throws -> FormatFile {
        let record = StepRecord(
            kind: step.kind.rawValue, name: step.name, inputs: step.inputs, createdAt: host.now(),
            seconds: format.seconds, facts: ["size": "\(format.size)", "sha256": format.sha256.hex])
        let files = format.target == .raw ? [:] : ["/\(Self.fileName(format.target))": format.sha256]
        let entry = try host.store.commit(staging: format.staging, as: step.digest, record: record, known: files)
        return file(format.target, entry, disk: disk, of: step.disk)
            ?? FormatFile(
                target: format.target, path: disk, size: format.size, sha256: format.sha256, disk: step.disk)
    }

    private func file(_ target: Target, _ entry: StoreEntry, disk: String, of name: String?) -> FormatFile? {
        let path = target == .raw ? disk : "\(entry.path)/\(Self.fileName(target))"
        guard let digest = entry.record.facts["sha256"].flatMap(Digest.init(hex:)),
            let size = entry.record.facts["size"].flatMap({ Int64($0) })
        else { return nil }
        return FormatFile(target: target, path: path, size: size, sha256: digest, disk: name)
    }

    private static func fileName(_ target: Target) -> String { "image.\(target.fileExtension)" }

    private static func digest(of path: String) throws(HostError) -> Digest {
        do {
            return try Digest.of(file: FilePath(path))
        } catch {
            throw Files.failure(error.rawValue, "cannot read", path)
        }
    }

    private static let place = "/run/stonebake"
    private static let source = "/run/disk.raw"

    /// zstd, which QEMU reads since 5.1. Clusters are compressed on their own and written in order, so that the file
    /// does not depend on the number of threads.
    static func qcow2Command(to file: String, cpus: Int) -> Command {
        Command(
            "qemu-img",
            [
                "convert", "-f", "raw", "-O", "qcow2", "-c", "-m", "\(max(1, min(cpus, 16)))",
                "-o", "compat=1.1,compression_type=zstd,cluster_size=65536,lazy_refcounts=off",
                source, "\(place)/\(file)",
            ])
    }

    private func convert(_ disk: String, into folder: String, _ command: Command, _ tools: ToolsRoot) async throws {
        let job = SandboxJob(layers: [tools.tree], command: command).with {
            $0.binds = [
                .init(folder, at: Self.place, readOnly: false), .init(disk, at: Self.source),
            ]
        }
        do {
            try await Sandbox(host: host).check(job, purpose: "writing the image")
        } catch let error as HostError where error.code == .commandFailed {
            throw Self.explained(error, store: host.store.root)
        }
    }

    /// qemu-img says why only in words.
    static func explained(_ error: HostError, store: String) -> ExportError {
        let output = error.notes.joined(separator: "\n")
        if output.contains("No space left on device") || output.contains("Disk quota exceeded") {
            return ExportError(
                .noSpace, "cannot write the image: the disk that holds '\(store)' is full",
                hint: "free some space there; `stonebake cache gc` frees the cache", notes: error.notes)
        }
        return ExportError(.conversion, error.message, notes: error.notes)
    }
}
