import BuildPlanning
import HostSystem

/// Brings locked packages into the store.
struct PackageFetcher {
    let host: Host
    let repositories: [LockedRepository]

    /// The paths of the packages' blobs, in the order of the packages; each checked by its SHA-256.
    func fetch(_ packages: [LockedPackage], step: String) async throws -> [String] {
        var bases: [String: String] = [:]
        for repository in repositories {
            if let uri = repository.uri {
                bases[repository.id] = uri
            } else if let archive = repository.archive {
                bases[repository.id] = try host.archives.base(of: archive)
            }
        }
        let requests = try packages.map { package in
            guard let base = bases[package.repository] else {
                throw HostError(
                    .unknownArchive,
                    "package \(package.name) is locked in '\(package.repository)', which the lock lacks",
                    hint: "lock again: stonebake lock")
            }
            let slash = base.hasSuffix("/") ? "" : "/"
            return DownloadRequest(
                "\(base)\(slash)\(package.path)", to: .blob(package.sha256, size: package.size),
                title: "\(package.name) \(package.version)")
        }
        return try await host.downloader.fetch(requests, step: step).map(\.path)
    }
}
