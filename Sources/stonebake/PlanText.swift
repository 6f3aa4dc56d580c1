import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import HostSystem

/// A plan as people read it.
struct PlanText {
    let plan: BuildPlan
    let store: ContentStore
    let notes: [String]

    /// - Throws: `HostError` when the store cannot be read.
    var text: String {
        get throws {
            let appliance = plan.appliance
            let base = plan.lock.packages.filter { $0.layer == .base }.count
            let wheels = plan.lock.wheels.isEmpty ? "" : ", \(plan.lock.wheels.count) wheels"
            let packages = plan.lock.packages.count
            var lines = [
                "\(appliance.name.value) \(appliance.version.value) — \(appliance.summary)",
                "\(appliance.distribution.name) \(appliance.distribution.release.value), \(appliance.architecture.rawValue): "
                    + "\(packages) packages (\(base) of them the base)\(wheels)",
                "",
            ]
            let width = plan.steps.map { $0.title.count }.max() ?? 0
            for step in plan.steps {
                let padding = String(repeating: " ", count: width - step.title.count)
                lines.append("  \(step.title)\(padding)  \(step.digest.short)  \(try state(of: step))")
            }
            let targets = "write \(appliance.targets.map(\.value.rawValue).joined(separator: ", "))"
            lines.append("  \(targets)")
            if !notes.isEmpty { lines += [""] + notes }
            return lines.joined(separator: "\n")
        }
    }

    private func state(of step: BuildStep) throws -> String {
        if try store.entry(step.digest) != nil { return "cached" }
        guard let last = store.lastRecord(kind: step.kind.rawValue, name: step.name) else {
            return "runs (never built here)"
        }
        let changed = step.inputs.differences(from: last.inputs)
        if changed.isEmpty { return "runs (its result is no longer in the store)" }
        let shown = changed.prefix(3).joined(separator: ", ")
        let more = changed.count > 3 ? " and \(changed.count - 3) more" : ""
        return "runs (changed: \(shown)\(more))"
    }
}
