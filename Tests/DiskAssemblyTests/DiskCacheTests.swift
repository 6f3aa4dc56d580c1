import ContentDigest
import FileTrees
import Glibc
import HostSystem
import SandboxInside
import Testing

@testable import BuildPlanning
@testable import DiskAssembly

/// mke2fs, tune2fs and e2fsck with blocks of the disk kept in memory, and without.
struct DiskCacheTests {
    @Test func `the filesystem has the same bytes with the cache and without, and a fraction of the system calls`()
        async throws
    {
        let folder = try TestFolder()
        // More than the cache holds, folders of many blocks, a hole, and files that end within a block.
        _ = try await folder.shell(
            """
            mkdir -p tree/many tree/few
            python3 - <<'END'
            import random
            random.seed(7)
            for number in range(4000):
                with open(f"tree/many/a-name-that-takes-some-place-{number}", "wb") as file:
                    file.write(random.randbytes(random.randrange(0, 9000)))
            with open("tree/few/large", "wb") as file:
                file.write(random.randbytes(40_000_001))
            with open("tree/few/hole", "wb") as file:
                file.truncate(3_000_000)
                file.seek(5_000_000)
                file.write(b"end")
            END
            tar -C tree -cf tree.tar --sort=name --format=pax --mtime=@1790000000 --owner=0 --group=0 --numeric-owner .
            """)
        let host = try TestTools.host()
        let tools = try await TestTools.root(host)
        let plain = try await Self.make("plain", in: folder, host, tools) { _ in }
        let cache = try #require(DiskCache(host: host), "the library is made with the others: swift build")
        let cached = try await Self.make("cached", in: folder, host, tools) {
            cache.apply(to: &$0, disk: "\(DiskWriter.place)/disk.raw")
        }
        let sparing = try #require(DiskCache(host: host.building(oneOfMany: "one")))
        let direct = try await Self.make("direct", in: folder, host, tools) {
            sparing.apply(to: &$0, disk: "\(DiskWriter.place)/disk.raw")
        }
        #expect(cached.digest == plain.digest)
        #expect(direct.digest == plain.digest)
        let kept = try Self.cachedBytes(of: "\(folder.path)/cached.raw")
        #expect(try Self.cachedBytes(of: "\(folder.path)/direct.raw") < kept / 2)
        #expect(cached.writes < plain.writes / 20, "\(cached.writes) of \(plain.writes)")
        #expect(cached.reads < plain.reads / 5, "\(cached.reads) of \(plain.reads)")
        try await host.close()
    }

    /// Bytes of the file that the page cache holds.
    private static func cachedBytes(of path: String) throws -> Int {
        let descriptor = open(path, O_RDONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        let memory = try #require(mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0))
        defer { munmap(memory, size) }
        var pages = [UInt8](repeating: 0, count: (size + 4095) / 4096)
        #expect(mincore(memory, size, &pages) == 0)
        return pages.count { $0 & 1 == 1 } * 4096
    }

    private static let partition = DiskLayout.Partition(
        number: 1, role: .root, name: "", typeGUID: "", uniqueGUID: "", start: 1 << 20, size: 128 << 20, label: "root",
        filesystemUUID: "01234567-89ab-cdef-0123-456789abcdef")

    /// What is on a disk, and how many calls the kernel has counted for it.
    private struct Made {
        var digest: Digest
        var reads: Int
        var writes: Int
    }

    private static func make(
        _ name: String, in folder: TestFolder, _ host: Host, _ tools: ToolsRoot,
        _ change: (inout SandboxJob) -> Void
    ) async throws -> Made {
        let disk = try DiskFile.create("\(folder.path)/\(name).raw", size: 132 << 20)
        let place = DiskWriter.place
        let making = Ext4Writer.command(
            partition, parameters: .init(inodes: 8192, journalMebibytes: 4),
            hashSeed: "01234567-89ab-cdef-0123-456789abcdef", disk: "\(place)/disk.raw", features: Ext4Writer.unsummed)
        let words = ([making.executable] + making.arguments).map(Command.quoted).joined(separator: " ")
        let script = """
            \(words) || exit
            \(Ext4Writer.finishing("\(place)/disk.raw?offset=\(partition.start)"))
            e2fsck -f -n '\(place)/disk.raw?offset=\(partition.start)' || exit
            """
        // What the shell has waited for counts as its own. The tools layer has no program that would cut the line.
        let count = "while read -r name value; do case $name in sysc?:) echo $value ;; esac; done </proc/$$/io"
        let command = Command("sh", ["-c", "{ \(script)\n} && \(count)"]).with {
            $0.environment = making.environment
            $0.output = .capture(limit: 1 << 20)
            $0.input = .file("\(folder.path)/\(name).tar")
        }
        var job = SandboxJob(layers: [tools.tree], command: command)
        job.timestamp = 1_790_000_000
        job.binds = [.init(disk.path, at: "\(place)/disk.raw", readOnly: false)]
        change(&job)
        // Through a pipe, as the disk's step has it.
        async let written = folder.shell("mkfifo \(name).tar; cat tree.tar >\(name).tar")
        while !Files.exists("\(folder.path)/\(name).tar") { try await Task.sleep(for: .milliseconds(10)) }
        let result = try await Sandbox(host: host).check(job, purpose: "make a filesystem")
        _ = try await written
        let last = result.text.split(separator: "\n").suffix(2).compactMap { Int($0) }
        try #require(last.count == 2, "\(result.text)")
        return Made(digest: try Digest.of(sparse: disk.path, bypassingCache: true), reads: last[0], writes: last[1])
    }
}
