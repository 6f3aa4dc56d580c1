import ApplianceSpec
import BuildPlanning
import ContentDigest
import ProgressDisplay

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
            result.root.packageSizes.prefix(10).map { [$0.name, "\(ByteSize(bytes: $0.bytes))"] })
        lines += ["", "Images:"]
        lines += table(
            result.artifacts.map { ["\(folder)/\($0.file)", "\(ByteSize(bytes: $0.size))", $0.sha256.short] })
        return lines.joined(separator: "\n")
    }
}
