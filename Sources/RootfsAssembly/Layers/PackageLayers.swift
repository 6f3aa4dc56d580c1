package import BuildPlanning
import HostSystem

/// How far the installation of packages has come.
package enum InstallMoment: Sendable {
    /// Unpacking uses all processors; what follows uses one, mostly.
    case unpacked
    /// What is left is the initramfs, byte code and the like.
    case configured
}

extension RootfsAssembler {
    /// The base system: what all appliances of a release share, configured, with its initramfs.
    ///
    /// - Parameter reached: called as it goes on; what comes then leaves processors free
    package func base(
        _ step: BuildStep, from lock: Lockfile, reached: @escaping @Sendable (InstallMoment) -> Void = { _ in }
    ) async throws -> RootLayers {
        let entry = try await entry(for: step) { staging in
            let locked = lock.packages.filter { $0.layer == .base }
            return try await install(
                locked, lock, step: step, on: RootLayers([]), staging: staging, bootstrap: true, reached: reached)
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
        bootstrap: Bool, reached: @escaping @Sendable (InstallMoment) -> Void = { _ in }
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
        try await installer.install(packages, bootstrap: bootstrap, reached: reached)
        try await installer.finish()
        return ["packages": "\(locked.count)"]
    }
}
