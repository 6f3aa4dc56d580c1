import ApplianceSpec
import CSolv
import Diagnostics
import HostSystem

/// Looks for packages that the spec's repositories do not have in what it could add: other components of the same
/// suites, and the release's backports. Only a failure costs these downloads.
struct Elsewhere {
    let metadata: RepositoryMetadata
    let host: Host

    init(metadata: RepositoryMetadata, host: Host) {
        self.metadata = metadata
        self.host = host
    }

    /// The error, with hints that say where its names are.
    func explain(_ error: ResolutionError, missingFrom snapshots: [RepositorySnapshot]) async -> ResolutionError {
        var others: [RepositorySnapshot] = []
        for repository in candidates(snapshots) where !Task.isCancelled {
            // A suite that a mirror does not have is no second error.
            if let snapshot = try? await metadata.load(repository) { others.append(snapshot) }
        }
        let (names, found, architecture, store, now) = (
            error.unknownNames, others, metadata.architecture, host.store, host.now()
        )
        let hints = try? await blocking(named: "libsolv") {
            let pool = PackagePool(architecture: architecture)
            let loader = IndexLoader(store: store, now: now)
            for snapshot in found { try loader.load(snapshot, into: pool) }
            return names.mapValues { place(of: $0, in: pool) }
        }
        var error = error
        for case (let index, let hint?) in hints ?? [:] { error.diagnostics[index].hint = hint }
        return error
    }

    private func candidates(_ snapshots: [RepositorySnapshot]) -> [Repository] {
        var candidates: [Repository] = []
        for snapshot in snapshots {
            let known = snapshot.release.components.map { $0.hasPrefix("updates/") ? String($0.dropFirst(8)) : $0 }
            var repository = snapshot.repository
            repository.components = known.filter { !snapshot.repository.components.contains($0) }
            if !repository.components.isEmpty { candidates.append(repository) }
        }
        if let first = snapshots.first,
            !snapshots.contains(where: { $0.repository.suite.value.hasSuffix("-backports") })
        {
            var backports = first.repository
            backports.suite.value += "-backports"
            backports.id += "-backports"
            candidates.append(backports)
        }
        return candidates
    }
}

private func place(of name: String, in pool: PackagePool) -> String? {
    let id = pool.id(ofName: name)
    let there = pool.packages.first { pool.solvable($0).pointee.name == id && pool.isNative($0) }
    guard id != 0, let there else { return nil }
    let source = pool.source(of: there)
    return "it is in component \(source.component) of \(source.suites.first ?? source.repository); "
        + "add it under repositories"
}
