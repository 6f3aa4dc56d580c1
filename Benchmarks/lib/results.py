"""Looks into what the tools made: sizes, partitions, packages, boot files."""

import json
import os
import re
import subprocess
import tarfile

# GPT partition types that a root filesystem has.
ROOT_TYPES = {"4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", "0FC63DAF-8483-4772-8E79-3D69D8477DE4"}


def sizes(path):
    found = os.stat(path)
    return {"apparent": found.st_size, "allocated": found.st_blocks * 512}


def look_at(path):
    """Packages, partitions and the files of /boot of a disk or a tar."""
    product = Tar(path) if str(path).endswith(".tar") else Disk(path)
    return {"packages": product.packages(), "layout": product.layout(), "boot": product.names("/boot")}


class Disk:
    """A disk image whose root filesystem is ext4; nothing is mounted."""

    def __init__(self, path):
        self.path = str(path)
        text = subprocess.run(["sfdisk", "--json", self.path], capture_output=True, text=True, check=True).stdout
        self.partitions = json.loads(text)["partitiontable"]["partitions"]
        roots = [p for p in self.partitions if p["type"] in ROOT_TYPES]
        self.offset = max(roots, key=lambda p: p["size"])["start"] * 512

    def read(self, path):
        return self._debugfs(f"cat {path}")

    def names(self, folder):
        """Names in a folder and their sizes in bytes."""
        listed = self._debugfs(f"ls -p {folder}").decode(errors="replace")
        rows = [line.split("/") for line in listed.splitlines() if line.startswith("/")]
        return {row[5]: int(row[6] or 0) for row in rows if len(row) > 6 and row[5] not in (".", "..")}

    def packages(self):
        return installed(self.read("/var/lib/dpkg/status").decode())

    def _debugfs(self, command):
        return subprocess.run(
            ["debugfs", "-R", command, f"{self.path}?offset={self.offset}"], capture_output=True, check=True).stdout

    def layout(self):
        return [f"{p.get('name', '')} {p['size'] * 512 / 1e6:.0f} MB".strip() for p in self.partitions]


class Tar:
    """A root filesystem as a tar."""

    def __init__(self, path):
        self.boot = {}
        self.status = b""
        with tarfile.open(path) as archive:
            for member in archive:
                name = "/" + member.name.lstrip("./")
                if name.startswith("/boot/") and member.isfile() and name.count("/") == 2:
                    self.boot[os.path.basename(name)] = member.size
                elif name == "/var/lib/dpkg/status":
                    self.status = archive.extractfile(member).read()

    def packages(self):
        return installed(self.status.decode())

    def names(self, folder):
        return self.boot

    def layout(self):
        return []


def installed(status):
    """Name and version of every package that dpkg's status file says is installed."""
    found = {}
    for stanza in status.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Status|Version): (.*)$", stanza, re.M))
        if fields.get("Status", "").endswith("ok installed"):
            found[fields["Package"]] = fields["Version"]
    return found
