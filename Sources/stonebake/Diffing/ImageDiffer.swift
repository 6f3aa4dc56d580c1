import DiskAssembly
import HostSystem
import ImageInspection

/// Opens two images and compares them.
struct ImageDiffer: Sendable {
    let host: Host

    /// - Throws: `InspectionError`, `DiskError`, `HostError`, `CancellationError`.
    func compare(_ one: String, _ other: String) async throws -> ImageDifference {
        let opening = ImageOpening(host: host)
        var (a, b) = (try await opening.open(one), try await opening.open(other))
        try await readForeignParts(&a, &b)
        let (left, right) = (a, b)
        return try await host.progress.step("compare", "compare the disks") {
            try await blocking(
                named: "compare", cancellable: { try ImageComparison(left, right, cancelled: $0).run() })
        }
    }

    /// Through libguestfs, in one launch: what has no native reader, where it is not the same bytes anyway.
    private func readForeignParts(_ a: inout DiskContents, _ b: inout DiskContents) async throws {
        let (left, right) = (a, b)
        let parts = try await blocking(named: "probe") { cancelled in
            [
                try left.foreignParts(differingFrom: right, cancelled: cancelled),
                try right.foreignParts(differingFrom: left, cancelled: cancelled),
            ]
        }
        let requests = parts.enumerated().flatMap { disk, numbers in
            numbers.map { ForeignTrees.Request(disk: disk, partition: $0) }
        }
        guard !requests.isEmpty else { return }
        let disks = [a.raw.path, b.raw.path]
        let useKVM = try await host.virtualization().proof.works
        let archives = try await host.progress.step(
            "libguestfs", "read \(requests.count) filesystems through libguestfs"
        ) {
            try await ForeignTrees(host: host).archives(requests, of: disks, useKVM: useKVM)
        }
        for (request, archive) in zip(requests, archives) {
            guard let archive else { continue }
            if request.disk == 0 {
                try a.attach(archive: archive, to: request.partition)
            } else {
                try b.attach(archive: archive, to: request.partition)
            }
        }
    }
}
