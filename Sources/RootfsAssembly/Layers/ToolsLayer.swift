package import BuildPlanning
import FileTrees
import HostSystem

extension RootfsAssembler {
    /// The build tools: downloaded and unpacked. No maintainer script of theirs is run, and none is needed for programs
    /// that read no configuration.
    package func tools(_ step: BuildStep, from lock: Lockfile) async throws -> ToolsRoot {
        let entry = try await entry(for: step) { staging in
            let fetcher = PackageFetcher(host: host, lock: lock)
            let packages = try await fetcher.fetch(lock.tools, step: step.kind.rawValue)
            let tree = "\(staging)/tree"
            try Files.makeFolder(tree, exactMode: 0o755)
            // base-files has the folders and links that everything else stands on.
            try await unpack(
                order(packages, lock.tools), into: tree, on: RootLayers([]), database: false,
                folders: ["dev", "proc", "sys", "run", "tmp", "etc", "root"], timestamp: lock.timestamp)
            return ["packages": "\(packages.count)"]
        }
        return ToolsRoot(tree: "\(entry.path)/tree")
    }

    private func order(_ paths: [String], _ packages: [LockedPackage]) -> [String] {
        let first = zip(paths, packages).filter { $0.1.name == "base-files" }.map(\.0)
        let rest = zip(paths, packages).filter { $0.1.name != "base-files" }.map(\.0)
        return first + rest
    }
}
