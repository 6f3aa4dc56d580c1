import BuildPlanning
import ContentDigest
import FileTrees
package import HostSystem
import TreeMeasures

/// Makes the root filesystem in layers, each a step whose result is kept in the content store:
///
///     tools            build tools, unpacked and never configured
///     base             what all appliances of a release share, installed
///     packages         the appliance's own packages, installed on top
///     python           its virtual environment
///     configuration    files, users, services, scripts; identity removed
package struct RootfsAssembler: Sendable {
    let host: Host
    let sandbox: Sandbox

    package init(host: Host) {
        self.host = host
        sandbox = Sandbox(host: host)
    }

    /// The result of the step: from the store, or made by `body` in the staging folder it is given, under a lock, so
    /// that two builds of the same step do the work once. What `body` returns is recorded with the result.
    func entry(
        for step: BuildStep, _ body: @Sendable (_ staging: String) async throws -> [String: String]
    ) async throws -> StoreEntry {
        let id = step.kind.rawValue
        return try await host.store.withLock("step-\(step.digest.hex)", saying: "the step '\(step.title)'") {
            if let entry = try host.store.entry(step.digest) {
                host.progress.cachedStep(id, step.title, key: step.digest.hex)
                return entry
            }
            let needs = step.inputs.entries.values.map(\.hex)
            return try await host.progress.step(id, step.title, key: step.digest.hex, needs: needs) {
                let staging = try host.store.newStaging()
                do {
                    let start = ContinuousClock.now
                    let facts = try await body(staging)
                    try Task.checkCancellation()
                    let record = StepRecord(
                        kind: id, name: step.name, inputs: step.inputs, createdAt: host.now(),
                        seconds: (ContinuousClock.now - start).inSeconds, facts: facts)
                    return try Timeline.measure("keep the result") {
                        return try host.store.commit(staging: staging, as: step.digest, record: record)
                    }
                } catch {
                    await host.debugShell?.open(after: error, step: step.title, staging: staging, host: host)
                    // What is left of it goes with the run anyway; the space may be needed before.
                    discardTree(staging)
                    throw error
                }
            }
        }
    }
}

/// The layers of a root, the lowest first: absolute paths of folders in the store.
package struct RootLayers: Sendable, Equatable {
    package var folders: [String]

    package init(_ folders: [String]) {
        self.folders = folders
    }

    func adding(_ entry: StoreEntry) -> RootLayers { RootLayers(folders + ["\(entry.path)/tree"]) }
}
