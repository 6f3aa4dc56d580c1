import ApplianceSpec
import ArgumentParser
import BuildPlanning
import Diagnostics
import FileTrees
import Foundation
import HostSystem
import ProgressDisplay
import TreeMeasures

struct BuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build the images of one or more appliances.",
        discussion: """
            Uses appliance.lock, renews it when the spec has moved on, and does only what is not in the content store. \
            The images, SHA256SUMS and report.json come into Images/NAME-VERSION. Several appliances are built side by \
            side and share what they have in common; one that fails does not keep the others from being built. Each image is \
            looked at as `lint` does it before it comes into the folder; an error fails the build.

            EXAMPLE
              stonebake build Appliances/wsgi/appliance.yaml
              stonebake build Appliances/wsgi/appliance.yaml --locked --log-format json
              stonebake build Appliances/wsgi/appliance.yaml --timings --debug-shell
              stonebake build Appliances/*/
              stonebake build Appliances/wsgi/appliance.yaml --target azure --target vmware --deny warnings
              stonebake build Kickstarts/debian-13.ks
            """)

    @Argument(
        help: "The appliance specs: YAML or Kickstart files, or folders that hold an appliance.yaml.",
        completion: .file(extensions: ["yaml", "yml", "ks"]))
    var specs: [String]

    @Option(help: "How errors in a spec are written: text, json, sarif or github.")
    var format: DiagnosticFormat = .text

    @Option(
        help: "The lock file of a single spec (otherwise appliance.lock beside it, NAME.lock beside NAME.ks).",
        completion: .file(extensions: ["lock"]))
    var lock: String?

    @OptionGroup var reading: ReadingOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var timing: TimingOptions
    @OptionGroup var secrets: SecretOptions

    @Flag(help: "Refuse to build when the lock is missing or stale.")
    var locked = false

    @Flag(help: "Say for each step that runs which input made it run.")
    var explain = false

    @Flag(help: "Build a second time with everything else varied, and name the first file that differs.")
    var verifyReproducible = false

    @Option(help: "What fails a build besides the errors that lint finds in its images: warnings.")
    var deny: LintCommand.Denied?

    @Flag(help: "When a step fails, open a shell in its root as it was then; needs a terminal.")
    var debugShell = false

    func validate() throws {
        guard lock == nil || specs.count == 1 else {
            throw ValidationError("--lock names the lock of one spec, and there are \(specs.count)")
        }
        guard !debugShell || DebugShell.hasTerminal else {
            throw ValidationError(
                "--debug-shell needs a terminal, and standard input is none: leave it out where nobody can type")
        }
    }

    func run() async throws {
        let loaded = try load()
        let folders = loaded.map { OutputFolder(root: output.folder, appliance: $0.appliance) }
        try Self.refuseDuplicates(zip(specs, folders).map { ($0, $1) })
        let names = loaded.map(\.appliance.name.value)
        let purpose = names.count == 1 ? names[0] : "\(names[0])-and-\(names.count - 1)-more"
        let title = folders.count == 1 ? folders[0].stem : "\(folders.count) appliances"
        let place = folders.count == 1 ? folders[0].path : output.folder
        try await timing.recording("build \(title)", into: place) {
            try await Session.run(host, purpose: "build-\(purpose)", debugShell: debugShell, secrets: secrets) {
                session in
                try await build(Array(zip(loaded, folders)), session)
            }
        }
    }

    /// All specs, with the errors of all.
    private func load() throws -> [LoadedSpec] {
        var loaded: [LoadedSpec] = []
        var failure: (any Error)?
        for spec in specs {
            do {
                loaded.append(
                    try LoadedSpec(
                        path: SpecOptions.file(spec), format: format, reading: reading, lock: lock))
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return loaded
    }

    private static func refuseDuplicates(_ builds: [(spec: String, folder: OutputFolder)]) throws {
        for (stem, builds) in Dictionary(grouping: builds, by: \.folder.stem).sorted(by: { $0.key < $1.key })
        where builds.count > 1 {
            throw ValidationError(
                "\(builds.map { "'\($0.spec)'" }.joined(separator: " and ")) would both be written as \(stem)")
        }
    }

    private func build(_ specs: [(LoadedSpec, OutputFolder)], _ session: Session) async throws {
        let start = ContinuousClock().now
        var builds: [ApplianceBuild] = []
        for (spec, folder) in specs { builds.append(try await prepare(spec, folder, session.host)) }
        let useKVM = try await session.host.virtualization().proof.works
        let outcomes = try await ApplianceBuilds(builds: builds, host: session.host).run(useKVM: useKVM)
        let verdicts = verifyReproducible ? try await verify(builds, outcomes, session) : []
        session.display.finish()
        let seconds = (ContinuousClock().now - start).inSeconds
        if builds.count == 1 {
            let result = try outcomes[0].get().result
            print(BuildSummary(result: result, folder: builds[0].folder.path, seconds: seconds).text)
        } else {
            print(BuildsSummary(builds: builds, outcomes: outcomes, seconds: seconds).text)
        }
        for verdict in verdicts { print(verdict) }
        try end(builds, outcomes, session)
    }

    /// One build after the other; one that is not reproducible keeps no other from being verified.
    private func verify(
        _ builds: [ApplianceBuild], _ outcomes: [Result<ApplianceBuild.Outcome, any Error>], _ session: Session
    ) async throws -> [String] {
        var verdicts: [String] = []
        var failures: [NotReproducible] = []
        for (build, outcome) in zip(builds, outcomes) {
            guard case .success(let outcome) = outcome else { continue }
            do {
                verdicts.append(try await check(build, session).run(outcome.result))
            } catch let failure as NotReproducible {
                failures.append(failure)
            }
        }
        guard failures.isEmpty else { throw NotReproducible(failures) }
        return verdicts
    }

    private func prepare(_ spec: LoadedSpec, _ folder: OutputFolder, _ host: Host) async throws -> ApplianceBuild {
        let secrets = try spec.secretMarks(host, all: true)
        let lock = try await Timeline.measure("the lock of \(spec.appliance.name.value)") {
            try await Locking(host: host).lockForBuild(spec, onlyCurrent: locked)
        }
        let plan = BuildPlan(
            appliance: spec.appliance, lock: lock, hostFiles: try spec.hostFileDigests(), secrets: secrets)
        if explain {
            let text = try PlanText(plan: plan, store: host.store, notes: [], reasons: nil).text
            for line in text.split(separator: "\n") { host.progress.send(.message(.info, String(line))) }
        }
        try OfflineSupplies(host: host).check(plan, lockPath: spec.lockPath, spec: spec.appliance.directory)
        try folder.prepare()
        return ApplianceBuild(spec: spec, plan: plan, folder: folder, deniesWarnings: deny == .warnings)
    }

    /// Prints why appliances of several have failed, and ends with the first one's status.
    private func end(
        _ builds: [ApplianceBuild], _ outcomes: [Swift.Result<ApplianceBuild.Outcome, any Error>], _ session: Session
    ) throws {
        var first: (any Error)?
        for (build, outcome) in zip(builds, outcomes) {
            guard case .failure(let error) = outcome else { continue }
            printToStandardError("\n\(build.folder.stem) was not built:")
            let end = session.ended(with: error)
            first = first ?? end
        }
        if let first { throw first }
    }

    private func check(_ build: ApplianceBuild, _ session: Session) -> ReproducibilityCheck {
        ReproducibilityCheck(
            host: session.host, plan: build.plan, spec: build.spec.path, lock: Self.absolute(build.spec.lockPath),
            folder: build.folder.absolutePath, reading: reading.arguments)
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
