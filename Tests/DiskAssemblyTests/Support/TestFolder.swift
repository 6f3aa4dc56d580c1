import FileTrees
import Glibc
import HostSystem
import Testing

/// A folder that goes with the test.
final class TestFolder: Sendable {
    let path: String

    /// In /var/tmp, which is on a disk where /tmp may be in memory.
    init() throws {
        path = try Files.newFolder(in: "/var/tmp", named: "stonebake-disk")
    }

    deinit { try? removeTree(path) }

    /// Runs a shell script in the folder and returns what it prints.
    func shell(_ script: String) async throws -> String {
        let command = Command("sh", ["-euc", script]).with {
            $0.workingDirectory = path
            $0.output = .capture(limit: 16 << 20)
        }
        do {
            return try await CommandRunner(progress: .silent).check(command, purpose: "a test's script").text
        } catch let error as HostError {
            Issue.record("\(error.notes.joined(separator: "\n"))")
            throw error
        }
    }
}
