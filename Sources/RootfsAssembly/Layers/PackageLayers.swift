package import BuildPlanning
import FileTrees
import HostSystem
import SandboxInside

extension RootfsAssembler {
    /// The base system: what all appliances of a release share, configured.
    ///
    /// - Parameter configuring: called when scripts begin to run, one after the other, which leaves processors free
    package func base(
        _ step: BuildStep, from lock: Lockfile, configuring: @escaping @Sendable () -> Void = {}
    ) async throws -> RootLayers {
        let entry = try await entry(for: step) { staging in
            let locked = lock.packages.filter { $0.layer == .base }
            return try await install(
                locked, lock, step: step, on: RootLayers([]), staging: staging, bootstrap: true,
                configuring: configuring)
        }
        return RootLayers([]).adding(entry)
    }

    /// The initramfs of the base's kernel: a layer right above the base. What stands above it needs it for no more than
    /// to be complete, and is made beside it.
    package func initramfs(_ step: BuildStep, from lock: Lockfile, on base: RootLayers) async throws -> InitramfsLayer {
        let entry = try await entry(for: step) { staging in
            let tree = "\(staging)/tree"
            try Files.makeFolder(tree, exactMode: 0o755)
            // A root may do without: the kernel of a container is its host's.
            guard base.folders.contains(where: { Files.exists("\($0)/usr/sbin/update-initramfs") }) else { return [:] }
            let surroundings = try ScriptSurroundings(in: try host.scratch.newFolder("scripts"))
            let shortcuts = try surroundings.shortcuts(ScriptShortcut.initramfs, over: base.folders)
            let job = SandboxJob(
                layers: base.folders, upper: tree, command: Command("/bin/sh", ["-c", InitramfsScript.whole])
            ).with {
                $0.binds = [.init(surroundings.folder, at: "/run/stonebake", readOnly: false)] + shortcuts
                $0.timestamp = lock.timestamp
            }
            let (result, log) = try await run(job, of: step)
            guard result.succeeded else {
                throw HostError(
                    .commandFailed, "cannot make the initramfs: it ended with \(result.statusText)",
                    notes: result.tail + ["the whole log: \(log.path)"])
            }
            return [:]
        }
        return InitramfsLayer(base: base, folder: "\(entry.path)/tree")
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
        bootstrap: Bool, configuring: @escaping @Sendable () -> Void = {}
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
        try await installer.install(packages, bootstrap: bootstrap, configuring: configuring)
        try await installer.finish(isBase: bootstrap)
        return ["packages": "\(locked.count)"]
    }
}
