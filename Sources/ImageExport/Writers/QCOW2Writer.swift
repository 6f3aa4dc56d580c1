import BuildPlanning
import ContentDigest
import FileTrees
import HostSystem
import SandboxInside

/// qcow2 by the tools layer's qemu-img. Clusters are compressed on their own and written in order, so that the file does
/// not depend on the number of threads.
struct QCOW2Writer {
    let host: Host
    let tools: ToolsRoot

    private static let place = "/run/stonebake"
    private static let source = "/run/disk.raw"

    /// - Parameter usesZstd: QEMU reads it since 5.1, and oslo's inspector; zlib is for whoever else looks at the file
    func write(_ disk: String, to path: String, usesZstd: Bool) async throws -> WrittenFile {
        let folder = Files.folder(of: path)
        let name = Files.name(of: path)
        let command = Self.command(to: name, usesZstd: usesZstd, cpus: host.cpus)
        let job = SandboxJob(layers: [tools.tree], command: command).with {
            $0.binds = [.init(folder, at: Self.place, readOnly: false), .init(disk, at: Self.source)]
        }
        do {
            try await Sandbox(host: host).check(job, purpose: "writing the image")
        } catch let error as HostError where error.code == .commandFailed {
            throw Self.explained(error, store: host.store.root)
        }
        return try await blocking(named: "digest") { try WrittenFile(hashing: path) }
    }

    static func command(to file: String, usesZstd: Bool = true, cpus: Int) -> Command {
        Command(
            "qemu-img",
            [
                "convert", "-f", "raw", "-O", "qcow2", "-c", "-m", "\(max(1, min(cpus, 16)))",
                "-o",
                "compat=1.1,compression_type=\(usesZstd ? "zstd" : "zlib"),cluster_size=65536,lazy_refcounts=off",
                source, "\(place)/\(file)",
            ])
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

extension WrittenFile {
    /// A file that another program has written.
    init(hashing path: String) throws {
        self.init(path: path, size: try Files.identity(path)?.size ?? 0, sha256: try Digest.of(sparse: path))
    }
}
