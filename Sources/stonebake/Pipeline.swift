import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import DiskAssembly
import FileTrees
import Foundation
import HostSystem
import ImageExport
import PackageResolution
import RootfsAssembly
import TreeMeasures

/// A build from its lock to its images: the steps of the plan, wired.
struct Pipeline: Sendable {
    let host: Host
    let plan: BuildPlan
    private let lint: BuildLint
    private let timings = StepTimings()

    /// - Parameter deniesWarnings: whether what `lint` only warns of fails the build
    init(host: Host, plan: BuildPlan, deniesWarnings: Bool = false) {
        self.host = host
        self.plan = plan
        lint = BuildLint(host: host, plan: plan, deniesWarnings: deniesWarnings)
    }

    /// What a build made and how long each step of it took.
    struct Result: Sendable {
        var image: DiskImage
        var artifacts: [ImageArtifact]
        var steps: [BuildReport.Step]
        /// The disk, and what was made of it, in the store.
        var storedFiles: [String]
    }

    /// Builds what the store does not have and puts the images into `folder`.
    ///
    /// - Parameter looking: libguestfs, which looks at the disk; shared with other appliances of the same run
    func run(into folder: String, looking: DiskLooking) async throws -> Result {
        // Whoever waits for the processors has to go on, also after a failure.
        defer { looking.gate.open() }
        let disk = DiskAssembler(host: host)
        try disk.checkSize(plan)
        // Also after a failure: what was done before it stays done. What cannot be written down costs an explanation.
        defer { try? PlanMemory(store: host.store, plan: plan).remember(plan) }
        let (root, tools) = try await rootFilesystem(looking.gate)
        let publisher = ImagePublisher(host: host)
        let stem = BuildPlan.outputName(plan.appliance)
        defer { publisher.discard(stem: stem, in: folder) }
        let pool = FormPool(
            host: host, facts: ApplianceFacts(plan), tools: tools, similar: SimilarImage(store: host.store, plan: plan),
            imageCopy: isImageCopiedAsRead ? publisher.place(aside: ".qcow2", stem: stem, in: folder) : nil,
            tree: root.map(treeWriting))
        let made: Swift.Result<(image: DiskImage, files: [FormatFile]), any Error>
        do {
            made = .success(
                try await images(
                    of: root, tools, disk, looking, pool,
                    copyingDiskTo: isDiskCopiedAsRead ? publisher.place(aside: ".raw", stem: stem, in: folder) : nil
                ) { file in
                    try await publisher.prepare(file, stem: stem, into: folder)
                })
        } catch {
            made = .failure(error)
        }
        await pool.discard()
        let formats = try made.get()
        try await lint.check(formats.files, of: formats.image, tree: root.map(treeWriting))
        let artifacts = try await publisher.publish(formats.files, stem: stem, into: folder)
        return Result(
            image: formats.image, artifacts: artifacts, steps: timings.steps,
            storedFiles: Set([formats.image.path] + formats.files.map(\.path)).sorted())
    }

    /// The tree, and the tools where something that needs them has to be made. What stands under a result that the store
    /// has is not asked for.
    private func rootFilesystem(_ gate: Gate) async throws -> (RootFilesystem?, ToolsRoot?) {
        let assembler = RootfsAssembler(host: host)
        let lock = plan.lock
        let needsTree =
            try !isCached(.disk) || lint.needsTree
            || plan.formats.contains { step in
                try step.target?.needsTree(plan.appliance.formats) == true && host.store.entry(step.digest) == nil
            }
        let needsTools =
            try needsTree || plan.steps.contains { try $0.kind == .format && host.store.entry($0.digest) == nil }
        try await download(with: assembler, tree: needsTree, tools: needsTools)
        // What nobody waits for yet begins when there are processors for it: the tools when the base's first
        // scripts run, one after the other, and libguestfs when what stands on the base is half done.
        let configuring = Gate()
        if host.cpus > 2 {
            configuring.open()
            gate.open()
        }
        return try await withWork {
            try await tools(assembler, isNeeded: needsTools, configuring)
        } beside: { tools in
            // Before the tools are waited for, which is what leaving with an error does too.
            defer {
                configuring.open()
                gate.open()
            }
            guard needsTree else {
                for kind in [BuildStep.Kind.base, .initramfs, .packages, .python, .configuration] { noteCached(kind) }
                configuring.open()
                return (nil, try await tools.value)
            }
            let base = try await measured(.base) {
                try await assembler.base($0, from: lock) { configuring.open() }
            }
            configuring.open()
            let root = try await tree(assembler, on: base, tools, gate)
            return (root, try await tools.value)
        }
    }

    /// What stands on the base. The initramfs is made beside the packages and their configuration; when one of the two is
    /// there, a processor is free.
    private func tree(
        _ assembler: RootfsAssembler, on base: RootLayers, _ tools: Task<ToolsRoot?, any Error>, _ gate: Gate
    ) async throws -> RootFilesystem {
        let lock = plan.lock
        return try await withWork {
            defer { gate.open() }
            return try await measured(.initramfs) { try await assembler.initramfs($0, from: lock, on: base) }
        } beside: { initramfs in
            var layers = try await measured(.packages) { try await assembler.packages($0, from: lock, on: base) }
            gate.open()
            if let python = plan.appliance.python {
                let (below, tools) = (layers, try needed(await tools.value))
                layers = try await measured(.python) {
                    try await assembler.python($0, environment: python, from: lock, tools: tools, on: below)
                }
            }
            let complete = layers
            return try await measured(.configuration) {
                try await assembler.configuration(
                    $0, of: plan.appliance, from: lock, identity: plan.identity, on: complete
                ) { try await initramfs.value }
            }
        }
    }

    private func tools(_ assembler: RootfsAssembler, isNeeded: Bool, _ gate: Gate) async throws -> ToolsRoot? {
        guard isNeeded else {
            noteCached(.tools)
            return nil
        }
        try await gate.wait()
        return try await measured(.tools) { try await assembler.tools($0, from: plan.lock) }
    }

    /// Whether the raw disk is copied by what takes its digest: a disk that the page cache does not hold is read once then.
    /// One alone is read twice at once, which is sooner done.
    private var isDiskCopiedAsRead: Bool { host.sparesPageCache && hasRawDisk }

    /// Whether the disk is an image by itself: the one whose SHA-256 is the disk's own.
    /// The same of its qcow2. Of several disks each has one.
    private var isImageCopiedAsRead: Bool {
        host.sparesPageCache && plan.storage == nil && plan.formats.contains { $0.target == .qcow2 }
    }

    private var hasRawDisk: Bool {
        plan.formats.contains { $0.target == .raw } && plan.appliance.formats.raw.contains(.plain)
    }

    /// The disk and its formats. These are made, and its files looked at, while the disk is still being verified; they
    /// are kept when it is right.
    private func images(
        of root: RootFilesystem?, _ tools: ToolsRoot?, _ disk: DiskAssembler, _ looking: DiskLooking, _ pool: FormPool,
        copyingDiskTo rawCopy: String?, copying copy: @escaping @Sendable (FormatFile) async throws -> Void
    ) async throws -> (image: DiskImage, files: [FormatFile]) {
        let writer = FormatWriter(host: host)
        let steps = plan.formats
        let useKVM = looking.useKVM
        let (image, made) = try await step(.disk) { step -> (DiskImage, [UnkeptFormat]?) in
            if let image = try disk.cached(step) {
                // A disk from the store is judged by the spec's size and budget too.
                try disk.checkBudget(image, plan: plan)
                return (image, nil)
            }
            guard let root else { throw MissingStep(kind: .configuration) }
            let tools = try needed(tools)
            return try await RootfsAssembler(host: host).showingTree(of: root, when: step) {
                let (image, made) = try await disk.assemble(
                    step, root: root, tools: tools, plan: plan, session: looking.session, useKVM: useKVM,
                    copyingTo: rawCopy, takesDigest: hasRawDisk
                ) { disk in
                    async let looked: Void = Timeline.measure("look at the files") {
                        _ = try await lint.contents(of: disk.path)
                    }
                    let formats = try await Self.inParallel(steps) { step in
                        // Nobody waits for the raw disk's digest to copy it.
                        let raw = FormatFile(
                            target: .raw, suffix: ".raw", path: disk.path, size: 0, sha256: step.digest)
                        let copiesRaw = step.target == .raw && hasRawDisk && rawCopy == nil
                        async let rawCopied: Void? = copiesRaw ? copy(raw) : nil
                        let format = try await self.made(
                            step, by: writer, from: disk.path, digest: disk.digest, pool)
                        let copied = isImageCopiedAsRead ? [".raw", ".qcow2"] : [".raw"]
                        for file in format.files where !copied.contains(file.suffix) { try await copy(file) }
                        _ = try await rawCopied
                        return format
                    }
                    try await looked
                    return formats
                }
                return (image, made)
            }
        }
        let files = try await Self.inParallel(Array(steps.enumerated())) { number, step in
            let path = image.path(of: step.disk) ?? image.path
            if let format = made?[number] { return try kept(format, by: writer, as: step, disk: path) }
            if let file = try writer.cached(step, disk: path) {
                noteCached(step)
                return file
            }
            let format = try await self.made(step, by: writer, from: path, pool)
            return try kept(format, by: writer, as: step, disk: path)
        }
        return (image, files.flatMap { $0 })
    }

    private func kept(
        _ format: UnkeptFormat, by writer: FormatWriter, as step: BuildStep, disk: String
    ) throws -> [FormatFile] {
        let files = try writer.keep(format, as: step, disk: disk)
        SimilarImage(store: host.store, plan: plan)?.remember(step, of: disk)
        return files
    }

    /// The tree as one tar, for the targets that take no disk.
    private func treeWriting(_ root: RootFilesystem) -> FormPool.TreeWriting {
        let (host, timestamp) = (host, plan.lock.timestamp)
        return { path in try await TreeStream(layers: root.layers, timestamp: timestamp).write(to: path, host: host) }
    }

    private func made(
        _ step: BuildStep, by writer: FormatWriter, from path: String, digest: Task<Digest, any Error>? = nil,
        _ pool: FormPool
    ) async throws -> UnkeptFormat {
        try await timed(step.id, step.title, key: step.digest.hex, needs: step.inputs.entries.values.map(\.hex)) {
            try await writer.make(step, from: path, digest: digest, facts: ApplianceFacts(plan), pool: pool)
        }
    }

    private func needed(_ tools: ToolsRoot?) throws -> ToolsRoot {
        guard let tools else { throw MissingStep(kind: .tools) }
        return tools
    }

    /// The results in the order of the elements.
    private static func inParallel<Element: Sendable, Value: Sendable>(
        _ elements: [Element], _ body: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            for (index, element) in elements.enumerated() {
                group.addTask { (index, try await body(element)) }
            }
            var values: [(Int, Value)] = []
            for try await value in group { values.append(value) }
            return values.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Everything that the steps which will run need, in one go, so that the bar tells the truth.
    private func download(with assembler: RootfsAssembler, tree: Bool, tools: Bool) async throws {
        var packages: [LockedPackage] = []
        if try tools && !isCached(.tools) { packages += plan.lock.tools }
        if try tree && !isCached(.base) { packages += plan.lock.packages.filter { $0.layer == .base } }
        if try tree && !isCached(.packages) { packages += plan.lock.packages.filter { $0.layer == .appliance } }
        let wheels = try !tree || isCached(.python) ? [] : plan.lock.wheels
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

    private func noteCached(_ kind: BuildStep.Kind) {
        if let step = plan[kind] { noteCached(step) }
    }

    private func noteCached(_ step: BuildStep) {
        timings.add(.init(id: step.id, title: step.title, seconds: 0, isCached: true))
        host.progress.cachedStep(step.id, step.title, key: step.digest.hex)
    }

    private func timed<Value: Sendable>(
        _ id: String, _ title: String, key: String? = nil, needs: [String]? = nil, _ body: () async throws -> Value
    ) async throws -> Value {
        let start = ContinuousClock().now
        let value = try await host.progress.step(id, title, key: key, needs: needs, body)
        timings.add(.init(id: id, title: title, seconds: (ContinuousClock().now - start).inSeconds, isCached: false))
        return value
    }
}

/// The plan lacks a step that the pipeline runs: a defect, told as one, with everything cleaned up as after any failure.
private struct MissingStep: Error, CustomStringConvertible {
    let kind: BuildStep.Kind

    var description: String { "the plan has no step '\(kind.rawValue)'" }
}
