package import ApplianceSpec
package import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import FoundationEssentials
import HostSystem
import SandboxInside
import Synchronization
import TreeMeasures

extension RootfsAssembler {
    /// Puts what the spec says on top of the installed system, takes the machine's identity out, and measures all of it.
    ///
    /// - Parameter initramfs: asked when it is needed: by the spec's scripts, or else at the end
    /// - Throws: `RootfsError` for the spec's own scripts, services, users and files, at their places; `HostError`.
    package func configuration(
        _ step: BuildStep, of appliance: Appliance, from lock: Lockfile, identity: DiskIdentity, on layers: RootLayers,
        initramfs: @escaping @Sendable () async throws -> InitramfsLayer
    ) async throws -> RootFilesystem {
        let changes = Mutex<TreeChanges?>(nil)
        let entry = try await entry(for: step) { staging in
            let last = try lastTree(before: step)
            var configurator = try Configurator(
                self, step: step, appliance: appliance, lock: lock, identity: identity, layers: layers,
                upper: "\(staging)/tree")
            if try configurator.needsInitramfs {
                configurator.layers = try await initramfs().joined(to: layers)
            }
            try await configurator.run()
            let layers = try await initramfs().joined(to: layers)
            let order = MeasureOrder(
                assets: "\(staging)/assets", paths: BootAssets.paths(appliance.architecture), layers: layers.folders,
                upper: "\(staging)/tree", timestamp: lock.timestamp, changes: try host.scratch.newFolder("changes"),
                previous: last?.tree)
            let answer = try await Timeline.measure("measure the tree") { try await measured(order) }
            guard !answer.measure.kernel.isEmpty else {
                throw RootfsError(
                    .inconsistent, "the image has no kernel in /boot", hint: "add linux-image-cloud-amd64")
            }
            try Files.write(Array(try JSONEncoder().encode(answer.measure)), to: "\(staging)/measure.json")
            if let last, let files = answer.changes {
                changes.withLock { $0 = TreeChanges(since: last.step, files: files) }
            }
            return [:]
        }
        let initramfs = try await initramfs()
        return RootFilesystem(
            layers: initramfs.joined(to: layers).adding(entry).folders, baseLayers: initramfs.baseLayers,
            measure: try Self.measure(in: entry), assets: "\(entry.path)/assets",
            changes: changes.withLock { $0 })
    }

    private func measured(_ order: MeasureOrder) async throws -> MeasureAnswer {
        let file = "\(order.changes)/order.json"
        try Files.write(Array(try JSONEncoder().encode(order)), to: file)
        return try await runWorker(["measure", file], layers: RootLayers([]), upper: nil, timestamp: order.timestamp)
    }

    private static func measure(in entry: StoreEntry) throws -> TreeMeasure {
        try JSONDecoder().decode(TreeMeasure.self, from: Data(try Files.read("\(entry.path)/measure.json")))
    }

    /// What the step gave the last time, on the same layers; nil when it did not, or when the store has lost it.
    private func lastTree(before step: BuildStep) throws -> (step: Digest, tree: MeasureOrder.Previous)? {
        guard let record = host.store.lastRecord(kind: step.kind.rawValue, name: step.name) else { return nil }
        let differences = step.inputs.differences(from: record.inputs)
        guard !differences.contains(where: { BuildStep.decideLayers.contains($0) }),
            let entry = try host.store.entry(record.inputs.digest)
        else { return nil }
        let previous = MeasureOrder.Previous(
            upper: "\(entry.path)/tree", assets: "\(entry.path)/assets", measure: try Self.measure(in: entry))
        return (record.inputs.digest, previous)
    }
}

/// The parts of the configuration step, in their order.
struct Configurator {
    let assembler: RootfsAssembler
    let appliance: Appliance
    let lock: Lockfile
    let identity: DiskIdentity
    var layers: RootLayers
    let upper: String
    private let log: ScriptLog
    private let sandbox: Sandbox
    private let surroundings: ScriptSurroundings

    init(
        _ assembler: RootfsAssembler, step: BuildStep, appliance: Appliance, lock: Lockfile, identity: DiskIdentity,
        layers: RootLayers, upper: String
    ) throws(HostError) {
        self.assembler = assembler
        self.appliance = appliance
        self.lock = lock
        self.identity = identity
        self.layers = layers
        self.upper = upper
        log = ScriptLog(path: "\(assembler.host.store.root)/logs/\(step.kind.rawValue)-\(step.name).log")
        sandbox = Sandbox(host: assembler.host, progress: log.sink(passingOnTo: assembler.host.progress))
        surroundings = try ScriptSurroundings(in: try assembler.host.scratch.newFolder("scripts"))
        try Files.makeFolder(upper, exactMode: 0o755)
    }

    /// Whether the root has to be complete for this: scripts of the spec may look at it.
    var needsInitramfs: Bool {
        get throws { try !appliance.scripts.isEmpty || bootConfiguration().changesInitramfs }
    }

    func run() async throws {
        do {
            let system = SystemScript(appliance: appliance)
            let boot = try bootConfiguration()
            let first = boot.files.map { PlacedEntry(path: $0.path, content: .text($0.text), mode: $0.mode) }
            try await place(first + system.files + [ExtendedStates(appliance: appliance, lock: lock).file])
            try await run(
                system.steps.map { title, script in
                    Part(title: title, script: script) { RootfsError(.setting, "cannot \(title)", notes: $0) }
                } + accounts)
            try await place(appliance.files)
            if appliance.scripts.isEmpty && !boot.changesInitramfs {
                try await run(services + ending(boot))
            } else {
                try await run(services)
                for script in appliance.scripts {
                    try await Timeline.measure("the script \(script.name)") { try await run(script) }
                }
                try await makeInitramfsAgain(boot)
                try await run(ending(boot))
            }
        } catch {
            log.save()
            throw error
        }
        try log.write()
    }

    private func bootConfiguration() throws -> BootConfiguration {
        let kernels = layers.folders.flatMap { (try? Files.names(in: "\($0)/boot")) ?? [] }
            .filter { $0.hasPrefix("vmlinuz-") }.map { String($0.dropFirst(8)) }
        guard let kernel = kernels.max(by: { DebianVersion.compare($0, $1) < 0 }) else {
            throw RootfsError(.inconsistent, "the installed packages bring no kernel")
        }
        return BootConfiguration(
            firmware: appliance.disk.boot, architecture: appliance.architecture, identity: identity, kernel: kernel,
            kernelArguments: appliance.system.kernelArguments, menu: appliance.bootLoader,
            storage: appliance.storagePlan(identity), initramfsModules: appliance.initramfsModules)
    }

    // MARK: Files

    private func place(_ files: [FileEntry]) async throws {
        let entries = files.map(PlacedEntry.init)
        do {
            try await place(entries)
        } catch let error as HostError {
            guard error.code != .noSpace, error.code != .readOnly, let number = error.notes.first.flatMap({ Int($0) }),
                files.indices.contains(number)
            else { throw error }
            let file = files[number]
            throw RootfsError(
                .file, "cannot put '\(file.path.value)' into the image: \(error.message)",
                at: file.path.range ?? file.range, hint: error.hint)
        }
    }

    private func place(_ entries: [PlacedEntry]) async throws {
        guard !entries.isEmpty else { return }
        let folder = try assembler.host.scratch.newFolder("place")
        defer { try? removeTree(folder) }
        let manifest = PlaceManifest(
            entries: entries,
            ignored: IgnoredNames(names: SourceTree.ignoredNames, suffixes: SourceTree.ignoredSuffixes),
            timestamp: lock.timestamp)
        // Its texts may be secrets.
        try Files.write(Array(try JSONEncoder().encode(manifest)), to: "\(folder)/manifest.json", mode: 0o600)
        let _: Int = try await assembler.runWorker(
            ["place", "\(folder)/manifest.json"], layers: layers, upper: upper, timestamp: lock.timestamp)
    }

    // MARK: Users, services, scripts

    private var accounts: [Part] {
        let root = Part(title: "set up root's account", script: AccountScript.script(for: appliance.root)) {
            RootfsError(.user, "cannot set up root's account", at: appliance.root.range, notes: $0)
        }
        let groups = appliance.groups.map { group in
            Part(title: "make the group \(group.name.value)", script: AccountScript.script(for: group)) {
                RootfsError(.user, "cannot make the group '\(group.name.value)'", at: group.name.range, notes: $0)
            }
        }
        return groups + appliance.users.map(part) + (appliance.root.isUntouched ? [] : [root])
    }

    private func part(_ user: UserEntry) -> Part {
        Part(title: "make the user \(user.name.value)", script: UserScript.script(for: user)) {
            RootfsError(.user, "cannot make the user '\(user.name.value)'", at: user.name.range, notes: $0)
        }
    }

    private var services: [Part] {
        let services = appliance.services
        return [("enable", services.enable), ("disable", services.disable), ("mask", services.mask)].flatMap {
            action, units in
            units.map { unit in
                let script = "SYSTEMD_OFFLINE=1 systemctl --no-reload \(action) -- \(Command.quoted(unit.value))"
                return Part(title: "\(action) \(unit.value)", script: script) {
                    RootfsError(.service, "cannot \(action) the unit '\(unit.value)'", at: unit.range, notes: $0)
                }
            }
        }
    }

    /// What comes last, whatever the spec says: /boot/grub; what dpkg and apt themselves say of the finished tree; and
    /// the removal of the machine's identity.
    private func ending(_ boot: BootConfiguration) -> [Part] {
        let check = """
            set -e
            audit=$(dpkg --audit)
            if [ -n "$audit" ]; then echo "$audit"; exit 1; fi
            apt-get check -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
            """
        return [
            Part(title: "prepare /boot/grub", script: boot.script) {
                HostError(.commandFailed, "cannot prepare /boot/grub", notes: $0)
            },
            Part(title: "check dpkg and apt", script: check) {
                RootfsError(.inconsistent, "dpkg or apt finds fault with the finished image", notes: $0)
            },
            Part(title: "remove the identity", script: IdentityRemoval.script(timestamp: lock.timestamp)) {
                HostError(.commandFailed, "cannot clean the tree", notes: $0)
            },
        ]
    }

    /// One shell script of several that run in one sandbox, one after the other.
    private struct Part {
        var title: String
        var script: String
        /// What its failure is told as; gets how it ended and its last lines.
        var failure: ([String]) -> any Error
    }

    /// Making a sandbox takes longer than most of the scripts.
    private func run(_ parts: [Part]) async throws {
        guard !parts.isEmpty else { return }
        let folder = "\(surroundings.folder)/parts"
        try Files.makeFolder(folder)
        // They may hold the hash of a password.
        for (number, part) in parts.enumerated() {
            try Files.write(part.script, to: "\(folder)/\(number)", mode: 0o600)
        }
        let script = """
            number=0
            while [ -e /run/stonebake/parts/$number ]; do
                echo $number >/run/stonebake/part
                /bin/sh /run/stonebake/parts/$number </dev/null || exit $?
                number=$((number + 1))
            done
            """
        let titles = parts.map(\.title)
        try await Timeline.measure("\(titles[0])\(titles.count > 1 ? " … \(titles[titles.count - 1])" : "")") {
            try await run(
                Command("/bin/sh", ["-c", script]),
                binds: [.init(surroundings.folder, at: "/run/stonebake", readOnly: false)]
            ) { lines in
                let number = (try? Files.readText("\(surroundings.folder)/part")).flatMap { Int($0.dropLast()) } ?? 0
                return parts[min(number, parts.count - 1)].failure(lines)
            }
        }
        // What failed stays, to be looked at from a shell in the root.
        try removeTree(folder)
    }

    private func run(_ script: ScriptEntry) async throws {
        let run = ScriptRun(script: script, folder: surroundings.folder)
        try run.write()
        let isBeside = script.place == .host
        let binds =
            isBeside
            ? [SandboxBind(surroundings.folder, at: "/run/stonebake", readOnly: false)]
            : try surroundings.binds(over: layers.folders + [upper])
        try await self.run(run.command, binds: binds, beside: isBeside) { lines in
            RootfsError(
                .script, "the script '\(script.name)' failed", at: script.range, hint: run.hint(after: lines),
                notes: lines)
        }
        // One that failed stays where it ran: a person may look at it from a shell in the root.
        try run.remove()
    }

    /// When something in this step asked for it; the base's own is good otherwise.
    private func makeInitramfsAgain(_ boot: BootConfiguration) async throws {
        guard surroundings.isInitramfsWanted || boot.changesInitramfs else { return }
        try await run(Command("update-initramfs", ["-u", "-k", "all"]), binds: []) {
            HostError(.commandFailed, "cannot make the initramfs", notes: $0)
        }
    }

    private func run(
        _ command: Command, binds: [SandboxBind], beside: Bool = false, _ failure: ([String]) -> any Error
    ) async throws {
        let job = SandboxJob(layers: layers.folders, upper: upper, command: command).with {
            $0.binds = binds
            $0.isBesideRoot = beside
            $0.timestamp = lock.timestamp
        }
        let result = try await sandbox.run(job)
        guard result.succeeded else {
            if let full = MaintainerFailure.fullDisk(result.tail, log) { throw full }
            throw failure(
                ["it ended with \(result.statusText)"] + result.tail.suffix(15) + ["the whole log: \(log.path)"])
        }
    }
}
