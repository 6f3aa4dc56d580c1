package import BuildPlanning
package import HostSystem

/// Brings locked packages into the store.
struct PackageFetcher {
    let host: Host
    let repositories: [LockedRepository]

    /// The paths of the packages' blobs, in the order of the packages; each checked by its SHA-256.
    func fetch(_ packages: [LockedPackage], step: String) async throws -> [String] {
        var origins: [String: MirrorFolder.Origin] = [:]
        for repository in repositories { origins[repository.id] = repository.origin }
        let requests = try packages.map { package in
            guard let origin = origins[package.repository] else {
                throw HostError(
                    .unknownArchive,
                    "package \(package.name) is locked in '\(package.repository)', which the lock lacks",
                    hint: "lock again: stonebake lock")
            }
            let urls = try host.archives.locations(of: package.path, in: origin, isOffline: host.offline)
            var request = DownloadRequest(
                urls, to: .blob(package.sha256, size: package.size), title: "\(package.name) \(package.version)")
            request.hint = host.archives.mirrorHint(isOffline: host.offline)
            return request
        }
        return try await host.downloader.fetch(requests, step: step).map(\.path)
    }
}

extension LockedRepository {
    /// Where its files are read from; nil for one that says neither.
    package var origin: MirrorFolder.Origin? { uri.map { .uri($0) } ?? archive.map { .archive($0) } }
}
