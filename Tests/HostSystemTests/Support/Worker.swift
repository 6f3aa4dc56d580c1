import Foundation

@testable import FileTrees
@testable import HostSystem

/// A `HostWorker` process: what a test does in another process, to be killed there.
final class Worker {
    let process = Process()
    private let output = Pipe()
    private var buffer = Data()

    init(_ arguments: String..., environment: [String: String] = [:]) throws {
        process.executableURL = URL(filePath: "\(Worker.folder)/HostWorker")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    deinit { if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) } }

    /// Where the products of this build lie: beside the test bundle.
    static var folder: String {
        Files.folder(of: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "")
    }

    /// The next line it prints; nil at its end. Blocks.
    func line() -> String? {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = String(decoding: buffer[buffer.startIndex..<end], as: UTF8.self)
                buffer = Data(buffer[(end + 1)...])
                return line
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            buffer += more
        }
    }

    func kill(_ signal: Int32 = SIGKILL) {
        Foundation.kill(process.processIdentifier, signal)
        process.waitUntilExit()
    }
}
