import ApplianceSpec
import BuildPlanning
package import ContentDigest
import FileTrees
import HostSystem
import TreeMeasures

/// A disk that is written and not yet verified.
package struct WrittenDisk: Sendable {
    package let path: String
    /// Of all its bytes, under way; nil when nobody has asked for it.
    package let digest: Task<Digest, any Error>?
}

/// Writes one disk and has it looked at.
///
/// Whether libguestfs has to look depends on what lies around the tree: partition table, boot code, EFI system partition,
/// and the tree's files that say what boots. A disk in which all of them are as in one that it has seen needs no launch;
/// e2fsck of the tools layer, which is the only one to have written since, looks at the filesystem then.
struct DiskMaking: Sendable {
    let host: Host
    let layout: DiskLayout
    let root: RootFilesystem
    let tools: ToolsRoot
    let plan: BuildPlan
    let useKVM: Bool
    /// The disk that this one can be made from.
    let last: LastDisk?
    /// Whether libguestfs' own appliance looks at it, and not the trimmed one, which may lack on this machine what nobody
    /// thought of.
    var usesFullAppliance = false
    /// Whether somebody wants the disk's SHA-256: half a second of a processor's time. It is taken of a copied disk too.
    var takesDigest = false

    /// A disk whose tree differs from this one's in the contents of a few files.
    struct LastDisk: Sendable {
        var path: String
        var changes: TreeChanges
        /// See `DiskSeen`: of both disks.
        var mark: Digest
        var inspection: DiskImage.Inspection
    }

    struct Made<Beside: Sendable>: Sendable {
        var image: DiskImage
        /// See `DiskSeen`.
        var mark: Digest
        var beside: Beside
        var digest: Digest?
    }

    /// - Throws: `DiskError`, `HostError`, `CancellationError`, what `beside` throws.
    func make<Beside: Sendable>(
        session: DiskSession?, copyingTo copy: String?, beside: @escaping @Sendable (WrittenDisk) async throws -> Beside
    ) async throws -> Made<Beside> {
        if let made = try await patched(copyingTo: copy, beside) { return made }
        let offered = session.flatMap { $0.capacity >= layout.size ? $0.take() : nil }
        let place = try offered ?? DiskPlace(host: host, capacity: layout.size)
        let assets = TreeAssets(folder: root.assets)
        let boot = try BootFiles(assets: assets, layout: layout, architecture: plan.appliance.architecture)
        let writer = DiskWriter(
            host: host, tools: tools, layout: layout, disk: place.disk, folder: place.folder,
            timestamp: plan.lock.timestamp)
        let clock = ContinuousClock()
        let start = clock.now
        let surroundings = try await Timeline.measure("write the disk") {
            try await writer.write(tree: root, boot: boot, hashSeed: plan.identity.hashSeed)
        }
        log("the disk was written", clock.now - start)
        let seen = DiskSeen(store: host.store)
        let mark = try seen.mark(surroundings: surroundings, tree: root.measure, assets: assets, tools: tools)
        return try await finish(place, writer, mark: mark, copyingTo: copy, beside: beside) {
            if let known = seen.inspection(mark) { return known }
            let system = try seen.mark(systemOf: root.measure, assets: assets, layout: layout, tools: tools)
            let inspection = try await look(
                at: place, session: offered == nil ? nil : session, boot: boot, system: system)
            try seen.remember(inspection, mark)
            return inspection
        }
    }

    /// The last disk with the few changed files in it; nil where that cannot be made.
    private func patched<Beside: Sendable>(
        copyingTo copy: String?, _ beside: @escaping @Sendable (WrittenDisk) async throws -> Beside
    ) async throws -> Made<Beside>? {
        guard let last else { return nil }
        let timestamp = plan.lock.timestamp
        let patcher = DiskPatcher(host: host, tools: tools, layout: layout, timestamp: timestamp)
        guard try patcher.canWrite(last.changes) else { return nil }
        let place = try DiskPlace(host: host, capacity: layout.size)
        let isPatched = try await Timeline.measure("write what has changed") {
            try await patcher.patch(last.path, with: last.changes, into: place.disk)
        }
        guard isPatched else { return nil }
        host.progress.send(.log("the disk is the last one with what has changed"))
        let writer = DiskWriter(
            host: host, tools: tools, layout: layout, disk: place.disk, folder: place.folder, timestamp: timestamp)
        return try await finish(place, writer, mark: last.mark, copyingTo: copy, beside: beside) { last.inspection }
    }

    /// What comes after the writing: the checks, and beside them the digest and what the caller makes of the disk.
    private func finish<Beside: Sendable>(
        _ place: DiskPlace, _ writer: DiskWriter, mark: Digest, copyingTo copy: String?,
        beside: @escaping @Sendable (WrittenDisk) async throws -> Beside,
        looking: () async throws -> DiskImage.Inspection
    ) async throws -> Made<Beside> {
        let path = place.disk.path
        let digest =
            takesDigest || copy != nil ? Task { try await self.digest(of: path, copyingTo: copy) } : nil
        return try await withTaskCancellationHandler {
            do {
                async let besides = beside(WrittenDisk(path: path, digest: digest))
                // Natively, which is quicker than in the appliance and can be done beside what that looks at.
                async let isClean: Void = Timeline.measure("e2fsck") { try await writer.check() }
                let inspection = try await looking()
                try await isClean
                return Made(
                    image: DiskImage(path: path, layout: layout, inspection: inspection, tree: root.measure),
                    mark: mark, beside: try await besides, digest: try await digest?.value)
            } catch {
                // Nothing is written any more when this is told.
                digest?.cancel()
                _ = await digest?.result
                throw error
            }
        } onCancel: {
            digest?.cancel()
        }
    }

    private func digest(of path: String, copyingTo copy: String?) async throws -> Digest {
        let bypassingCache = host.sparesPageCache
        return try await Timeline.measure("digest of the disk") {
            try await blocking(named: "digest") { cancelled in
                guard let copy else {
                    return try Digest.of(sparse: path, bypassingCache: bypassingCache, cancelled: cancelled)
                }
                try Files.makeFolder(Files.folder(of: copy))
                return try SparseCopy.digest(
                    copying: path, to: copy, cache: bypassingCache ? [.readsPast, .writesPast] : .writesPast,
                    cancelled: cancelled)
            }
        }
    }

    private func look(
        at place: DiskPlace, session: DiskSession?, boot: BootFiles, system: Digest
    ) async throws -> DiskImage.Inspection {
        let own =
            session == nil
            ? try DiskSession(host: host, useKVM: useKVM, place: place, full: usesFullAppliance) : nil
        let result: Result<DiskImage.Inspection, any Error>
        do {
            result = .success(try await look(at: place, through: own ?? session, boot: boot, system: system))
        } catch {
            result = .failure(error)
        }
        await Timeline.measure("end libguestfs", adopting: true) { await own?.cancel() }
        return try result.get()
    }

    private func look(
        at place: DiskPlace, through session: DiskSession?, boot: BootFiles, system: Digest
    ) async throws -> DiskImage.Inspection {
        guard let session else { throw DiskError(.appliance, "there is no libguestfs session") }
        let clock = ContinuousClock()
        let start = clock.now
        try await answered("start") { try await session.waitUntilUp() }
        let up = clock.now
        log("libguestfs was waited for", up - start)
        let (layout, kernel, progress, seen) = (layout, root.kernel, host.progress, DiskSeen(store: host.store))
        let files = boot.system?.files.map(\.path) ?? []
        let inspection = try await Timeline.measure("verify the disk", adopting: true) {
            do {
                return try await answered("look at the disk") {
                    try await session.run { handle, cancelled in
                        let verifier = DiskVerifier(
                            handle: handle, number: place.number, progress: progress, layout: layout, kernel: kernel,
                            systemPartitionFiles: files)
                        // Asked in turn: the disk before this one may be what says so.
                        let inspection = try verifier.verify(cancelled, knowing: seen.inspection(system))
                        try seen.remember(inspection, system)
                        return inspection
                    }
                }
            } catch let error as DiskError where error.code == .appliance && !usesFullAppliance {
                throw FailedLook(reason: error)
            }
        }
        log("libguestfs looked at the disk", clock.now - up)
        return inspection
    }

    private func log(_ what: String, _ duration: Duration) {
        host.progress.send(.log("\(what): \(Int((duration.inSeconds * 1000).rounded())) ms"))
    }

    /// Seconds that the appliance may take to start, or to look at a disk: an emulated one on a busy machine has been
    /// seen to take 40.
    private static let patience = 240.0

    /// - Throws: `DiskError.stalled` when it takes too long; the appliance has been ended then.
    private func answered<Value: Sendable>(
        _ action: String, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let value = try await withTimeLimit(seconds: Self.patience, body) else {
            throw DiskError(
                .stalled, "libguestfs' appliance did not \(action) within \(Int(Self.patience)) s",
                hint: "it may be that the machine is overloaded; try again")
        }
        return value
    }
}

/// A call of libguestfs failed when its appliance was up: it may be that the trimmed one lacks something.
struct FailedLook: Error {
    let reason: DiskError
}
