import ApplianceSpec
import HostSystem

/// Whether the disk boots: loader, kernel, initramfs, root, console; and whether it grows.
struct BootLint {
    let tree: ImageTree
    let disk: DiskContents
    let target: Target?

    func check(_ found: inout LintFindings) throws {
        let isContainer = target.map { !$0.profile.isBootable } ?? false
        guard !isContainer else { return }
        try kernel(&found)
        loaders(&found)
        try filesystems(&found)
        try growth(&found)
    }

    /// grub.cfg, wherever the distribution keeps it.
    static let configurations = [
        "boot/grub/grub.cfg", "boot/grub2/grub.cfg", "grub/grub.cfg", "boot/extlinux/extlinux.conf",
    ]

    private func kernel(_ found: inout LintFindings) throws {
        let kernels = tree.files.filter { $0.path.hasPrefix("boot/vmlinuz") && $0.kind == .file }
        if kernels.isEmpty {
            found.error(
                "no-kernel", "/boot holds no kernel", why: "there is nothing to boot", source: LintSource.debian,
                remedy: "install a kernel package")
        }
        for kernel in kernels where kernel.path.hasPrefix("boot/vmlinuz-") {
            let version = kernel.path.dropFirst("boot/vmlinuz-".utf8.count)
            let names = ["boot/initrd.img-\(version)", "boot/initramfs-\(version).img"]
            if !names.contains(where: { (tree[$0]?.size ?? 0) > 0 }) {
                found.error(
                    "no-initramfs", "the kernel \(version) has no initramfs",
                    why: "root is looked for by UUID, and drivers are modules",
                    source: LintSource.debian, remedy: "update-initramfs -c -k \(version)")
            }
        }
        guard let configuration = try Self.configurations.lazy.compactMap({ try tree.text($0) }).first else {
            if disk.table.kind != .none {
                found.error(
                    "no-grub-configuration", "the boot loader has no configuration", why: "it stops at its prompt",
                    source: LintSource.debian, remedy: "update-grub")
            }
            return
        }
        let lines = configuration.split(separator: "\n").filter { $0.contains("vmlinuz") || $0.contains("APPEND") }
        if !lines.contains(where: {
            $0.contains("console=ttyS0") || $0.contains("console=hvc0") || $0.contains("console=ttyAMA0")
        }),
            target != .virtualbox
        {
            found.add(
                target == nil ? .warning : .error, "no-serial-console",
                "the kernel's command line has no console=ttyS0",
                why: "a cloud shows the serial line, and nothing else when the network fails",
                source: LintSource.debian,
                remedy: "GRUB_CMDLINE_LINUX=\"console=tty0 console=ttyS0\", update-grub")
        }
        if let line = lines.first(where: {
            $0.contains("root=/dev/sd") || $0.contains("root=/dev/vd") || $0.contains("root=/dev/nvme")
        }) {
            found.error(
                "root-by-device",
                "the kernel looks for root by a device's name: \(line.split(separator: " ").first { $0.hasPrefix("root=") } ?? "")",
                why: "each platform gives it another", source: "Oracle, AWS and Azure: preparing Linux images",
                remedy: "root=UUID=…")
        }
        for wanted in target?.profile.guest.kernelArguments ?? [] where !wanted.hasPrefix("console=ttyS0") {
            if !lines.contains(where: { $0.split(whereSeparator: \.isWhitespace).contains(where: { $0 == wanted }) }) {
                found.warning(
                    "kernel-argument", "the kernel's command line lacks '\(wanted)'", why: "the platform recommends it",
                    source: target?.profile.source ?? "-", remedy: "add it to GRUB_CMDLINE_LINUX, update-grub")
            }
        }
    }

    private func loaders(_ found: inout LintFindings) {
        guard disk.table.kind != .none else { return }
        // BIOS boot partition 21686148-…, EFI system partition C12A7328-….
        let types = disk.table.entries.map { $0.type.uppercased() }
        let hasESP = types.contains { $0.hasPrefix("C12A7328") || $0 == "EF" }
        let hasBIOSBoot = types.contains { $0.hasPrefix("21686148") } || disk.table.kind == .mbr
        let modules = tree.files.contains {
            $0.path.hasPrefix("boot/grub/i386-pc/") || $0.path.hasPrefix("boot/grub2/i386-pc/")
        }
        let hasEFILoader = disk.parts.contains { part in
            guard let reader = part.reader, part.type?.lowercased().contains("fat") ?? false,
                let files = try? reader.files()
            else { return false }
            return files.contains { file in
                ["efi/boot/bootx64.efi", "efi/boot/bootaa64.efi"].contains(file.path.lowercased())
            }
        }
        if hasESP, !hasEFILoader {
            found.error(
                "no-efi-loader", "the EFI system partition has no EFI/BOOT/BOOTX64.EFI",
                why: "a new machine's firmware has no other entry to go by",
                source: "UEFI Specification, 3.5.1.1", remedy: "grub-install --removable --target=x86_64-efi")
        }
        if hasBIOSBoot, !modules, disk.table.kind == .gpt {
            found.error(
                "no-bios-loader", "there is a BIOS boot partition, and no GRUB for it",
                why: "a machine that starts by BIOS stops there",
                source: LintSource.debian, remedy: "grub-install --target=i386-pc")
        }
        if !hasESP, !hasBIOSBoot {
            found.error(
                "no-boot-loader", "the disk has neither an EFI system partition nor a BIOS boot partition",
                why: "nothing starts it",
                source: LintSource.debian, remedy: "add one of them, or both")
        }
    }

    private func filesystems(_ found: inout LintFindings) throws {
        guard tree["etc/fstab"] != nil else {
            found.error(
                "no-fstab", "there is no /etc/fstab", why: "root stays read-only, and nothing else is mounted",
                source: LintSource.debian, remedy: "UUID=… / ext4 defaults 0 1")
            return
        }
        for line in try tree.lines("etc/fstab") {
            let fields = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let name = fields.first, fields.count >= 3 else { continue }
            if ["/dev/sd", "/dev/vd", "/dev/nvme", "/dev/xvd", "/dev/hd"].contains(where: name.hasPrefix) {
                found.error(
                    "fstab-by-device", "/etc/fstab names '\(name)'", why: "each platform calls the disk something else",
                    source: "AWS, Azure, Oracle: preparing Linux images", remedy: "UUID=… or LABEL=…")
            }
        }
    }

    private func growth(_ found: inout LintFindings) throws {
        let entries = disk.table.entries
        if let root = tree.rootPart?.entry, let last = entries.max(by: { $0.start < $1.start }),
            last.number != root.number
        {
            found.warning(
                "root-not-last", "root is not the last partition", why: "it cannot grow into a larger disk",
                source: LintSource.debian, remedy: "put root behind the others")
        }
        let growers = ["usr/bin/growpart", "usr/sbin/growpart", "usr/bin/systemd-repart", "usr/bin/cloud-init"]
        let hasUnit = tree.files.contains { $0.path.hasPrefix("etc/systemd/system/") && $0.path.contains("grow") }
        if entries.count > 0, !growers.contains(where: { tree[$0] != nil }), !hasUnit {
            found.warning(
                "no-growth", "nothing grows root into a larger disk",
                why: "a cloud gives the disk that is asked for, and the image its own size",
                source: "OpenStack, Image guide: growpart",
                remedy: "install cloud-guest-utils (growpart) and cloud-init")
        }
    }
}

extension LintFindings {
    mutating func add(
        _ severity: LintSeverity, _ code: String, _ message: String, why: String, source: String, remedy: String
    ) {
        switch severity {
        case .warning: warning(code, message, why: why, source: source, remedy: remedy)
        case .error: error(code, message, why: why, source: source, remedy: remedy)
        }
    }
}

enum LintSeverity { case warning, error }
