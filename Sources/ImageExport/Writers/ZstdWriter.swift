import BuildPlanning
import FileTrees
import HostSystem
import SandboxInside

/// A file compressed by the tools layer's zstd: its library's version decides the bytes (1.5.4 of Debian 12 and 1.5.7 of
/// Debian 13 write others), as zlib's and liblzma's do not.
struct ZstdWriter {
    let host: Host
    let tools: ToolsRoot
    let workers: Int

    private static let place = "/run/stonebake"

    func write(_ source: String, to path: String) async throws -> WrittenFile {
        let size = try Files.identity(source)?.size ?? 0
        let command = Self.command(to: Files.name(of: path), size: size, workers: workers).with {
            $0.input = .file(source)
        }
        let job = SandboxJob(layers: [tools.tree], command: command).with {
            $0.binds = [.init(Files.folder(of: path), at: Self.place, readOnly: false)]
        }
        do {
            try await Sandbox(host: host).check(job, purpose: "compressing the disk")
        } catch let error as HostError where error.code == .commandFailed {
            throw QCOW2Writer.explained(error, store: host.store.root)
        }
        return try await blocking(named: "digest") { try WrittenFile(hashing: path) }
    }

    /// In parts of 4 MiB, which are the same for any number of threads and keep the memory small.
    static func command(to file: String, size: Int64, workers: Int) -> Command {
        Command(
            "zstd",
            [
                "-q", "-f", "-3", "-T\(max(1, min(workers, 16)))", "-B4MiB", "--stream-size=\(size)", "-o",
                "\(place)/\(file)",
            ])
    }
}
