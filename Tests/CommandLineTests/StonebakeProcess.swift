import Foundation

/// The real program, as a user runs it: standard output, standard error and exit status are what tests look at.
struct StonebakeProcess {
    struct Outcome {
        var status: Int32
        /// The signal that ended it; nil when it exited.
        var signal: Int32?
        var output: String
        var error: String
    }

    let process = Process()
    private let output: FileHandle
    private let error: FileHandle
    private let folder: URL

    /// The binary that `swift test` built beside the tests.
    static let executable = URL(fileURLWithPath: CommandLine.arguments[0])
        .resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("stonebake")

    /// The repository's top level.
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    init(
        _ arguments: [String], in folder: URL = repository, environment: [String: String] = [:]
    ) throws {
        let own = FileManager.default.temporaryDirectory.appendingPathComponent("stonebake-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        let files = ["out", "err"].map { own.appendingPathComponent($0) }
        self.folder = own
        for file in files { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        output = try FileHandle(forWritingTo: files[0])
        error = try FileHandle(forWritingTo: files[1])
        process.executableURL = Self.executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment
            .merging(["NO_COLOR": "1", "TERM": "dumb"]) { $1 }
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = error
    }

    /// What standard error holds so far.
    var errorSoFar: String {
        (try? String(contentsOf: folder.appendingPathComponent("err"), encoding: .utf8)) ?? ""
    }

    /// What standard output holds so far; a guest's console may hold anything.
    var outputSoFar: String {
        (try? Data(contentsOf: folder.appendingPathComponent("out"))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    func wait() throws -> Outcome {
        process.waitUntilExit()
        defer { try? FileManager.default.removeItem(at: folder) }
        let texts = try ["out", "err"].map {
            try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8)
        }
        let wasSignalled = process.terminationReason == .uncaughtSignal
        return Outcome(
            status: process.terminationStatus, signal: wasSignalled ? process.terminationStatus : nil,
            output: texts[0], error: texts[1])
    }

    static func run(
        _ arguments: String..., in folder: URL = repository, environment: [String: String] = [:]
    ) throws -> Outcome {
        let run = try StonebakeProcess(arguments, in: folder, environment: environment)
        try run.process.run()
        return try run.wait()
    }
}

/// A folder that is removed when the test that made it ends.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("stonebake-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, to name: String) throws -> URL {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return file
    }
}
