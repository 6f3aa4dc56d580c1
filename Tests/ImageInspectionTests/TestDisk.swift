import FileTrees
import Foundation
import HostSystem
import ImageInspection
import Testing

/// A folder that goes with the test, and other people's tools that make disks in it.
final class TestDisk: Sendable {
    let path: String

    init() throws {
        path = try Files.newFolder(in: "/var/tmp", named: "stonebake-inspect")
    }

    deinit { try? removeTree(path) }

    /// Runs a shell script in the folder and returns what it prints.
    @discardableResult
    func shell(_ script: String) async throws -> String {
        let command = Command("sh", ["-euc", script]).with {
            $0.workingDirectory = path
            $0.output = .capture(limit: 16 << 20)
            $0.environment["PATH"] = "/usr/sbin:/sbin:/usr/bin:/bin"
        }
        do {
            return try await CommandRunner(progress: .silent).check(command, purpose: "a test's script").text
        } catch let error as HostError {
            Issue.record("\(error.notes.joined(separator: "\n"))")
            throw error
        }
    }

    func open(_ name: String) throws -> DiskContents {
        try DiskContents(name: name, format: "raw", raw: "\(path)/\(name)")
    }

    func compare(_ a: String, _ b: String) throws -> ImageDifference {
        try ImageComparison(open(a), open(b), cancelled: CancellationFlag()).run()
    }

    /// A tree with what filesystems store in different ways: long and short links, holes, many names, large files.
    static let tree = """
        mkdir -p tree/etc tree/many tree/var/lib/dpkg
        printf 'one\\n' >tree/etc/short
        head -c 3000000 /dev/urandom >tree/etc/large
        truncate -s 5M tree/etc/hole; printf end >>tree/etc/hole
        ln -s short tree/etc/fast-link
        ln -s "$(printf 'long/%.0s' $(seq 40))" tree/etc/slow-link
        ln tree/etc/short tree/etc/hard-link
        mkfifo tree/etc/pipe
        for i in $(seq 400); do echo "$i" >"tree/many/a-file-with-a-rather-long-name-$i"; done
        chmod 4711 tree/etc/large
        printf 'Package: one\\nStatus: install ok installed\\nArchitecture: all\\nVersion: 1\\n\\n' >tree/var/lib/dpkg/status
        printf 'Package: gone\\nStatus: deinstall ok config-files\\nArchitecture: all\\nVersion: 2\\n' >>tree/var/lib/dpkg/status
        touch -d @1700000000 tree/etc/short
        """
}
