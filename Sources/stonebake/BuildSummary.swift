import ApplianceSpec
import BuildPlanning
import ContentDigest
import ProgressDisplay
import TreeMeasures

/// What a person reads when a build is done.
struct BuildSummary {
    let result: Pipeline.Result
    let folder: String
    let seconds: Double

    var text: String {
        var lines = ["", "Steps:"]
        lines += table(
            result.steps.map { [$0.title, $0.isCached ? "cached" : formatted(seconds: $0.seconds)] }
                + [["all together", formatted(seconds: seconds)]])
        lines += ["", "The ten largest packages:"]
        lines += table(
            result.image.tree.largestPackages.map { [$0.name, "\(ByteSize(bytes: $0.bytes))"] })
        lines += ["", "Images:"]
        lines += table(
            // The blobs of a layout are found by its index.
            result.artifacts.filter { !$0.file.contains("/blobs/") }.map {
                ["\(folder)/\($0.file)", "\(ByteSize(bytes: $0.size))", $0.sha256.short]
            })
        return lines.joined(separator: "\n")
    }
}

/// What a person reads when a build of several appliances is done.
struct BuildsSummary {
    let builds: [ApplianceBuild]
    let outcomes: [Result<ApplianceBuild.Outcome, any Error>]
    let seconds: Double

    var text: String {
        var rows: [[String]] = []
        for (build, outcome) in zip(builds, outcomes) {
            switch outcome {
            case .success(let outcome):
                let made = outcome.result.steps.filter { !$0.isCached }.count
                rows.append([
                    build.folder.stem, made == 0 ? "nothing to do" : "built in \(formatted(seconds: outcome.seconds))",
                    build.folder.path,
                ])
            case .failure: rows.append([build.folder.stem, "failed", ""])
            }
        }
        return (["", "Appliances:"] + table(rows + [["all together", formatted(seconds: seconds), ""]]))
            .joined(separator: "\n")
    }
}
