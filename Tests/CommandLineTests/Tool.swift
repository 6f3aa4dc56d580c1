import Foundation

/// A program that judges, and is not ours.
enum Tool {
    struct Outcome {
        var status: Int32
        var output: String
        var error: String
    }

    static func run(_ arguments: String..., in folder: URL = StonebakeProcess.repository) throws -> Outcome {
        try run(arguments, in: folder)
    }

    static func run(_ arguments: [String], in folder: URL) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // sgdisk and useradd lie where an ordinary PATH does not look.
        process.arguments = ["PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"] + arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        let results = try TemporaryFolder()
        let files = try ["out", "err"].map { name in
            try FileHandle(forWritingTo: results.write("", to: name))
        }
        process.standardOutput = files[0]
        process.standardError = files[1]
        try process.run()
        process.waitUntilExit()
        let texts = ["out", "err"].map { name in
            (try? Data(contentsOf: results.url.appendingPathComponent(name))).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        return Outcome(status: process.terminationStatus, output: texts[0] ?? "", error: texts[1] ?? "")
    }
}
