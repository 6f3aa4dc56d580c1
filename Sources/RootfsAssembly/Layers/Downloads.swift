package import BuildPlanning

extension RootfsAssembler {
    /// Brings packages into the store before the steps that install them ask for them, so that all of a build's
    /// downloads share one bar and the connections.
    ///
    /// - Parameter step: the id of the step whose progress it is.
    /// - Throws: `HostError`, `CancellationError`.
    package func fetch(_ packages: [LockedPackage], from lock: Lockfile, step: String) async throws {
        _ = try await PackageFetcher(host: host, lock: lock).fetch(packages, step: step)
    }
}
