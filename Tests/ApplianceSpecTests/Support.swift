import Diagnostics
import Foundation
import Testing

@testable import ApplianceSpec

/// The checkout that these tests lie in.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

/// A folder of its own for one test, gone with it.
final class Workspace {
    let path: String

    init(_ files: [String: String] = [:]) throws {
        // Its real path, for the compiler compares paths by text.
        path =
            URL(filePath: NSTemporaryDirectory()).resolvingSymlinksInPath().path + "/stonebake-spec-"
            + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in files { try write(name, Data(text.utf8)) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ data: Data) throws {
        let url = URL(filePath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: url)
    }

    func compile(_ name: String = "a.yaml") -> (appliance: Appliance?, report: DiagnosticReport) {
        SpecCompiler(workingDirectory: path).compile(name)
    }
}

/// The smallest spec, with more below it.
func minimal(_ more: String = "") -> String {
    "stonebake: 1\nname: a\nversion: 1.0.0\ndistribution: {name: debian, release: trixie}\n" + more
}

/// Compiles one text and returns what the terminal would show.
func terminalText(_ spec: String, files: [String: String] = [:]) throws -> String {
    let workspace = try Workspace(files.merging(["a.yaml": spec]) { $1 })
    return workspace.compile().report.rendered(as: .text)
}

/// Compiles a spec that has to be right.
func appliance(_ spec: String, files: [String: String] = [:]) throws -> Appliance {
    let workspace = try Workspace(files.merging(["a.yaml": spec]) { $1 })
    let (appliance, report) = workspace.compile()
    return try #require(appliance, "\(report.rendered(as: .text))")
}
