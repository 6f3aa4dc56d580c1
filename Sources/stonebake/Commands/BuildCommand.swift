import ApplianceSpec
import ArgumentParser
import BuildPlanning
import Diagnostics
import Foundation
import HostSystem
import ProgressDisplay

struct BuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build an appliance's images.",
        discussion: """
            Uses appliance.lock, renews it when the spec has moved on, and does only what is not in the content store. \
            The images, SHA256SUMS and report.json come into Images/NAME-VERSION.

            EXAMPLE
              stonebake build Appliances/wsgi/appliance.yaml
              stonebake build Appliances/wsgi/appliance.yaml --locked --log-format json
              stonebake build Appliances/wsgi/appliance.yaml --timings --debug-shell
            """)

    @OptionGroup var spec: SpecOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var timing: TimingOptions

    @Flag(help: "Refuse to build when the lock is missing or stale.")
    var locked = false

    @Flag(help: "Say for each step that runs which input made it run.")
    var explain = false

    @Flag(help: "Build a second time with everything else varied, and name the first file that differs.")
    var verifyReproducible = false

    @Flag(help: "When a step fails, open a shell in its root as it was then; needs a terminal.")
    var debugShell = false

    func validate() throws {
        guard !debugShell || DebugShell.hasTerminal else {
            throw ValidationError(
                "--debug-shell needs a terminal, and standard input is none: leave it out where nobody can type")
        }
    }

    func run() async throws {
        let loaded = try LoadedSpec(spec)
        let folder = OutputFolder(root: output.folder, appliance: loaded.appliance)
        try await timing.recording("build \(folder.stem)", into: folder.path) { try await build(loaded, into: folder) }
    }

    private func build(_ loaded: LoadedSpec, into folder: OutputFolder) async throws {
        try await Session.run(host, purpose: "build-\(loaded.appliance.name.value)", debugShell: debugShell) {
            session in
            let start = ContinuousClock().now
            let lock = try await Timeline.measure("the lock") {
                try await Locking(host: session.host).lockForBuild(loaded, onlyCurrent: locked)
            }
            let plan = BuildPlan(
                appliance: loaded.appliance, lock: lock, hostFiles: try loaded.hostFileDigests())
            if explain {
                let text = try PlanText(plan: plan, store: session.host.store, notes: [], reasons: nil).text
                for line in text.split(separator: "\n") { session.host.progress.send(.message(.info, String(line))) }
            }
            try OfflineSupplies(host: session.host).check(plan, lockPath: loaded.lockPath, spec: spec.spec)
            try folder.prepare()
            let useKVM = try await session.host.virtualization().proof.works
            let result = try await session.host.store.withLock("output-\(folder.absolutePath)") {
                let looking = try await DiskLooking(host: session.host, plans: [plan], useKVM: useKVM)
                let outcome: Swift.Result<Pipeline.Result, any Error>
                do {
                    outcome = .success(
                        try await Pipeline(host: session.host, plan: plan).run(into: folder.path, looking: looking))
                } catch {
                    outcome = .failure(error)
                }
                await looking.end()
                let result = try outcome.get()
                let seconds = (ContinuousClock().now - start).inSeconds
                try folder.writeReport(plan: plan, result: result, seconds: seconds, now: session.host.now())
                return result
            }
            let verdict = verifyReproducible ? try await check(loaded, plan, folder, session).run(result) : nil
            session.display.finish()
            let summary = BuildSummary(
                result: result, folder: folder.path, seconds: (ContinuousClock().now - start).inSeconds)
            print(summary.text)
            if let verdict { print(verdict) }
        }
    }

    private func check(
        _ loaded: LoadedSpec, _ plan: BuildPlan, _ folder: OutputFolder, _ session: Session
    ) -> ReproducibilityCheck {
        ReproducibilityCheck(
            host: session.host, plan: plan, spec: Self.absolute(spec.path), lock: Self.absolute(loaded.lockPath),
            folder: folder.absolutePath)
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
