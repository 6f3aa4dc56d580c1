import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import DiskAssembly
import Foundation
import HostSystem
import ImageExport
import PackageResolution
import RootfsAssembly

/// A build from its lock to its images: the steps of the plan, wired.
struct Pipeline: Sendable {
    let host: Host
    let plan: BuildPlan
    private let timings = StepTimings()

    init(host: Host, plan: BuildPlan) {
        self.host = host
        self.plan = plan
    }

    /// What a build made and how long each step of it took.
    struct Result: Sendable {
        var root: RootFilesystem
        var image: DiskImage
        var artifacts: [ImageArtifact]
        var steps: [BuildReport.Step]
    }

    /// Builds what the store does not have and exports the targets into `folder`.
    func run(into folder: String, useKVM: Bool) async throws -> Result {
        let disk = DiskAssembler(host: host)
        try disk.checkSize(plan)
        // Also after a failure: what was done before it stays done. What cannot be written down costs an explanation.
        defer { try? PlanMemory(store: host.store, plan: plan).remember(plan) }
        // The launch takes as long as half of the packages' configuration, and has nothing to wait for.
        let session = try isCached(.disk) ? nil : await disk.prepare(useKVM: useKVM, upperBound: diskUpperBound)
        do {
            let (root, tools) = try await rootFilesystem()
            let image = try await step(.disk) { step in
                // Also a disk from the store is judged by the spec's size and budget.
                try await RootfsAssembler(host: host).showingTree(of: root, when: step) {
                    try await disk.assemble(
                        step, root: root, tools: tools, plan: plan, session: session, useKVM: useKVM)
                }
            }
            await session?.cancel()
            let artifacts = try await timed("export", "write \(targetList)") {
                try await ImageExporter(host: host).export(
                    image, targets: targets, stem: BuildPlan.outputName(plan.appliance), into: folder)
            }
            return Result(root: root, image: image, artifacts: artifacts, steps: timings.steps)
        } catch {
            await session?.cancel()
            throw error
        }
    }

    /// The tree and the tools: everything before the disk.
    private func rootFilesystem() async throws -> (RootFilesystem, ToolsRoot) {
        let assembler = RootfsAssembler(host: host)
        let lock = plan.lock
        try await download(with: assembler)
        async let toolsLayer = measured(.tools) { try await assembler.tools($0, from: lock) }
        let base = try await measured(.base) { try await assembler.base($0, from: lock) }
        var layers = try await measured(.packages) { try await assembler.packages($0, from: lock, on: base) }
        let tools = try await toolsLayer
        if let python = plan.appliance.python {
            let below = layers
            layers = try await measured(.python) {
                try await assembler.python($0, environment: python, from: lock, tools: tools, on: below)
            }
        }
        let installed = layers
        let root = try await measured(.configuration) {
            try await assembler.configuration(
                $0, of: plan.appliance, from: lock, identity: plan.identity, on: installed)
        }
        return (root, tools)
    }

    /// Everything that the steps which will run need, in one go, so that the bar tells the truth.
    private func download(with assembler: RootfsAssembler) async throws {
        var packages: [LockedPackage] = []
        if try !isCached(.tools) { packages += plan.lock.tools }
        if try !isCached(.base) { packages += plan.lock.packages.filter { $0.layer == .base } }
        if try !isCached(.packages) { packages += plan.lock.packages.filter { $0.layer == .appliance } }
        let wheels = try isCached(.python) ? [] : plan.lock.wheels
        let missing =
            try packages.contains { try host.store.blob($0.sha256, verify: false) == nil }
            || wheels.contains { try host.store.blob($0.sha256, verify: false) == nil }
        guard missing else { return }
        let needed = packages
        let files = wheels.map { WheelFetcher.Wheel(project: $0.name, file: $0.file, sha256: $0.sha256) }
        let title = "download \(needed.count) packages\(files.isEmpty ? "" : " and \(files.count) wheels")"
        try await timed("download", title) {
            try await assembler.fetch(needed, from: plan.lock, step: "download")
            _ = try await WheelFetcher(host: host).fetch(files, step: "download")
        }
    }

    private var targets: [Target] { plan.appliance.targets.map(\.value) }

    private var targetList: String { targets.map(\.rawValue).joined(separator: " and ") }

    /// More than the disk can need: what the packages say they occupy, half as much again for what their scripts
    /// make (initramfs, byte code, caches), and room for the application. A sparse file costs only what is in it.
    private var diskUpperBound: Int64 {
        let installed = plan.lock.packages.reduce(0) { $0 + $1.installedSize }
        if case .fixed(let size) = plan.appliance.disk.size.value { return max(size.bytes, installed) }
        return installed * 3 + 4 << 30
    }

    private func isCached(_ kind: BuildStep.Kind) throws -> Bool {
        guard let step = plan[kind] else { return true }
        return try host.store.entry(step.digest) != nil
    }

    /// A step that tells of itself, whether it ran or was cached; only its time is taken here.
    private func measured<Value: Sendable>(
        _ kind: BuildStep.Kind, _ body: @Sendable (BuildStep) async throws -> Value
    ) async throws -> Value {
        guard let step = plan[kind] else { throw MissingStep(kind: kind) }
        let wasCached = try isCached(kind)
        let start = ContinuousClock().now
        let value = try await body(step)
        let seconds = (ContinuousClock().now - start).inSeconds
        timings.add(.init(id: kind.rawValue, title: step.title, seconds: seconds, isCached: wasCached))
        return value
    }

    /// The disk step: shown here.
    private func step<Value: Sendable>(
        _ kind: BuildStep.Kind, _ body: @Sendable (BuildStep) async throws -> Value
    ) async throws -> Value {
        guard try isCached(kind) else {
            return try await measured(kind) { step in
                let needs = step.inputs.entries.values.map(\.hex)
                return try await host.progress.step(kind.rawValue, step.title, key: step.digest.hex, needs: needs) {
                    try await body(step)
                }
            }
        }
        let value = try await measured(kind, body)
        if let step = plan[kind] {
            host.progress.cachedStep(kind.rawValue, step.title, key: step.digest.hex)
        }
        return value
    }

    private func timed<Value: Sendable>(
        _ id: String, _ title: String, _ body: () async throws -> Value
    ) async throws -> Value {
        let start = ContinuousClock().now
        let value = try await host.progress.step(id, title, body)
        timings.add(.init(id: id, title: title, seconds: (ContinuousClock().now - start).inSeconds, isCached: false))
        return value
    }
}

/// The plan lacks a step that the pipeline runs: a defect, told as one, with everything cleaned up as after any failure.
private struct MissingStep: Error, CustomStringConvertible {
    let kind: BuildStep.Kind

    var description: String { "the plan has no step '\(kind.rawValue)'" }
}
