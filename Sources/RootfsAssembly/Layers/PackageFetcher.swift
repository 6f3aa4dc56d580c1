import ApplianceSpec
package import BuildPlanning
import FileTrees
package import HostSystem

/// Brings locked packages into the store: from mirror folders, from their archives, and with a snapshot date in the lock
/// from the distribution's snapshot archive, once the mirror no longer has them as they were.
struct PackageFetcher {
    let host: Host
    let lock: Lockfile

    /// The paths of the packages' blobs, in the order of the packages; each checked by its SHA-256.
    func fetch(_ packages: [LockedPackage], step: String) async throws -> [String] {
        var repositories: [String: LockedRepository] = [:]
        for repository in lock.repositories { repositories[repository.id] = repository }
        let requests = try packages.map { package in
            guard let repository = repositories[package.repository], let origin = repository.origin else {
                throw HostError(
                    .unknownArchive,
                    "package \(package.name) is locked in '\(package.repository)', which the lock lacks",
                    hint: "lock again: stonebake lock")
            }
            return try request(for: package, in: repository, origin)
        }
        let files = try await host.downloader.fetch(requests, step: step)
        let old = zip(requests, files).count { request, file in file.source.map(request.fallbacks.contains) ?? false }
        if old > 0 {
            let what = old == 1 ? "one package" : "\(old) packages"
            host.progress.send(
                .message(.notice, "\(what) came from the snapshot archive: the mirror no longer has what is locked"))
        }
        return files.map(\.path)
    }

    private func request(
        for package: LockedPackage, in repository: LockedRepository, _ origin: MirrorFolder.Origin
    ) throws(HostError) -> DownloadRequest {
        var request = DownloadRequest(
            try host.archives.locations(of: package.path, in: origin, isOffline: host.offline),
            to: .blob(package.sha256, size: package.size), title: "\(package.name) \(package.version)")
        // The archive at the lock's own date had the version for sure, unless an older lock handed it on.
        let lockDate = SnapshotDate(seconds: repository.date)
        request.hint =
            host.archives.mirrorHint(isOffline: host.offline) ?? hint(for: package, repository, lockDate: lockDate)
        guard let date = lock.snapshot else { return request }
        do throws(HostError) {
            request.fallbacks = try host.archives.snapshotLocations(
                of: package.path, in: origin, dates: [date, lockDate.text], isOffline: host.offline)
        } catch  where error.code == .unknownArchive {
            // Only needed when the mirror fails.
            request.hint = "\(error.message); \(error.hint ?? "")"
        }
        return request
    }

    private func hint(for package: LockedPackage, _ repository: LockedRepository, lockDate: SnapshotDate) -> String {
        let update = "move to a newer version: stonebake lock SPEC --update \(package.name)"
        guard let archive = repository.archive, ArchiveLocator.hasSnapshots(archive) else { return update }
        if lock.snapshot != nil {
            return "\(update); or give the spec a 'snapshot:' date at which the archive had this one"
        }
        return "\(update); or have it from the snapshot archive: write 'snapshot: \(lockDate.dayText)' into the spec"
    }
}

extension LockedRepository {
    /// Where its files are read from; nil for one that says neither.
    package var origin: MirrorFolder.Origin? { uri.map { .uri($0) } ?? archive.map { .archive($0) } }
}
