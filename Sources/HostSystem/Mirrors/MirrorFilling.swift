package import ContentDigest
internal import CLinux
package import FileTrees
internal import Glibc
internal import SystemPackage

/// One file that a mirror folder is to hold.
package struct MirrorItem: Sendable, Equatable {
    /// Relative to the folder.
    package var path: String
    package var sha256: Digest

    package init(path: String, sha256: Digest) {
        self.path = path
        self.sha256 = sha256
    }
}

/// Fills a mirror folder. Every file is copied aside (into `DIR/.partial`) and renamed, so that a killed run leaves whole
/// files alone. Copies and not hard links: a folder is handed on, changed in place by rsync, given other owners, and none
/// of that may reach the store. copy_file_range(2) shares blocks where the filesystem can.
package struct MirrorFilling: Sendable {
    package static let manifestName = "SHA256SUMS"
    private static let staging = ".partial"

    package let folder: MirrorFolder

    package init(_ folder: MirrorFolder) {
        self.folder = folder
    }

    /// Runs `body` while no other process fills the folder, which is made where it is missing.
    ///
    /// - Throws: `HostError` when it cannot be written to, `CancellationError`, what `body` throws.
    package func alone<Value: Sendable>(
        _ host: Host, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try Files.makeFolder(folder.path)
        let lock = try await host.store.acquire("\(folder.path)/.lock", subject: "the mirror '\(folder.path)'")
        defer { withExtendedLifetime(lock) {} }
        // What a killed run left.
        try removeTree("\(folder.path)/\(Self.staging)")
        try Files.makeFolder("\(folder.path)/\(Self.staging)")
        defer { discardTree("\(folder.path)/\(Self.staging)") }
        return try await body()
    }

    /// How an item lies in the folder.
    package enum State: Sendable, Equatable { case whole, damaged, missing }

    /// Hashes what is there. Blocks.
    ///
    /// - Throws: `HostError` for what cannot be read, `CancellationError`.
    package func state(of item: MirrorItem, cancelled: CancellationFlag) throws -> State {
        try cancelled.check()
        let path = "\(folder.path)/\(item.path)"
        guard let identity = try Files.identity(path) else { return .missing }
        if identity.isFolder { throw HostError(.fileSystem, "'\(path)' is in the way: it is a folder") }
        do {
            return try Digest.of(file: .init(path)) == item.sha256 ? .whole : .damaged
        } catch {
            throw Files.failure(error.rawValue, "cannot read", path)
        }
    }

    /// Copies a file of the store to where the item lies. Blocks.
    package func place(_ item: MirrorItem, from blob: String) throws(HostError) {
        let target = "\(folder.path)/\(item.path)"
        try Files.makeFolder(Files.folder(of: target))
        let aside = "\(folder.path)/\(Self.staging)/\(item.sha256.hex)"
        try Files.copy(blob, to: aside)
        try Files.move(aside, to: target)
    }

    /// The pages of the wheels' projects, for pip and for web servers (PEP 503).
    package func writePages(_ manifest: [String: Digest]) throws(HostError) {
        let root = "\(folder.path)/\(MirrorFolder.wheels)"
        for project in try Files.names(in: root) {
            guard let identity = try Files.identity("\(root)/\(project)"), identity.isFolder else { continue }
            let wheels = try Files.names(in: "\(root)/\(project)").filter { $0.hasSuffix(".whl") }
            let links = wheels.map { name in
                let digest = manifest["\(MirrorFolder.wheels)/\(project)/\(name)"].map { "#sha256=\($0.hex)" } ?? ""
                return "<a href=\"\(name)\(digest)\">\(name)</a><br>\n"
            }
            let page = "<!DOCTYPE html>\n<title>\(project)</title>\n\(links.joined())"
            try write(page, to: "\(MirrorFolder.wheels)/\(project)/index.html")
        }
    }

    // MARK: Manifest

    /// What SHA256SUMS says, as far as it can be read and the files are there.
    package func manifest() throws(HostError) -> [String: Digest] {
        let path = "\(folder.path)/\(Self.manifestName)"
        guard Files.exists(path) else { return [:] }
        var entries: [String: Digest] = [:]
        for line in try Files.readText(path).split(separator: "\n") {
            guard let space = line.firstRange(of: "  "), let digest = Digest(hex: String(line[..<space.lowerBound]))
            else { continue }
            let name = String(line[space.upperBound...])
            let leaves = name.hasPrefix("/") || name.split(separator: "/").contains("..")
            if !leaves, Files.exists("\(folder.path)/\(name)") { entries[name] = digest }
        }
        return entries
    }

    package func write(manifest: [String: Digest]) throws(HostError) {
        let lines = manifest.sorted { $0.key < $1.key }.map { "\($0.value.hex)  \($0.key)\n" }
        try write(lines.joined(), to: Self.manifestName)
    }

    /// Removes a file, and the folders that are empty without it.
    package func remove(_ path: String) throws(HostError) {
        try Files.remove("\(folder.path)/\(path)")
        var above = Files.folder(of: path)
        while above != "." {
            // A wheel's page goes with the last wheel.
            let rest = try Files.names(in: "\(folder.path)/\(above)")
            if rest == ["index.html"] { try Files.remove("\(folder.path)/\(above)/index.html") }
            guard rmdir("\(folder.path)/\(above)") == 0 else { return }
            above = Files.folder(of: above)
        }
    }

    /// An unchanged file stays as it is: folders that are synchronised by time need not copy it.
    private func write(_ text: String, to path: String) throws(HostError) {
        let target = "\(folder.path)/\(path)"
        if Files.exists(target), try Files.readText(target) == text { return }
        try Files.write(text, to: target)
    }
}
