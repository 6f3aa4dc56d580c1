package import BuildPlanning
import ApplianceSpec
import ContentDigest
import Diagnostics
internal import FileTrees
import FoundationEssentials
internal import Glibc
package import HostSystem
internal import TreeMeasures

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
    /// - Parameters:
    ///   - upperBound: bytes; a disk can have up to so many, and up to 1 TiB in any case
    ///   - count: how many disks it will look at
    ///   - gate: it starts when this is open
    /// - Throws: `DiskError.hostKernel` at once when the machine has no kernel for it; `HostError`.
    package func prepare(
        useKVM: Bool, upperBound: Int64 = 0, count: Int = 1, after gate: Gate? = nil
    ) async throws -> DiskSession {
        try DiskSession(
            host: host, useKVM: useKVM, capacity: max(upperBound, DiskSession.capacity), count: count, after: gate)
    }

    /// Whether this step will most likely need libguestfs: unless the last disk of that name was made of the same
    /// inputs but for the tree. When it turns out otherwise, libguestfs is started then.
    package func expectsLook(_ step: BuildStep) -> Bool {
        guard let last = host.store.lastRecord(kind: step.kind.rawValue, name: step.name),
            step.inputs.differences(from: last.inputs).allSatisfy({ $0 == BuildStep.treeInput }),
            let mark = last.facts[DiskSeen.fact].flatMap(Digest.init(hex:))
        else { return true }
        return DiskSeen(store: host.store).inspection(mark) == nil
    }

    /// Refuses, before anything is downloaded, a size or a budget that the lock alone shows to be too small.
    ///
    /// - Throws: `DiskError.size` with the diagnostics at their places in the spec.
    package func checkSize(_ plan: BuildPlan) throws(DiskError) {
        // Of a division of its own it is known when the tree is.
        guard plan.storage == nil else { return }
        let report = planner(plan).earlyReport(plan.lock)
        if report.hasErrors { throw DiskError(.size, "the disk does not fit its spec", report: report) }
    }

    private func planner(_ plan: BuildPlan) -> DiskLayoutPlanner {
        DiskLayoutPlanner(
            settings: plan.appliance.disk, architecture: plan.appliance.architecture, identity: plan.identity)
    }

    /// Refuses a disk that the store has and the spec's budget does not allow.
    ///
    /// - Throws: `DiskError.size`.
    package func checkBudget(_ image: DiskImage, plan: BuildPlan) throws(DiskError) {
        var layout = image.layout
        layout.size += image.others.reduce(0) { $0 + $1.layout.size }
        if let excess = planner(plan).budgetDiagnostic(layout, packages: image.tree.packageSizes) {
            throw DiskError(.size, excess.message, report: DiagnosticReport([excess]))
        }
    }

    /// The disk that this step made before; nil when the store does not have it.
    package func cached(_ step: BuildStep) throws -> DiskImage? {
        guard let entry = try host.store.entry(step.digest) else { return nil }
        let record = try JSONDecoder().decode(DiskRecord.self, from: Data(Files.read("\(entry.path)/disk.json")))
        return image(in: entry.path, record)
    }

    private func image(in folder: String, _ record: DiskRecord) -> DiskImage {
        var image = DiskImage(
            path: "\(folder)/disk.raw", layout: record.layout, inspection: record.inspection, tree: record.tree)
        image.others = (record.storage?.disks.dropFirst() ?? []).map {
            .init(name: $0.name, path: "\(folder)/disk-\($0.name).raw", layout: $0.layout)
        }
        return image
    }

    /// Makes the disk, or takes it from the store; in both cases judges it by the spec's size and budget.
    ///
    /// - Parameters:
    ///   - session: from `prepare`; nil starts one here, when it is needed
    ///   - copy: where the disk is copied to while its digest is taken, its folder made; a copy of a disk that turns out
    ///     wrong may stay there
    ///   - takesDigest: whether `beside` wants the disk's digest; one that is copied has it anyway
    ///   - beside: gets the written disk, and works on it while it is verified; what it makes counts only
    ///     when the disk turns out right
    /// - Returns: the disk, and what `beside` gave; nil when the disk came from the store, or was not made by itself.
    /// - Throws: `DiskError`, `HostError`, `CancellationError`; what `beside` throws.
    package func assemble<Beside: Sendable>(
        _ step: BuildStep, root: RootFilesystem, tools: ToolsRoot, plan: BuildPlan, session: DiskSession?,
        useKVM: Bool = false, copyingTo copy: String? = nil, takesDigest: Bool = false,
        beside: @escaping @Sendable (WrittenDisk) async throws -> Beside
    ) async throws -> (image: DiskImage, beside: Beside?) {
        try await host.store.withLock("step-\(step.digest)", saying: "the disk of \(step.name)") {
            if let image = try cached(step) {
                try checkBudget(image, plan: plan)
                return (image, nil)
            }
            let clock = ContinuousClock()
            let start = clock.now
            if let storage = plan.storage {
                let making = StorageMaking(
                    host: host, plan: plan, storage: storage, root: root, tools: tools, useKVM: useKVM,
                    secrets: host.secrets)
                let made = try await making.make()
                let seconds = (clock.now - start).inSeconds
                return (try keep(made, of: root.measure, as: step, seconds: seconds), nil)
            }
            let planner = planner(plan)
            let (layout, report) = planner.layout(for: root.measure.usage, packages: root.measure.packageSizes)
            guard let layout, !report.hasErrors else {
                throw DiskError(.size, "the disk does not fit its spec", report: report)
            }
            var making = DiskMaking(
                host: host, layout: layout, root: root, tools: tools, plan: plan, useKVM: useKVM,
                last: try lastDisk(before: step, of: root, layout: layout), takesDigest: takesDigest)
            let made: DiskMaking.Made<Beside>
            do {
                made = try await making.make(session: session, copyingTo: copy, beside: beside)
            } catch let error where Self.isOfAppliance(error) {
                let reason = (error as? FailedLook)?.reason.message ?? "\(error)"
                host.progress.send(.message(.warning, "\(reason); once more with libguestfs' full appliance"))
                making.usesFullAppliance = true
                made = try await making.make(session: nil, copyingTo: copy, beside: beside)
            }
            let entry = try Timeline.measure("keep the disk") {
                try keep(
                    made.image, as: step, seen: made.mark, digest: made.digest, seconds: (clock.now - start).inSeconds)
            }
            var image = made.image
            image.path = "\(entry.path)/disk.raw"
            return (image, made.beside)
        }
    }

    /// Whether another appliance might do what this one did not.
    private static func isOfAppliance(_ error: any Error) -> Bool {
        error is FailedLook || (error as? DiskError)?.code == .stalled
    }

    /// The disk that this step made of the tree from which this one differs little; nil when there is none, or when
    /// libguestfs would have to look at the new one.
    private func lastDisk(
        before step: BuildStep, of root: RootFilesystem, layout: DiskLayout
    ) throws -> DiskMaking.LastDisk? {
        guard let changes = root.changes,
            let record = host.store.lastRecord(kind: step.kind.rawValue, name: step.name),
            record.inputs.entries[BuildStep.treeInput] == changes.since,
            step.inputs.differences(from: record.inputs) == [BuildStep.treeInput],
            let mark = record.facts[DiskSeen.fact].flatMap(Digest.init(hex:)),
            let inspection = DiskSeen(store: host.store).inspection(mark),
            let entry = try host.store.entry(record.inputs.digest)
        else { return nil }
        let last = try JSONDecoder().decode(DiskRecord.self, from: Data(Files.read("\(entry.path)/disk.json")))
        guard last.layout == layout else { return nil }
        return DiskMaking.LastDisk(
            path: "\(entry.path)/disk.raw", changes: changes, mark: mark, inspection: inspection)
    }

    /// The same with nothing beside it.
    package func assemble(
        _ step: BuildStep, root: RootFilesystem, tools: ToolsRoot, plan: BuildPlan, session: DiskSession?,
        useKVM: Bool = false
    ) async throws -> DiskImage {
        try await assemble(
            step, root: root, tools: tools, plan: plan, session: session, useKVM: useKVM, beside: { _ in }
        ).image
    }

    /// Moves disks of a layout into the store.
    private func keep(
        _ made: StorageMaking.Made, of tree: TreeMeasure, as step: BuildStep, seconds: Double
    ) throws -> DiskImage {
        let staging = try host.store.newStaging()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let record = DiskRecord(
            layout: made.layout.disks[0].layout, inspection: made.inspection, tree: tree, storage: made.layout)
        try Files.write(Array(try encoder.encode(record)), to: "\(staging)/disk.json")
        for (index, path) in made.disks.enumerated() {
            let name = index == 0 ? "disk.raw" : "disk-\(made.layout.disks[index].name).raw"
            try Files.move(path, to: "\(staging)/\(name)")
            // Nobody writes into it any more: who boots it makes an overlay.
            chmod("\(staging)/\(name)", 0o444)
        }
        let entry = try host.store.commit(
            staging: staging, as: step.digest,
            record: StepRecord(
                kind: step.kind.rawValue, name: step.name, inputs: step.inputs, createdAt: host.now(), seconds: seconds,
                facts: ["size": "\(made.layout.size)"]))
        return image(in: entry.path, record)
    }

    /// Moves the disk into the store.
    func keep(
        _ image: DiskImage, as step: BuildStep, seen mark: Digest, digest: Digest?, seconds: Double
    ) throws -> StoreEntry {
        let staging = try host.store.newStaging()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let record = try encoder.encode(
            DiskRecord(layout: image.layout, inspection: image.inspection, tree: image.tree))
        try Files.write(Array(record), to: "\(staging)/disk.json")
        try Files.move(image.path, to: "\(staging)/disk.raw")
        // Nobody writes into it any more: who boots it makes an overlay.
        chmod("\(staging)/disk.raw", 0o444)
        return try host.store.commit(
            staging: staging, as: step.digest,
            record: StepRecord(
                kind: step.kind.rawValue, name: step.name, inputs: step.inputs, createdAt: host.now(), seconds: seconds,
                facts: ["size": "\(image.layout.size)", DiskSeen.fact: mark.hex]),
            known: digest.map { ["/disk.raw": $0] } ?? [:])
    }
}

/// What lies beside the disk in the store.
private struct DiskRecord: Codable {
    var layout: DiskLayout
    var inspection: DiskImage.Inspection
    var tree: TreeMeasure
    /// Of disks that their spec divides.
    var storage: StorageLayout?
}
