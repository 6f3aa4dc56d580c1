import ContentDigest
import FoundationEssentials
import Glibc
import SystemPackage
import Testing

@testable import FileTrees
@testable import HostSystem

@Suite struct ArchiveTests {
    @Test(arguments: [
        ("./usr/bin/x", "usr/bin/x"), ("usr//bin/./x/", "usr/bin/x"), ("./", ""), (".", ""), ("a..b/c", "a..b/c"),
    ])
    func `a member's path is taken relative to the root`(path: String, expected: String) throws {
        #expect(try ArchiveEntry.contained(path) == expected)
    }

    @Test(arguments: ["/etc/passwd", "../x", "./a/../../b", "a/..", "a\nb"])
    func `a path that leaves the root, or that no list can hold, is refused`(path: String) {
        #expect(throws: HostError.self) { try ArchiveEntry.contained(path) }
    }

    @Test(arguments: ["gnu", "posix", "ustar"], ["none", "gzip", "xz"])
    func `what GNU tar writes is read whole: holes, long names, links, in each format and compression`(
        format: String, compression: String
    ) async throws {
        let folder = try TestFolder()
        // ustar holds 100 bytes of a name after a slash, and no holes.
        let long = String(repeating: "n", count: format == "ustar" ? 80 : 200)
        let sparse = format == "ustar" ? "" : "--sparse"
        let hole = format == "ustar" ? "" : "truncate -s 3M in/holes; printf end >>in/holes"
        let compress = compression == "none" ? "" : "--\(compression)"
        try await folder.shell(
            """
            mkdir -p in/folder; printf content >in/folder/\(long); ln -s folder/\(long) in/symlink
            ln in/folder/\(long) in/hardlink; mkfifo in/fifo; chmod 4755 in/hardlink; printf '' >in/holes; \(hole)
            tar --create --sort=name \(sparse) --format=\(format) \(compress) --owner=7 --group=8 --mtime=@1000 \
            --file=out.tar -C in .
            """)
        let reader = try ArchiveReader(path: "\(folder.path)/out.tar")
        var entries: [String: ArchiveEntry] = [:]
        var contents: [String: [UInt8]] = [:]
        while let entry = try reader.next() {
            let path = try entry.containedPath()
            entries[path] = entry
            if entry.kind == .file { contents[path] = try reader.readAll() }
        }
        #expect(entries.keys.sorted() == ["", "fifo", "folder", "folder/\(long)", "hardlink", "holes", "symlink"])
        #expect(contents["folder/\(long)"] == Array("content".utf8))
        #expect(entries["hardlink"]?.kind == .hardLink(target: "./folder/\(long)"))
        #expect(entries["symlink"]?.kind == .symlink(target: "folder/\(long)"))
        #expect(entries["folder/\(long)"]?.mode == 0o4755)
        #expect(entries["fifo"]?.kind == .fifo)
        #expect(entries.values.allSatisfy { $0.uid == 7 && $0.gid == 8 && $0.modified == 1000 })
        if format != "ustar" {
            #expect(contents["holes"]?.count == (3 << 20) + 3)
            #expect(contents["holes"]?.suffix(4) == [0] + Array("end".utf8))
        }
    }

    @Test(arguments: ["none", "gzip", "xz", "bzip2"])
    func `an archive that breaks off is an error and never its end`(compression: String) async throws {
        let folder = try TestFolder()
        let compress = compression == "none" ? "" : "--\(compression)"
        try await folder.shell(
            """
            head -c 300000 /dev/urandom >a; head -c 300000 /dev/urandom >b; tar -c \(compress) -f whole.tar a b
            head -c $(($(stat -c %s whole.tar) / 4)) whole.tar >in-content.tar
            head -c $(($(stat -c %s whole.tar) * 3 / 4)) whole.tar >in-second.tar
            """)
        for name in ["in-content.tar", "in-second.tar"] {
            #expect(throws: HostError.self, "\(name)") {
                let reader = try ArchiveReader(path: "\(folder.path)/\(name)")
                while try reader.next() != nil { _ = try reader.readAll() }
            }
        }
    }

    @Test func `a damaged byte in compressed data is an error`() async throws {
        let folder = try TestFolder()
        try await folder.shell("head -c 300000 /dev/urandom >a; tar -c --xz -f whole.tar a")
        var bytes = try Files.read("\(folder.path)/whole.tar")
        bytes[bytes.count / 2] ^= 0xff
        try Files.write(bytes, to: "\(folder.path)/damaged.tar")
        #expect(throws: HostError.self) {
            let reader = try ArchiveReader(path: "\(folder.path)/damaged.tar")
            while try reader.next() != nil { _ = try reader.readAll() }
        }
    }

    @Test func `a written tar says the same to GNU tar and to the reader, and its bytes repeat`() async throws {
        let folder = try TestFolder()
        let entries = [
            ArchiveEntry(path: "./", kind: .directory, mode: 0o755, modified: 5),
            ArchiveEntry(path: "./d", kind: .characterDevice(major: 1, minor: 3), mode: 0o666, modified: 6),
            ArchiveEntry(
                path: "./f", kind: .file, mode: 0o4711, uid: 42, gid: 43, size: 3, modified: 7,
                attributes: [.init(name: "user.note", value: [0, 255, 10])]),
            ArchiveEntry(path: "./h", kind: .hardLink(target: "./f"), mode: 0o4711, uid: 42, gid: 43, modified: 7),
            ArchiveEntry(path: "./l", kind: .symlink(target: "ü"), mode: 0o777, modified: 8),
            ArchiveEntry(path: "./\(String(repeating: "ö", count: 120))", kind: .fifo, mode: 0o600, modified: 9),
        ]
        func write(_ name: String) throws -> (Digest, Int64) {
            let writer = try TarWriter(path: "\(folder.path)/\(name)")
            for entry in entries {
                if entry.kind == .file { try writer.add(entry, content: [1, 2, 3]) } else { try writer.add(entry) }
            }
            let (digest, size) = try writer.finish()
            return (try #require(digest), size)
        }
        let (digest, size) = try write("one.tar")
        #expect(try write("two.tar") == (digest, size))
        #expect(try Digest.of(file: .init("\(folder.path)/one.tar")) == digest)

        let reader = try ArchiveReader(path: "\(folder.path)/one.tar")
        var read: [ArchiveEntry] = []
        while let entry = try reader.next() { read.append(entry) }
        #expect(read.map(\.path) == entries.map(\.path))
        #expect(read.map(\.kind) == entries.map(\.kind))
        #expect(read.map(\.modified) == [5, 6, 7, 7, 8, 9])
        #expect(read[2].attributes == entries[2].attributes)
        #expect(read[2].uid == 42 && read[2].gid == 43 && read[2].mode == 0o4711)
        let listing = try await folder.shell(
            "tar --list --verbose --numeric-owner --file=one.tar; tar -xOf one.tar ./f | od -An -tx1")
        #expect(listing.contains("crw-rw-rw- 0/0"))
        #expect(listing.contains("-rws--x--x 42/43"))
        #expect(listing.contains("01 02 03"))
    }

    @Test func `a tree is walked in one order, its times clamped, its names linked`() async throws {
        let folder = try TestFolder()
        try await folder.shell(
            """
            mkdir -p t/b t/a-b t/a; printf x >t/a/one; ln t/a/one t/b/two; ln -s one t/a/three
            touch -d @100 t/a/one; touch -d @2000000000 t/a; mknod t/fifo p
            """)
        var lines: [String] = []
        try TreeWalker(clampingTimesTo: 1000).walk("\(folder.path)/t") { (entry, _) in
            lines.append("\(entry.path) \(entry.kind) \(entry.path.hasPrefix("a/one") ? entry.modified : 0)")
            #expect(entry.modified <= 1000)
        }
        #expect(
            lines == [
                " directory 0", "a directory 0", "a/one file 100", "a/three symlink(target: \"one\") 0",
                "a-b directory 0",
                "b directory 0", "b/two hardLink(target: \"a/one\") 0", "fifo fifo 0",
            ])
    }

    @Test func `nothing is written outside of a contained folder, whatever links are in it`() async throws {
        let folder = try TestFolder()
        try await folder.shell(
            "mkdir root outside; ln -s ../outside root/up; ln -s \(folder.path)/outside root/absolute")
        let root = try ContainedFolder("\(folder.path)/root")
        let metadata = ContainedFolder.Metadata(mode: 0o644, uid: getuid(), gid: getgid(), modified: 1)
        for path in ["up/file", "absolute/file", "../outside/file"] {
            // Some resolve inside the root, some fail; none may reach out.
            try? root.makeFile(path, metadata, content: [1])
            try? root.makeSymlink(path + "-link", target: "x", metadata)
            _ = try? root.makeFolder(path + "-folder")
        }
        #expect(try Files.names(in: "\(folder.path)/outside").isEmpty)
    }

    @Test func `a file takes the place of a link and does not follow it`() async throws {
        let folder = try TestFolder()
        try await folder.shell(
            "mkdir root; printf kept >victim; ln -s \(folder.path)/victim root/file; ln victim root/hard")
        let root = try ContainedFolder("\(folder.path)/root")
        let metadata = ContainedFolder.Metadata(mode: 0o600, uid: getuid(), gid: getgid(), modified: 1)
        try root.makeFile("file", metadata, content: Array("new".utf8))
        try root.makeFile("hard", metadata, content: Array("new".utf8))
        #expect(try Files.readText("\(folder.path)/victim") == "kept")
        #expect(try Files.readText("\(folder.path)/root/file") == "new")
        #expect(try Files.readText("\(folder.path)/root/hard") == "new")
    }

    @Test func `a full disk and a read-only one are told as such`() {
        #expect(HostError.system(.noSpace, "cannot write 'x'").code == .noSpace)
        #expect(HostError.system(.noSpace, "cannot write 'x'").message == "cannot write 'x': No space left on device")
        #expect(HostError.system(.readOnlyFileSystem, "cannot write 'x'").code == .readOnly)
        #expect(throws: HostError.self) { try TarWriter(path: "/dev/full").finish() }
    }
}

/// A folder that goes with the test, and a shell in it.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = try Files.newFolder(in: "/tmp", named: "stonebake-test")
    }

    deinit { try? removeTree(path) }

    @discardableResult
    func shell(_ script: String) async throws -> String {
        let command = Command("/bin/sh", ["-ec", script]).with {
            $0.workingDirectory = path
            $0.output = .capture(limit: 1 << 20)
        }
        return try await CommandRunner(progress: .silent).check(command, purpose: "prepare a test").text
    }
}
