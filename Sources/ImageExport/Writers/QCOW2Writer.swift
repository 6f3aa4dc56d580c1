import BuildPlanning
import ContentDigest
import FileTrees
import FoundationEssentials
import HostSystem
import SandboxInside

/// qcow2, each cluster compressed on its own and written in order, so that the file does not depend on the number of
/// threads. With zstd it is written by the worker's `qcow2`, and else by the tools layer's qemu-img, which gives the same
/// file and takes more than twice the time.
struct QCOW2Writer {
    let host: Host
    let tools: ToolsRoot

    private static let place = "/run/stonebake"
    private static let source = "/run/disk.raw"
    private static let like = (disk: "/run/like.raw", image: "/run/like.qcow2")

    /// - Parameters:
    ///   - usesZstd: QEMU reads it since 5.1, and oslo's inspector; zlib is for whoever else looks at the file
    ///   - like: what these tools made with zstd of a disk that has clusters in common with this one. The file is the same
    ///     without it
    ///   - copy: where the file is copied to while its digest is taken, its folder made
    func write(
        _ disk: String, to path: String, usesZstd: Bool, like: SimilarImage.Pair? = nil, copyingTo copy: String? = nil
    ) async throws -> WrittenFile {
        do {
            if try usesZstd && (Files.identity(disk)?.size ?? 0) % QCOW2Order.clusterSize == 0 {
                do {
                    try await compress(disk, to: path, like: like)
                } catch let error as HostError where error.code == .toolMissing {
                    // Tools whose zstd the worker cannot load: another distribution's, or one for a newer libc.
                    try await convert(disk, to: path, usesZstd: true)
                }
            } else {
                try await convert(disk, to: path, usesZstd: usesZstd)
            }
        } catch let error as HostError where [.commandFailed, .noSpace].contains(error.code) {
            throw Self.explained(error, store: host.store.root)
        }
        let bypassingCache = host.sparesPageCache
        return try await blocking(named: "digest") { cancelled in
            guard let copy else {
                return try WrittenFile(hashing: path, bypassingCache: bypassingCache, cancelled: cancelled)
            }
            try Files.makeFolder(Files.folder(of: copy))
            let cache: SparseCopy.CacheUse = bypassingCache ? [.readsPast, .writesPast] : .writesPast
            let digest = try SparseCopy.digest(copying: path, to: copy, cache: cache, cancelled: cancelled)
            return WrittenFile(path: path, size: try Files.identity(path)?.size ?? 0, sha256: digest)
        }
    }

    private func compress(_ disk: String, to path: String, like: SimilarImage.Pair?) async throws {
        let order = QCOW2Order(
            disk: Self.source, output: "\(Self.place)/\(Files.name(of: path))", workers: host.cpus,
            bypassesCache: host.sparesPageCache,
            like: like.map { _ in .init(disk: Self.like.disk, image: Self.like.image) })
        if let like {
            host.progress.send(.log("what the disk has in common with '\(like.disk)' is taken from its qcow2"))
        }
        let text = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
        do {
            let result = try await Sandbox(host: host).runWorker(inside: [tools.tree], ["qcow2", text]) {
                $0.binds = binds(disk, path)
                if let like {
                    $0.binds += [.init(like.disk, at: Self.like.disk), .init(like.image, at: Self.like.image)]
                }
            }
            let summary = try JSONDecoder().decode(QCOW2Summary.self, from: Data(result.output))
            host.store.expect(summary.checksum, of: disk)
        } catch let error as HostError where like != nil && error.code == .commandFailed {
            // The earlier disk is mapped into the worker: a part that cannot be read ends it.
            host.progress.send(.log("\(error.message): the image is written once more, from its disk alone"))
            return try await compress(disk, to: path, like: nil)
        } catch var error as HostError {
            // The worker knows the files by their places in the root.
            error.message = error.message.replacing(Self.source, with: disk)
                .replacing(Self.place, with: Files.folder(of: path))
            throw error
        }
    }

    private func convert(_ disk: String, to path: String, usesZstd: Bool) async throws {
        let command = Self.command(to: Files.name(of: path), usesZstd: usesZstd, cpus: host.cpus)
        let job = SandboxJob(layers: [tools.tree], command: command).with { $0.binds = binds(disk, path) }
        try await Sandbox(host: host).check(job, purpose: "writing the image")
    }

    private func binds(_ disk: String, _ path: String) -> [SandboxBind] {
        [.init(Files.folder(of: path), at: Self.place, readOnly: false), .init(disk, at: Self.source)]
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
        if error.code == .noSpace || output.contains("No space left on device")
            || output.contains("Disk quota exceeded")
        {
            return ExportError(
                .noSpace, "cannot write the image: the disk that holds '\(store)' is full",
                hint: "free some space there; `stonebake cache gc` frees the cache", notes: error.notes)
        }
        return ExportError(.conversion, error.message, notes: error.notes)
    }
}

extension WrittenFile {
    /// A file that another program has written.
    init(
        hashing path: String, bypassingCache: Bool = false, cancelled: CancellationFlag = CancellationFlag()
    ) throws {
        let digest = try Digest.of(sparse: path, bypassingCache: bypassingCache, cancelled: cancelled)
        self.init(path: path, size: try Files.identity(path)?.size ?? 0, sha256: digest)
    }
}
