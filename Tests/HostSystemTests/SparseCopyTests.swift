import ContentDigest
import FoundationEssentials
import Glibc
import Testing

@testable import FileTrees
@testable import HostSystem

@Suite struct SparseCopyTests {
    /// On a disk, and in memory, where the page cache is all there is.
    @Test(arguments: ["/var/tmp", "/dev/shm"], [[], .writesPast, [.readsPast, .writesPast]] as [SparseCopy.CacheUse])
    func `a copy has the same bytes and holes, past the page cache or not`(
        place: String, cache: SparseCopy.CacheUse
    ) throws {
        let folder = try Files.newFolder(in: "\(place)", named: "stonebake-copy")
        defer { try? removeTree(folder) }
        // Longer than the buffer, a hole, data that begins within a block, and an end that is no block's.
        var content = [UInt8](repeating: 0, count: 24 << 20)
        for index in 0..<(9 << 20) { content[index] = UInt8(truncatingIfNeeded: index &* 31 &+ index >> 9) }
        content.replaceSubrange((20 << 20) + 77..<(20 << 20) + 80, with: [1, 2, 3])
        content += [7, 8, 9]
        try Files.write(Array(content[..<(9 << 20)]), to: "\(folder)/source")
        let descriptor = open("\(folder)/source", O_WRONLY)
        #expect(pwrite(descriptor, [1, 2, 3] as [UInt8], 3, (20 << 20) + 77) == 3)
        #expect(pwrite(descriptor, [7, 8, 9] as [UInt8], 3, 24 << 20) == 3)
        close(descriptor)
        try SparseCopy.copy(
            "\(folder)/source", to: "\(folder)/target", cache: cache, cancelled: CancellationFlag())
        #expect(try Files.read("\(folder)/target") == content)
        let digest = Digest.of(content)
        #expect(try Digest.of(sparse: "\(folder)/source") == digest)
        #expect(try Digest.of(sparse: "\(folder)/source", bypassingCache: cache.contains(.readsPast)) == digest)
        let copied = try SparseCopy.digest(
            copying: "\(folder)/source", to: "\(folder)/second", cache: cache, cancelled: CancellationFlag())
        #expect(copied == digest)
        #expect(try Files.read("\(folder)/second") == content)
        var (source, target) = (stat(), stat())
        #expect(stat("\(folder)/source", &source) == 0 && stat("\(folder)/target", &target) == 0)
        #expect(target.st_blocks <= source.st_blocks)
        #expect(source.st_blocks < 20 << 11)
    }

    /// On a disk, and in memory, where the page cache is all there is.
    @Test(arguments: ["/var/tmp", "/dev/shm"], [false, true])
    func `a checksum of a sparse file is its content's, wherever its holes are`(
        place: String, bypassingCache: Bool
    ) throws {
        let folder = try Files.newFolder(in: place, named: "stonebake-checksum")
        defer { try? removeTree(folder) }
        // Longer than the buffer, zeros in the middle, a last block that is no whole one.
        var content = [UInt8](repeating: 0, count: (12 << 20) + 77)
        for index in 0..<(5 << 20) { content[index] = UInt8(truncatingIfNeeded: index &* 31 &+ index >> 9) }
        for index in (9 << 20) + 5..<(10 << 20) { content[index] = 7 }
        content[content.count - 1] = 9
        try Files.write(content, to: "\(folder)/full")
        let descriptor = open("\(folder)/sparse", O_WRONLY | O_CREAT, 0o644)
        for part in [0..<(5 << 20), (9 << 20) + 5..<(10 << 20), (12 << 20) + 70..<(12 << 20) + 77] {
            #expect(pwrite(descriptor, Array(content[part]), part.count, off_t(part.lowerBound)) == part.count)
        }
        close(descriptor)
        func checksum(_ name: String) throws -> UInt32 {
            try CRC32C.of(sparse: "\(folder)/\(name)", bypassingCache: bypassingCache)
        }
        // By the definition.
        var value = UInt32.max
        for start in stride(from: 0, to: content.count, by: 4096) {
            let block = content[start..<min(start + 4096, content.count)]
            guard block.contains(where: { $0 != 0 }) else { continue }
            value = CRC32C.update(value, UInt64(start / 4096).littleEndianBytes)
            value = CRC32C.update(value, block + [UInt8](repeating: 0, count: 4096 - block.count))
        }
        #expect(try checksum("full") == ~value)
        #expect(try checksum("sparse") == ~value)
        // The same data elsewhere is something else.
        content.swapAt(0, 4096)
        try Files.write(content, to: "\(folder)/full")
        #expect(try checksum("full") != ~value)
    }

    @Test func `a copy of a file that nobody may read says so, and one that is cancelled ends`() throws {
        #expect(throws: HostError.self) {
            try SparseCopy.copy("/var/tmp/no-such-file", to: "/var/tmp/none", cancelled: CancellationFlag())
        }
        #expect(!Files.exists("/var/tmp/none"))
        let flag = CancellationFlag()
        flag.cancel()
        let target = "/var/tmp/stonebake-cancelled-\(getpid())"
        defer { unlink(target) }
        #expect(throws: CancellationError.self) {
            try SparseCopy.copy("/proc/self/exe", to: target, cache: .writesPast, cancelled: flag)
        }
        #expect(throws: CancellationError.self) { try Digest.of(sparse: "/proc/self/exe", cancelled: flag) }
        #expect(throws: CancellationError.self) { try CRC32C.of(sparse: "/proc/self/exe", cancelled: flag) }
        #expect(throws: HostError.self) { try CRC32C.of(sparse: "/var/tmp/no-such-file") }
    }

    @Test func `texts are sorted by their bytes, and equal ones stay in their order`() {
        let texts = ["b", "a/b", "a", "é", "a-b", "", "a", "Z"]
        let sorted = Array(texts.enumerated()).sortedBytewise { $0.element }
        #expect(sorted.map(\.element) == ["", "Z", "a", "a", "a-b", "a/b", "b", "é"])
        #expect(sorted.map(\.offset) == [5, 7, 2, 6, 4, 1, 0, 3])
        #expect([String]().sortedBytewise { $0 } == [])
    }
}
