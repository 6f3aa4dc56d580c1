import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import Foundation
import HostSystem

/// A plan as people read it.
struct PlanText {
    let plan: BuildPlan
    let store: ContentStore
    let notes: [String]
    /// How many reasons are named for a step; nil: all.
    var reasons: Int? = 6

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
            let memory = PlanMemory(store: store, plan: plan).inputs()
            for step in plan.steps {
                let padding = String(repeating: " ", count: width - step.title.count)
                let head = "  \(step.title)\(padding)  \(step.digest.short)  "
                let state = try state(of: step, memory)
                lines.append(head + state[0])
                // Below the first reason: behind "runs: ".
                lines += state.dropFirst().map { String(repeating: " ", count: head.count + 6) + $0 }
            }
            if !notes.isEmpty { lines += [""] + notes }
            return lines.joined(separator: "\n")
        }
    }

    /// `cached`, or `runs:` and why, one line for each reason.
    private func state(of step: BuildStep, _ memory: [String: StepInputs]) throws -> [String] {
        if try store.entry(step.digest) != nil { return ["cached"] }
        guard let last = memory[step.id] else { return elsewhere(step) }
        let changes = InputChanges(of: step, since: last, in: plan.steps, shown: Self.shown)
        guard !changes.lines.isEmpty else { return ["runs: its result is no longer in the store"] }
        return listed(changes.lines)
    }

    /// For a spec that was never built with this store: what differs from the last one of that name, or the last base of
    /// that release.
    private func elsewhere(_ step: BuildStep) -> [String] {
        guard let last = store.lastRecord(kind: step.kind.rawValue, name: step.name) else {
            return ["runs: never built here"]
        }
        let changes = InputChanges(of: step, since: last.inputs, in: plan.steps, shown: Self.shown)
        guard !changes.lines.isEmpty else { return ["runs: its result is no longer in the store"] }
        return listed(changes.lines) + ["(compared with the last '\(step.name)', which another spec built)"]
    }

    private func listed(_ lines: [String]) -> [String] {
        var shown = Array(lines.prefix(reasons ?? lines.count))
        if lines.count > shown.count { shown.append("and \(lines.count - shown.count) more") }
        return ["runs: \(shown[0])"] + shown.dropFirst()
    }

    /// As a person would type it: relative to the working directory where the path lies below it.
    private static func shown(_ path: String) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }
}
