"""debos and vmdb2, which build on loop devices with the machine's kernel.

Neither can mount an ESP where that kernel has no vfat, nor has this one device mapper, so that their disks boot by BIOS
alone, and vmdb2 gets a loop device of ours in place of a disk image that it would call kpartx on. What they did when
asked for an ESP, and for a disk image, is tried once at set-up and told in the report.
"""

import functools
import http.server
import os
import shutil
import subprocess
import threading

from debian13 import say
from tools import TREE, Timed

DISK_SIZE_MB = 1500


class LoopbackArchive:
    """The archive by http on the loopback interface, for tools whose chroot does not see the scratch folder."""

    def __init__(self, folder):
        class Quiet(http.server.SimpleHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"


class DiskBuilder:
    must_work = False

    def __init__(self, debian, packages):
        self.debian = debian
        self.packages = packages
        self.folder = debian.scratch / self.name
        self.tried = {}

    def prepare(self, log):
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        self.archive = LoopbackArchive(self.debian.mirror)
        shutil.rmtree(self.folder / "tree", ignore_errors=True)
        shutil.copytree(TREE, self.folder / "tree", symlinks=True)
        self.image = self.folder / "wsgi.img"

    def environment(self):
        # vmdb2 hands TMPDIR on into the chroot, where only /tmp is there.
        return self.debian.environment(self.name) | {"TMPDIR": "/tmp"}

    def detach(self):
        """Loop devices of our disk that a run which failed has left behind: they keep its space."""
        listed = subprocess.run(["losetup", "--list", "--noheadings", "--raw", "-O", "NAME,BACK-FILE"],
                                capture_output=True, text=True).stdout
        for line in listed.splitlines():
            device, _, file = line.partition(" ")
            if file.startswith((f"/{self.name}/wsgi.img", f"/bench/{self.name}/wsgi.img", str(self.image))):
                subprocess.run(["losetup", "--detach", device])

    def attempt(self, title, arguments, log):
        """A way that is not expected to work here: tried once, its last words kept for the report."""
        mark = self.folder / f"tried-{title.replace(' ', '-').replace(',', '')}.txt"
        if not mark.exists():
            say(f"trying {self.name} {title}")
            done = subprocess.run(
                ["timeout", "-k", "10", "300", *arguments], env=self.environment(), stdin=subprocess.DEVNULL,
                capture_output=True, text=True, errors="replace")
            lines = (done.stdout + done.stderr).strip().splitlines()
            mark.write_text(f"status {done.returncode}\n" + "\n".join(lines[-4:]))
            self.detach()
        status, _, words = mark.read_text().partition("\n")
        self.tried[title] = (status, words)

    def notes(self):
        lines = []
        for title, (status, words) in self.tried.items():
            lines += [f"{self.name} {title}, tried once at set-up: {status}.", ""]
            lines += ["    " + line[:200] for line in words.splitlines()] + [""]
        return lines


class Debos(DiskBuilder):
    name = "debos"

    def prepare(self, log):
        super().prepare(log)
        self._write("bios.yaml", esp=False)
        self._write("esp.yaml", esp=True)
        self.attempt("with an ESP", self._command("esp.yaml", "--disable-fakemachine"), log)
        self.attempt("in its virtual machine, emulated", self._command("bios.yaml", "--fakemachine-backend=qemu"), log)
        self.image.unlink(missing_ok=True)

    def _command(self, recipe, *options):
        # debos binds /dev/disk into its chroots and waits for udev, which machines like ours do not run.
        script = ('mkdir -p /dev/disk /run/udev; /usr/lib/systemd/systemd-udevd & udev=$!; status=0; "$@" || status=$?; '
                  'kill $udev; wait $udev; exit $status')
        return self.debian.command(
            "sh", "-c", script, "debos",
            "debos", *options, "--artifactdir=/bench/debos", f"/bench/debos/{recipe}")

    def _write(self, recipe, esp):
        mounts = "      - {mountpoint: /, partition: root}\n"
        partitions = "      - {name: bios, fs: none, start: 1MB, end: 2MB, flags: [bios_grub]}\n"
        start = "2MB"
        if esp:
            mounts += "      - {mountpoint: /boot/efi, partition: esp}\n"
            partitions += "      - {name: esp, fs: vfat, start: 2MB, end: 66MB, flags: [boot]}\n"
            start = "66MB"
        partitions += f"      - {{name: root, fs: ext4, start: {start}, end: 100%}}\n"
        packages = "".join(f"      - {name}\n" for name in self.packages)
        (self.folder / recipe).write_text(f"""\
architecture: amd64
actions:
  - action: debootstrap
    suite: trixie
    components: [main]
    mirror: {self.archive.address}
    variant: minbase
    check-gpg: false
  - action: run
    description: the archive is not signed
    chroot: true
    command: echo 'deb [trusted=yes] {self.archive.address} trixie main' >/etc/apt/sources.list
  - action: apt
    recommends: false
    unauthenticated: true
    packages:
{packages}  - action: overlay
    source: tree
  - action: image-partition
    imagename: wsgi.img
    imagesize: {DISK_SIZE_MB}MB
    partitiontype: gpt
    mountpoints:
{mounts}    partitions:
{partitions}  - action: filesystem-deploy
    description: the tree into the disk
  - action: run
    description: the boot code
    chroot: true
    command: grub-install --target=i386-pc $IMAGE
  - action: run
    description: the boot menu
    chroot: true
    command: update-grub
""")

    def cold(self, run):
        # The server's port is another one in each call.
        self._write("bios.yaml", esp=False)
        self.detach()
        self.image.unlink(missing_ok=True)
        return Timed(self._command("bios.yaml", "--disable-fakemachine"), self.image, env=self.environment(),
                     reads=self.debian.reads())


class Vmdb2(DiskBuilder):
    name = "vmdb2"

    def prepare(self, log):
        super().prepare(log)
        self._write("bios.yaml", on_loop_device=True)
        self._write("image.yaml", on_loop_device=False)
        # Only its log says what the command that failed said.
        script = ("vmdb2 --log=/bench/vmdb2/try.log --output=/bench/vmdb2/wsgi.img /bench/vmdb2/image.yaml >/dev/null 2>&1; "
                  "status=$?; sed -n 's/.*STDERR: //p' /bench/vmdb2/try.log | grep -v '^ *$' | head -n 3; exit $status")
        self.attempt("on a disk image, with kpartx", self.debian.command("sh", "-c", script), log)
        self.image.unlink(missing_ok=True)

    def _write(self, recipe, on_loop_device):
        packages = "".join(f"      - {name}\n" for name in self.packages)
        image = "" if on_loop_device else f"  - mkimg: '{{{{ output }}}}'\n    size: {DISK_SIZE_MB}M\n"
        kpartx = "" if on_loop_device else "  - kpartx: '{{ output }}'\n"
        device = "{{ image }}" if on_loop_device else "{{ output }}"
        (self.folder / recipe).write_text(f"""\
steps:
{image}  - mklabel: gpt
    device: '{device}'
  - mkpart: primary
    device: '{device}'
    start: 1M
    end: 2M
    tag: bios
  - set_part_flag: '{device}'
    tag: bios
    flag: bios_grub
  - mkpart: primary
    device: '{device}'
    start: 2M
    end: 100%
    tag: root
{kpartx}  - mkfs: ext4
    partition: root
  - mount: root
  - debootstrap: trixie
    mirror: {self.archive.address}
    target: root
    variant: minbase
    keyring: /bench/mirror/key.gpg
  - create-file: /etc/apt/sources.list
    contents: 'deb [trusted=yes] {self.archive.address} trixie main'
  - virtual-filesystems: root
  - apt: install
    tag: root
    recommends: false
    packages:
{packages}  - copy-dir: /
    src: tree
  - fstab: root
  - chroot: root
    shell: |
      grub-install --target=i386-pc '{device}'
      update-grub
""")

    def cold(self, run):
        self._write("bios.yaml", on_loop_device=True)
        self.detach()
        self.image.unlink(missing_ok=True)
        script = (f"truncate -s {DISK_SIZE_MB}M /bench/vmdb2/wsgi.img; disk=$(losetup --show -f /bench/vmdb2/wsgi.img); "
                  "status=0; vmdb2 --log=/bench/vmdb2/vmdb2.log --image \"$disk\" /bench/vmdb2/bios.yaml || status=$?; losetup -d \"$disk\"; exit $status")
        return Timed(self.debian.command("sh", "-c", script), self.image, env=self.environment(),
                     reads=self.debian.reads())
