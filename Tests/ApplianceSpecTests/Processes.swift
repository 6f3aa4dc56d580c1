import Foundation
import HostSystem

/// Runs a program and returns its status and everything that it printed; the wait is on a thread of its own.
func run(_ program: String, _ arguments: [String], in folder: String? = nil) async throws -> (Int32, String) {
    try await blocking {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}

func run(_ program: String, _ arguments: String...) async throws -> (Int32, String) {
    try await run(program, arguments)
}
