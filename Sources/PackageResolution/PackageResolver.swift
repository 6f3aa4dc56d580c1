import ApplianceSpec
package import BuildPlanning
import ContentDigest
import Diagnostics
package import HostSystem

/// Turns a request into a lock: metadata into the store, indexes into libsolv's pool, packages out of it.
package struct PackageResolver: Sendable {
    let host: Host

    package init(host: Host) {
        self.host = host
    }

    /// Resolves the image's packages and the tools that build it. Python wheels are resolved afterwards, when the tools
    /// are there, by `PythonResolver`; until then the lock has those of `previous` that the update policy leaves.
    ///
    /// - Parameters:
    ///   - spec: the name, version and inputs that the lock records.
    ///   - previous: the lock to start from; its versions are held as `update` says.
    /// - Throws: `ResolutionError`, `HostError`, `CancellationError`.
    package func resolve(
        _ request: ResolutionRequest, spec: LockedSpec, previous: Lockfile?, update: UpdatePolicy
    ) async throws -> Lockfile {
        try checkNames(in: update, request: request, previous: previous)
        let repositories = merged(request.repositories)
        let toolRepositories = merged(request.toolRepositories)
        let metadata = RepositoryMetadata(host: host, architecture: request.architecture)
        let all = merged(request.repositories + request.toolRepositories)
        let snapshots = try await host.progress.step("indexes", "package indexes") { try await metadata.load(all) }
        func chosen(_ repositories: [Repository]) -> [RepositorySnapshot] {
            repositories.compactMap { repository in
                // The image's limits on a repository are not those of the tools that come from it too.
                var snapshot = snapshots.first { $0.repository.id == repository.id }
                snapshot?.repository.cost = repository.cost
                snapshot?.repository.include = repository.include
                snapshot?.repository.exclude = repository.exclude
                return snapshot
            }
        }
        let image = PackageSelectionJob(
            host: host, architecture: request.architecture, snapshots: chosen(repositories),
            goal: PackageGoal(
                base: request.base, install: request.install, remove: request.remove, recommends: request.recommends),
            previous: previous?.packages ?? [], update: update)
        let tools = PackageSelectionJob(
            host: host, architecture: request.architecture, snapshots: chosen(toolRepositories),
            goal: PackageGoal(install: request.tools, hasEssential: false),
            previous: previous?.tools ?? [], update: update)
        let packages: ([LockedPackage], [LockedPackage])
        do {
            packages = try await host.progress.step("resolve", "dependencies") {
                // One after the other: a pool of 70,000 packages takes 200 MB.
                (
                    try await blocking(named: "libsolv") { try image.run() },
                    request.tools.isEmpty ? [] : try await blocking(named: "libsolv") { try tools.run() }
                )
            }
        } catch let error as ResolutionError where !error.unknownNames.isEmpty {
            throw await Elsewhere(metadata: metadata, host: host).explain(error, missingFrom: chosen(repositories))
        }
        return Lockfile(
            spec: spec, timestamp: snapshots.map(\.release.date).max() ?? host.now(),
            repositories: snapshots.map(\.locked).sorted { $0.id < $1.id },
            packages: packages.0, tools: packages.1,
            wheels: request.python == nil ? [] : previous?.wheels.filter { !update.moves($0.name) } ?? [])
    }

    /// One repository for each id, with the components of all that have it.
    private func merged(_ repositories: [Repository]) -> [Repository] {
        var merged: [Repository] = []
        for repository in repositories {
            if let index = merged.firstIndex(where: { $0.id == repository.id }) {
                merged[index].components += repository.components.filter { !merged[index].components.contains($0) }
            } else {
                merged.append(repository)
            }
        }
        return merged
    }

    /// A name that `lock --update` is given must be one that it can move.
    private func checkNames(
        in update: UpdatePolicy, request: ResolutionRequest, previous: Lockfile?
    ) throws(ResolutionError) {
        guard case .named(let names) = update else { return }
        let locked = (previous.map { $0.packages + $0.tools } ?? []).map(\.name) + (previous?.wheels ?? []).map(\.name)
        let known = Set(locked)
        let unknown = names.filter { name in !known.contains(name) && !request.install.contains { $0.value == name } }
        if unknown.isEmpty { return }
        throw ResolutionError(
            .badRequest,
            unknown.map { name in
                Diagnostic(
                    code: ResolutionError.Code.badRequest.rawValue,
                    "'\(name)' cannot be updated: the lock does not have it", hint: suggestion(for: name, in: known))
            })
    }
}
