import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import FoundationEssentials
import Glibc
import HostSystem
import Testing
import TreeMeasures

@testable import ImageExport

@Suite struct FormatTests {
    @Test func `raw and qcow2 hold the disk's bytes, sparsely, and SHA256SUMS says so`() async throws {
        let fixture = try await ExportFixture()
        let artifacts = try await fixture.export([.raw, .qcow2])
        #expect(artifacts.map(\.file) == ["tiny-1.0.0.raw", "tiny-1.0.0.qcow2"])
        #expect(try Files.names(in: fixture.output) == ["SHA256SUMS", "tiny-1.0.0.qcow2", "tiny-1.0.0.raw"])
        let report = try await fixture.shell(
            """
            cd out
            sha256sum --check --strict SHA256SUMS
            qemu-img compare -f raw -F qcow2 tiny-1.0.0.raw tiny-1.0.0.qcow2
            qemu-img check -q tiny-1.0.0.qcow2
            cmp ../disk.raw tiny-1.0.0.raw && echo same
            qemu-img info --output=json tiny-1.0.0.qcow2
            echo blocks $(stat --format=%b tiny-1.0.0.raw) of $(stat --format=%s tiny-1.0.0.raw)
            """)
        #expect(report.contains("tiny-1.0.0.qcow2: OK\ntiny-1.0.0.raw: OK"))
        #expect(report.contains("Images are identical."))
        #expect(report.contains("\nsame\n"))
        #expect(report.contains("\"compression-type\": \"zstd\""))
        #expect(report.contains("\"virtual-size\": \(ExportFixture.size)"))
        let blocks = report.split(separator: "\n").first { $0.hasPrefix("blocks ") }?.split(separator: " ")
        #expect(blocks.flatMap { Int64($0[1]) }.map { $0 * 512 < 8 << 20 } == true)
        #expect(artifacts[0].size == ExportFixture.size)
        #expect(artifacts[1].size < 4 << 20)
    }

    @Test func `the same disk gives the same files, whatever the number of threads`() async throws {
        let fixture = try await ExportFixture()
        let first = try await fixture.export([.raw, .qcow2])
        let second = try await fixture.export([.raw, .qcow2])
        #expect(first == second)
        for cpus in [1, 2, 8] {
            var command = QCOW2Writer.command(to: "image.qcow2", cpus: cpus)
            command.arguments.removeLast(2)
            command.arguments += ["\(fixture.folder)/disk.raw", "\(fixture.folder)/\(cpus).qcow2"]
            try await CommandRunner(progress: .silent).check(command, purpose: "a test's conversion")
        }
        let report = try await fixture.shell("sha256sum 1.qcow2 2.qcow2 8.qcow2 | cut -d' ' -f1 | sort -u")
        #expect(report == "\(first[1].sha256)\n")
    }

    @Test func `an earlier image stays until the new one is whole, and nothing half-written is left`() async throws {
        let fixture = try await ExportFixture()
        _ = try await fixture.export([.raw])
        let before = try Files.readText("\(fixture.output)/SHA256SUMS")
        try Files.remove("\(fixture.folder)/disk.raw")
        await #expect(throws: HostError.self) { try await fixture.export([.raw, .qcow2]) }
        #expect(try Files.readText("\(fixture.output)/SHA256SUMS") == before)
        #expect(try Files.names(in: fixture.output) == ["SHA256SUMS", "tiny-1.0.0.raw"])
    }

    @Test func `what a killed export has left, and images of targets that the spec no longer has, are removed`()
        async throws
    {
        let fixture = try await ExportFixture()
        _ = try await fixture.export([.raw, .qcow2])
        // The number of a process that has ended, and that of one that runs.
        let ended = try #require(Int32(try await fixture.shell("sh -c 'echo $$'").dropLast()))
        let stale = ImagePublisher.asideName("tiny-1.0.0", process: ended)
        let living = ImagePublisher.asideName("tiny-1.0.0", process: getppid())
        for name in [stale, living] {
            try Files.makeFolder("\(fixture.output)/\(name)")
            try Files.write("half", to: "\(fixture.output)/\(name)/tiny-1.0.0.raw")
        }
        _ = try await fixture.export([.raw])
        #expect(try Files.names(in: fixture.output) == [living, "SHA256SUMS", "tiny-1.0.0.raw"])
    }

    @Test func `cancelling ends the export and leaves nothing behind`() async throws {
        let fixture = try await ExportFixture()
        let task = Task { try await fixture.export([.raw, .qcow2]) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!Files.exists(fixture.output))
    }

    @Test func `what lies in the folder already is not written again, unless somebody has touched it`() async throws {
        let fixture = try await ExportFixture()
        _ = try await fixture.export([.raw, .qcow2])
        func times() async throws -> String { try await fixture.shell("stat --format='%n %i %y' out/*") }
        let before = try await times()
        _ = try await fixture.export([.raw, .qcow2])
        #expect(try await times() == before)
        _ = try await fixture.shell("printf x >>out/tiny-1.0.0.qcow2; rm out/tiny-1.0.0.raw")
        _ = try await fixture.export([.raw, .qcow2])
        _ = try await fixture.shell("cd out && sha256sum --check --strict SHA256SUMS")
        // The store's own files are copied and never lent.
        _ = try await fixture.shell("test $(stat --format=%h out/tiny-1.0.0.qcow2) = 1; ! cmp -s out/*.qcow2 out/*.raw")
    }

    /// A tmpfs of 4 MiB, mounted where only this command and its children see it.
    @Test func `a full disk is told as such`() async throws {
        let fixture = try await ExportFixture()
        var command = QCOW2Writer.command(to: "full.qcow2", cpus: 1)
        command.arguments.removeLast(2)
        command.arguments += ["../disk.raw", "full.qcow2"]
        let inside = Command(
            "unshare",
            [
                "--map-root-user", "--mount", "sh", "-ec",
                "mkdir -p small; mount -t tmpfs -o size=1M tmpfs small; cd small; \(command.shellLine)",
            ]
        ).with { $0.workingDirectory = fixture.folder }
        let failure = await #expect(throws: HostError.self) {
            try await CommandRunner(progress: .silent).check(inside, purpose: "writing 'full.qcow2'")
        }
        let error = QCOW2Writer.explained(try #require(failure), store: "/srv/cache")
        #expect(error.code == .noSpace)
        #expect(error.message == "cannot write the image: the disk that holds '/srv/cache' is full")
        #expect(error.exitCode == .tryAgain)
    }

    @Test func `an output folder that cannot be written to is named`() async throws {
        let fixture = try await ExportFixture()
        // A file in the way is in the way of root too.
        try Files.write("", to: "\(fixture.folder)/file")
        let error = await #expect(throws: HostError.self) {
            try await fixture.export([.raw], into: "\(fixture.folder)/file/out")
        }
        #expect(error?.message.contains("\(fixture.folder)/file") == true)
    }
}

/// A disk of 64 MiB with some data at both ends and in the middle.
final class ExportFixture: Sendable {
    static let size: Int64 = 64 << 20
    let folder: String
    let host: Host
    let image: DiskImage

    var output: String { "\(folder)/out" }

    init() async throws {
        folder = try Files.newFolder(in: "/var/tmp", named: "stonebake-export")
        host = try Host(testing: "\(folder)/store")
        let layout = DiskLayout(
            diskGUID: "DBF3E97A-8E4A-85ED-B6AA-3A571B3615CA", size: Self.size, partitions: [],
            root: .init(inodes: 1024, journalMebibytes: 4))
        image = DiskImage(
            path: "\(folder)/disk.raw", layout: layout,
            inspection: .init(
                distribution: "debian", majorVersion: 13, minorVersion: 2, productName: "13.2", architecture: "x86_64",
                kernels: ["6.12.1"]),
            tree: TreeMeasure(
                contentSize: 1, entryCount: 1, kernel: "6.12.1", packageSizes: [],
                usage: TreeUsage(blocks: 1, inodes: 1),
                boot: [], attributes: []))
        _ = try await shell(
            """
            truncate --size \(Self.size) disk.raw
            seq 1 200000 | dd of=disk.raw bs=1M conv=notrunc status=none
            head -c 1500000 "$(command -v bash)" | dd of=disk.raw bs=1M seek=30 conv=notrunc status=none
            # qemu-img and zstd with their libraries, as in a tools layer.
            mkdir -p tools/usr/bin tools/usr/lib tools/usr/lib64 tools/dev tools/proc tools/sys tools/run tools/tmp tools/etc
            ln -s usr/lib usr/lib64 tools
            for program in qemu-img zstd; do
                cp --dereference "$(command -v $program)" tools/usr/bin/$program
                for library in $(ldd "$(command -v $program)" | grep -o '/[^ ]*'); do
                    mkdir -p "tools$(realpath "$(dirname "$library")")" "tools$(dirname "$library")"
                    cp --dereference "$library" "tools$library"
                done
            done
            printf 'the end' | dd of=disk.raw bs=1 seek=\(Self.size - 7) conv=notrunc status=none
            """)
    }

    deinit { try? removeTree(folder) }

    /// As the pipeline does it.
    func export(
        _ targets: [Target], into folder: String? = nil,
        facts: ApplianceFacts = ApplianceFacts(name: "tiny", version: "1.0.0", timestamp: 1_763_800_000)
    ) async throws -> [ImageArtifact] {
        let writer = FormatWriter(host: host)
        let tree = "\(self.folder)/tree.tar"
        let pool = FormPool(host: host, facts: facts, tools: ToolsRoot(tree: "\(self.folder)/tools")) { path in
            try Files.link(tree, as: path)
        }
        let disk = try await shell("sha256sum <disk.raw")
        var files: [FormatFile] = []
        for target in targets {
            var inputs = StepInputs()
            inputs.add("disk", text: disk)
            inputs.add("target", text: target.rawValue)
            let step = BuildStep(kind: .format, name: "tiny", title: "write", inputs: inputs, target: target)
            if let cached = try writer.cached(step, disk: image.path) {
                files += cached
            } else {
                let made = try await writer.make(step, from: image.path, facts: facts, pool: pool)
                files += try writer.keep(made, as: step, disk: image.path)
            }
        }
        return try await ImagePublisher(host: host).publish(files, stem: "tiny-1.0.0", into: folder ?? output)
    }

    func shell(_ script: String) async throws -> String {
        let command = Command("sh", ["-euc", script]).with {
            $0.workingDirectory = folder
            $0.output = .capture(limit: 16 << 20)
        }
        return try await CommandRunner(progress: .silent).check(command, purpose: "a test's script").text
    }
}
