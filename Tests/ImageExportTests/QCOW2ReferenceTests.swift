import ContentDigest
import FileTrees
import HostSystem
import Testing

@testable import ImageExport
@testable import SandboxInside

/// What is taken over from an earlier image, of `like.raw`; and that the file is the one that qemu-img makes all the same.
extension QCOW2Tests {
    /// Text, zeros, what compresses and what does not.
    private static let disk = """
        seq 900000 | head -c 5M >disk.raw; head -c 1M /dev/urandom >>disk.raw; truncate -s 12M disk.raw
        for n in $(seq 20); do head -c ${n}000 /dev/urandom; seq ${n}0000; done >>disk.raw; truncate -s 16M disk.raw
        """

    @Test(arguments: [
        ("equal", "cp disk.raw like.raw"),
        ("other bytes here and there", "sed 's/^77/x/' disk.raw | head -c 16M >like.raw"),
        (
            "one cluster of another size, so that all frames lie elsewhere",
            "cp disk.raw like.raw; seq 5 | dd of=like.raw bs=64K seek=3 conv=notrunc status=none"
        ),
        ("shorter, and ends within a cluster", "head -c 5000000 disk.raw >like.raw"),
        ("longer", "cp disk.raw like.raw; seq 300000 >>like.raw; truncate -s 600M like.raw"),
        ("zeros where there is something, and something where there are zeros", "tac disk.raw | head -c 16M >like.raw"),
        ("nothing but zeros", "truncate -s 16M like.raw"),
        (
            "with frames far from their clusters",
            "seq 30000 | head -c 64K >like.raw;"
                + " head -c 8M /dev/urandom >>like.raw; seq 9 >>like.raw; truncate -s 16M like.raw; cp like.raw disk.raw"
        ),
    ])
    func `an image like an earlier one is the one that qemu-img makes of the disk`(
        name: String, script: String
    ) async throws {
        let fixture = try await ExportFixture()
        _ = try await fixture.shell("rm disk.raw; \(Self.disk)\n\(script)")
        let expected = try await fixture.judged()
        try await fixture.convertLike("-o compression_type=zstd,compat=1.1")
        for cachePassed in [true, false] {
            let file = try await fixture.written(bypassingCache: cachePassed, like: fixture.like)
            #expect(file.sha256 == expected.sha256, "\(name)")
        }
        // The one that is written here serves as well.
        _ = try await fixture.shell(
            "mv disk.raw it.raw; truncate -s %64K like.raw; cp like.raw disk.raw")
        _ = try await fixture.written()
        _ = try await fixture.shell("mv written.qcow2 like.qcow2; mv it.raw disk.raw")
        let file = try await fixture.written(like: fixture.like)
        #expect(file.sha256 == expected.sha256, "\(name)")
    }

    /// The image is not that of `like.raw`, which no store would say: what was taken from it shows.
    @Test func `frames of equal clusters are taken over, and others are not`() async throws {
        let fixture = try await ExportFixture()
        _ = try await fixture.shell(
            """
            rm disk.raw; seq 100000 999999 | head -c 4M >disk.raw; truncate -s 8M disk.raw
            seq 9 | dd of=disk.raw bs=64K seek=100 conv=notrunc status=none
            tr 0-9 a-j <disk.raw >like.raw
            """)
        try await fixture.convertLike("-o compression_type=zstd")
        _ = try await fixture.shell(
            """
            cp disk.raw like.raw
            for at in 5 6 63; do echo changed | dd of=disk.raw bs=64K seek=$at conv=notrunc status=none; done
            """)
        _ = try await fixture.written(like: fixture.like)
        let report = try await fixture.shell(
            """
            qemu-img check -q written.qcow2; qemu-img convert -O raw written.qcow2 result.raw
            tr 0-9 a-j <disk.raw >expected.raw
            for at in 5 6 63; do dd if=disk.raw of=expected.raw bs=64K skip=$at seek=$at count=1 conv=notrunc status=none; done
            cmp result.raw expected.raw && echo as expected
            """)
        #expect(report == "as expected\n")
    }

    @Test(arguments: [
        ("no qcow2", "seq 100000 >like.qcow2"),
        ("empty", "truncate -s 0 like.qcow2"),
        ("cut off in the header", "truncate -s 100 like.qcow2"),
        ("cut off before the tables", "truncate -s 200K like.qcow2"),
        ("cut off among the frames", "truncate -s 500K like.qcow2"),
        ("without the bytes of its frames", "truncate -s 320K like.qcow2; truncate -s 9M like.qcow2"),
        (
            "with the bytes of something else in their place",
            "head -c 6M /dev/urandom | dd of=like.qcow2 bs=64K seek=5 conv=notrunc status=none"
        ),
        ("zlib's", "\(convert) -c like.raw like.qcow2"),
        ("of an older version", "\(convert) -c -o compat=0.10 like.raw like.qcow2"),
        ("with other clusters", "\(convert) -c -o compression_type=zstd,cluster_size=32K like.raw like.qcow2"),
        (
            "with a backing file",
            "mv like.qcow2 back.qcow2;"
                + " qemu-img create -q -f qcow2 -o compression_type=zstd -F qcow2 -b back.qcow2 like.qcow2"
        ),
        ("of a larger disk", "qemu-img create -q -f qcow2 -o compression_type=zstd like.qcow2 3T"),
    ])
    func `an earlier image that is not as it should be changes nothing`(name: String, script: String) async throws {
        let fixture = try await ExportFixture()
        _ = try await fixture.shell("rm disk.raw; \(Self.disk)\ncp disk.raw like.raw")
        let expected = try await fixture.judged()
        try await fixture.convertLike("-o compression_type=zstd")
        _ = try await fixture.shell(script)
        let file = try await fixture.written(like: fixture.like)
        #expect(file.sha256 == expected.sha256, "\(name)")
    }

    private static let convert = "qemu-img convert -f raw -O qcow2"
}

extension ExportFixture {
    fileprivate var like: SimilarImage.Pair { .init(disk: "\(folder)/like.raw", image: "\(folder)/like.qcow2") }

    fileprivate func convertLike(_ options: String) async throws {
        _ = try await shell("qemu-img convert -f raw -O qcow2 -c \(options) like.raw like.qcow2")
    }
}
