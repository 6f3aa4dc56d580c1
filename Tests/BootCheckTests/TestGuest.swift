import FoundationEssentials
import Testing

@testable import BootCheck
@testable import FileTrees
@testable import HostSystem

/// A small real guest: this machine's own kernel with an initramfs of busybox, dropbear and the QEMU guest agent. It
/// serves HTTP and TCP, takes the key from the NoCloud seed, obeys the power button, and fails on demand:
/// `test.mode=` serve, panic, poweroff, reboot, silent.
struct TestGuest {
    /// Made once for all tests of a process.
    static let shared = Task { try await TestGuest() }

    let kernel: String
    /// The initramfs that Debian's initramfs-tools made for that kernel.
    let debianInitramfs: String
    private let folder: TemporaryFolder

    var initramfs: String { folder.path + "/initramfs" }

    /// An initramfs that holds this machine's systemd and little else, its root account locked.
    func systemdInitramfs() async throws -> String {
        try Files.write(Self.systemdScript, to: folder.path + "/systemd-build")
        try await CommandRunner(progress: .silent).check(
            Command("/bin/sh", [folder.path + "/systemd-build", folder.path]), purpose: "make the systemd guest")
        return folder.path + "/systemd-initramfs"
    }

    func settings(mode: String, more: String = "") -> MachineSettings.Kernel {
        .init(
            path: kernel, initramfs: initramfs, commandLine: "console=ttyS0 quiet test.mode=\(mode) \(more)")
    }

    private init() async throws {
        let releases = try Files.names(in: "/lib/modules").filter {
            Files.exists("/boot/vmlinuz-\($0)") && Files.exists("/lib/modules/\($0)/modules.dep")
        }
        let release = try #require(releases.last, "no kernel in /boot: apt-get install linux-image-cloud-amd64")
        kernel = "/boot/vmlinuz-\(release)"
        debianInitramfs = "/boot/initrd.img-\(release)"
        folder = try TemporaryFolder()
        try Files.write(Self.initScript, to: folder.path + "/init")
        try Files.write(Self.buildScript, to: folder.path + "/build")
        try await CommandRunner(progress: .silent).check(
            Command("/bin/sh", [folder.path + "/build", release, folder.path]), purpose: "make the test guest")
    }

    /// Needs systemd and cpio.
    private static let systemdScript = """
        set -e
        root=$1/systemd-root
        units=lib/systemd/system
        put() {
            mkdir -p "$root${1%/*}"
            cp -L "$1" "$root$1"
            ldd "$1" | grep -o '/[^ ]*' | while read -r library; do
                mkdir -p "$root${library%/*}"
                cp -Ln "$library" "$root$library"
            done
        }
        mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp" "$root/etc" "$root/root" "$root/$units"
        put /lib/systemd/systemd
        put /lib/systemd/systemd-sulogin-shell
        [ ! -e /lib/systemd/systemd-executor ] || put /lib/systemd/systemd-executor
        put /sbin/sulogin
        cp /$units/emergency.target /$units/emergency.service "$root/$units/"
        echo 'root:*:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
        echo 'root:*:1::::::' > "$root/etc/shadow"
        echo ID=test > "$root/etc/os-release"
        : > "$root/etc/machine-id"
        ln -s /lib/systemd/systemd "$root/init"
        (cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) > "$1/systemd-initramfs"
        rm -rf "$root"
        """

    /// Needs busybox-static, dropbear-bin, qemu-guest-agent, cpio, kmod.
    private static let buildScript = """
        set -e
        release=$1 out=$2
        PATH=$PATH:/usr/sbin:/sbin
        root=$out/root
        mkdir -p "$root/bin" "$root/modules" "$root/etc/dropbear" "$root/root" "$root/www/cgi-bin" "$root/usr/sbin"
        chmod 700 "$root/root"
        cp "$(command -v busybox)" "$root/bin/busybox"
        ln -s busybox "$root/bin/sh"
        for program in dropbear qemu-ga; do
            path=$(command -v $program)
            cp "$path" "$root/usr/sbin/"
            ldd "$path" | grep -o '/[^ ]*' | while read -r library; do
                mkdir -p "$root${library%/*}"
                cp -Ln "$library" "$root$library"
            done
        done
        for module in virtio_pci virtio_net virtio_blk virtio_console isofs button evdev; do
            modprobe -S "$release" --show-depends $module
        done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
            name=${path##*/}
            case $name in
            *.xz) name=${name%.xz}; xz -dc "$path" > "$root/modules/$name" ;;
            *.zst) name=${name%.zst}; zstd -dcq "$path" > "$root/modules/$name" ;;
            *) cp "$path" "$root/modules/" ;;
            esac
            echo "$name" >> "$root/modules/order"
        done
        cp "$out/init" "$root/init"
        chmod 755 "$root/init"
        echo root::0:0:root:/root:/bin/sh > "$root/etc/passwd"
        echo /bin/sh > "$root/etc/shells"
        echo '<h1>Hello from the test guest</h1>' > "$root/www/index.html"
        echo '{"state": "ready", "workers": [{"id": 1}, {"id": 2}], "load": 1.0}' > "$root/www/status.json"
        (cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) > "$out/initramfs"
        rm -rf "$root"
        """

    private static let initScript = """
        #!/bin/sh
        /bin/busybox mkdir -p /proc /sys /dev /run /tmp /mnt /var/run /var/log
        /bin/busybox --install -s /bin
        export PATH=/bin:/usr/sbin HOME=/root
        mount -t proc proc /proc
        mount -t sysfs sys /sys
        mount -t devtmpfs dev /dev
        mkdir -p /dev/pts
        mount -t devpts devpts /dev/pts
        while read -r module; do insmod "/modules/$module"; done < /modules/order
        mode=$(sed -n 's/.*test.mode=\\([a-z]*\\).*/\\1/p' /proc/cmdline)
        echo "test guest: $mode"
        case $mode in
        panic) exit 7 ;;
        poweroff) poweroff -f ;;
        reboot) reboot -f ;;
        silent) while :; do sleep 1000; done ;;
        esac
        ip link set lo up
        ip addr add 10.0.2.15/24 dev eth0
        ip link set eth0 up
        ip route add default via 10.0.2.2
        mkdir -p /root/.ssh /etc/acpi/PWRF
        chmod 700 /root/.ssh
        mount -t iso9660 -o ro /dev/vda /mnt
        sed -n 's/^ *- \\(ssh-.*\\)/\\1/p' /mnt/user-data > /root/.ssh/authorized_keys
        chmod 600 /root/.ssh/authorized_keys
        cp /mnt/meta-data /www/meta-data
        httpd -p 80 -h /www
        (sleep 4; echo late > /www/late.txt) &
        (while :; do echo "test 1.0 greets" | nc -l -p 7000; done) &
        grep -q test.ssh=no /proc/cmdline || dropbear -R -E -s -p 22
        for port in /sys/class/virtio-ports/*; do
            [ "$(cat "$port/name")" = org.qemu.guest_agent.0 ] && qemu-ga -d -p "/dev/${port##*/}" -f /run/ga.pid -t /run
        done
        printf '#!/bin/sh\\npoweroff -f\\n' > /etc/acpi/PWRF/00000080
        chmod 755 /etc/acpi/PWRF/00000080
        acpid
        printf 'testguest login: '
        grep -q test.shell=yes /proc/cmdline && setsid sh -c 'exec sh < /dev/ttyS0 > /dev/ttyS0 2>&1'
        while :; do sleep 1000; done
        """
}

/// A folder of one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/stonebake-boot-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? removeTree(path) }
}
