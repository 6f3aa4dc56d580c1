package import BuildPlanning
import HostSystem

extension RootfsAssembler {
    /// The base system: what all appliances of a release share, configured, with its initramfs.
    ///
    /// - Parameter unpacked: called when all packages are unpacked: what comes then leaves processors free
    package func base(
        _ step: BuildStep, from lock: Lockfile, unpacked: @escaping @Sendable () -> Void = {}
    ) async throws -> RootLayers {
        let entry = try await entry(for: step) { staging in
            let locked = lock.packages.filter { $0.layer == .base }
            return try await install(
                locked, lock, step: step, on: RootLayers([]), staging: staging, bootstrap: true, unpacked: unpacked)
        }
        return RootLayers([]).adding(entry)
    }

    /// The appliance's own packages, on top of the base.
    package func packages(_ step: BuildStep, from lock: Lockfile, on base: RootLayers) async throws -> RootLayers {
        let entry = try await entry(for: step) { staging in
            let locked = lock.packages.filter { $0.layer == .appliance }
            return try await install(locked, lock, step: step, on: base, staging: staging, bootstrap: false)
        }
        return base.adding(entry)
    }

    private func install(
        _ locked: [LockedPackage], _ lock: Lockfile, step: BuildStep, on layers: RootLayers, staging: String,
        bootstrap: Bool, unpacked: @escaping @Sendable () -> Void = {}
    ) async throws -> [String: String] {
        let tree = "\(staging)/tree"
        try Files.makeFolder(tree, exactMode: 0o755)
        guard !locked.isEmpty else { return [:] }
        let fetcher = PackageFetcher(host: host, lock: lock)
        let paths = try await fetcher.fetch(locked, step: step.kind.rawValue)
        let packages = try await blocking(named: "control") {
            try paths.map { path in
                PackageInstaller.Package(path: path, control: try DebianPackage(path: path).control())
            }
        }
        let installer = try PackageInstaller(
            self, step: step, layers: layers, upper: tree, timestamp: lock.timestamp, total: locked.count)
        try await installer.install(packages, bootstrap: bootstrap, unpacked: unpacked)
        try await installer.finish()
        return ["packages": "\(locked.count)"]
    }
}
