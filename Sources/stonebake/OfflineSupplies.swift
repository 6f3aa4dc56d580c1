import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import HostSystem
import RootfsAssembly

/// `--offline` is decided before anything is built: everything that the steps to be run need is looked for at once, so
/// that all that is missing is told in one message.
struct OfflineSupplies {
    let host: Host

    /// - Throws: `HostError.offline`, which names the files, the lock and what brings them; the store's errors. Whether
    ///   contents are right is found when they are used.
    func check(_ plan: BuildPlan, lockPath: String, spec: String) throws {
        guard host.offline else { return }
        let missing = try missing(for: plan)
        guard !missing.isEmpty else { return }
        let count = missing.count == 1 ? "one file" : "\(missing.count) files"
        let folders = host.archives.folders.map { "'\($0.path)'" }
        let places = folders.isEmpty ? "" : ", nor in " + folders.joined(separator: " or ")
        var notes = missing.prefix(10).map { "\($0.title)\($0.place.map { ": there is no '\($0)'" } ?? "")" }
        if missing.count > notes.count { notes.append("and \(missing.count - notes.count) more") }
        let folder = host.archives.folders.first?.path ?? "DIR"
        throw HostError(
            .offline,
            "--offline: \(count) that '\(lockPath)' names cannot be had: not in the content store\(places)",
            hint: "where there is a network, this brings them: stonebake mirror \(spec) \(folder)"
                + (folders.isEmpty ? "; then build with --mirror DIR" : ""),
            notes: notes)
    }

    private struct Missing {
        var title: String
        /// Where it would lie in the first mirror folder.
        var place: String?
    }

    private func missing(for plan: BuildPlan) throws -> [Missing] {
        func runs(_ kind: BuildStep.Kind) throws -> Bool {
            guard let step = plan[kind] else { return false }
            return try host.store.entry(step.digest) == nil
        }
        let lock = plan.lock
        var packages: [LockedPackage] = []
        if try runs(.tools) { packages += lock.tools }
        if try runs(.base) { packages += lock.packages.filter { $0.layer == .base } }
        if try runs(.packages) { packages += lock.packages.filter { $0.layer == .appliance } }
        var origins: [String: MirrorFolder.Origin] = [:]
        for repository in lock.repositories { origins[repository.id] = repository.origin }
        var missing: [Missing] = []
        // Some packages are both in the image and among the build tools.
        var seen: Set<Digest> = []
        for package in packages where seen.insert(package.sha256).inserted {
            guard try host.store.blob(package.sha256, verify: false) == nil, let origin = origins[package.repository]
            else { continue }
            // An archive may be a folder of this machine without being a mirror folder.
            let urls = try host.archives.locations(of: package.path, in: origin, isOffline: true)
            let path = MirrorFolder.relativePath(of: package.path, in: origin)
            guard urls.count == host.archives.folders.count, !isThere(path) else { continue }
            missing.append(Missing(title: "\(package.name) \(package.version)", place: place(path)))
        }
        guard try runs(.python), try !isIndexLocal() else { return missing }
        for wheel in lock.wheels where try host.store.blob(wheel.sha256, verify: false) == nil {
            let path = MirrorFolder.relativePath(ofWheel: wheel.file, project: wheel.name)
            if !isThere(path) { missing.append(Missing(title: wheel.file, place: place(path))) }
        }
        return missing
    }

    private func isThere(_ path: String) -> Bool {
        host.archives.folders.contains { Files.exists("\($0.path)/\(path)") }
    }

    private func place(_ path: String) -> String? { host.archives.folders.first.map { "\($0.path)/\(path)" } }

    private func isIndexLocal() throws -> Bool {
        do throws(HostError) {
            return try host.archives.base(of: MirrorFolder.wheels).hasPrefix("file:")
        } catch  where error.code == .unknownArchive {
            return false
        }
    }
}
