import ContentDigest
import Glibc
import Testing

@testable import FileTrees
@testable import HostSystem

/// What is noted of kept files, and that it finds what has changed in them.
@Suite struct ContentManifestTests {
    private let fixture: StoreFixture

    init() throws {
        fixture = try StoreFixture()
    }

    private static let size = 8 << 20
    /// Of the disk's data; holes are before, between and behind.
    private static let data: [Range<Int>] = [4096..<(1 << 20), 3 << 20..<(5 << 20) + 4096]

    /// Commits a disk with holes and a small file.
    private func commit(knowingDisk: Bool, expecting checksum: UInt32? = nil) throws -> StoreEntry {
        let staging = try fixture.store.newStaging()
        let path = "\(staging)/disk.raw"
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o644)
        for part in Self.data {
            let content = part.map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
            #expect(pwrite(descriptor, content, part.count, off_t(part.lowerBound)) == part.count)
        }
        #expect(ftruncate(descriptor, off_t(Self.size)) == 0)
        close(descriptor)
        if let checksum { fixture.store.expect(checksum, of: path) }
        chmod(path, 0o444)
        try Files.write("content", to: "\(staging)/file")
        let entry = try fixture.store.commit(
            staging: staging, as: fixture.inputs("disk").digest, record: fixture.record("disk", kind: "disk"),
            known: knowingDisk ? ["/disk.raw": Digest.of(sparse: path)] : [:])
        try fixture.store.closeRun()
        return entry
    }

    @Test func `what somebody has read for something else is not read again`() throws {
        let entry = try commit(knowingDisk: false, expecting: 7)
        #expect(try noted(of: entry).files["/disk.raw"] == .crc32c(7))
        // It was none of this file, which shows.
        #expect(try damage(of: entry, readsAll: true) == "the content of 'disk.raw' has changed")
        #expect(fixture.store.checksums.take("\(entry.path)/disk.raw") == nil)
    }

    private func noted(of entry: StoreEntry) throws -> ContentManifest {
        try #require(ContentManifest(reading: "\(Files.folder(of: entry.path))/digests"))
    }

    private func damage(of entry: StoreEntry, readsAll: Bool) throws -> String? {
        try ContentStore(root: fixture.store.root).damage(of: Files.folder(of: entry.path), readsAll: readsAll)
    }

    @Test func `of a file with holes a checksum is noted, unless its SHA-256 is known`() throws {
        let entry = try commit(knowingDisk: false)
        let files = try noted(of: entry).files
        #expect(
            files == [
                "/disk.raw": .crc32c(try CRC32C.of(sparse: "\(entry.path)/disk.raw")),
                "/file": .sha256(Digest.of("content")),
            ])
        let other = try ContentManifestTests()
        let known = try other.commit(knowingDisk: true)
        #expect(
            try other.noted(of: known).files["/disk.raw"] == .sha256(Digest.of(sparse: "\(entry.path)/disk.raw")))
    }

    /// At the first byte and the last one of the data, and where there was a hole.
    @Test(arguments: [false, true], [4096, (5 << 20) + 4095, 2 << 20, 0, (8 << 20) - 1] as [Int64])
    func `a flipped bit in a disk is found, whatever is noted of it`(knowingDisk: Bool, offset: Int64) throws {
        let entry = try commit(knowingDisk: knowingDisk)
        let path = "\(entry.path)/disk.raw"
        #expect(try damage(of: entry, readsAll: true) == nil)
        try Damage.flipBit(path, at: offset)
        let reason = "the content of 'disk.raw' has changed"
        // The change time tells that somebody has written.
        #expect(try damage(of: entry, readsAll: false) == reason)
        // As if the disk had done it.
        try Files.write(TreeSeal.of(entry.path).stamp.hex, to: "\(Files.folder(of: entry.path))/stamp")
        #expect(try damage(of: entry, readsAll: false) == nil)
        #expect(try damage(of: entry, readsAll: true) == reason)
        let store = try ContentStore(root: fixture.store.root)
        #expect(try store.verify(cancelled: CancellationFlag()).damaged.map(\.reason) == [reason])
        #expect(!Files.exists(path))
    }

    @Test(arguments: [false, true])
    func `zeros instead of a hole are no damage, and neither is a hole instead of zeros`(knowingDisk: Bool) throws {
        let entry = try commit(knowingDisk: knowingDisk)
        let path = "\(entry.path)/disk.raw"
        let kept = try noted(of: entry)
        func blocks() -> Int {
            var info = stat()
            lstat(path, &info)
            return Int(info.st_blocks)
        }
        // All of them: it is no longer a file with holes.
        try Damage.write(path) { descriptor in
            var content = [UInt8](repeating: 0, count: Self.size)
            #expect(pread(descriptor, &content, Self.size, 0) == Self.size)
            #expect(pwrite(descriptor, content, Self.size, 0) == Self.size)
            fsync(descriptor)
        }
        #expect(blocks() * 512 >= Self.size)
        #expect(try damage(of: entry, readsAll: false) == nil)
        #expect(try damage(of: entry, readsAll: true) == nil)
        let copy = "\(fixture.folder.path)/copy"
        try SparseCopy.copy(path, to: copy, cancelled: CancellationFlag())
        try Damage.write(path) { descriptor in
            let content = try Files.read(copy)
            #expect(ftruncate(descriptor, 0) == 0)
            for part in Self.data {
                #expect(pwrite(descriptor, Array(content[part]), part.count, off_t(part.lowerBound)) == part.count)
            }
            #expect(ftruncate(descriptor, off_t(Self.size)) == 0)
            fsync(descriptor)
        }
        #expect(blocks() * 512 < Self.size)
        #expect(try damage(of: entry, readsAll: false) == nil)
        #expect(try damage(of: entry, readsAll: true) == nil)
        #expect(try noted(of: entry) == kept)
    }

    @Test func `a result without a manifest gets one when it is verified, which finds what happens then`() throws {
        let entry = try commit(knowingDisk: false)
        let path = "\(Files.folder(of: entry.path))/digests"
        let kept = try noted(of: entry)
        try Files.remove(path)
        #expect(try damage(of: entry, readsAll: true) == nil)
        #expect(try noted(of: entry) == kept)
        try Damage.flipBit("\(entry.path)/disk.raw", at: 5000)
        #expect(try damage(of: entry, readsAll: true) == "the content of 'disk.raw' has changed")
    }

    @Test func `names with newlines, spaces and a manifest that was cut off are no trap`() throws {
        let manifest = ContentManifest(files: [
            "/a\nb": .sha256(Digest.of("1")), "/ c": .sha256(Digest.of("2")), "/é/ü": .crc32c(0x12AB),
            "/  d  ": .crc32c(.max),
        ])
        let path = "\(fixture.folder.path)/digests"
        try Files.write(manifest.text, to: path)
        #expect(manifest.text.contains("crc32c:000012ab  /é/ü\0\n"))
        #expect(ContentManifest(reading: path) == manifest)
        try Files.write(String(manifest.text.dropLast()), to: path)
        #expect(ContentManifest(reading: path) == nil)
        try Files.write(ContentManifest(files: [:]).text, to: path)
        #expect(ContentManifest(reading: path)?.files.isEmpty == true)
    }

    @Test func `manifests of earlier versions are read, and strange ones are none`() throws {
        let path = "\(fixture.folder.path)/digests"
        try Files.write("\(Digest.of("1").hex)  /a\0\nend\n", to: path)
        #expect(ContentManifest(reading: path)?.files == ["/a": .sha256(Digest.of("1"))])
        for line in ["crc32c:123  /a", "crc32c:1234567g  /a", "crc32c:123456789  /a", "abc  /a", "/a", "md5:00  /a"] {
            try Files.write("\(line)\0\nend\n", to: path)
            #expect(ContentManifest(reading: path) == nil, "\(line)")
        }
    }
}
