import ApplianceSpec
package import BuildPlanning
package import ContentDigest
import FileTrees
import FoundationEssentials
package import HostSystem

/// Writes the targets of a disk into the content store, each as a step of its own. Of `raw`, which is the disk itself,
/// nothing but the digest is kept.
package struct FormatWriter: Sendable {
    private let host: Host

    package init(host: Host) {
        self.host = host
    }

    /// The files that this step made before; nil when the store does not have them.
    ///
    /// - Parameter disk: the path of the disk in the store
    package func cached(_ step: BuildStep, disk: String) throws -> [FormatFile]? {
        guard let target = step.target, let entry = try host.store.entry(step.digest) else { return nil }
        return files(target, entry, disk: disk, of: step.disk)
    }

    /// Makes the target's files of the disk at that path.
    ///
    /// - Parameters:
    ///   - known: the disk's own digest, where somebody computes it already
    ///   - pool: what several targets share
    /// - Throws: `ExportError`, `HostError`, `CancellationError`; nothing half-written counts.
    package func make(
        _ step: BuildStep, from disk: String, digest known: Task<Digest, any Error>? = nil, facts: ApplianceFacts,
        pool: FormPool
    ) async throws -> UnkeptFormat {
        guard let target = step.target else {
            throw ExportError(.conversion, "'\(step.title)' is no step that writes a format")
        }
        let clock = ContinuousClock()
        let start = clock.now
        let staging = try host.store.newStaging()
        let writer = TargetWriter(
            host: host, facts: facts, pool: pool, disk: disk, diskName: step.disk, folder: "\(staging)/\(Self.folder)")
        let files = try await writer.files(of: target, digest: known)
        // Something has to be there of a raw disk too: an entry holds what a step made.
        try Files.write(files.map { "\($0.sha256)\n" }.joined(), to: "\(staging)/sha256")
        return UnkeptFormat(
            target: target, files: files, staging: staging, seconds: (clock.now - start).inSeconds)
    }

    /// Puts what was made into the store, when the disk is there too.
    package func keep(_ format: UnkeptFormat, as step: BuildStep, disk: String) throws -> [FormatFile] {
        let parts = format.files.map {
            KeptFile(suffix: $0.suffix, path: relative($0.path, format.staging), size: $0.size, sha256: $0.sha256)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let record = StepRecord(
            kind: step.kind.rawValue, name: step.name, inputs: step.inputs, createdAt: host.now(),
            seconds: format.seconds, facts: ["files": String(decoding: try encoder.encode(parts), as: UTF8.self)])
        var known: [String: Digest] = [:]
        for part in parts { if let path = part.path { known["/\(path)"] = part.sha256 } }
        let entry = try host.store.commit(staging: format.staging, as: step.digest, record: record, known: known)
        return files(format.target, entry, disk: disk, of: step.disk) ?? []
    }

    /// Below a step's entry.
    static let folder = "files"

    /// One file in the record of its step.
    private struct KeptFile: Codable {
        var suffix: String
        /// Below the entry; nil: it is the disk.
        var path: String?
        var size: Int64
        var sha256: Digest
    }

    private func relative(_ path: String, _ staging: String) -> String? {
        path.hasPrefix("\(staging)/") ? String(path.dropFirst(staging.count + 1)) : nil
    }

    private func files(_ target: Target, _ entry: StoreEntry, disk: String, of name: String?) -> [FormatFile]? {
        guard let text = entry.record.facts["files"],
            let parts = try? JSONDecoder().decode([KeptFile].self, from: Data(text.utf8))
        else { return nil }
        return parts.map { part in
            FormatFile(
                target: target, suffix: part.suffix, path: part.path.map { "\(entry.path)/\($0)" } ?? disk,
                size: part.size, sha256: part.sha256, disk: name)
        }
    }
}
