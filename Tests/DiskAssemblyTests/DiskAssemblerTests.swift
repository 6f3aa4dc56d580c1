import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import HostSystem
import Synchronization
import SystemPackage
import Testing
import TreeMeasures

@testable import DiskAssembly

/// A disk from a tree of a few files, with the real tools and the real libguestfs.
@Suite(.serialized) struct DiskAssemblerTests {
    @Test func `a tree becomes a disk that libguestfs and the tools of its filesystems find right`() async throws {
        let folder = try TestFolder()
        let tree = try await TinyTree.make(in: folder)
        let host = try TestTools.host()
        let tools = try await TestTools.root(host)
        let plan = Sample.plan(disk: Sample.settings(free: .bytes(ByteSize(bytes: 30_000_000))))
        let assembler = DiskAssembler(host: host)
        let session = try await assembler.prepare(useKVM: false)
        let step = Self.step(tree, folder)
        let image = try await assembler.assemble(step, root: tree, tools: tools, plan: plan, session: session)

        #expect(image.inspection.distribution == "debian")
        #expect(image.inspection.majorVersion == 13)
        // What libguestfs calls a Debian: its /etc/debian_version.
        #expect(image.inspection.productName == "13.2")
        #expect(image.inspection.architecture == "x86_64")
        #expect(image.inspection.kernels == [TinyTree.kernel])
        #expect(try assembler.cached(step)?.path == image.path)
        #expect(try assembler.cached(step)?.layout == image.layout)
        await session.cancel()
        // The session's file and the appliance's folder are gone with it.
        #expect(!Files.exists(session.places[0].disk.path))
        #expect(try Files.names(in: session.folder) == [])

        try await Judges(image: image, folder: folder).judge(freeAtLeast: 30_000_000)

        // The same bytes again, seconds later, from another place of the same tree, in another folder.
        _ = try await folder.shell("sleep 2; cp -a tree copy")
        var other = tree
        other.layers[0] = "\(folder.path)/copy"
        let again = try DiskFile.create("\(folder.path)/again.raw", size: 1 << 32)
        let boot = try BootFiles(
            assets: TreeAssets(folder: tree.assets), layout: image.layout, architecture: .amd64)
        _ = try await DiskWriter(
            host: host, tools: tools, layout: image.layout, disk: again, folder: folder.path,
            timestamp: plan.lock.timestamp
        ).write(tree: other, boot: boot, hashSeed: plan.identity.hashSeed)
        #expect(try Digest.of(file: FilePath(again.path)) == Digest.of(file: FilePath(image.path)))
        try await host.close()
    }

    /// Their blocks are compressed once for all of them.
    @Test func `appliances with one base have its files at the same places, whatever else they have`() async throws {
        let folder = try TestFolder()
        let tree = try await TinyTree.make(in: folder)
        // Its upper layer is part of neither base; what stands above it differs in number, names and size.
        _ = try await folder.shell(
            """
            for name in a b c; do mkdir -p tree/usr/lib/$name; head -c 300000 /dev/urandom >tree/usr/lib/$name/file; done
            mkdir -p other/usr/lib/a other/aaa other/etc
            head -c 200000 /dev/urandom >other/usr/lib/a/first; seq 99999 >other/aaa/file; echo other >other/etc/hostname
            """)
        let host = try TestTools.host()
        let tools = try await TestTools.root(host)
        var places: [String] = []
        for (number, layers) in [tree.layers, tree.layers + ["\(folder.path)/other"]].enumerated() {
            var tree = tree
            tree.layers = layers
            let free = DiskSettings.Free.bytes(ByteSize(bytes: 35_000_000 + Int64(number) * 10_000_000))
            let planner = Sample.planner(Sample.settings(free: free))
            let layout = try #require(planner.layout(for: tree.measure.usage, packages: []).layout)
            let disk = try DiskFile.create("\(folder.path)/disk-\(number).raw", size: 1 << 32)
            let boot = try BootFiles(assets: TreeAssets(folder: tree.assets), layout: layout, architecture: .amd64)
            _ = try await DiskWriter(
                host: host, tools: tools, layout: layout, disk: disk, folder: folder.path, timestamp: 1_790_000_000
            ).write(tree: tree, boot: boot, hashSeed: Sample.plan().identity.hashSeed)
            let root = try #require(layout[.root])
            let requests = ["a/file", "b/file", "c/file"].map { "blocks /usr/lib/\($0)\\n" }.joined()
            places.append(
                try await folder.shell(
                    "printf '\(requests)blocks /boot/vmlinuz-\(TinyTree.kernel)\\n'"
                        + " | /sbin/debugfs -f - 'disk-\(number).raw?offset=\(root.start)' 2>/dev/null"))
        }
        #expect(places[0] == places[1])
        // Four files of 74 blocks: there is something to compare.
        #expect(places[0].split(separator: " ").count > 290)
        try await host.close()
    }

    /// It costs half a second of a processor's time, and in a batch that is all that counts.
    @Test func `the digest of a disk is taken when somebody asks for it, and of a copied one`() async throws {
        let folder = try TestFolder()
        let tree = try await TinyTree.make(in: folder)
        let host = try TestTools.host()
        let tools = try await TestTools.root(host)
        let plan = Sample.plan(disk: Sample.settings(free: .bytes(ByteSize(bytes: 30_000_000))))
        let session = try await DiskAssembler(host: host).prepare(useKVM: false)
        func made(
            _ name: String, copyingTo copy: String? = nil, takesDigest: Bool = false
        ) async throws -> (path: String, digest: Digest?, isTimed: Bool) {
            var inputs = StepInputs()
            inputs.add("test", text: "\(folder.path) \(name)")
            let step = BuildStep(kind: .disk, name: name, title: "assemble the disk", inputs: inputs)
            let recorder = TimelineRecorder(cpus: 2)
            let (image, digest) = try await Timeline.record(recorder, "build") {
                try await DiskAssembler(host: host).assemble(
                    step, root: tree, tools: tools, plan: plan, session: session, copyingTo: copy,
                    takesDigest: takesDigest
                ) { try await $0.digest?.value }
            }
            let isTimed = recorder.recording.spans.contains { $0.title == "digest of the disk" }
            return (image.path, digest ?? nil, isTimed)
        }
        let unasked = try await made("unasked")
        #expect(unasked.digest == nil && !unasked.isTimed)
        let digest = try Digest.of(file: FilePath(unasked.path))
        let asked = try await made("asked", takesDigest: true)
        #expect(asked.digest == digest && asked.isTimed)
        let copied = try await made("copied", copyingTo: "\(folder.path)/copy.raw")
        #expect(copied.digest == digest && copied.isTimed)
        #expect(try Digest.of(file: FilePath("\(folder.path)/copy.raw")) == digest)
        await session.cancel()
        try await host.close()
    }

    /// Changed files: the path, its new content, and whether the last disk can be patched with it.
    @Test(arguments: [
        (["/etc/hostname": "a longer name\n"], true),
        (["/etc/hostname": "t\n", "/usr/share/doc/\u{c4}rger": String(repeating: "much text\n", count: 400)], true),
        (["/usr/share/doc/large": String(repeating: "y", count: 5_000_000)], true),
        // A block of zeros becomes a hole, and a file of another number of blocks moves those behind it.
        (["/usr/share/doc/large": String(repeating: "\0", count: 5_000_000)], false),
        (["/etc/hostname": String(repeating: "x", count: 5000)], false),
    ])
    func `a disk that is made from the last one is the one that is made anew`(
        edits: [String: String], expectation: Bool
    ) async throws {
        let folder = try TestFolder()
        var tree = try await TinyTree.make(in: folder)
        try Files.write(String(repeating: "x", count: 5_000_000), to: "\(folder.path)/upper/usr/share/doc/large")
        tree.measure.usage.blocks += 2000
        let log = Log()
        let host = try TestTools.host(
            progress: ProgressSink { event in
                if case .log(let line) = event { log.lines.withLock { $0.append(line) } }
            })
        let tools = try await TestTools.root(host)
        let plan = Sample.plan(disk: Sample.settings(free: .bytes(ByteSize(bytes: 30_000_000))))
        let assembler = DiskAssembler(host: host)
        func step(_ tree: String) -> BuildStep {
            var inputs = StepInputs()
            inputs.add(BuildStep.treeInput, Digest.of(tree))
            inputs.add("test", text: folder.path)
            return BuildStep(kind: .disk, name: "tiny", title: "assemble the disk", inputs: inputs)
        }
        let session = try await assembler.prepare(useKVM: false)
        _ = try await assembler.assemble(step("old"), root: tree, tools: tools, plan: plan, session: session)
        await session.cancel()

        var changes = TreeChanges(since: Digest.of("old"), files: [])
        for (path, content) in edits.sorted(by: { $0.key < $1.key }) {
            let layer = path.hasPrefix("/usr/share") ? tree.layers[1] : tree.layers[0]
            let size = try #require(try Files.identity("\(layer)\(path)")?.size)
            try Files.write(content, to: "\(layer)\(path)")
            changes.files.append(
                .init(
                    path: String(path.dropFirst()), content: "\(layer)\(path)", oldSize: size,
                    size: Int64(content.utf8.count)))
        }
        func making(_ changes: TreeChanges?) async throws -> (digest: Digest, isPatched: Bool) {
            var root = tree
            root.changes = changes
            log.lines.withLock { $0 = [] }
            let image = try await assembler.assemble(
                step(changes == nil ? "anew" : "new"), root: root, tools: tools, plan: plan, session: nil)
            let isPatched = log.lines.withLock { $0.contains("the disk is the last one with what has changed") }
            return (try Digest.of(file: FilePath(image.path)), isPatched)
        }
        let patched = try await making(changes)
        #expect(patched.isPatched == expectation)
        let anew = try await making(nil)
        #expect(!anew.isPatched)
        #expect(patched.digest == anew.digest)
        try await host.close()
    }

    @Test func `what the trimmed appliance turns out to lack, libguestfs' full one has`() async throws {
        let folder = try TestFolder()
        let tree = try await TinyTree.make(in: folder)
        let log = Log()
        let host = try TestTools.host(
            progress: ProgressSink { event in
                if case .message(.warning, let line) = event { log.lines.withLock { $0.append(line) } }
            })
        let tools = try await TestTools.root(host)
        let assembler = DiskAssembler(host: host)
        let session = try await assembler.prepare(useKVM: false)
        try await session.run { handle, _ in _ = try handle.shell("rm $(command -v blkid)") }
        // What was looked at once, by this test yesterday, is not looked at again: a system that nobody has seen.
        try Files.write(Array("\(folder.path)\n".utf8), to: "\(tree.assets)/etc/debian_version")
        let image = try await assembler.assemble(
            Self.step(tree, folder), root: tree, tools: tools,
            plan: Sample.plan(disk: Sample.settings(free: .bytes(ByteSize(bytes: 41_000_000)))),
            session: session)
        #expect(image.inspection.distribution == "debian")
        log.lines.withLock { lines in
            #expect(lines.count == 1 && lines[0].hasSuffix("once more with libguestfs' full appliance"), "\(lines)")
        }
        await session.cancel()
        try await host.close()
    }

    @Test func `folders with many names are indexed, and the disk has room for that`() async throws {
        let folder = try TestFolder()
        var tree = try await TinyTree.make(in: folder)
        _ = try await folder.shell(
            """
            mkdir tree/many tree/few; cd tree/many; touch ../few/one
            seq -f "%080.0f" 1 20000 | xargs touch
            cd ../..; tar --create --file=root.tar --directory=tree --format=pax --sort=name .
            """)
        tree.measure.usage.blocks += try RootArchive("\(folder.path)/root.tar").usage.blocks
        tree.measure.usage.inodes += 20_002
        let host = try TestTools.host()
        let plan = Sample.plan(disk: Sample.settings(free: .bytes(ByteSize(bytes: 0))))
        let planner = DiskLayoutPlanner(
            settings: plan.appliance.disk, architecture: .amd64, identity: plan.identity)
        let layout = try #require(planner.layout(for: tree.measure.usage, packages: []).layout)
        let disk = try DiskFile.create("\(folder.path)/many.raw", size: layout.size)
        let boot = try BootFiles(assets: TreeAssets(folder: tree.assets), layout: layout, architecture: .amd64)
        let writer = DiskWriter(
            host: host, tools: try await TestTools.root(host), layout: layout, disk: disk, folder: folder.path,
            timestamp: plan.lock.timestamp)
        _ = try await writer.write(tree: tree, boot: boot, hashSeed: plan.identity.hashSeed)
        try await writer.check()

        let root = try #require(layout[.root])
        let said = try await folder.shell(
            "printf 'htree /many\\nhtree /few\\nfeatures\\n' | debugfs -f - 'many.raw?offset=\(root.start)' 2>&1")
        #expect(said.contains("Root node dump") && said.contains("metadata_csum"), "\(said.prefix(2000))")
        #expect(said.contains("Not a hash-indexed directory"))
        try await host.close()
    }

    @Test func `a budget also judges a disk that the store has`() async throws {
        let folder = try TestFolder()
        let tree = try await TinyTree.make(in: folder)
        let host = try Host(testing: "\(folder.path)/store")
        let step = Self.step(tree, folder)
        let layout = try #require(Sample.planner().layout(for: LayoutTests.wsgi, packages: []).layout)
        let inspection = DiskImage.Inspection(
            distribution: "debian", majorVersion: 13, minorVersion: 0, productName: "13.0", architecture: "x86_64",
            kernels: [])
        let assembler = DiskAssembler(host: host)
        let made = try DiskFile.create("\(folder.path)/disk.raw", size: layout.size)
        _ = try assembler.keep(
            DiskImage(path: made.path, layout: layout, inspection: inspection, tree: tree.measure), as: step,
            seen: Digest.of("x"),
            digest: Digest.of("y"),
            seconds: 1)
        func assemble(budget: Int64) async throws -> DiskImage {
            try await assembler.assemble(
                step, root: tree, tools: ToolsRoot(tree: "/nowhere"),
                plan: Sample.plan(disk: Sample.settings(budget: budget)), session: nil)
        }
        #expect(try await assemble(budget: 2_000_000_000).layout == layout)
        let error = await #expect(throws: DiskError.self) { try await assemble(budget: 200_000_000) }
        #expect(error?.diagnostics.map(\.code) == ["over-budget"])
        try await host.close()
    }

    @Test(arguments: [
        (
            "/boot/grub/i386-pc/core.img",
            "the system has no '/boot/grub/i386-pc/core.img', which a BIOS needs to boot it"
        ),
        (
            "/usr/lib/shim/shimx64.efi.signed",
            "the system has no '/usr/lib/shim/shimx64.efi.signed', which UEFI firmware needs to boot it"
        ),
    ])
    func `a tree without what its firmware starts is refused by name`(missing: String, message: String) async throws {
        let folder = try TestFolder()
        let tree = try await TinyTree.make(in: folder, without: [missing])
        let layout = try #require(Sample.planner().layout(for: LayoutTests.wsgi, packages: []).layout)
        let error = #expect(throws: DiskError.self) {
            try BootFiles(assets: TreeAssets(folder: tree.assets), layout: layout, architecture: .amd64)
        }
        #expect(error?.code == .bootFiles)
        #expect(error?.message == message)
    }

    private static func step(_ tree: RootFilesystem, _ folder: TestFolder) -> BuildStep {
        var inputs = StepInputs()
        inputs.add("tree", text: tree.kernel)
        inputs.add("test", text: folder.path)
        return BuildStep(kind: .disk, name: "tiny", title: "assemble the disk", inputs: inputs)
    }
}

private final class Log: Sendable {
    let lines = Mutex<[String]>([])
}

/// Programs that are not ours and not libguestfs: gdisk, e2fsprogs and mtools of the host.
private struct Judges {
    let image: DiskImage
    let folder: TestFolder

    func judge(freeAtLeast free: Int64) async throws {
        let root = try #require(image.layout[.root])
        let system = try #require(image.layout[.esp])
        #expect(try Files.identity(image.path)?.size == image.layout.size)
        let table = try await folder.shell("/sbin/sgdisk --verify \(image.path)")
        #expect(table.contains("No problems found"))

        let extract = { (partition: DiskLayout.Partition, name: String) in
            "dd if=\(image.path) of=\(name) bs=1M conv=sparse status=none skip=\(partition.start >> 20) count=\(partition.size >> 20)\n"
        }
        let report = try await folder.shell(
            extract(root, "root.ext4") + extract(system, "esp.fat")
                + """
                /sbin/e2fsck -f -n root.ext4 2>&1
                /sbin/dumpe2fs -h root.ext4 2>/dev/null
                /sbin/debugfs -R "cat /etc/hostname" root.ext4 2>/dev/null
                /sbin/debugfs -R "ea_get /etc/hostname user.note" root.ext4 2>/dev/null
                /sbin/debugfs -R "ea_get -x /usr/bin/bash security.capability" root.ext4 2>/dev/null
                /sbin/debugfs -R "stat /usr/bin/rbash" root.ext4 2>/dev/null | grep -o "Links: 2"
                /sbin/debugfs -R "ls /usr/share/doc" root.ext4 2>/dev/null
                /sbin/fsck.fat -n esp.fat
                TZ=UTC mdir -/ -b -i esp.fat ::
                TZ=UTC mdir -i esp.fat ::/EFI/BOOT
                mtype -i esp.fat ::/EFI/debian/grub.cfg
                """)
        func value(_ key: String) -> Substring? {
            report.split(separator: "\n").first { $0.hasPrefix("\(key):") }?.dropFirst(key.count + 1).trimmingPrefix {
                $0 == " "
            }
        }
        #expect(value("Filesystem UUID").map(String.init) == Sample.identity.rootUUID)
        #expect(value("Directory Hash Seed").map(String.init) == Sample.identity.hashSeed)
        #expect(value("Filesystem volume name") == "root")
        #expect(value("Filesystem state") == "clean")
        // SOURCE_DATE_EPOCH of the lock.
        #expect(value("Filesystem created")?.contains("2026") == true)
        #expect(value("Filesystem features")?.contains("metadata_csum_seed") == false)
        #expect(value("Filesystem features")?.contains("orphan_file") == false)
        let blocks = try #require(value("Free blocks").flatMap { Int64($0) })
        let reserved = try #require(value("Reserved block count").flatMap { Int64($0) })
        #expect((blocks - reserved) * 4096 >= free)
        #expect(report.contains("\ntiny\n"))
        #expect(report.contains("an attribute too long"))
        // cap_net_raw, permitted and effective: VFS_CAP_REVISION_2 in xattr(7)'s form.
        #expect(report.contains("security.capability (20) = 01 00 00 02 00 20 00 00"))
        #expect(report.contains("Links: 2"))
        #expect(report.contains("\\xc3\\x84rger"))
        for file in [
            "BOOT/BOOTX64.EFI", "BOOT/grubx64.efi", "BOOT/mmx64.efi", "debian/BOOTX64.CSV", "debian/fbx64.efi",
            "debian/grub.cfg", "debian/grubx64.efi", "debian/mmx64.efi", "debian/shimx64.efi",
        ] {
            #expect(report.contains("::/EFI/\(file)\n"))
        }
        #expect(report.contains("search.fs_uuid \(Sample.identity.rootUUID) root"))
        // FAT keeps local times, and the ESP's are UTC: 1790000000 is 2026-09-21 14:13:20.
        #expect(report.contains("2026-09-21  14:13"))
    }
}
