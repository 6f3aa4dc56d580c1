"""Brings the machine into the same state before each run, whatever the run before it left.

A filesystem without a journal (ext4 on many virtual machines' disks) looks, for each new file, through the inodes that were
deleted within the last minute, as long as their tables are in memory; and a kernel whose memory is full of other files has
to give some up first. Both would make a run dear by what was removed before it: the last run's results. So everything is
written, the caches are dropped, and what the run is going to read is read once.
"""

import os
import re
import subprocess
from pathlib import Path

# Programs and libraries of this machine that builds start, and what libguestfs' appliance is made of.
HOST = [Path(name) for name in (
    "/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu", "/usr/lib/modules", "/boot", "/usr/share/qemu")]


def libraries(program):
    """The libraries of a program that lie outside of the system's folders."""
    listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in re.findall(r"=> (/\S+)", listed)]


def begin_alike(reads):
    """Empties the caches, and reads the files in these folders (or these files)."""
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("1")
    buffer = bytearray(1 << 20)
    for place in reads:
        for path in _files(Path(place)):
            try:
                with open(path, "rb", buffering=0) as file:
                    while file.readinto(buffer):
                        pass
            except OSError:
                continue


def _files(place):
    if not place.is_dir():
        yield place
        return
    for folder, _, names in os.walk(place):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path
