import ApplianceSpec
import BuildPlanning
import ContentDigest
import HostSystem

/// One pool and one goal in it: blocking work for a thread of its own.
struct PackageSelectionJob: Sendable {
    let host: Host
    let architecture: Architecture
    let snapshots: [RepositorySnapshot]
    let goal: PackageGoal
    let previous: [LockedPackage]
    let update: UpdatePolicy

    init(
        host: Host, architecture: Architecture, snapshots: [RepositorySnapshot], goal: PackageGoal,
        previous: [LockedPackage], update: UpdatePolicy
    ) {
        self.host = host
        self.architecture = architecture
        self.snapshots = snapshots
        self.goal = goal
        self.previous = previous
        self.update = update
    }

    /// - Throws: `ResolutionError`, `HostError`.
    func run() throws -> [LockedPackage] {
        let pool = PackagePool(architecture: architecture)
        let loader = IndexLoader(store: host.store, now: host.now())
        for snapshot in snapshots { try loader.load(snapshot, into: pool) }
        var goal = goal
        let held = previous.filter { !update.moves($0.name) }
        try HeldPackages(pool: pool, store: host.store).addMissing(held)
        for package in held {
            goal.held[package.name] = HeldVersion(version: package.version, architecture: package.architecture)
        }
        let choice = try PackageChooser(pool: pool).choose(goal)
        let moved = choice.released.filter { name in
            guard let old = held.first(where: { $0.name == name }) else { return false }
            return choice.packages.contains { pool.name(of: $0) == name && pool.version(of: $0) != old.version }
        }
        if !moved.isEmpty {
            host.progress.send(
                .message(
                    .notice,
                    "moved from their locked versions, because new packages need it: \(moved.joined(separator: ", "))"))
        }
        return try choice.packages.map { try lock($0, in: pool, isBase: choice.base.contains($0)) }
            .sorted { ($0.name, $0.architecture) < ($1.name, $1.architecture) }
    }

    private func lock(_ id: PackageID, in pool: PackagePool, isBase: Bool) throws(ResolutionError) -> LockedPackage {
        let name = pool.name(of: id)
        let repository = pool.source(of: id).repository
        guard let digest = pool.sha256(of: id).flatMap({ Digest(hex: $0) }) else {
            throw ResolutionError(.badIndex, "'\(repository)' gives no SHA-256 for \(name)")
        }
        let size = pool.downloadSize(of: id)
        guard size > 0 else { throw ResolutionError(.badIndex, "'\(repository)' gives no size for \(name)") }
        var path = pool.path(of: id) ?? ""
        while path.hasPrefix("./") { path.removeFirst(2) }
        let steps = path.split(separator: "/", omittingEmptySubsequences: false)
        if steps.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
            throw ResolutionError(.badIndex, "'\(repository)' gives a bad path for \(name): '\(path)'")
        }
        return LockedPackage(
            name: name, version: pool.version(of: id), architecture: pool.architecture(of: id),
            repository: repository, path: path, size: size, sha256: digest,
            installedSize: pool.installedSize(of: id), layer: isBase ? .base : .appliance)
    }
}
