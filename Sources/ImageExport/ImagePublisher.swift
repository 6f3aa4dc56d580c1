package import BuildPlanning
import ContentDigest
import FileTrees
import FoundationEssentials
import Glibc
package import HostSystem
import TreeMeasures

/// Puts the formats of a disk into the folder from which a deployer takes them away.
package struct ImagePublisher: Sendable {
    private let host: Host

    package init(host: Host) {
        self.host = host
    }

    /// Copies each file aside in the output folder, all at once, and renames it when it is whole; then `SHA256SUMS`
    /// follows, so that a folder whose checksums agree is complete. What an earlier run put there, and nobody has touched
    /// since, is not written again.
    ///
    /// - Parameters:
    ///   - stem: of the files' names: `wsgi-1.0.0`
    ///   - folder: made when it is missing
    /// - Returns: the artifacts, in the order of the files.
    /// - Throws: `HostError`, `CancellationError`; nothing half-written is left.
    package func publish(_ files: [FormatFile], stem: String, into folder: String) async throws -> [ImageArtifact] {
        try Files.makeFolder(folder)
        try Self.sweep(folder, stem: stem)
        let artifacts = files.map {
            ImageArtifact(
                target: $0.target, file: $0.name(stem: stem), size: $0.size, sha256: $0.sha256, disk: $0.disk)
        }
        let present = published(in: folder)
        let missing = zip(files, artifacts).filter { _, artifact in
            guard let known = present[artifact.file], known.sha256 == artifact.sha256 else { return true }
            return (try? Files.identity("\(folder)/\(artifact.file)")).map { $0 != known.identity } ?? true
        }
        let checksums = Self.checksums(artifacts)
        let sums = "\(folder)/SHA256SUMS"
        let isComplete = missing.isEmpty && (try? Files.readText(sums)) == checksums
        if isComplete { return artifacts }
        try await copy(missing, stem: stem, into: folder)
        // What an earlier build of this version made for targets that the spec no longer has is not this image.
        let names = Set(artifacts.map(\.file))
        let earlier = Set(present.keys).union(["\(stem).raw", "\(stem).qcow2"])
        for name in earlier.subtracting(names).sorted() where name.hasPrefix(stem) {
            try Files.remove("\(folder)/\(name)")
        }
        try Files.write(checksums, to: sums)
        try remember(artifacts, in: folder)
        return artifacts
    }

    /// Copies a format's file aside in the output folder before it is known whether it counts: `publish` then only has
    /// to rename it. Whoever calls it calls `discard` at the end, whatever happened.
    package func prepare(_ file: FormatFile, stem: String, into folder: String) async throws {
        try await prepare(file.name(stem: stem), at: file.path, stem: stem, into: folder)
    }

    /// Where `publish` looks for a format's file that is copied aside by somebody else. `discard` removes it as the others.
    ///
    /// Its folder need not be there.
    ///
    /// - Parameter suffix: of the file's name, behind the stem
    package func place(aside suffix: String, stem: String, in folder: String) -> String {
        "\(aside(stem, folder))/\(stem)\(suffix)"
    }

    private func prepare(_ file: String, at path: String, stem: String, into folder: String) async throws {
        let aside = aside(stem, folder)
        try Files.makeFolder(Files.folder(of: "\(aside)/\(file)"))
        // Of several appliances at once, the file was written past the page cache too.
        let cache: SparseCopy.CacheUse = host.sparesPageCache ? [.readsPast, .writesPast] : .writesPast
        try await Timeline.measure("copy \(file)") {
            try await blocking(
                named: "copy",
                cancellable: {
                    try SparseCopy.copy(path, to: "\(aside)/\(file)", cache: cache, cancelled: $0)
                })
        }
    }

    /// Removes what `prepare` has made and `publish` has not used, and the folder when there is nothing in it.
    package func discard(stem: String, in folder: String) {
        discardTree(aside(stem, folder))
        rmdir(folder)
    }

    private func aside(_ stem: String, _ folder: String) -> String {
        "\(folder)/\(Self.asideName(stem, process: ProcessNumber.own))"
    }

    private func copy(_ files: [(FormatFile, ImageArtifact)], stem: String, into folder: String) async throws {
        guard !files.isEmpty else { return }
        let aside = aside(stem, folder)
        defer { discardTree(aside) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (file, artifact) in files where !Files.exists("\(aside)/\(artifact.file)") {
                group.addTask { try await prepare(artifact.file, at: file.path, stem: stem, into: folder) }
            }
            try await group.waitForAll()
        }
        for (_, artifact) in files {
            try Files.makeFolder(Files.folder(of: "\(folder)/\(artifact.file)"))
            try Files.move("\(aside)/\(artifact.file)", to: "\(folder)/\(artifact.file)")
        }
    }

    static func asideName(_ stem: String, process: Int32) -> String { ".\(stem).\(process)" }

    /// Removes what killed runs have left in the folder.
    private static func sweep(_ folder: String, stem: String) throws {
        for name in try Files.names(in: folder) where name.hasPrefix(".\(stem).") {
            guard let process = Int32(name.dropFirst(stem.count + 2)), !ProcessNumber.isAlive(process) else {
                continue
            }
            try removeTree("\(folder)/\(name)")
        }
    }

    /// In the form that `sha256sum --check` reads, sorted by name.
    static func checksums(_ artifacts: [ImageArtifact]) -> String {
        artifacts.sorted { $0.file < $1.file }.map { "\($0.sha256)  \($0.file)\n" }.joined()
    }

    // MARK: What lies there already

    /// What was put into a folder, by the file's name.
    private struct Published: Codable {
        var sha256: Digest
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var modified: Int64

        var identity: Files.Identity {
            Files.Identity(device: device, inode: inode, size: size, modified: modified, isFolder: false)
        }
    }

    private func fact(_ folder: String) -> String {
        // The folder itself and not its name: it may be reached by several, and moved.
        let identity = try? Files.identity(folder)
        return "published-\(identity?.device ?? 0)-\(identity?.inode ?? 0)"
    }

    private func published(in folder: String) -> [String: Published] {
        guard let text = try? host.store.recall(fact(folder)) else { return [:] }
        return (try? JSONDecoder().decode([String: Published].self, from: Data(text.utf8))) ?? [:]
    }

    private func remember(_ artifacts: [ImageArtifact], in folder: String) throws {
        var files: [String: Published] = [:]
        for artifact in artifacts {
            guard let identity = try Files.identity("\(folder)/\(artifact.file)") else { continue }
            files[artifact.file] = Published(
                sha256: artifact.sha256, device: identity.device, inode: identity.inode, size: identity.size,
                modified: identity.modified)
        }
        try host.store.remember(String(decoding: try JSONEncoder().encode(files), as: UTF8.self), as: fact(folder))
    }
}
