import Diagnostics
import FileTrees
import Foundation
import HostSystem
import ImageInspection

/// Opens whatever image qemu-img reads as a raw disk. A raw file is read where it lies; others are written out sparse
/// into the run's scratch folder, which goes with the run.
struct ImageOpening: Sendable {
    let host: Host

    private struct Info: Decodable {
        var format: String
    }

    /// - Throws: `HostError` when it cannot be read, `InspectionError` when it is no image.
    func open(_ path: String) async throws -> DiskContents {
        let format = try await format(of: path)
        let raw = format == "raw" ? path : try await converted(path, from: format)
        return try await blocking(named: "image") { try DiskContents(name: path, format: format, raw: raw) }
    }

    /// qemu-img's name of the format; `raw` is what has none.
    func format(of path: String) async throws -> String {
        let command = Command("qemu-img", ["info", "--output=json", "--force-share", "--", path]).with {
            $0.output = .capture(limit: 4 << 20)
        }
        let result = try await host.runner.check(command, purpose: "looking at '\(path)'")
        return try JSONDecoder().decode(Info.self, from: Data(result.output)).format
    }

    func converted(_ path: String, from format: String) async throws -> String {
        let folder = try host.scratch.newFolder("image")
        let raw = "\(folder)/disk.raw"
        let title = "read \(Files.name(of: path)) (\(format))"
        try await host.progress.step("read", title) {
            let command = Command(
                "qemu-img", ["convert", "--force-share", "-f", format, "-O", "raw", "--", path, raw])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await host.runner.check(command, purpose: "reading '\(path)'") }
                // A small file can hold much.
                group.addTask {
                    while true {
                        try await Task.sleep(for: .milliseconds(500))
                        try SparseOutput.checkSpace(at: raw)
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
        return raw
    }
}
