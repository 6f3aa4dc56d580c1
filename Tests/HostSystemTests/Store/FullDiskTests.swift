import ContentDigest
import Glibc
import Testing

@testable import FileTrees
@testable import HostSystem

/// A store on a filesystem of its own, small or read-only, in a mount namespace of its own.
@Suite struct FullDiskTests {
    /// Runs the script where `$D` is an empty tmpfs of 1 MB and `$W` the worker; returns what it printed.
    private func run(_ script: String) async throws -> [String] {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let prelude = "set -u; D=\(folder.path); W=\(Worker.folder)/HostWorker; mount -t tmpfs -o size=1m none $D\n"
        let command = Command("unshare", ["--map-root-user", "--mount", "sh", "-c", prelude + script]).with {
            $0.output = .capture(limit: 1 << 20)
        }
        let result = try await CommandRunner(progress: .silent).run(command)
        #expect(result.tail == [])
        return result.text.split(separator: "\n").map {
            $0.split(separator: folder.path, omittingEmptySubsequences: false).joined(separator: "$D")
        }
    }

    @Test func `a download to a full disk says where and leaves no blob; with space it goes on`() async throws {
        let size = 1_500_000
        let mirror = try Mirror()
        let digest = Digest.of(Mirror.content(size)).hex
        let fetch = "$W fetch $D/cache '\(mirror.url("ok/\(size)"))' \(digest) \(size)"
        let lines = try await run("\(fetch); find $D/cache/blobs -type f; mount -o remount,size=8m none $D; \(fetch)")
        try #require(lines.count == 3, "\(lines)")
        #expect(lines[0].hasPrefix("error: no-space: cannot write '$D/cache/partial/"))
        #expect(lines[0].contains("': No space left on device (in '$D/cache/partial', "))
        #expect(lines[1] == "hint: free some space there; `stonebake cache gc` frees the cache")
        #expect(lines[2] == "$D/cache/blobs/sha256/\(digest.prefix(2))/\(digest)")
        #expect(try await mirror.requests().last?.contains("bytes=") == true)
    }

    @Test func `a store that fills up keeps what is whole, and works again with space`() async throws {
        let lines = try await run(
            """
            $W store $D/cache | tail -2
            for entry in $D/cache/entries/*/*; do
                test "$(cat $entry/content/sub/* | wc -l)" = 0 && test "$(ls $entry/content/sub | wc -l)" = 5 || echo broken
                test -s $entry/record.json || echo no record
            done
            for blob in $D/cache/blobs/sha256/*/*; do echo "${blob##*/}  $blob"; done | sha256sum --quiet -c || echo bad
            mount -o remount,size=8m none $D
            $W commit $D/cache name text
            ls $D/cache/runs
            """)
        #expect(lines.count == 3, "\(lines)")
        #expect(lines.first?.hasPrefix("error: no-space: cannot ") == true)
        #expect(lines.first?.contains("No space left on device") == true)
        #expect(lines.last == "text")
    }

    @Test func `a store on a read-only filesystem is read, and says why it is not written`() async throws {
        let lines = try await run(
            """
            $W commit $D/cache name text
            mount -o remount,ro none $D
            $W commit $D/cache name text
            """)
        #expect(lines.first == "text")
        #expect(
            lines.dropFirst().first?.hasPrefix("error: read-only: cannot open the lock '$D/cache/runs/") == true,
            "\(lines)")
        #expect(lines.last == "hint: the filesystem is mounted read-only; choose another folder")
    }

    @Test(arguments: [
        (ENOSPC, HostError.Code.noSpace), (EDQUOT, .noSpace), (EROFS, .readOnly), (EACCES, .readOnly),
        (EPERM, .readOnly), (ENOENT, .notFound), (EIO, .fileSystem),
    ])
    func `each failure of the file system has its code, its path and its reason`(
        number: Int32, code: HostError.Code
    ) {
        let error = Files.failure(number, "cannot write", "/usr/none/file")
        #expect(error.code == code)
        #expect(error.message.hasPrefix("cannot write '/usr/none/file': \(Files.reason(number))"))
        if code == .noSpace { #expect(error.message.contains("(in '/usr', ")) }
        #expect((error.hint != nil) == (code == .noSpace || code == .readOnly))
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1500, "1.5 kB"), (1_049_000, "1 MB"), (99_949, "99.9 kB"),
        (123_456_789, "123 MB"), (999_600, "1 MB"), (5_300_000_000, "5.3 GB"),
    ])
    func `sizes read well`(bytes: Int, text: String) {
        #expect(Files.sizeText(Int64(bytes)) == text)
    }
}
