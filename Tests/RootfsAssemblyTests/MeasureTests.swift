import BuildPlanning
import FoundationEssentials
import HostSystem
import Testing

@testable import FileTrees
@testable import RootfsAssembly
@testable import SandboxInside
@testable import TreeMeasures

/// What a tree takes, and the stream in which it leaves its namespace.
@Suite struct MeasureTests {
    @Test func `what a tree takes is counted in blocks and inodes`() async throws {
        let shop = try TestShop()
        try await shop.shell(
            """
            mkdir -p tree/many
            printf x > tree/one; head -c 4096 /dev/zero > tree/full; head -c 4097 /dev/zero > tree/two; : > tree/empty
            ln tree/two tree/hard
            ln -s short tree/short; ln -s $(printf '%070d' 1) tree/long
            for i in $(seq 1 300); do : > tree/many/a-file-with-a-name-$i; done
            """)
        let (measure, _) = try MeasureCommand.measure(LayeredTree(["\(shop.path)/tree"]))
        // one, full: 1 each; two: 2; long: 1; the root folder: 1; many, 300 entries of 32 bytes: 4 and an index.
        #expect(measure.usage == TreeUsage(blocks: 11, inodes: 308))
        #expect(measure.contentSize == 1 + 4096 + 4097)
        #expect(measure.entryCount == 309)
    }

    @Test func `files are noted by their names, hard links too, and nothing behind a symbolic link`() async throws {
        let shop = try TestShop()
        try await shop.shell(
            """
            mkdir -p tree/boot/grub tree/etc tree/real
            printf fstab > tree/etc/fstab; ln tree/etc/fstab tree/etc/linked
            touch tree/boot/vmlinuz-6.9 tree/boot/vmlinuz-6.12 tree/boot/grub/grub.cfg tree/real/secret
            ln -s /etc/passwd tree/etc/passwd; ln -s /real tree/way
            """)
        let wanted: Set = ["etc/fstab", "etc/linked", "etc/passwd", "way/secret", "etc/absent"]
        let (measure, files) = try MeasureCommand.measure(LayeredTree(["\(shop.path)/tree"]), noting: wanted)
        #expect(files == ["etc/fstab": "etc/fstab", "etc/linked": "etc/fstab"])
        #expect(measure.kernel == "6.12")
        #expect(measure.boot == ["boot/grub", "boot/vmlinuz-6.12", "boot/vmlinuz-6.9"])
    }

    @Test func `a stream leaves out what lies on another filesystem, but for its mount point`() async throws {
        let shop = try TestShop()
        try await shop.shell("mkdir -p tree/home/user tree/etc; touch tree/home/user/file tree/etc/file")
        let host = try Host(testing: "\(shop.path)/store")
        var stream = TreeStream(layers: ["\(shop.path)/tree"], timestamp: 1_790_000_000)
        stream.leavingOut = ["home"]
        try await stream.write(to: "\(shop.path)/root.tar", host: host)
        stream = TreeStream(layers: ["\(shop.path)/tree"], timestamp: 1_790_000_000)
        stream.below = "home"
        try await stream.write(to: "\(shop.path)/home.tar", host: host)
        try await host.close()
        #expect(try await shop.names("root.tar") == ["./", "./etc/", "./etc/file", "./home/"])
        #expect(try await shop.names("home.tar") == ["./", "./user/", "./user/file"])
    }

    @Test func `of a tree on a base come its folders, its files in /usr, its others, what is new, and links to files`()
        async throws
    {
        let shop = try TestShop()
        try await shop.shell(
            """
            mkdir -p tree base/etc base/usr/bin base/usr/lib initramfs/boot above/etc above/usr/bin above/opt
            touch base/etc/kept base/etc/replaced base/etc/removed base/usr/bin/one base/usr/lib/large
            ln base/etc/kept base/usr/bin/linked; ln -s one base/usr/bin/way
            touch initramfs/boot/initrd above/etc/replaced above/usr/bin/new above/opt/file
            mknod above/etc/removed c 0 0 2>/dev/null || {
                touch above/etc/removed; setfattr -n user.overlay.whiteout -v y above/etc/removed
                setfattr -n user.overlay.opaque -v x above/etc; }
            head -c 70001 /dev/urandom >base/usr/lib/large
            """)
        let host = try Host(testing: "\(shop.path)/store")
        let layers = ["base", "initramfs", "above"].map { "\(shop.path)/\($0)" }
        var stream = TreeStream(layers: layers, timestamp: 1_790_000_000)
        stream.baseLayers = 2
        try await stream.write(to: "\(shop.path)/tree.tar", host: host)
        #expect(
            try await shop.names("tree.tar") == [
                "./", "./boot/", "./etc/", "./usr/", "./usr/bin/", "./usr/lib/", "./usr/bin/one", "./usr/bin/way",
                "./usr/lib/large", "./boot/initrd", "./etc/kept", "./etc/replaced", "./opt/", "./opt/file",
                "./usr/bin/new", "./usr/bin/linked",
            ])
        // The same things with the same contents, in whatever order, and through a pipe too.
        stream.baseLayers = nil
        try await stream.write(to: "\(shop.path)/sorted.tar", host: host)
        stream.baseLayers = 2
        _ = try await stream.pipe(in: shop.path, host: host) { pipe in
            try await shop.read(pipe, by: "cat >'\(shop.path)/piped.tar'", host)
        }
        try await host.close()
        try await shop.shell(
            """
            cmp tree.tar piped.tar
            for tar in piped sorted; do mkdir $tar; tar -xf $tar.tar -C $tar --no-same-owner; done
            diff -r --no-dereference piped sorted
            [ "$(stat -c %h piped/usr/bin/linked)" = 2 ]
            """)
    }

    @Test func `a reader that fails ends the stream, and its reason is told; what it has read before does not matter`()
        async throws
    {
        let shop = try TestShop()
        try await shop.shell("mkdir tree; head -c 30000000 /dev/zero > tree/file")
        let host = try Host(testing: "\(shop.path)/store")
        let stream = TreeStream(layers: ["\(shop.path)/tree"], timestamp: 1_790_000_000)
        for script in ["exit 3", "head -c 100 >/dev/null; exit 3"] {
            let error = await #expect(throws: HostError.self) {
                try await stream.pipe(in: shop.path, host: host) { pipe in
                    try await shop.read(pipe, by: script, host)
                }
            }
            #expect(error?.message.hasPrefix("reading the tree") == true, "\(error?.message ?? "")")
            #expect(!Files.exists("\(shop.path)/tree.fifo"))
        }
        // And the other way round: a tree that cannot be read.
        try await shop.shell("mkdir bad; touch \"bad/$(printf 'n\\377')\"")
        let bad = TreeStream(layers: ["\(shop.path)/bad"], timestamp: 0)
        let error = await #expect(throws: HostError.self) {
            try await bad.pipe(in: shop.path, host: host) { pipe in
                try await shop.read(pipe, by: "cat", host)
            }
        }
        #expect(error?.message.contains("not UTF-8") == true, "\(error?.message ?? "")")
        let nothing = TreeStream(layers: ["\(shop.path)/absent"], timestamp: 0)
        let missing = await #expect(throws: HostError.self) {
            try await nothing.pipe(in: shop.path, host: host) { try await shop.read($0, by: "cat", host) }
        }
        #expect(missing?.message.contains("/absent'") == true, "\(missing?.message ?? "")")
        try await host.close()
    }
}

private final class TestShop: Sendable {
    let path: String

    init() throws {
        path = "\(try FinishedTree.buildFolder)/measure-\(UUID().uuidString.prefix(8))"
        try Files.makeFolder(path)
    }

    deinit { try? removeTree(path) }

    @discardableResult
    func shell(_ script: String) async throws -> String {
        let command = Command("/bin/sh", ["-ec", script]).with {
            $0.workingDirectory = path
            $0.output = .capture(limit: 1 << 20)
        }
        return try await CommandRunner(progress: .silent).check(command, purpose: "making a tree").text
    }

    /// In a sandbox, as mke2fs does it.
    func read(_ pipe: String, by script: String, _ host: Host) async throws {
        let command = Command("/bin/sh", ["-c", script]).with { $0.input = .file(pipe) }
        let job = SandboxJob(layers: [], upper: "\(path)/tree", command: command).with { $0.chroot = false }
        try await Sandbox(host: host).check(job, purpose: "reading the tree")
    }

    func names(_ archive: String) async throws -> [String] {
        try await shell("tar --list --file \(archive)").split(separator: "\n").map(String.init)
    }
}
