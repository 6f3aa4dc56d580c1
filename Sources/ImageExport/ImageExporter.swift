package import ApplianceSpec
package import BuildPlanning
import ContentDigest
package import HostSystem
import SystemPackage

/// From one verified raw disk to the files that a deployer takes away.
package struct ImageExporter: Sendable {
    private let host: Host

    package init(host: Host) {
        self.host = host
    }

    /// Writes an image per target, all at once, and then `SHA256SUMS`. Each is written aside in the output folder and
    /// renamed when it is whole; the checksums come last, so that a folder whose checksums agree is complete.
    ///
    /// - Parameters:
    ///   - stem: of the files' names: `wsgi-1.0.0`
    ///   - folder: made when it is missing
    /// - Returns: the artifacts, in the order of the targets.
    /// - Throws: `ExportError`, `HostError`, `CancellationError`; nothing half-written is left.
    package func export(
        _ image: DiskImage, targets: [Target], stem: String, into folder: String
    ) async throws -> [ImageArtifact] {
        try Files.makeFolder(folder)
        try Self.sweep(folder, stem: stem)
        let aside = "\(folder)/\(Self.asideName(stem, process: ProcessNumber.own))"
        try Files.makeFolder(aside)
        do {
            let artifacts = try await writeAll(image, targets: targets, stem: stem, into: aside)
            for artifact in artifacts { try Files.move("\(aside)/\(artifact.file)", to: "\(folder)/\(artifact.file)") }
            // What an earlier build of this version made for targets that the spec no longer has is not this image.
            for target in Target.allCases where !targets.contains(target) {
                try Files.remove("\(folder)/\(stem).\(target.fileExtension)")
            }
            try Files.write(Self.checksums(artifacts), to: "\(folder)/SHA256SUMS")
            try removeTree(aside)
            return artifacts
        } catch {
            discardTree(aside)
            throw error
        }
    }

    static func asideName(_ stem: String, process: Int32) -> String { ".\(stem).\(process)" }

    /// Removes what killed exports have left in the folder.
    private static func sweep(_ folder: String, stem: String) throws {
        for name in try Files.names(in: folder) where name.hasPrefix(".\(stem).") {
            guard let process = Int32(name.dropFirst(stem.utf8.count + 2)), !ProcessNumber.isAlive(process) else {
                continue
            }
            try removeTree("\(folder)/\(name)")
        }
    }

    /// In the form that `sha256sum --check` reads, sorted by name.
    static func checksums(_ artifacts: [ImageArtifact]) -> String {
        artifacts.sorted { $0.file < $1.file }.map { "\($0.sha256)  \($0.file)\n" }.joined()
    }

    private func writeAll(
        _ image: DiskImage, targets: [Target], stem: String, into folder: String
    ) async throws -> [ImageArtifact] {
        try await withThrowingTaskGroup(of: (Int, ImageArtifact).self) { group in
            for (index, target) in targets.enumerated() {
                group.addTask {
                    let artifact = try await Timeline.measure("write \(target.rawValue)") {
                        try await write(image, target, stem: stem, into: folder)
                    }
                    return (index, artifact)
                }
            }
            var artifacts: [(Int, ImageArtifact)] = []
            for try await artifact in group { artifacts.append(artifact) }
            return artifacts.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func write(
        _ image: DiskImage, _ target: Target, stem: String, into folder: String
    ) async throws -> ImageArtifact {
        let file = "\(stem).\(target.fileExtension)"
        let path = "\(folder)/\(file)"
        switch target {
        case .raw:
            try await blocking(named: "raw", cancellable: { try SparseCopy.copy(image.path, to: path, cancelled: $0) })
        case .qcow2:
            try await convert(Self.qcow2Command(from: image.path, to: path, cpus: host.cpus), to: path)
        }
        return try await Timeline.measure("hash \(target.rawValue)") {
            try await blocking(named: "digest") {
                ImageArtifact(
                    target: target, file: file, size: try Files.identity(path)?.size ?? 0,
                    sha256: try Self.digest(of: path))
            }
        }
    }

    private static func digest(of path: String) throws(HostError) -> Digest {
        do {
            return try Digest.of(file: FilePath(path))
        } catch {
            throw Files.failure(error.rawValue, "cannot read", path)
        }
    }

    /// zstd, which QEMU reads since 5.1. Clusters are compressed on their own and written in order, so that the file
    /// does not depend on the number of threads.
    static func qcow2Command(from source: String, to path: String, cpus: Int) -> Command {
        Command(
            "qemu-img",
            [
                "convert", "-f", "raw", "-O", "qcow2", "-c", "-m", "\(max(1, min(cpus, 16)))",
                "-o", "compat=1.1,compression_type=zstd,cluster_size=65536,lazy_refcounts=off", source, path,
            ])
    }

    private func convert(_ command: Command, to path: String) async throws {
        do {
            try await host.runner.check(command, purpose: "writing '\(Files.name(of: path))'")
        } catch let error as HostError where error.code == .commandFailed {
            throw Self.explained(error, path: path)
        }
    }

    /// qemu-img says why only in words.
    static func explained(_ error: HostError, path: String) -> ExportError {
        let output = error.notes.joined(separator: "\n")
        let name = Files.name(of: path)
        if output.contains("No space left on device") || output.contains("Disk quota exceeded") {
            return ExportError(
                .noSpace, "cannot write '\(name)': the disk that holds '\(Files.folder(of: path))' is full",
                hint: "free some space there, or choose another folder with --output", notes: error.notes)
        }
        if output.contains("Read-only file system") || output.contains("Permission denied") {
            return ExportError(
                .readOnly, "cannot write '\(name)' into '\(Files.folder(of: path))'",
                hint: "choose another folder with --output", notes: error.notes)
        }
        return ExportError(.conversion, error.message, notes: error.notes)
    }
}

extension Target {
    /// Of the target's files.
    package var fileExtension: String {
        switch self {
        case .raw: "raw"
        case .qcow2: "qcow2"
        }
    }
}
