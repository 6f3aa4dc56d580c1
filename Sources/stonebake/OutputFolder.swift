import ApplianceSpec
import BuildPlanning
import Diagnostics
import FileTrees
import Foundation

/// `Images/wsgi-1.0.0`: what a build leaves for the deployer, and what a test leaves beside it.
struct OutputFolder {
    let path: String
    let stem: String

    init(root: String, appliance: Appliance) {
        stem = BuildPlan.outputName(appliance)
        path = root.hasSuffix("/") ? "\(root)\(stem)" : "\(root)/\(stem)"
    }

    var absolutePath: String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    /// Makes the folder and proves that it can be written to, before minutes are spent on a build.
    ///
    /// - Throws: `HostError.readOnly`, `.noSpace`, `.fileSystem`.
    func prepare() throws(HostError) {
        try Files.makeFolder(path)
        let probe = "\(path)/.stonebake-\(getpid())"
        try Files.write("", to: probe)
        try Files.remove(probe)
    }

    /// `report.json`: what was made, from what, and how long it took.
    func writeReport(plan: BuildPlan, result: Pipeline.Result, seconds: Double, now: Int64) throws {
        let report = BuildReport(
            plan: plan, image: result.image, artifacts: result.artifacts, steps: result.steps,
            builtAt: now, seconds: seconds)
        try Files.write(report.json(), to: "\(path)/report.json")
    }

    /// The image that boots fastest of those the last build made; nil when there is none.
    var lastImage: (path: String, target: Target)? {
        for target in [Target.raw, .qcow2] {
            let candidate = "\(path)/\(stem).\(target.rawValue)"
            if Files.exists(candidate) { return (candidate, target) }
        }
        return nil
    }
}
