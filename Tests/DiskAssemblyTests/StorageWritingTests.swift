import FileTrees
import Glibc
import Testing
import TreeMeasures

@testable import BuildPlanning
@testable import DiskAssembly

/// What is written for layouts that a spec gives, piece by piece.
struct StorageWritingTests {
    private typealias Volume = StorageLayout.LogicalVolume

    private static let mebibyte: Int64 = 1 << 20

    private static func uuid(_ digit: Character) -> String {
        [6, 4, 4, 4, 4, 4, 6].map { String(repeating: digit, count: $0) }.joined(separator: "-")
    }

    private static func volume(
        _ name: String, _ digit: Character, _ extents: Int64, _ kind: Volume.Kind, at start: Int64?,
        metadata: [Volume.Segment] = []
    ) -> Volume {
        let segments = start.map { [Volume.Segment(physicalVolume: 0, start: $0, count: extents)] } ?? []
        return Volume(
            name: name, uuid: uuid(digit), extents: extents, kind: kind, segments: segments,
            metadataSegments: metadata, grows: false)
    }

    private static var group: StorageLayout.VolumeGroup {
        let physical = StorageLayout.PhysicalVolume(
            disk: 0, number: 1, uuid: uuid("1"), size: 64 * mebibyte, extents: 15, encryption: nil)
        let pool = Volume.Kind.pool(chunkSize: 65536, metadataExtents: 1)
        let volumes = [
            volume("root", "2", 8, .linear, at: 0),
            volume("pool", "3", 4, pool, at: 9, metadata: [.init(physicalVolume: 0, start: 8, count: 1)]),
            volume("thin", "4", 32, .thin(pool: "pool", device: 1), at: nil),
        ]
        return StorageLayout.VolumeGroup(
            name: "vg", uuid: uuid("a"), extentSize: 4 * mebibyte, physicalVolumes: [physical], volumes: volumes,
            spareSegments: [.init(physicalVolume: 0, start: 13, count: 1)])
    }

    /// LVM's own reader: pvck(8) checks label, headers and checksums, and prints the text that they lead to.
    @Test func `LVM reads the volume group that is written`() async throws {
        let folder = try TestFolder()
        let disk = try DiskFile.create("\(folder.path)/pv", size: 64 << 20)
        try disk.write(LVMMetadata(group: Self.group, timestamp: 1_790_000_000).header(of: 0), at: 0)
        let headers = try await folder.shell("LVM_SUPPRESS_FD_WARNINGS=1 /sbin/pvck --dump headers pv 2>&1")
        #expect(headers.contains("label_header.id LABELONE"))
        #expect(headers.contains("pv_header.pv_uuid 11111111111111111111111111111111"))
        #expect(headers.contains("mda_header_1.raw_locn[0].size"))
        #expect(!headers.contains("CHECK") && !headers.contains("incorrect"))
        let text = try await folder.shell("LVM_SUPPRESS_FD_WARNINGS=1 /sbin/pvck --dump metadata pv 2>&1")
        #expect(text.contains("root {"))
        #expect(text.contains("thin_pool = \"pool\""))
        #expect(text.contains("lvol0_pmspare {"))
        // An identifier for each volume, seen and unseen.
        let identifiers = text.split(separator: "\n").filter { $0.hasPrefix("id = ") }
        #expect(identifiers.count == 8)
        #expect(Set(identifiers).count == 8)
    }

    @Test func `what a thin volume holds is mapped chunk by chunk, and nothing else`() throws {
        let chunk: Int64 = 65536
        let mappings = ThinPool.mappings(
            of: [.init(start: 0, count: 10), .init(start: 70_000, count: 1), .init(start: 100_000, count: 200_000)],
            chunkSize: chunk, from: 5)
        #expect(mappings == [.init(origin: 0, data: 5, length: 5)])
        let apart = ThinPool.mappings(
            of: [.init(start: chunk * 3, count: 1), .init(start: chunk * 8 - 1, count: 2)], chunkSize: chunk, from: 0)
        #expect(apart == [.init(origin: 3, data: 0, length: 1), .init(origin: 7, data: 1, length: 2)])
    }

    @Test func `data is copied, zeros too, and holes are left out`() throws {
        let folder = try TestFolder()
        let source = try DiskFile.create("\(folder.path)/source", size: 8 << 20)
        try source.write([UInt8](repeating: 0, count: 4096), at: 1 << 20)
        try source.write([UInt8](repeating: 7, count: 4096), at: 5 << 20)
        let ranges = try SparseCopier.data(of: source.path)
        #expect(ranges == [.init(start: 1 << 20, count: 4096), .init(start: 5 << 20, count: 4096)])
        #expect(
            try SparseCopier.data(of: source.path, gap: 8 << 20) == [.init(start: 1 << 20, count: (4 << 20) + 4096)])
        let target = try DiskFile.create("\(folder.path)/target", size: 8 << 20)
        try target.write([UInt8](repeating: 9, count: 8 << 20), at: 0)
        // Two places of 4 MiB each, the second one first.
        try SparseCopier.copy(source.path) { position in
            let half: Int64 = 4 << 20
            return position < half
                ? (target, position + half, half - position) : (target, position - half, 2 * half - position)
        }
        let bytes = try Files.read(target.path)
        #expect(bytes[5 << 20] == 0 && bytes[1 << 20] == 7 && bytes[0] == 9)
        try DiskFile.fillHoles(of: source.path)
        #expect(try SparseCopier.data(of: source.path) == [.init(start: 0, count: 8 << 20)])
    }

    @Test func `a tree is divided by what is mounted where, and hard links do not cross`() async throws {
        let folder = try TestFolder()
        _ = try await folder.shell(
            """
            mkdir -p tree/srv/www tree/home/ada tree/etc; echo one >tree/etc/one; ln tree/etc/one tree/home/two
            echo page >tree/srv/www/page; ln tree/srv/www/page tree/srv/www/same; chmod 700 tree/home
            tar -C tree -cf root.tar --sort=name --format=pax .
            """)
        let archive = try RootArchive("\(folder.path)/root.tar")
        let split = TreeSplit(archive, mounts: ["/", "/home", "/srv"])
        let usage = split.usage()
        // A link to a file of another filesystem is a file of its own.
        #expect(usage["/home"]?.inodes == 3)
        #expect(usage["/srv"]?.inodes == 3)
        try split.write(to: [
            "/": "\(folder.path)/a.tar", "/home": "\(folder.path)/b.tar", "/srv": "\(folder.path)/c.tar",
        ])
        let listing = try await folder.shell(
            "for f in a b c; do tar -tvf $f.tar | awk '{print $1, $6, $7, $8, $9}'; echo; done")
        #expect(listing.contains("drwx------ ./home"))
        #expect(!listing.contains("./srv/www"))
        #expect(listing.contains("-rw-r--r-- ./two"))
        #expect(listing.contains("link to ./www/page"))
        #expect(try await folder.shell("tar -xOf b.tar ./two") == "one\n")
    }

    @Test func `a drive with a passphrase has no name when it holds it`() throws {
        let folder = try TestFolder()
        let drive = try SecretDrive(Array("correct horse".utf8), folder: folder.path)
        #expect(try Files.read(drive.path) == [UInt8](repeating: 0, count: SecretDrive.size))
        let descriptor = open(drive.path, O_RDONLY)
        defer { close(descriptor) }
        try drive.fill()
        #expect(!Files.exists(drive.path))
        var bytes = [UInt8](repeating: 0, count: 13)
        #expect(pread(descriptor, &bytes, 13, 0) == 13)
        #expect(String(decoding: bytes, as: UTF8.self) == "correct horse")
    }
}
