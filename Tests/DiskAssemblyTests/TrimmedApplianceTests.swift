import FileTrees
import Glibc
import HostSystem
import Testing

@testable import DiskAssembly

struct TrimmedApplianceTests {
    @Test func `the root filesystem is made once, and anew when what it is made of has changed`() async throws {
        let folder = try TestFolder()
        let host = try Host(testing: "\(folder.path)/store")
        let trimmed = TrimmedAppliance(host: host)
        let cache = "\(folder.path)/store/libguestfs"
        try Files.makeFolder("\(cache)/full")
        let path = try GuestfsHandle.searchPath(environment: [:])
        let made = try #require(try await trimmed.prepare(searching: path))
        #expect(try trimmed.ready() == made)
        // One file, by two names; what an earlier version left is gone.
        let root = try #require(try Files.identity("\(made)/root"))
        #expect(try Files.identity("\(cache)/supermin/root") == root)
        #expect(!Files.exists("\(cache)/full"))
        let image = "\(made)/root"
        #expect(try await Self.names(in: image, "/", host).isSuperset(of: ["init", "links", "mounts"]))
        var programs = try await Self.names(in: image, "/usr/sbin", host)
        programs.formUnion(try await Self.names(in: image, "/usr/bin", host))
        #expect(programs.isSuperset(of: ["guestfsd", "blkid", "mount", "parted", "sgdisk", "file", "delpart"]))
        #expect(programs.isDisjoint(with: ["lvm", "mdadm", "udevadm", "qemu-img"]))
        let lenses = try await Self.names(in: image, "/usr/share/augeas/lenses/dist", host)
        #expect(lenses.count == 7 && lenses.contains("fstab.aug"))

        // Nothing has changed.
        #expect(try await trimmed.prepare(searching: path) == made)
        #expect(try Files.identity("\(made)/root") == root)

        // Killed before it was whole.
        try Files.remove("\(made)/made-from")
        #expect(try trimmed.ready() == nil)
        #expect(try await trimmed.prepare(searching: path) == made)
        #expect(try Files.identity("\(made)/root") == root)

        // Made of something else than this program would make it of.
        try Files.write("older", to: "\(cache)/supermin.d.mark")
        // supermin compares seconds.
        try await Task.sleep(for: .milliseconds(1100))
        #expect(try await trimmed.prepare(searching: path) == made)
        #expect(try Files.identity("\(made)/root") != root)
        #expect(try trimmed.ready() == made)
        #expect(
            try Files.names(in: cache).sorted() == [
                "supermin", "supermin.d", "supermin.d.mark", "supermin.lock", "trimmed",
            ])
        try await host.close()
    }

    /// What debugfs of the host sees in a folder of the ext2 filesystem.
    private static func names(in image: String, _ folder: String, _ host: Host) async throws -> Set<String> {
        let command = Command("debugfs", ["-R", "ls -p \(folder)", image]).with {
            $0.environment["PATH"] = "/usr/sbin:/sbin:/usr/bin:/bin"
            $0.output = .capture(limit: 1 << 20)
        }
        let result = try await host.runner.check(command, purpose: "listing a folder")
        // /INODE/MODE/UID/GID/NAME/SIZE/
        let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
        return Set(lines.compactMap { $0.split(separator: "/").dropFirst(4).first.map(String.init) })
            .subtracting([".", ".."])
    }

    @Test func `a kernel is taken out of its compressed image, and left as it is where that cannot be done`() throws {
        let folder = try TestFolder()
        let name = try #require(try Files.names(in: "/boot").first { $0.hasPrefix("vmlinuz-") })
        let target = "\(folder.path)/kernel"
        #expect(try ApplianceKernel.extract("/boot/\(name)", to: target))
        let kernel = try Files.read(target, limit: 1 << 30)
        #expect(kernel.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]))

        // Without the name of Xen's notes there is no PVH entry; nothing compressed; cut off; no kernel at all.
        let image = try Files.read("/boot/\(name)")
        let payload = try #require(ApplianceKernel.payload(image))
        let start = try #require(Self.position(of: Array(payload.prefix(64)), in: image))
        var damaged = image
        damaged.replaceSubrange(start..<start + 64, with: [UInt8](repeating: 0x55, count: 64))
        for bytes in [damaged, Array(image.prefix(image.count / 2)), Array("#!/bin/sh\n".utf8), []] {
            try Files.write(bytes, to: "\(folder.path)/image")
            #expect(try !ApplianceKernel.extract("\(folder.path)/image", to: target))
            #expect(!Files.exists(target))
        }
    }

    private static func position(of part: [UInt8], in bytes: [UInt8]) -> Int? {
        (0..<bytes.count - part.count).first { bytes[$0] == part[0] && bytes[$0...].starts(with: part) }
    }

    @Test func `drivers that our disks do not need leave supermin's initrd, and its list`() throws {
        let long = String(repeating: "x", count: 1001)
        let before = Self.archive([
            ("init", "program"), ("virtio_scsi.ko", long), ("virtio-rng.ko", long), ("libata.ko", "1"),
            ("modules", "libata.ko\nvirtio-rng.ko\nvirtio_scsi.ko\n"), ("TRAILER!!!", ""),
        ])
        let after = Self.archive([
            ("init", "program"), ("virtio_scsi.ko", long), ("modules", "virtio_scsi.ko\n"), ("TRAILER!!!", ""),
        ])
        #expect(try ApplianceInitrd.trimmed(before + [UInt8](repeating: 0, count: 512)) == after)
        for damaged in [Array(before.prefix(600)), Array("no archive".utf8), []] {
            #expect(throws: HostError.self) { try ApplianceInitrd.trimmed(damaged) }
        }
    }

    /// A cpio of the new ASCII format.
    private static func archive(_ members: [(name: String, content: String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        let pad = { (bytes: inout [UInt8]) in while bytes.count % 4 != 0 { bytes.append(0) } }
        for member in members {
            let numbers = [
                1, 0o100644, 0, 0, 1, 0, member.content.utf8.count, 0, 0, 0, 0, member.name.utf8.count + 1, 0,
            ]
            let fields = numbers.map { number in
                let digits = String(number, radix: 16)
                return String(repeating: "0", count: 8 - digits.count) + digits
            }
            bytes += Array(("070701" + fields.joined() + member.name + "\0").utf8)
            pad(&bytes)
            bytes += Array(member.content.utf8)
            pad(&bytes)
        }
        return bytes
    }
}
