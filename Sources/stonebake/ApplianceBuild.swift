import BuildPlanning
import Diagnostics
import FileTrees
import Foundation
import HostSystem
import ProgressDisplay
import TreeMeasures

/// One appliance of a run: its spec, lock and plan, and where its images go.
struct ApplianceBuild: Sendable {
    let spec: LoadedSpec
    let plan: BuildPlan
    let folder: OutputFolder
    /// Whether what `lint` only warns of fails the build.
    var deniesWarnings = false

    struct Outcome: Sendable {
        var result: Pipeline.Result
        /// Of this appliance's part of the run.
        var seconds: Double
    }

    /// So many of an appliance's trees, disks and images stay: enough to go back and forth between variants.
    private static let kept = 3
    /// Seconds for which more of them stay.
    private static let age: Int64 = 3600

    /// After each edit, what earlier ones have left would fill the disk. Layers of packages stay: they are shared.
    private func dropSuperseded(_ host: Host, _ result: Pipeline.Result) {
        let made = Set(result.steps.filter { !$0.isCached }.map(\.id))
        for step in plan.steps where [.configuration, .disk, .format].contains(step.kind) && made.contains(step.id) {
            do {
                try host.store.removeSuperseded(
                    kind: step.kind.rawValue, name: step.name, keeping: Self.kept, olderThan: Self.age, now: host.now())
            } catch {
                // The build is done; what could not be removed waits for `cache gc`.
                host.progress.send(.log("old results of '\(step.title)' stay: \(error)"))
            }
        }
    }

    /// Builds what the store does not have, and writes images and report.
    func run(on host: Host, looking: DiskLooking) async throws -> Outcome {
        let start = ContinuousClock().now
        return try await host.store.withLock("output-\(folder.absolutePath)") {
            let result = try await Pipeline(host: host, plan: plan, deniesWarnings: deniesWarnings).run(
                into: folder.path, looking: looking)
            let seconds = (ContinuousClock().now - start).inSeconds
            try folder.writeReport(plan: plan, result: result, seconds: seconds, now: host.now())
            dropSuperseded(host, result)
            return Outcome(result: result, seconds: seconds)
        }
    }
}

/// Several appliances in one run. They share the base system and libguestfs; one more is built at once than there are
/// processors. One that fails does not keep the others from being built.
struct ApplianceBuilds: Sendable {
    let builds: [ApplianceBuild]
    let host: Host

    /// What became of each, in the order of the specs.
    ///
    /// - Throws: `CancellationError`; `HostError` when libguestfs cannot be started.
    func run(useKVM: Bool) async throws -> [Result<ApplianceBuild.Outcome, any Error>] {
        let looking = try await DiskLooking(host: host, plans: builds.map(\.plan), useKVM: useKVM)
        let results = await withTaskGroup(of: (Int, Result<ApplianceBuild.Outcome, any Error>).self) { group in
            var results = [Result<ApplianceBuild.Outcome, any Error>?](repeating: nil, count: builds.count)
            var next = 0
            func startOne() {
                guard next < builds.count, !Task.isCancelled else { return }
                let number = next
                next += 1
                group.addTask { (number, await run(number, looking: looking)) }
            }
            // One more than can compute: each has times when it waits, for libguestfs' look, say, or a script that sleeps.
            for _ in 0..<host.cpus + 1 { startOne() }
            while let (number, result) = await group.next() {
                results[number] = result
                if next < builds.count, let outcome = try? result.get() {
                    host.store.releasePages(of: outcome.result.storedFiles)
                }
                startOne()
            }
            return results
        }
        await looking.end()
        try Task.checkCancellation()
        return results.map { $0 ?? .failure(CancellationError()) }
    }

    private func run(_ number: Int, looking: DiskLooking) async -> Result<ApplianceBuild.Outcome, any Error> {
        let build = builds[number]
        let host = builds.count == 1 ? host : host.building(oneOfMany: build.folder.stem)
        do {
            return .success(
                try await Timeline.measure(build.folder.stem, kind: .appliance) {
                    try await build.run(on: host, looking: looking)
                })
        } catch {
            return .failure(error)
        }
    }
}
