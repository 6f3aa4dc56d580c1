package import BuildPlanning
import ApplianceSpec
import ContentDigest
import Diagnostics
import FoundationEssentials
internal import Glibc
package import HostSystem

/// From a root filesystem to a disk that boots: partition table, EFI system partition, GRUB, root filesystem, and the
/// proof, through libguestfs, that the disk is what was planned.
package struct DiskAssembler: Sendable {
    private let host: Host

    package init(host: Host) {
        self.host = host
    }

    /// Starts libguestfs' appliance beside the work that makes the tree. Whoever calls it calls `cancel` on the session
    /// at the end, whatever happened.
    ///
    /// - Parameter upperBound: bytes; a disk can have up to so many, and up to 1 TiB in any case
    /// - Throws: `DiskError.hostKernel` at once when the machine has no kernel for it; `HostError`.
    package func prepare(useKVM: Bool, upperBound: Int64 = 0) async throws -> DiskSession {
        try DiskSession(host: host, useKVM: useKVM, capacity: max(upperBound, DiskSession.capacity))
    }

    /// Refuses, before anything is downloaded, a size or a budget that the lock alone shows to be too small.
    ///
    /// - Throws: `DiskError.size` with the diagnostics at their places in the spec.
    package func checkSize(_ plan: BuildPlan) throws(DiskError) {
        let report = planner(plan).earlyReport(plan.lock)
        if report.hasErrors { throw DiskError(.size, "the disk does not fit its spec", report: report) }
    }

    private func planner(_ plan: BuildPlan) -> DiskLayoutPlanner {
        DiskLayoutPlanner(
            settings: plan.appliance.disk, architecture: plan.appliance.architecture, identity: plan.identity)
    }

    /// The disk that this step made before; nil when the store does not have it.
    package func cached(_ step: BuildStep) throws -> DiskImage? {
        guard let entry = try host.store.entry(step.digest) else { return nil }
        let record = try JSONDecoder().decode(DiskRecord.self, from: Data(Files.read("\(entry.path)/disk.json")))
        return DiskImage(path: "\(entry.path)/disk.raw", layout: record.layout, inspection: record.inspection)
    }

    /// Makes the disk, or takes it from the store; in both cases judges it by the spec's size and budget.
    ///
    /// - Parameter session: from `prepare`; nil starts one here, when it is needed
    /// - Throws: `DiskError`, `HostError`, `CancellationError`.
    package func assemble(
        _ step: BuildStep, root: RootFilesystem, tools: ToolsRoot, plan: BuildPlan, session: DiskSession?,
        useKVM: Bool = false
    ) async throws -> DiskImage {
        try await host.store.withLock("step-\(step.digest)", saying: "the disk of \(step.name)") {
            let planner = planner(plan)
            if let image = try cached(step) {
                if let excess = planner.budgetDiagnostic(image.layout, packages: root.packageSizes) {
                    throw DiskError(.size, excess.message, report: DiagnosticReport([excess]))
                }
                return image
            }
            let clock = ContinuousClock()
            let start = clock.now
            let archive = try await Timeline.measure("read the tree's tar") {
                try await blocking(named: "tree") { try RootArchive(root.archive) }
            }
            let (layout, report) = planner.layout(for: archive.usage, packages: root.packageSizes)
            guard let layout, !report.hasErrors else {
                throw DiskError(.size, "the disk does not fit its spec", report: report)
            }
            var session = try await fitting(session, layout, useKVM: useKVM)
            do {
                let image: DiskImage
                do {
                    image = try await make(
                        layout, archive: archive, root: root, tools: tools, plan: plan, session: session)
                } catch let error as DiskError where error.code == .stalled {
                    host.progress.send(.message(.warning, "\(error.message); once more with a new one"))
                    await session.cancel()
                    session = try await prepare(useKVM: useKVM, upperBound: layout.size)
                    image = try await make(
                        layout, archive: archive, root: root, tools: tools, plan: plan, session: session)
                }
                let entry = try Timeline.measure("keep the disk") {
                    try keep(image, as: step, seconds: (clock.now - start).inSeconds)
                }
                await Timeline.measure("end libguestfs", adopting: true) { await session.cancel() }
                return DiskImage(path: "\(entry.path)/disk.raw", layout: layout, inspection: image.inspection)
            } catch {
                await session.cancel()
                throw error
            }
        }
    }

    /// The session, when it takes a disk of that size; a new one otherwise.
    private func fitting(_ session: DiskSession?, _ layout: DiskLayout, useKVM: Bool) async throws -> DiskSession {
        if let session, session.capacity >= layout.size { return session }
        await session?.cancel()
        return try await prepare(useKVM: useKVM, upperBound: layout.size)
    }

    private func make(
        _ layout: DiskLayout, archive: RootArchive, root: RootFilesystem, tools: ToolsRoot, plan: BuildPlan,
        session: DiskSession
    ) async throws -> DiskImage {
        guard session.take() else { throw DiskError(.appliance, "this libguestfs session has made its disk already") }
        let boot = try BootFiles(archive: archive, layout: layout, architecture: plan.appliance.architecture)
        let writer = DiskWriter(
            host: host, tools: tools, layout: layout, disk: session.disk, folder: session.folder,
            timestamp: plan.lock.timestamp)
        let clock = ContinuousClock()
        let start = clock.now
        try await Timeline.measure("write the disk") {
            try await writer.write(tree: archive, boot: boot, hashSeed: plan.identity.hashSeed)
        }
        let written = clock.now
        try await answered("start") { try await session.waitUntilUp() }
        let up = clock.now
        let kernel = root.kernel
        let progress = host.progress
        let inspection = try await Timeline.measure("verify the disk", adopting: true) {
            try await answered("look at the disk") {
                try await session.run { handle, cancelled in
                    try DiskVerifier(
                        handle: handle, progress: progress, layout: layout, kernel: kernel,
                        systemPartitionFiles: boot.system?.files.map(\.path) ?? []
                    ).verify(cancelled)
                }
            }
        }
        func milliseconds(_ duration: Duration) -> String { "\(Int((duration.inSeconds * 1000).rounded())) ms" }
        host.progress.send(
            .log(
                "the disk was written in \(milliseconds(written - start)), libguestfs was up "
                    + "\(milliseconds(up - written)) later, and verified it in \(milliseconds(clock.now - up))"))
        return DiskImage(path: session.disk.path, layout: layout, inspection: inspection)
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

    /// Moves the disk into the store.
    func keep(_ image: DiskImage, as step: BuildStep, seconds: Double) throws -> StoreEntry {
        let staging = try host.store.newStaging()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let record = try encoder.encode(DiskRecord(layout: image.layout, inspection: image.inspection))
        try Files.write(Array(record), to: "\(staging)/disk.json")
        try Files.move(image.path, to: "\(staging)/disk.raw")
        // Nobody writes into it any more: who boots it makes an overlay.
        chmod("\(staging)/disk.raw", 0o444)
        return try host.store.commit(
            staging: staging, as: step.digest,
            record: StepRecord(
                kind: step.kind.rawValue, name: step.name, inputs: step.inputs, createdAt: host.now(), seconds: seconds,
                facts: ["size": "\(image.layout.size)"]))
    }
}

/// What lies beside the disk in the store.
private struct DiskRecord: Codable {
    var layout: DiskLayout
    var inspection: DiskImage.Inspection
}
