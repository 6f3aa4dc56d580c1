import ArgumentParser
import Diagnostics
import FileTrees
import Foundation
import HostSystem
import TimingReport

/// `--timings`: where the time of a build goes.
struct TimingOptions: ParsableArguments {
    @Flag(help: "Say where the time went, with the critical path, and write timings.html and timings.json.")
    var timings = false

    @Option(
        help: "Write the timeline to this file (.html, .svg or .json) and nowhere else; implies --timings.",
        completion: .file(extensions: ["html", "svg", "json"]))
    var timingsFile: String?

    private static let kinds = ["html", "svg", "json"]

    func validate() throws {
        guard let timingsFile else { return }
        guard Self.kinds.contains(where: { timingsFile.hasSuffix(".\($0)") }) else {
            throw ValidationError("--timings-file '\(timingsFile)' does not end in .html, .svg or .json")
        }
    }

    /// Runs `body`, recorded when that was asked for; what there is of the recording is printed and written also when it
    /// fails.
    ///
    /// - Parameters:
    ///   - title: of the whole: `build wsgi-1.0.0`
    ///   - folder: for timings.html and timings.json; made when it is missing
    /// - Throws: what `body` throws; `HostError` when only the files could not be written.
    func recording(_ title: String, into folder: String, _ body: () async throws -> Void) async throws {
        guard timings || timingsFile != nil else { return try await body() }
        let recorder = TimelineRecorder()
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await Timeline.record(recorder, title, body))
        } catch {
            outcome = .failure(error)
        }
        let report = TimingReport(recorder.recording)
        print("\n" + report.text)
        let written = Result { try write(report, into: folder) }
        if case .failure = outcome, case .failure(let error as HostError) = written {
            printDiagnostics(error.diagnostics, as: .text)
        }
        try outcome.get()
        try written.get()
    }

    private func write(_ report: TimingReport, into folder: String) throws {
        var files = ["\(folder)/timings.html", "\(folder)/timings.json"]
        if let timingsFile { files = [timingsFile] } else { try Files.makeFolder(folder) }
        for file in files {
            let text =
                switch true {
                case file.hasSuffix(".html"): report.html
                case file.hasSuffix(".svg"): report.svg
                default: try report.json()
                }
            try Files.write(text, to: file)
        }
        print("\nThe timeline: \(files[0])")
    }
}
