import ApplianceSpec
import Diagnostics

// What the running system has to be told of its disks: fstab, crypttab, GRUB's place and the kernel's arguments.
extension StoragePlan {
    /// Where GRUB finds what lies in /boot.
    struct BootPlace {
        /// GRUB's name of the device, relative to the disk it was started from: `(,gpt1)`, `(lvm/main-root)`.
        var device: String
        /// The path of /boot in that filesystem: `/boot`, `` for a filesystem of its own, `/root/boot` in a subvolume.
        var folder: String
        var uuid: String
        /// What a core image needs to read it, besides the disk.
        var modules: [String]
    }

    var bootPlace: BootPlace? {
        let separate = filesystem(mountedAt: "/boot")
        guard let (filesystem, mount) = separate ?? filesystem(mountedAt: "/") else { return nil }
        var modules: [String]
        switch filesystem.settings.format {
        case .xfs: modules = ["xfs"]
        case .btrfs: modules = ["btrfs"]
        case .vfat: modules = ["fat"]
        default: modules = ["ext2"]
        }
        let device: String
        switch filesystem.place {
        case .partition(_, let number): device = "(,gpt\(number))"
        case .volume(let group, let name):
            device = "(lvm/\(Self.mapperName(group, name)))"
            modules.append("lvm")
        }
        let top = mount.subvolume.map { "/\($0)" } ?? ""
        return BootPlace(
            device: device, folder: top + (separate == nil ? "/boot" : ""), uuid: filesystem.uuid,
            modules: ["part_gpt"] + modules)
    }

    /// `EFI/debian/grub.cfg` on the ESP.
    package var efiConfiguration: String? {
        bootPlace.map { BootConfiguration.efiConfiguration(rootUUID: $0.uuid, folder: $0.folder) }
    }

    /// For the kernel and the initramfs.
    var rootArguments: [String] {
        guard let (filesystem, mount) = filesystem(mountedAt: "/") else { return [] }
        return ["root=\(device(of: filesystem))"] + (mount.subvolume.map { ["rootflags=subvol=\($0)"] } ?? [])
    }

    /// As the initramfs and fstab name it. Volumes by their names, by which the initramfs knows that LVM has to find them.
    func device(of filesystem: Filesystem) -> String {
        if filesystem.settings.isUserData, let label = filesystem.settings.label { return "LABEL=\(label.value)" }
        if let encryption = filesystem.encryption { return "/dev/mapper/\(encryption.name)" }
        switch filesystem.place {
        case .partition: return "UUID=\(filesystem.uuid)"
        case .volume(let group, let name): return "/dev/mapper/\(Self.mapperName(group, name))"
        }
    }

    /// Device mapper's: hyphens in the names are doubled.
    package static func mapperName(_ group: String, _ volume: String) -> String {
        func escaped(_ name: String) -> String {
            name.split(separator: "-", omittingEmptySubsequences: false).joined(separator: "--")
        }
        return "\(escaped(group))-\(escaped(volume))"
    }

    var fileSystemTable: String {
        var lines = ["# <file system> <mount point> <type> <options> <dump> <pass>"]
        let mounts = filesystems.flatMap { filesystem in filesystem.mounts.map { (filesystem, $0) } }
        for (filesystem, mount) in mounts.sorted(by: {
            ($0.1.path.utf8.count, $0.1.path) < ($1.1.path.utf8.count, $1.1.path)
        }) {
            lines.append(line(filesystem, mount))
        }
        for filesystem in filesystems where filesystem.settings.format == .swap {
            let options = filesystem.settings.options.isEmpty ? ["sw"] : filesystem.settings.options
            lines.append("\(device(of: filesystem)) none swap \(options.joined(separator: ",")) 0 0")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ filesystem: Filesystem, _ mount: Filesystem.Mount) -> String {
        let format = filesystem.settings.format
        var options = mount.options
        if options.isEmpty {
            switch format {
            case .ext2, .ext3, .ext4:
                options = ["rw", "discard", "errors=remount-ro"]
                // ext2 has none.
                if format == .ext2 { options.remove(at: 1) }
            case .xfs, .btrfs: options = ["rw", "discard"]
            case .efi: options = ["umask=0077", "nofail"]
            case .vfat, .swap, .biosBoot: options = ["defaults"]
            }
        }
        if let subvolume = mount.subvolume { options.insert("subvol=\(subvolume)", at: 0) }
        // What fills its device has nothing to do there.
        if [.ext4, .xfs, .btrfs].contains(format), filesystem.space.grows { options.append("x-systemd.growfs") }
        let pass: Int
        switch format {
        case .xfs, .btrfs: pass = 0
        default: pass = mount.path == "/" ? 1 : 2
        }
        let type = format == .efi ? "vfat" : format.rawValue
        return "\(device(of: filesystem)) \(mount.path) \(type) \(options.joined(separator: ",")) 0 \(pass)"
    }

    /// The root filesystem's type, whose checker the initramfs needs; nil for ext4, which it has anyway.
    var initramfsFormat: String? {
        guard let format = filesystem(mountedAt: "/")?.0.settings.format, format != .ext4 else { return nil }
        return format.rawValue
    }

    /// crypttab(5); nil where nothing is encrypted. All is unlocked by the initramfs, so that one program asks, once for
    /// each device, before anything else writes on the console.
    var cryptTable: String? {
        guard !encrypted.isEmpty else { return nil }
        return "# <target name> <source device> <key file> <options>\n"
            + encrypted.map { device in
                let source =
                    switch device.place {
                    case .partition: "UUID=\(device.uuid)"
                    // By its name, from which the initramfs knows that LVM has to find it first.
                    case .volume(let group, let name): "/dev/mapper/\(Self.mapperName(group, name))"
                    }
                return "\(device.name) \(source) none luks,discard,initramfs\n"
            }.joined()
    }
}
