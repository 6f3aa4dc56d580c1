import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import Foundation
import HostSystem

/// What each step of a spec's plan was made from when the store last had its result: what `plan` and `--explain` compare
/// with. Kept for each spec by its path, so that two appliances of one name do not explain one another.
struct PlanMemory {
    let store: ContentStore
    /// Of the fact in the store.
    private let name: String

    init(store: ContentStore, plan: BuildPlan) {
        self.store = store
        let file = plan.appliance.sources.first.map { Files.name(of: $0.path) } ?? "appliance.yaml"
        name = "plan-\(Digest.of("\(plan.appliance.directory)/\(file)").short)"
    }

    /// The inputs of the steps by their ids; empty for a spec that was never built with this store.
    func inputs() -> [String: StepInputs] {
        guard let text = try? store.recall(name), let line = text.firstIndex(of: "\n") else { return [:] }
        return (try? JSONDecoder().decode([String: StepInputs].self, from: Data(text[line...].utf8))) ?? [:]
    }

    /// Remembers those steps of the plan whose results the store has. Costs a look when nothing is new.
    ///
    /// - Throws: `HostError` when it cannot be written.
    func remember(_ plan: BuildPlan) throws {
        let done = plan.steps.filter { store.holds($0.digest) }
        let mark = Digest.of(done.map(\.digest.hex).joined(separator: "\n")).hex
        // The first line tells whether the rest would be the same.
        if let text = try store.recall(name), text.hasPrefix(mark) { return }
        var all = inputs()
        for step in done { all[step.id] = step.inputs }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try store.remember("\(mark)\n" + String(decoding: encoder.encode(all), as: UTF8.self) + "\n", as: name)
    }
}
