import BuildPlanning
import FileTrees
import HostSystem
import SandboxInside
import Synchronization
import TreeMeasures

/// Installs packages into one layer: preinst scripts, unpacking side by side, then dpkg configures what is unpacked.
struct PackageInstaller {
    let assembler: RootfsAssembler
    let step: BuildStep
    let layers: RootLayers
    let upper: String
    let timestamp: Int64
    private let log: ScriptLog
    private let surroundings: ScriptSurroundings
    private let scriptLayers: [String]
    private let sandbox: Sandbox

    /// dpkg without fsync, and without questions: a changed conffile (there is none in a new root) stays.
    private static let dpkg = ["--force-unsafe-io", "--force-confdef", "--force-confold", "--abort-after=1"]

    struct Package {
        var path: String
        var control: ControlFiles
    }

    init(
        _ assembler: RootfsAssembler, step: BuildStep, layers: RootLayers, upper: String, timestamp: Int64, total: Int
    ) throws(HostError) {
        self.assembler = assembler
        self.step = step
        self.layers = layers
        self.upper = upper
        self.timestamp = timestamp
        let progress = assembler.host.progress
        let counter = Counter()
        let id = step.kind.rawValue
        log = ScriptLog(path: "\(assembler.host.store.root)/logs/\(id)-\(step.name).log") { line in
            guard line.hasPrefix("Setting up ") else { return }
            progress.send(.stepProgress(id: id, completed: counter.next(), total: Int64(total), unit: .items))
        }
        // Also in the first layer scripts write through an overlay, over nothing: mounted volatile, it knows no fsync, of
        // which dpkg makes a dozen for each package. What Stonebake unpacks itself needs none, and is quicker without.
        scriptLayers = layers.folders.isEmpty ? [try assembler.host.scratch.newFolder("nothing")] : layers.folders
        surroundings = try ScriptSurroundings(in: try assembler.host.scratch.newFolder("scripts"))
        sandbox = Sandbox(host: assembler.host, progress: log.sink(passingOnTo: progress))
    }

    private final class Counter: Sendable {
        private let value = Mutex<Int64>(0)
        func next() -> Int64 {
            value.withLock {
                $0 += 1
                return $0
            }
        }
    }

    /// - Parameters:
    ///   - bootstrap: whether the root is new, so that Essential packages come first and by themselves
    ///   - configuring: called when scripts begin to run, one after the other, which leaves processors free
    func install(_ packages: [Package], bootstrap: Bool, configuring: @Sendable () -> Void) async throws {
        // The log is written whatever happens. As a defer and not in a catch: Swift 6.3.1's optimiser crashes on that.
        defer { log.save() }
        try await installWaves(packages, bootstrap: bootstrap, configuring: configuring)
        try await configureAll()
    }

    private func installWaves(
        _ packages: [Package], bootstrap: Bool, configuring: @Sendable () -> Void
    ) async throws {
        let order = InstallOrder(packages.map(\.control))
        var unpacked: Set<Int> = []
        var configured: Set<Int> = []
        for (number, wave) in order.waves(bootstrap: bootstrap).enumerated() {
            let scripted = wave.filter { packages[$0].control.files["preinst"] != nil }
            let isBootstrap = bootstrap && number == 0
            if !isBootstrap {
                // What a Pre-Depends promises to a preinst is a configured package.
                let needed = scripted.reduce(into: Set<Int>()) { $0.formUnion(order.neededConfigured(before: $1)) }
                // A circle that reaches into a later wave cannot be configured yet, by nobody.
                let missing = needed.isSubset(of: unpacked) ? needed.subtracting(configured) : []
                try await run(
                    configuring: missing.sorted().map { packages[$0] }, preinsts: scripted.map { packages[$0] })
                configured.formUnion(missing)
            }
            try await Timeline.measure("unpack \(Self.counted(wave.count))") {
                try await assembler.unpack(
                    wave.map { packages[$0].path }, into: upper, on: layers, database: true, timestamp: timestamp)
            }
            configuring()
            if isBootstrap {
                // There was nothing before that could have run a script.
                try await run(preinsts: scripted.map { packages[$0] }, thenConfiguring: wave.map { packages[$0] })
                configured.formUnion(wave)
            }
            unpacked.formUnion(wave)
        }
    }

    /// Configures packages, runs the preinst scripts of others, and configures yet others: in one sandbox.
    private func run(
        configuring first: [Package] = [], preinsts: [Package], thenConfiguring last: [Package] = []
    ) async throws {
        var titles: [String] = []
        func configure(_ packages: [Package]) -> String {
            guard !packages.isEmpty else { return "" }
            titles.append("configure \(Self.counted(packages.count)) first")
            let names = packages.map(\.control.unambiguousName)
            let command = Command("/usr/bin/dpkg", Self.dpkg + ["--no-triggers", "--configure"] + names)
            return "\(command.shellLine) || exit\n"
        }
        let folder = "\(surroundings.folder)/control"
        var script = configure(first)
        if !preinsts.isEmpty {
            titles.append("preinst scripts of \(Self.counted(preinsts.count))")
            script += try preinstScript(preinsts, folder)
        }
        script += configure(last)
        guard !titles.isEmpty else { return }
        let result = try await Timeline.measure(titles.joined(separator: ", ")) {
            try await sandbox.run(job(Command("/bin/sh", ["-c", script])))
        }
        // Left where they are after a failure: a person may look at them from a shell in the root.
        guard result.succeeded else {
            guard Files.exists("\(surroundings.folder)/failed") else { throw MaintainerFailure.configuring(log) }
            throw preinstFailure(preinsts, result)
        }
        if !preinsts.isEmpty { try removeTree(folder) }
    }

    /// Runs preinst scripts as dpkg does, from its tmp.ci, where debconf looks for their templates.
    private func preinstScript(_ packages: [Package], _ folder: String) throws(HostError) -> String {
        var script = "ci=/var/lib/dpkg/tmp.ci\n"
        for (number, package) in packages.enumerated() {
            try Files.makeFolder("\(folder)/\(number)")
            for (name, content) in package.control.files where DebianPackage.isName(name) {
                try Files.write(content, to: "\(folder)/\(number)/\(name)", mode: 0o755)
            }
            let marker = MaintainerFailure.marker("preinst", package.control.name)
            script += """
                echo \(Command.quoted(marker))
                { rm -rf $ci && cp -r /run/stonebake/control/\(number) $ci; } || { echo $? >/run/stonebake/failed; exit 1; }
                DPKG_MAINTSCRIPT_NAME=preinst DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 DPKG_MAINTSCRIPT_DEBUG=0 \
                DPKG_ADMINDIR=/var/lib/dpkg DPKG_ROOT= DPKG_RUNNING_VERSION=1.22.0 \
                DPKG_MAINTSCRIPT_PACKAGE=\(package.control.name) DPKG_MAINTSCRIPT_ARCH=\(package.control.architecture) \
                $ci/preinst install || { echo $? >/run/stonebake/failed; exit 1; }

                """
        }
        return script + "rm -rf $ci || exit\n"
    }

    private func preinstFailure(_ packages: [Package], _ result: CommandResult) -> HostError {
        let marker = log.last { line in
            packages.contains { line == MaintainerFailure.marker("preinst", $0.control.name) }
        }
        let package = packages.first { MaintainerFailure.marker("preinst", $0.control.name) == marker }
        let status = (try? Files.readText("\(surroundings.folder)/failed"))?.trimmingSpaces()
        return MaintainerFailure.script(
            "preinst", of: package?.control.name ?? "?", status: status.map { "status \($0)" } ?? result.statusText, log
        )
    }

    private static func counted(_ packages: Int) -> String { packages == 1 ? "1 package" : "\(packages) packages" }

    private func configureAll() async throws {
        try await Timeline.measure("configure the packages") {
            let dpkg = ["/usr/bin/dpkg"] + Self.dpkg + ["--configure", "-a"]
            try await runDpkg(Command("/bin/sh", ["/run/stonebake/beside"] + dpkg))
        }
    }

    private func runDpkg(_ command: Command) async throws {
        let result = try await sandbox.run(job(command))
        guard result.succeeded else { throw MaintainerFailure.configuring(log) }
    }

    private func job(_ command: Command) throws(HostError) -> SandboxJob {
        let command = command.with { command in
            // What is imported meanwhile leaves no byte code: all of it is compiled at the end.
            command.environment["PYTHONDONTWRITEBYTECODE"] = "1"
            command.environment["PATH"] = ScriptSurroundings.searchPath
        }
        let binds = try surroundings.binds(over: layers.folders + [upper], deferring: true)
        return SandboxJob(layers: scriptLayers, upper: upper, command: command).with {
            $0.binds = binds
            $0.timestamp = timestamp
        }
    }

    /// Ends the layer: removes what the surroundings left, and does once what packages asked for several times.
    ///
    /// - Parameter isBase: whether the layer is the base system, whose initramfs is a layer by itself
    func finish(isBase: Bool) async throws {
        let work = DeferredWork(surroundings, isBase: isBase)
        let shortcuts = try surroundings.shortcuts(ScriptShortcut.deferred, over: layers.folders + [upper])
        let job = SandboxJob(
            layers: scriptLayers, upper: upper, command: Command("/bin/sh", ["-c", work.script])
        ).with {
            $0.binds = [.init(surroundings.folder, at: "/run/stonebake", readOnly: false)] + shortcuts
            $0.timestamp = timestamp
        }
        let result = try await Timeline.measure(work.title) { try await sandbox.run(job) }
        try log.write()
        guard result.succeeded else {
            throw HostError(
                .commandFailed, "cannot \(work.title): it ended with \(result.statusText)",
                notes: result.tail + ["the whole log: \(log.path)"])
        }
    }
}
