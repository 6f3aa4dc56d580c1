import HostSystem
import ImageInspection

/// Opens two images and compares them.
struct ImageDiffer: Sendable {
    let host: Host

    /// - Throws: `InspectionError`, `HostError`, `CancellationError`.
    func compare(_ one: String, _ other: String) async throws -> ImageDifference {
        let opening = ImageOpening(host: host)
        let (a, b) = (try await opening.open(one), try await opening.open(other))
        return try await host.progress.step("compare", "compare the disks") {
            try await blocking(named: "compare", cancellable: { try ImageComparison(a, b, cancelled: $0).run() })
        }
    }
}
