import BuildPlanning
import ContentDigest
import FileTrees
import FoundationEssentials
import Glibc
import Testing

@testable import HostSystem
@testable import ImageExport
@testable import SandboxInside

/// The judge is qemu-img, with the libzstd that the tools have here too.
@Suite struct QCOW2Tests {
    /// Shell commands that make `disk.raw`: where its last cluster lies, and how well it compresses, decide where the file
    /// ends; each 512 MiB has a table of its own.
    @Test(arguments: [
        ("nothing but zeros", "truncate -s 64M disk.raw"),
        ("one cluster", "truncate -s 64K disk.raw; seq 9 | dd of=disk.raw conv=notrunc status=none"),
        ("text, and its end is compressed", "seq 3000000 | head -c 20M >disk.raw"),
        ("nothing becomes smaller", "openssl rand 10M >disk.raw 2>/dev/null || head -c 10M /dev/urandom >disk.raw"),
        (
            "both, in turn",
            "for n in $(seq 40); do head -c ${n}000 /dev/urandom; seq ${n}0000; head -c 70000 /dev/urandom; done >disk.raw"
                + "; truncate -s 16M disk.raw"
        ),
        (
            "what compresses, far behind its host cluster",
            "seq 30000 >disk.raw; truncate -s 192K disk.raw; head -c 20M /dev/urandom >>disk.raw; seq 9 >>disk.raw;"
                + " truncate -s 21M disk.raw; head -c 11M /dev/urandom >>disk.raw; seq 99 >>disk.raw; truncate -s 33M disk.raw"
        ),
        (
            "three tables, the first without an entry",
            "truncate -s 1200M disk.raw; for at in 513 700 1199; do"
                + " seq 500000 | head -c 1M | dd of=disk.raw bs=1M seek=$at conv=notrunc status=none; done"
        ),
    ])
    func `the file is the one that qemu-img makes of the disk`(name: String, script: String) async throws {
        let fixture = try await ExportFixture()
        // Whatever is written here is not written by that.
        _ = try await fixture.shell("rm disk.raw tools/usr/bin/qemu-img; \(script)")
        let expected = try await fixture.judged()
        for cpus in [1, 3] {
            let file = try await fixture.written(bypassingCache: cpus == 3)
            #expect(file.sha256 == expected.sha256, "\(name)")
            #expect(file.size == expected.size, "\(name)")
            let disk = "\(fixture.folder)/disk.raw"
            #expect(fixture.host.store.checksums.take(disk) == (try CRC32C.of(sparse: disk)), "\(name)")
        }
    }

    @Test func `tools whose zstd cannot be loaded have a qemu-img, and the file is the same`() async throws {
        let fixture = try await ExportFixture()
        let ours = try await fixture.written()
        // Where a loader finds it, and the worker does not look.
        _ = try await fixture.shell("mv tools/usr/lib/*-linux-gnu/libzstd.so.1 tools/usr/lib/")
        let theirs = try await fixture.written()
        #expect(theirs.sha256 == ours.sha256)
        _ = try await fixture.shell("rm tools/usr/bin/qemu-img")
        await #expect(throws: (any Error).self) { try await fixture.written() }
    }

    @Test func `the machine's zstd is not taken for the tools', however somebody spells its folder`() async throws {
        let fixture = try await ExportFixture()
        _ = try await fixture.shell("rm tools/usr/bin/qemu-img tools/usr/lib/*-linux-gnu/libzstd.so.1")
        #if arch(arm64)
            setenv("LD_LIBRARY_PATH", "/usr/lib/aarch64-linux-gnu", 1)
        #else
            setenv("LD_LIBRARY_PATH", "/usr/lib/x86_64-linux-gnu", 1)
        #endif
        defer { unsetenv("LD_LIBRARY_PATH") }
        await #expect(throws: (any Error).self) { try await fixture.written() }
    }

    @Test func `a copy is made while the digest is taken, and is the file`() async throws {
        let fixture = try await ExportFixture()
        for bypassingCache in [false, true] {
            let file = try await fixture.written(bypassingCache: bypassingCache, copyingTo: "copies/tiny.qcow2")
            #expect(try WrittenFile(hashing: "\(fixture.folder)/copies/tiny.qcow2").sha256 == file.sha256)
            #expect(try WrittenFile(hashing: file.path) == file)
        }
    }

    @Test func `a disk that ends within a cluster is qemu-img's too`() async throws {
        let fixture = try await ExportFixture()
        _ = try await fixture.shell("truncate -s +512 disk.raw")
        let expected = try await fixture.judged()
        #expect(try await fixture.written().sha256 == expected.sha256)
    }

    /// 2 GiB of the file have a refcount block. The metadata alone, of 5 GiB.
    @Test func `a file of several refcount blocks is whole`() async throws {
        let fixture = try await ExportFixture()
        let path = "\(fixture.folder)/large.qcow2"
        var layout = QCOW2Layout(size: 6 << 30)
        for cluster in 0..<90_000 {
            switch cluster % 7 {
            case 0: break
            case 1...5: _ = layout.place(cluster, compressedTo: 50_000 + cluster % 15_000)
            default: _ = layout.place(uncompressed: cluster)
            }
        }
        let output = try WindowedOutput(path, bypassingCache: false)
        try output.finish(layout.metadata(), size: layout.end)
        #expect(layout.end > 4 << 30)
        let report = try await fixture.shell("qemu-img check large.qcow2; qemu-img info --output=json large.qcow2")
        #expect(report.hasPrefix("No errors were found on the image.\n"), "\(report)")
        #expect(report.contains("\"virtual-size\": \(6 << 30)"))
    }

    @Test func `what is written twice into the window lies where it was put, and the gaps are zeros`() async throws {
        let fixture = try await ExportFixture()
        let path = "\(fixture.folder)/window"
        let output = try WindowedOutput(path, bypassingCache: true)
        let large = [UInt8](repeating: 7, count: WindowedOutput.reach * 5 / 2)
        func write(_ bytes: [UInt8], at place: Int64) throws {
            let result = bytes.withUnsafeBytes { buffer in
                Result { () throws(HostError) in try output.write(buffer, at: place) }
            }
            try result.get()
        }
        try write(large, at: 100)
        let end = Int64(large.count) + 100
        try write([9, 9], at: end + 70_000)
        try write([8, 8, 8], at: end + 10)
        // This has left the window.
        try write([6], at: 50)
        try output.finish([(0, Array("head".utf8))], size: end + 70_002)
        let expected =
            Array("head".utf8) + [UInt8](repeating: 0, count: 46) + [6] + [UInt8](repeating: 0, count: 49) + large
            + [UInt8](repeating: 0, count: 10) + [
                8, 8, 8,
            ]
            + [UInt8](repeating: 0, count: 70_000 - 13) + [9, 9]
        #expect(try Files.read(path) == expected)
    }

    /// A tmpfs of 1 MiB, mounted where only this command and its children see it.
    @Test func `a full disk is told as such`() async throws {
        let fixture = try await ExportFixture()
        let order = QCOW2Order(
            disk: "../disk.raw", output: "full.qcow2", workers: 2, bypassesCache: false)
        let text = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
        let worker = Command(fixture.host.worker, WorkerCommand.words(["qcow2", text]))
        let inside = Command(
            "unshare",
            [
                "--map-root-user", "--mount", "sh", "-ec",
                "mkdir -p small; mount -t tmpfs -o size=500k tmpfs small; cd small; \(worker.shellLine)",
            ]
        ).with { $0.workingDirectory = fixture.folder }
        let result = try await CommandRunner(progress: .silent).run(inside)
        let failure = try #require(WorkerFailure.error(in: result.tail), "\(result.tail)")
        #expect(failure.code == .noSpace)
        let error = QCOW2Writer.explained(failure, store: "/srv/cache")
        #expect(error.message == "cannot write the image: the disk that holds '/srv/cache' is full")
    }
}

extension ExportFixture {
    /// What the machine's own qemu-img makes of the disk.
    func judged() async throws -> WrittenFile {
        var command = QCOW2Writer.command(to: "judged.qcow2", cpus: 1)
        command.arguments.removeLast(2)
        command.arguments += ["\(folder)/disk.raw", "\(folder)/judged.qcow2"]
        try await CommandRunner(progress: .silent).check(command, purpose: "a test's conversion")
        return try WrittenFile(hashing: "\(folder)/judged.qcow2")
    }

    /// - Parameter copy: relative to the folder
    func written(
        bypassingCache: Bool = false, like: SimilarImage.Pair? = nil, copyingTo copy: String? = nil
    ) async throws -> WrittenFile {
        let host = bypassingCache ? host.building(oneOfMany: "tiny") : host
        let writer = QCOW2Writer(host: host, tools: ToolsRoot(tree: "\(folder)/tools"))
        let path = "\(folder)/written.qcow2"
        return try await writer.write(
            "\(folder)/disk.raw", to: path, usesZstd: true, like: like, copyingTo: copy.map { "\(folder)/\($0)" })
    }
}
