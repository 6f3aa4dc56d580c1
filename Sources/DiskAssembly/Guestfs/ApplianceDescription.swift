internal import FileTrees
internal import Glibc
import HostSystem

/// What supermin makes the trimmed appliance of: a folder like libguestfs' own `supermin.d`, with fewer packages and
/// files, and with a start of ours. What is left out is never written: half of supermin's time, and 130 MB.
struct ApplianceDescription {
    /// libguestfs' own folder.
    let original: String
    /// The folder to make.
    let folder: String

    /// Makes the folder, unless it is there and would be the same: supermin makes its appliance anew where this is newer.
    ///
    /// - Throws: `HostError`
    func write() throws {
        let texts = try texts()
        let archives = try Files.names(in: original).filter { name in
            name.contains(".tar") && !Self.replaced.contains(name)
        }
        var wanted = Self.start + Self.links + Self.mounts
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) { wanted += "\(name)\n\(text)" }
        for path in archives.map({ "\(original)/\($0)" }) + Self.lenses {
            wanted += "\(path) \(try Files.identity(path).map { "\($0)" } ?? "")\n"
        }
        // Beside the folder, in which supermin takes any file for a part of the description.
        let mark = "\(folder).mark"
        if Files.exists(folder), Files.exists(mark), try Files.readText(mark) == wanted { return }
        if Files.exists(mark) { try Files.remove(mark) }
        let new = "\(folder).new"
        try removeTree(new)
        try Files.makeFolder(new)
        for (name, text) in texts { try Files.write(text, to: "\(new)/\(name)") }
        for name in archives {
            guard symlink("\(original)/\(name)", "\(new)/\(name)") == 0 else {
                throw Files.failure(errno, "cannot link", "\(new)/\(name)")
            }
        }
        try writeStart(to: "\(new)/start.tar")
        try removeTree(folder)
        try Files.move(new, to: folder)
        try Files.write(wanted, to: mark)
    }

    private func texts() throws -> [String: String] {
        let lines = { (name: String) in
            try Files.readText("\(original)/\(name)").split(separator: "\n").map(String.init)
        }
        let texts = [
            "packages": try lines("packages").filter { !Self.leftOutPackages.contains($0) },
            "excludefiles": try lines("excludefiles") + Self.leftOutFiles.map { "-\($0)" },
            "hostfiles": try lines("hostfiles").filter { !$0.hasPrefix("/usr/share/augeas/") },
        ]
        return texts.mapValues { $0.joined(separator: "\n") + "\n" }
    }

    private func writeStart(to path: String) throws {
        let archive = try TarWriter(path: path)
        try archive.add(Self.entry("init", mode: 0o755), content: Array(Self.start.utf8))
        try archive.add(Self.entry("links", mode: 0o755), content: Array(Self.links.utf8))
        try archive.add(Self.entry("mounts", mode: 0o644), content: Array(Self.mounts.utf8))
        for lens in Self.lenses where Files.exists(lens) {
            try archive.add(Self.entry(String(lens.dropFirst()), mode: 0o644), content: try Files.read(lens))
        }
        _ = try archive.finish()
    }

    private static func entry(_ path: String, mode: UInt32) -> ArchiveEntry {
        ArchiveEntry(path: path, kind: .file, mode: mode, uid: 0, gid: 0, size: 0, modified: 0)
    }

    /// Ours take their place.
    private static let replaced: Set<String> = ["init.tar.gz", "udev-rules.tar.gz"]

    /// What neither a look at partitions, ext4 and FAT nor an inspection calls. Without the programs of udev, LVM, RAID and
    /// Windows' dynamic disks they are not searched for. Libraries stay, whoever brings them: guestfsd is linked with them.
    private static let leftOutPackages: Set<String> = [
        "binutils", "bzip2", "cpio", "cryptsetup-bin", "curl", "debootstrap", "dosfstools", "exfatprogs", "extlinux",
        "f2fs-tools", "gawk", "grub2-common", "iproute2", "isc-dhcp-client", "kpartx", "ldmtool", "less", "lsscsi",
        "lvm2", "lzop", "mdadm", "mtools", "ntfs-3g", "openssh-client", "pciutils", "procps", "psmisc", "qemu-utils",
        "scrub", "sleuthkit", "squashfs-tools", "syslinux", "systemd-sysv", "udev", "uuid-runtime", "zerofree",
    ]

    private static let leftOutFiles = [
        "/usr/share/augeas/*", "/usr/share/perl*", "/usr/share/zoneinfo/*", "/usr/lib/*/perl*", "/usr/lib/*/gconv/*",
        "/usr/include/*", "/usr/games/*", "*bin/udevadm", "*bin/lvm", "*bin/mdadm", "*bin/ldmtool",
    ]

    /// What inspection reads /etc/fstab and /etc/mdadm.conf by, and what these stand on. With all two hundred lenses it
    /// takes three times as long.
    private static let lenses = ["build", "fstab", "mdadm_conf", "quote", "rx", "sep", "util"].map {
        "/usr/share/augeas/lenses/dist/\($0).aug"
    }

    /// In place of the appliance's /init. Without udev the kernel's own device nodes are what there is, and none of them
    /// comes and goes while something looks. Emulated, a program costs 30 ms: so the shell does what it can by itself. The
    /// drivers have been loaded by supermin's initrd, in which they are because the root filesystem might need them.
    private static let start = """
        #!/bin/sh
        PATH=/sbin:/usr/sbin:/bin:/usr/bin
        export PATH
        mount -a -T /mounts
        mkdir -p /sysroot /esp /dev/pts /dev/shm /dev/virtio-ports /dev/disk/by-path /dev/mapper /run/lock
        for port in /sys/class/virtio-ports/*; do
            [ -e "$port/name" ] || continue
            read -r name <"$port/name"
            ln -s "../${port##*/}" "/dev/virtio-ports/$name"
        done
        . /links
        channel= verbose=
        read -r arguments </proc/cmdline
        for argument in $arguments; do
            case $argument in
                guestfs_channel=*) channel=${argument#*=} ;;
                guestfs_verbose=1) verbose=--verbose ;;
            esac
        done
        guestfsd $verbose ${channel:+--channel "$channel"}
        echo b >/proc/sysrq-trigger

        """

    /// fstab(5); supermin's initrd leaves nothing mounted.
    private static let mounts = """
        proc /proc proc defaults 0 0
        sys /sys sysfs defaults 0 0
        dev /dev devtmpfs defaults 0 0
        tmpfs /run tmpfs nosuid,mode=0755 0 0

        """

    /// The names by which libguestfs finds disks and partitions, which udev would make. Run for each disk that is looked at,
    /// and there may be many: a program is started only for a name that is not there.
    private static let links = """
        #!/bin/sh
        for disk in /sys/block/sd*; do
            [ -e "$disk" ] || continue
            name=${disk##*/}
            for address in "$disk"/device/scsi_device/*; do
                address=/dev/disk/by-path/scsi-${address##*/}
            done
            [ -L "$address" ] || ln -s "../../$name" "$address"
            for partition in "$disk/$name"*/partition; do
                [ -e "$partition" ] || continue
                read -r number <"$partition"
                folder=${partition%/partition}
                [ -L "$address-part$number" ] || ln -s "../../${folder##*/}" "$address-part$number"
            done
        done

        """
}
