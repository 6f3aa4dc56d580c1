package import ContentDigest
import FileTrees

/// Brings locked wheels into the store. A lock names a wheel by project, file and SHA-256; the archive `pypi` (whatever
/// index that is on this machine) says where the file lies.
package struct WheelFetcher: Sendable {
    /// A wheel as a lock has it.
    package struct Wheel: Sendable, Equatable {
        package var project: String
        package var file: String
        package var sha256: Digest

        package init(project: String, file: String, sha256: Digest) {
            self.project = project
            self.file = file
            self.sha256 = sha256
        }
    }

    private static let archive = MirrorFolder.wheels
    private let host: Host

    package init(host: Host) {
        self.host = host
    }

    /// Fetches all, and returns them in the order of `wheels`. What the store has needs no network.
    ///
    /// - Throws: `HostError` (`notFound` for a wheel that the index no longer has, `digestMismatch`, `download`,
    ///   `unknownArchive`), `CancellationError`.
    package func fetch(_ wheels: [Wheel], step: String) async throws -> [DownloadedFile] {
        var requests: [DownloadRequest] = []
        for wheel in wheels {
            var request = DownloadRequest(
                try await urls(of: wheel), to: .blob(wheel.sha256, size: nil), title: wheel.file, limit: 4 << 30)
            request.hint = host.archives.mirrorHint(isOffline: host.offline)
            requests.append(request)
        }
        return try await host.downloader.fetch(requests, step: step)
    }

    /// A file of a mirror folder, or what the index says; offline, where it would lie in a mirror folder.
    private func urls(of wheel: Wheel) async throws -> [String] {
        // The URL of what the store has is never used.
        if try host.store.blob(wheel.sha256) != nil { return ["cached:\(wheel.file)"] }
        let folders = host.archives.folders
        let path = MirrorFolder.relativePath(ofWheel: wheel.file, project: wheel.project)
        if let folder = folders.first(where: { Files.exists("\($0.path)/\(path)") }) { return [folder.url(of: path)] }
        let isLocal = try isIndexLocal()
        if host.offline, !isLocal { return folders.map { $0.url(of: path) } }
        return [try await url(of: wheel)]
    }

    private func isIndexLocal() throws(HostError) -> Bool {
        do throws(HostError) {
            return try host.archives.base(of: Self.archive).hasPrefix("file:")
        } catch  where error.code == .unknownArchive {
            return false
        }
    }

    private func url(of wheel: Wheel) async throws -> String {
        guard let index = try await page(of: wheel.project) else {
            throw HostError(.notFound, "the package index has no project '\(wheel.project)', whose wheel is locked")
        }
        // By its content: a file's name can be given again after a deletion in some indexes.
        if let file = index.files.first(where: { $0.sha256 == wheel.sha256.hex }) { return file.url }
        if let file = index.files.first(where: { $0.name == wheel.file && $0.sha256 == nil }) { return file.url }
        if let other = index.files.first(where: { $0.name == wheel.file }) {
            throw HostError(
                .digestMismatch,
                "'\(wheel.file)' in the package index is not what was locked: its SHA-256 is \(other.sha256 ?? "")",
                hint: "if that is right, lock it anew with 'stonebake lock --update \(wheel.project)'")
        }
        throw HostError(
            .notFound, "the package index no longer has '\(wheel.file)'",
            hint: "lock another version with 'stonebake lock --update \(wheel.project)'")
    }

    /// The project's page; nil when the index does not have the project.
    ///
    /// - Throws: `HostError`, `CancellationError`.
    package func page(of project: String) async throws -> SimpleIndex? {
        let base = try host.archives.base(of: Self.archive)
        var url = "\(base)/\(SimpleIndex.normalized(project))/"
        if base.hasPrefix("file:") { url += "index.html" }
        var request = HTTPRequest(url)
        request.headers = [
            "Accept: application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
        ]
        request.followsRedirects = true
        let response = try await host.http.send(request)
        switch response.status {
        case 0, 200..<300:
            return try SimpleIndex(page: response.text, contentType: response.header("content-type"), url: url)
        case 404, 410: return nil
        default:
            throw HostError(
                .download, "the package index answers the page of '\(project)' with HTTP \(response.status)")
        }
    }
}
