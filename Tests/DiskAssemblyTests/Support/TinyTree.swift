import ApplianceSpec
import BuildPlanning
import DiskAssembly
import FileTrees
import Glibc
import HostSystem
import TreeMeasures

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

    /// Attributes that only root could give to a file, and one too long for what an inode leaves.
    private static let attributes = """
        import os
        os.setxattr("tree/usr/bin/bash", "security.capability", b"\\x01\\x00\\x00\\x02\\x00\\x20" + 14 * b"\\x00")
        os.setxattr("tree/etc/hostname", "user.note", b"an attribute too long for what an inode leaves: " + 30 * b"word ")
        """

    /// Makes the tree in `folder`, as the configuration step hands it on: in two layers. Whoever is not root makes it in a
    /// namespace where they are.
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
        try Files.write(Self.attributes, to: "\(folder.path)/attributes.py")
        // Debian's shape: merged /usr; a program by which the architecture is told.
        let script = """
            mkdir -p tree/usr/bin tree/usr/sbin tree/dev tree/proc tree/sys tree/run tree/tmp tree/root tree/var/log
            ln -s usr/bin tree/bin; ln -s usr/sbin tree/sbin; ln -s usr/lib tree/lib
            cp -L /bin/true tree/usr/bin/bash; ln tree/usr/bin/bash tree/usr/bin/rbash
            python3 attributes.py
            mkdir upper; mv tree/usr/share upper/usr-share; mkdir -p upper/usr; mv upper/usr-share upper/usr/share
            """
        let command = Command("/bin/sh", ["-ec", script]).with { $0.workingDirectory = folder.path }
        let host = try Host(testing: "\(folder.path)/tree-store")
        try await Sandbox(host: host).check(
            SandboxJob(layers: [], upper: "\(folder.path)", command: command).with { $0.chroot = false },
            purpose: "make a tree")
        let layers = ["\(folder.path)/tree", "\(folder.path)/upper"]
        let assets = "\(folder.path)/assets"
        for path in BootAssets.paths(.amd64) where Files.exists("\(tree)/\(path)") {
            try Files.makeFolder(Files.folder(of: "\(assets)/\(path)"))
            try Files.write(try Files.read("\(tree)/\(path)"), to: "\(assets)/\(path)")
        }
        try await host.close()
        let measure = TreeMeasure(
            contentSize: 1_000_000, entryCount: 50, kernel: kernel,
            packageSizes: [.init(name: "tiny", bytes: 1_000_000)],
            usage: TreeUsage(blocks: 400, inodes: 60), boot: ["boot/vmlinuz-\(kernel)", "boot/initrd.img-\(kernel)"],
            attributes: [
                .init(
                    path: "etc/hostname", name: "user.note",
                    value: Array(
                        ("an attribute too long for what an inode leaves: " + String(repeating: "word ", count: 30))
                            .utf8))
            ])
        return RootFilesystem(layers: layers, measure: measure, assets: assets)
    }
}
