"""A Debian 13 root that the other tools run in, and a small archive on the disk with every package that any of them
needs, so that no timed run downloads. Both are made once and kept in the scratch folder.

    <scratch>/root/                 Debian 13 with mkosi, mmdebstrap, debos, vmdb2 and the tools that those call
    <scratch>/mirror/               pool/ and dists/trixie/: the packages of Stonebake's lock, and what others need besides
"""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

# mkosi's disk is made by systemd-repart; ukify joins kernel and initramfs; the rest is what each tool calls.
ROOT_PACKAGES = (
    "mkosi systemd-boot systemd-repart systemd-ukify dosfstools mtools e2fsprogs cpio zstd xz-utils kmod "
    "mmdebstrap debos vmdb2 debootstrap wget zerofree gpg parted kpartx fdisk gdisk bmap-tools systemd-container "
    "qemu-system-x86 qemu-utils busybox linux-image-cloud-amd64 initramfs-tools "
    "apt-utils dpkg-dev ca-certificates debian-archive-keyring"
).split()
SUITES = (("debian", "trixie"), ("debian", "trixie-updates"), ("debian-security", "trixie-security"))
# What mkosi adds to its disk of itself, and to the initramfs that it makes from packages.
MKOSI_PACKAGES = ["systemd-boot"]
# vmdb2 installs packages with it.
VMDB2_PACKAGES = ["eatmydata"]


def say(text):
    print(f"bench: {text}", flush=True)


def quiet(arguments, log, **options):
    """Runs a command whose output only the log gets; its end is shown when it fails."""
    with open(log, "ab") as output:
        status = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **options).returncode
    if status != 0:
        end = "".join(open(log, errors="replace").readlines()[-15:])
        raise SystemExit(f"bench: {' '.join(map(str, arguments[:6]))} … ended with status {status}:\n{end}({log})")


def machine_mirror(archive):
    """Where this machine's apt has that archive (`debian`, `debian-security`)."""
    text = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True, text=True, check=True).stdout
    for uri in text.split():
        if uri.rstrip("/").endswith(f"/{archive}"):
            return uri.rstrip("/")
    raise SystemExit(f"bench: apt has no source here whose URI ends in '{archive}', so there is no mirror for Debian 13")


class Debian13:
    def __init__(self, scratch):
        self.scratch = Path(scratch)
        self.path = self.scratch / "root"
        self.mirror = self.scratch / "mirror"

    def command(self, *arguments):
        """A command as it runs in the root: with its own mounts, the scratch folder at /bench, root's privileges."""
        script = (
            'set -e; root=$1; bench=$2; shift 2; mount --bind "$root" "$root"; mkdir -p "$root/bench" "$root/.old"; '
            'mount --rbind /dev "$root/dev"; mount --rbind /sys "$root/sys"; mount -t proc proc "$root/proc"; '
            'mount -t tmpfs tmpfs "$root/run"; mount --bind "$bench" "$root/bench"; '
            # mkosi needs a root that is a mount, so that chroot(2) is not enough.
            'cd "$root"; pivot_root . .old; umount -l /.old; exec "$@"')
        return ["unshare", "--mount", "sh", "-c", script, "in-root", str(self.path), str(self.scratch),
                *map(str, arguments)]

    def environment(self, folder):
        """Nothing of the machine's own environment but its proxies; temporary files lie on the scratch folder's disk."""
        kept = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
        return kept | {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                       "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", "TMPDIR": f"/bench/{folder}/tmp"}

    def reads(self):
        """What a tool in this root reads: its programs and the packages."""
        return [self.mirror, *(self.path / "usr" / name for name in ("bin", "sbin", "lib", "share/mmdebstrap"))]

    def version(self, package):
        query = ["dpkg-query", f"--admindir={self.path}/var/lib/dpkg", "-W", "-f", "${Version}", package]
        return subprocess.run(query, capture_output=True, text=True).stdout

    def prepare(self, log):
        mark = self.path / ".complete"
        wanted = " ".join(ROOT_PACKAGES)
        if mark.exists() and mark.read_text() == wanted:
            return
        say(f"making the Debian 13 root in {self.path}")
        shutil.rmtree(self.path, ignore_errors=True)
        sources = [f"deb {machine_mirror(archive)} {suite} main" for archive, suite in SUITES]
        quiet(["mmdebstrap", "--variant=apt", f"--include={','.join(ROOT_PACKAGES)}", "--skip=cleanup/apt",
               "trixie", str(self.path), *sources], log)
        # systemd-nspawn, which debos calls, wants to know what machine it is on.
        (self.path / "etc/machine-id").write_text(hashlib.sha256(b"Stonebake's benchmark").hexdigest()[:32] + "\n")
        mark.write_text(wanted)

    def prepare_mirror(self, lock, blobs, log):
        """Puts the lock's packages, and what the other tools need besides, into the archive on the disk.

        `blobs` gives the file for a package of the lock.
        """
        pool = self.mirror / "pool"
        mark = self.mirror / ".complete"
        identity = "\n".join(sorted(f"{p['name']} {p['sha256']}" for p in lock["packages"]))
        if mark.exists() and mark.read_text() == identity:
            return
        say(f"making the archive in {self.mirror}")
        shutil.rmtree(self.mirror, ignore_errors=True)
        pool.mkdir(parents=True)
        for package in lock["packages"]:
            target = pool / os.path.basename(package["path"])
            source = blobs(package)
            try:
                os.link(source, target)
            except OSError:
                shutil.copy(source, target)
        self._add_others({package["name"] for package in lock["packages"]}, pool, log)
        index = (
            "cd /bench/mirror && d=dists/trixie && mkdir -p $d/main/binary-amd64 && "
            "dpkg-scanpackages -a amd64 pool >$d/main/binary-amd64/Packages && gzip -kn $d/main/binary-amd64/Packages && "
            "apt-ftparchive -o APT::FTPArchive::Release::Suite=stable -o APT::FTPArchive::Release::Codename=trixie "
            "-o APT::FTPArchive::Release::Architectures=amd64 -o APT::FTPArchive::Release::Components=main "
            "release $d >Release && mv Release $d/Release && "
            # mkosi and mmdebstrap are told to trust it; debootstrap, as vmdb2 calls it, wants a signature.
            "export GNUPGHOME=$(mktemp -d) && gpg --batch --quiet --passphrase '' --quick-generate-key bench default sign && "
            "gpg --batch --quiet --yes --clearsign -o $d/InRelease $d/Release && "
            "gpg --batch --quiet --yes --detach-sign -o $d/Release.gpg $d/Release && "
            "gpg --batch --quiet --yes --export -o key.gpg && rm -rf \"$GNUPGHOME\"")
        quiet(self.command("sh", "-c", index), log)
        mark.write_text(identity)

    def _add_others(self, locked, pool, log):
        """apt in the root downloads what the lock does not have; the lock's versions stay the only ones."""
        extra = self.mirror / "extra"
        (extra / "partial").mkdir(parents=True)
        (self.mirror / "status").touch()
        # The root finds the archive as this machine does.
        for name in ("resolv.conf", "hosts"):
            target = self.path / "etc" / name
            target.unlink(missing_ok=True)
            if os.path.exists(f"/etc/{name}"):
                shutil.copy(f"/etc/{name}", target)
        quiet(self.command("apt-get", "-q", "update"), log)
        names = locked | set(MKOSI_PACKAGES + VMDB2_PACKAGES) | self._initrd_packages()
        quiet(self.command(
            "apt-get", "-qy", "--no-install-recommends", "--download-only", "-o", "Dir::State::status=/bench/mirror/status",
            "-o", "Dir::Cache::archives=/bench/mirror/extra", "-o", "APT::Sandbox::User=root",
            "install", "?essential", "?priority(required)", *sorted(names)), log)
        for file in extra.glob("*.deb"):
            if file.name.partition("_")[0] in locked:
                file.unlink()
            else:
                file.rename(pool / file.name)
        shutil.rmtree(extra)

    def _initrd_packages(self):
        """What mkosi's own initramfs is made of: the names and patterns in its resources for Debian."""
        resources = self.path / "usr/lib/python3/dist-packages/mkosi/resources/mkosi-initrd"
        names = set()
        for file in resources.rglob("*.conf"):
            # A folder or a file names its distributions: 10-debian-kali-ubuntu, 10-fedora.conf.
            if re.search(r"arch|azure|centos|fedora|opensuse", str(file.relative_to(resources))):
                continue
            in_packages = False
            for line in file.read_text().splitlines():
                line = line.partition("#")[0].rstrip()
                if re.match(r"\w+=|\[", line):
                    in_packages = line.startswith("Packages=")
                    line = line.partition("=")[2]
                if in_packages:
                    names.update(line.split())
        return names
