import BuildPlanning
import Diagnostics
import FileTrees
import Testing
import TreeMeasures

@testable import DiskAssembly

@Suite struct RootArchiveTests {
    @Test(arguments: ["pax", "gnu"])
    func `long names, links and contents are read from both dialects of tar`(format: String) async throws {
        let folder = try TestFolder()
        let long = (1...6).map { "folder-\($0)-" + String(repeating: "x", count: 40) }.joined(separator: "/")
        _ = try await folder.shell(
            """
            mkdir -p tree/\(long)
            printf 'the content' > tree/\(long)/file
            ln tree/\(long)/file tree/link
            ln -s /\(long)/file tree/symlink
            tar --create --file=root.tar --directory=tree --format=\(format) --sort=name .
            """)
        let archive = try RootArchive("\(folder.path)/root.tar")
        #expect(archive.entries.first?.path == "")
        #expect(archive.entries.contains { $0.path == "\(long)/file" })
        // tar keeps the first name it meets as the file and the other as the link.
        #expect(try archive.content(of: "link") == Array("the content".utf8))
        #expect(try archive.content(of: "\(long)/file") == Array("the content".utf8))
        #expect(archive.entries.first { $0.path == "symlink" }?.linkTarget == "/\(long)/file")
        #expect(try archive.content(of: "nothing") == nil)
        #expect(try archive.content(of: "symlink") == nil)
    }

    @Test func `what a tree takes is counted in blocks and inodes`() async throws {
        let folder = try TestFolder()
        _ = try await folder.shell(
            """
            mkdir -p tree/many
            printf x > tree/one; head -c 4096 /dev/zero > tree/full; head -c 4097 /dev/zero > tree/two; : > tree/empty
            ln tree/two tree/hard
            ln -s short tree/short; ln -s $(printf '%070d' 1) tree/long
            for i in $(seq 1 300); do : > tree/many/a-file-with-a-name-$i; done
            tar --create --file=root.tar --directory=tree --format=pax --sort=name .
            """)
        let usage = try RootArchive("\(folder.path)/root.tar").usage
        // one, full: 1 each; two: 2; long: 1; the root folder: 1; many, 300 entries of 32 bytes: 4 and an index.
        #expect(usage == TreeUsage(blocks: 11, inodes: 308))
    }

    @Test func `an archive that is cut off or damaged is an error, not a smaller tree`() async throws {
        let folder = try TestFolder()
        _ = try await folder.shell(
            """
            mkdir tree; head -c 100000 /dev/zero > tree/file; : > tree/other
            tar --create --file=root.tar --directory=tree --sort=name .
            head -c 50000 root.tar > cut.tar
            sed 's/file/fiLe/' root.tar > damaged.tar
            : > empty.tar
            """)
        for (name, reason) in [
            ("cut", "an entry's size is impossible"), ("damaged", "a header's checksum is wrong"),
            ("empty", "it is cut off"),
        ] {
            let error = #expect(throws: DiskError.self) { try RootArchive("\(folder.path)/\(name).tar") }
            #expect(error?.code == .badTree)
            #expect(error?.message.hasSuffix(reason) == true)
        }
        #expect(throws: HostError.self) { try RootArchive("\(folder.path)/absent.tar") }
    }

    @Test func `a debugfs request that an attribute's path would break is refused`() throws {
        let entry = RootArchive.Entry(
            path: "a\nrm b", type: "0", size: 0, offset: 0, linkTarget: "", attributes: ["user.x": [1]])
        let attributes = ExtendedAttributes([entry])
        #expect(throws: DiskError.self) { try attributes.requests(folder: "/x") }
        let capability = RootArchive.Entry(
            path: "a", type: "0", size: 0, offset: 0, linkTarget: "",
            attributes: ["security.capability": [1], "user.y": [2], "user.x": [3]])
        #expect(
            try ExtendedAttributes([capability]).requests(folder: "/x") == """
                ea_set -f /x/value-0 "/a" user.x
                ea_set -f /x/value-1 "/a" user.y

                """)
    }
}
