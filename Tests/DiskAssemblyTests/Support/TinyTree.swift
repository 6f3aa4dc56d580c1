import ApplianceSpec
import BuildPlanning
import ContentDigest
import DiskAssembly
import Glibc
import HostSystem
import SystemPackage

/// A tree with just what a disk is judged by: a Debian by its files, a kernel and an initramfs by their names, boot code
/// of the right shape.
enum TinyTree {
    static let kernel = "6.12.1-test-amd64"

    /// A boot sector and a core image as GRUB makes them, but for the code in them.
    static let bootImage: [UInt8] = {
        var sector = (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        sector.replaceSubrange(510..<512, with: [0x55, 0xAA])
        return sector
    }()

    static let coreImage: [UInt8] = {
        var image = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        // The blocklist grows downwards: an empty entry ends it.
        image.replaceSubrange(0x1E8..<0x1F4, with: [UInt8](repeating: 0, count: 12))
        image.replaceSubrange(0x1F4..<0x200, with: [2, 0, 0, 0, 0, 0, 0, 0, 39, 0, 0x20, 0x08])
        // What grub-bios-setup looks for in the kernel's header: a length that is not "unknown".
        image.replaceSubrange(0x214..<0x216, with: [0x00, 0x04])
        return image
    }()

    /// Writes root.tar: sorted, owned by root, with attributes that only root could give to a file.
    private static let archiver = """
        import os, tarfile
        attributes = {
            "./usr/bin/bash": {"security.capability": "\\x01\\x00\\x00\\x02\\x00\\x20" + 14 * "\\x00"},
            "./etc/hostname": {"user.note": "an attribute too long for what an inode leaves: " + 30 * "word "},
        }
        paths = ["."]
        for folder, folders, files in os.walk("tree"):
            for name in folders + files:
                paths.append(os.path.join("." + folder[4:], name))
        with tarfile.open("root.tar", "w", format=tarfile.PAX_FORMAT, encoding="utf-8") as archive:
            for path in sorted(paths):
                entry = archive.gettarinfo(os.path.join("tree", path), path)
                entry.uid = entry.gid = 0
                entry.uname = entry.gname = ""
                entry.mtime = 1790000000
                for name, value in attributes.get(path, {}).items():
                    entry.pax_headers["SCHILY.xattr." + name] = value
                archive.addfile(entry, open(os.path.join("tree", path), "rb") if entry.isreg() else None)
        """

    /// Makes the tree in `folder`, and its tar, as the configuration step hands it on.
    ///
    /// - Parameter without: paths that are left out
    static func make(in folder: TestFolder, without: [String] = []) async throws -> RootFilesystem {
        let boot = BootConfiguration(
            firmware: [.bios, .uefi], architecture: .amd64, identity: Sample.identity, kernel: kernel,
            kernelArguments: [])
        var files: [(String, [UInt8])] = boot.files.map { ($0.path, Array($0.text.utf8)) }
        files += [
            ("/etc/debian_version", Array("13.2\n".utf8)),
            (
                "/etc/os-release",
                Array(
                    "ID=debian\nVERSION_ID=\"13\"\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nNAME=\"Debian GNU/Linux\"\n"
                        .utf8)
            ),
            ("/etc/hostname", Array("tiny\n".utf8)),
            ("/usr/share/doc/\u{c4}rger", Array("a name that is not ASCII\n".utf8)),
            ("/boot/vmlinuz-\(kernel)", [UInt8](repeating: 0x90, count: 300_000)),
            ("/boot/initrd.img-\(kernel)", [UInt8](repeating: 0x30, count: 500_000)),
            ("/boot/grub/i386-pc/boot.img", bootImage),
            ("/boot/grub/i386-pc/core.img", coreImage),
        ]
        for name in ["shim/shimx64.efi", "shim/mmx64.efi", "shim/fbx64.efi", "grub/x86_64-efi-signed/grubx64.efi"] {
            files.append(("/usr/lib/\(name).signed", Array("a program \(name)\n".utf8)))
        }
        files.append(
            ("/usr/lib/shim/BOOTX64.CSV", Array("shimx64.efi,debian,,This is the boot entry for debian\n".utf8)))
        let tree = "\(folder.path)/tree"
        for (path, content) in files where !without.contains(path) {
            try Files.makeFolder(Files.folder(of: "\(tree)\(path)"))
            try Files.write(content, to: "\(tree)\(path)")
        }
        try Files.write(Self.archiver, to: "\(folder.path)/tar.py")
        // Debian's shape: merged /usr; a program by which the architecture is told.
        _ = try await folder.shell(
            """
            mkdir -p tree/usr/bin tree/usr/sbin tree/dev tree/proc tree/sys tree/run tree/tmp tree/root tree/var/log
            ln -s usr/bin tree/bin; ln -s usr/sbin tree/sbin; ln -s usr/lib tree/lib
            cp -L /bin/true tree/usr/bin/bash; ln tree/usr/bin/bash tree/usr/bin/rbash
            python3 tar.py
            """)
        let path = "\(folder.path)/root.tar"
        return RootFilesystem(
            archive: path, digest: try Digest.of(file: FilePath(path)), contentSize: 1_000_000, entryCount: 50,
            kernel: kernel, packageSizes: [.init(name: "tiny", bytes: 1_000_000)])
    }
}
