import ApplianceSpec
import BuildPlanning
package import ContentDigest
import HostSystem

/// A disk that is written and not yet verified.
package struct WrittenDisk: Sendable {
    package let path: String
    /// Of all its bytes, under way.
    package let digest: Task<Digest, any Error>
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

    struct Made<Beside: Sendable>: Sendable {
        var image: DiskImage
        /// See `DiskSeen`.
        var mark: Digest
        var beside: Beside
        var digest: Digest
    }

    /// - Throws: `DiskError`, `HostError`, `CancellationError`, what `beside` throws.
    func make<Beside: Sendable>(
        session: DiskSession?, beside: @escaping @Sendable (WrittenDisk) async throws -> Beside
    ) async throws -> Made<Beside> {
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
        let path = place.disk.path
        let digest = Task {
            try await Timeline.measure("digest of the disk") {
                try await blocking(named: "digest") { try DiskFile.digest(of: path) }
            }
        }
        async let besides = beside(WrittenDisk(path: path, digest: digest))
        // Natively, which is quicker than in the appliance and can be done beside what that looks at.
        async let isClean: Void = Timeline.measure("e2fsck") { try await writer.check() }
        let inspection: DiskImage.Inspection
        if let known = seen.inspection(mark) {
            inspection = known
        } else {
            inspection = try await look(at: place, session: offered == nil ? nil : session, boot: boot)
            try seen.remember(inspection, mark)
        }
        try await isClean
        return Made(
            image: DiskImage(
                path: place.disk.path, layout: layout, inspection: inspection, tree: root.measure),
            mark: mark, beside: try await besides, digest: try await digest.value)
    }

    private func look(at place: DiskPlace, session: DiskSession?, boot: BootFiles) async throws -> DiskImage.Inspection
    {
        let own = session == nil ? try DiskSession(host: host, useKVM: useKVM, place: place) : nil
        let result: Result<DiskImage.Inspection, any Error>
        do {
            result = .success(try await look(at: place, through: own ?? session, boot: boot))
        } catch {
            result = .failure(error)
        }
        await Timeline.measure("end libguestfs", adopting: true) { await own?.cancel() }
        return try result.get()
    }

    private func look(
        at place: DiskPlace, through session: DiskSession?, boot: BootFiles
    ) async throws -> DiskImage.Inspection {
        guard let session else { throw DiskError(.appliance, "there is no libguestfs session") }
        let clock = ContinuousClock()
        let start = clock.now
        try await answered("start") { try await session.waitUntilUp() }
        let up = clock.now
        log("libguestfs was waited for", up - start)
        let (layout, kernel, progress) = (layout, root.kernel, host.progress)
        let files = boot.system?.files.map(\.path) ?? []
        let inspection = try await Timeline.measure("verify the disk", adopting: true) {
            try await answered("look at the disk") {
                try await session.run { handle, cancelled in
                    try DiskVerifier(
                        handle: handle, number: place.number, progress: progress, layout: layout, kernel: kernel,
                        systemPartitionFiles: files
                    ).verify(cancelled)
                }
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
