import ContentDigest
internal import CGuestfs
internal import Glibc
import HostSystem

/// libguestfs' own appliance without what looking at our disks does not need: udev, the search for RAID, LVM and Windows'
/// dynamic disks at the start, and, when a system is inspected, the parsing of two hundred kinds of configuration file.
/// Emulated, that is half of the launch and three quarters of the inspection (Benchmarks/NOTES.md).
///
/// It is derived from the appliance that supermin makes of the host's packages, kept beside it, and made anew when that
/// has changed. libguestfs takes it as a fixed appliance (libguestfs-make-fixed-appliance(1)).
struct TrimmedAppliance: Sendable {
    private let host: Host
    private var runner: CommandRunner { host.runner }
    /// Where both appliances are kept.
    private let cache: String

    init(host: Host) {
        self.host = host
        cache = "\(host.store.root)/libguestfs"
    }

    /// The folder for guestfs_set_path, where it is what the last `prepare` made; nil when another has replaced it meanwhile.
    func ready() throws -> String? {
        guard let source = try source, Files.exists("\(folder)/made-from"),
            try Files.readText("\(folder)/made-from") == source
        else { return nil }
        return folder
    }

    private var folder: String { "\(cache)/trimmed" }
    private var full: String { "\(cache)/full" }

    /// What the trimmed appliance is made from, in one text; nil when there is nothing.
    private var source: String? {
        get throws { try Files.identity("\(full)/root").map { "\($0) \(Self.requests)\(Self.start)\(Self.links)" } }
    }

    /// The folder for guestfs_set_path, made when it is not there. The caller holds the lock on libguestfs' start. What
    /// runs here yields the processors: nobody waits for it as long as there is no disk.
    ///
    /// - Parameter path: libguestfs' own search path; nil when it is not what Debian's package sets
    /// - Throws: `HostError` when supermin or debugfs fails; the full appliance then has to do.
    func prepare(searching path: String) async throws -> String? {
        guard let description = path.split(separator: ":").map({ "\($0)/supermin.d" }).first(where: Files.exists) else {
            // Somebody's own fixed appliance.
            return nil
        }
        let temporary = try host.scratch.newFolder("supermin")
        // Without --copy-kernel: a copy has the kernel's own date, which makes --if-newer build anew each time.
        try await runner.check(
            Self.yielding(
                "supermin",
                [
                    "--build", "--if-newer", "--lock", "\(cache)/full.lock", "-f", "ext2", "--host-cpu", Self.machine,
                    description, "-o", full,
                ]
            ).with {
                // Where what it leaves when it is killed goes with the run's folder.
                $0.environment["TMPDIR"] = temporary
            }, purpose: "making libguestfs' appliance")
        // supermin leaves the old one's removal to a process in the background, which ends with it here.
        for name in try Files.names(in: cache) where name.hasPrefix("full.") && name != "full.lock" {
            try removeTree("\(cache)/\(name)")
        }
        guard let source = try source else { return nil }
        if let folder = try ready() { return folder }
        try await derive(from: full, into: "\(folder).new")
        try Files.write(source, to: "\(folder).new/made-from")
        try removeTree(folder)
        try Files.move("\(folder).new", to: folder)
        return folder
    }

    private func derive(from full: String, into folder: String) async throws {
        try removeTree(folder)
        try Files.makeFolder(folder)
        try await runner.check(
            Self.yielding("cp", ["--sparse=always", "--reflink=auto", "\(full)/root", "\(folder)/root"]),
            purpose: "copying libguestfs' appliance")
        for name in ["kernel", "initrd"] {
            guard link("\(full)/\(name)", "\(folder)/\(name)") == 0 else {
                throw Files.failure(errno, "cannot link", "\(folder)/\(name)")
            }
        }
        // The mark by which libguestfs knows a fixed appliance.
        try Files.write("libguestfs' appliance, trimmed by Stonebake\n", to: "\(folder)/README.fixed")
        let lenses = try await edit(folder, "ls -p \(Self.lenses)")
        var requests = lenses.split(separator: "\n").compactMap { line -> String? in
            // /INODE/MODE/UID/GID/NAME/SIZE/
            let fields = line.split(separator: "/", omittingEmptySubsequences: false)
            guard fields.count > 5, fields[5].hasSuffix(".aug"), !Self.neededLenses.contains(String(fields[5])) else {
                return nil
            }
            return "rm \(Self.lenses)/\(fields[5])"
        }
        try Files.write(Self.start, to: "\(folder)/init")
        try Files.write(Self.links, to: "\(folder)/links")
        requests += Self.requests.split(separator: "\n").map(String.init)
        try Files.write(requests.joined(separator: "\n") + "\n", to: "\(folder)/requests")
        try await runner.check(
            Command("debugfs", ["-w", "-f", "requests", "root"]).with {
                $0.workingDirectory = folder
                $0.environment["PATH"] = Self.systemPath
            }, purpose: "trimming libguestfs' appliance")
        // debugfs ends with 0 whatever its requests did.
        guard try await edit(folder, "cat /init") == Self.start, try await edit(folder, "cat /links") == Self.links
        else {
            throw DiskError(.appliance, "debugfs did not trim libguestfs' appliance")
        }
    }

    private func edit(_ folder: String, _ request: String) async throws -> String {
        let command = Command("debugfs", ["-R", request, "root"]).with {
            $0.workingDirectory = folder
            $0.environment["PATH"] = Self.systemPath
            $0.output = .capture(limit: 1 << 20)
        }
        let result = try await runner.check(command, purpose: "trimming libguestfs' appliance")
        return String(decoding: result.output, as: UTF8.self)
    }

    private static func yielding(_ program: String, _ arguments: [String]) -> Command {
        Command("nice", ["-n", "10", program] + arguments)
    }

    /// debugfs is where an ordinary user's PATH does not lead.
    private static let systemPath = "/usr/sbin:/sbin:/usr/bin:/bin"

    private static var machine: String {
        #if arch(arm64)
            "aarch64"
        #else
            "x86_64"
        #endif
    }

    /// For its kernel: supermin's initrd loads each driver that might find a root disk, and asking an IDE controller that
    /// has no disks takes a sixth of the start. Disks are on virtio-scsi here.
    static let arguments =
        "module_blacklist=libata,ata_piix,libnvdimm,nfit,nd_btt,nd_pmem,nd_virtio,virtio_pmem,virtio_net,net_failover,"
        + "failover,virtio_blk,virtio_rng,fuse,virtiofs,virtio_balloon,virtio_input,virtio_mem,virtio_mmio"

    private static let lenses = "/usr/share/augeas/lenses/dist"
    /// What inspection reads /etc/fstab and /etc/mdadm.conf by, and what these stand on.
    private static let neededLenses: Set<String> = [
        "build.aug", "fstab.aug", "mdadm_conf.aug", "quote.aug", "rx.aug", "sep.aug", "util.aug",
    ]

    private static let requests = """
        rm /init
        write init /init
        sif /init mode 0100755
        rm /links
        write links /links
        sif /links mode 0100755
        rm /usr/sbin/lvm
        rm /usr/sbin/mdadm
        rm /usr/bin/ldmtool
        rm /usr/bin/udevadm
        """

    /// In place of the appliance's /init. Without udev the kernel's own device nodes are what there is, and none of them
    /// comes and goes while something looks.
    private static let start = """
        #!/bin/sh
        PATH=/sbin:/usr/sbin:/bin:/usr/bin
        export PATH
        mkdir -p /proc /sys /run /sysroot
        mount -t proc proc /proc
        mount -t sysfs sys /sys
        mount -t devtmpfs dev /dev
        ln -s /proc/self/fd /dev/fd
        mkdir -p /dev/pts /dev/shm /dev/virtio-ports /dev/disk/by-path /dev/mapper
        mount -t tmpfs -o nosuid,mode=0755 tmpfs /run
        mkdir -p /run/lock
        [ -e /etc/mtab ] || ln -s /proc/mounts /etc/mtab
        modprobe -a virtio_console sd_mod
        for port in /sys/class/virtio-ports/*; do
            ln -s "../${port##*/}" "/dev/virtio-ports/$(cat "$port/name")"
        done
        /links
        eval "$(grep -Eo 'guestfs_channel=[^[:space:]]+' /proc/cmdline)"
        verbose=; grep -q guestfs_verbose=1 /proc/cmdline && verbose=--verbose
        guestfsd $verbose ${guestfs_channel:+--channel "$guestfs_channel"}
        sync
        reboot -f

        """

    /// The names by which libguestfs finds disks and partitions, which udev would make. Run for each disk that is looked at,
    /// and there may be many: a program is started only for a name that is not there.
    private static let links = """
        #!/bin/sh
        for disk in /sys/block/sd*; do
            name=${disk##*/}
            cd -P "$disk/device" || continue
            place=/dev/disk/by-path/scsi-${PWD##*/}
            [ -L "$place" ] || ln -sfn "../../$name" "$place"
            for partition in "$disk/$name"*/partition; do
                [ -e "$partition" ] || continue
                read -r number <"$partition"
                folder=${partition%/partition}
                [ -L "$place-part$number" ] || ln -sfn "../../${folder##*/}" "$place-part$number"
            done
        done

        """
}
