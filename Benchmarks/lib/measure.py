#!/usr/bin/env python3
"""Runs a command and tells what it cost: wall time, CPU time, peak memory, bytes written.

Everything counts that the command starts, also what outlives its parent: the command runs below a process of ours that
adopts orphans (PR_SET_CHILD_SUBREAPER), waits for all of them, and reads what the kernel has added up for it.

    wall_s       until the command itself ends; total_s until everything that it started has ended
    cpu_s        user and system time of all processes (getrusage, RUSAGE_CHILDREN)
    written      bytes of file pages made dirty on disks, and of direct writes (/proc/PID/io, write_bytes), also of files
                 that are removed again; not what goes to pipes or to a tmpfs, nor the filesystem's own journal
    peak_mb      the largest sum of proportional set sizes (smaps_rollup, Pss) seen at one time, QEMU's left out; the
                 page cache does not count, nor do files on a tmpfs; looked at every 0.3 s, so that a shorter peak escapes
    qemu_mb      the same for QEMU's processes
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass

PR_SET_CHILD_SUBREAPER = 36
INTERVAL = 0.3


@dataclass
class Cost:
    status: int
    wall_s: float
    total_s: float
    cpu_s: float
    peak_mb: float
    qemu_mb: float
    written: int

    def fields(self):
        return asdict(self)


class Failed(Exception):
    """The command ended with an error; its last lines are in the message."""


def measure(arguments, *, log, cwd=None, env=None, check=True, limit=1200, memory=True):
    """The cost of one command, whose output goes to the file `log`. After `limit` seconds it is killed: status 124.

    Looking at the memory takes processor time from what is measured (3 % of two processors, and QEMU waits for it): with
    `memory` false nobody looks, and the two figures are 0.

    Raises Failed when it ends with an error and `check` is true.
    """
    read_end, write_end = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    keeper = os.fork()
    if keeper == 0:
        os.close(read_end)
        _keep(arguments, log, cwd, env, limit, write_end)
    os.close(write_end)
    sampler = _Sampler(keeper)
    if memory:
        sampler.start()
    try:
        with os.fdopen(read_end) as pipe:
            text = pipe.read()
    except BaseException:
        os.kill(keeper, signal.SIGTERM)
        raise
    finally:
        if memory:
            sampler.stop()
        os.waitpid(keeper, 0)
    if not text:
        raise Failed(f"{arguments[0]} could not be measured: see {log}")
    cost = Cost(peak_mb=round(sampler.peak / 1e6, 1), qemu_mb=round(sampler.qemu / 1e6, 1), **json.loads(text))
    if check and cost.status != 0:
        with open(log, errors="replace") as file:
            end = "".join(file.readlines()[-15:])
        raise Failed(f"{' '.join(arguments[:8])} … ended with status {cost.status}:\n{end}(the whole log: {log})")
    return cost


def _keep(arguments, log, cwd, env, limit, report):
    """In a process of its own: runs the command, waits for everything below it, and reports."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # Ctrl-C is the caller's to handle: it ends this process by SIGTERM, which ends the command.
    signal.signal(signal.SIGINT, lambda *_: None)
    status = 1
    try:
        with open(log, "wb") as output:
            before = _written()
            start = time.monotonic()
            child = subprocess.Popen(
                arguments, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True)
            signal.signal(signal.SIGTERM, lambda *_: os.killpg(child.pid, signal.SIGTERM))
            try:
                status = child.wait(limit)
            except subprocess.TimeoutExpired:
                status = 124
                os.killpg(child.pid, signal.SIGTERM)
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait()
            wall = time.monotonic() - start
            _reap_orphans(limit=10)
            total = time.monotonic() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = {
            "status": status,
            "wall_s": round(wall, 3),
            "total_s": round(total, 3),
            "cpu_s": round(used.ru_utime + used.ru_stime, 2),
            "written": _written() - before,
        }
        os.write(report, json.dumps(result).encode())
    except OSError as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
    finally:
        os._exit(0)


def _written():
    """What this process and all the children that it has waited for have written."""
    with open("/proc/self/io") as file:
        return int(dict(line.split(": ") for line in file)["write_bytes"])


def _reap_orphans(limit):
    """Waits `limit` seconds for processes that outlived the command, so that they count."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            time.sleep(0.02)


class _Sampler(threading.Thread):
    """Adds up the memory of all processes below one, again and again."""

    def __init__(self, top):
        super().__init__(daemon=True)
        self.top = top
        self.peak = 0
        self.qemu = 0
        self.ended = threading.Event()

    def stop(self):
        self.ended.set()
        self.join()

    def run(self):
        while not self.ended.wait(INTERVAL):
            rest, qemu = 0, 0
            for pid in _below(self.top):
                name, bytes = _memory(pid)
                if name.startswith("qemu-system"):
                    qemu += bytes
                else:
                    rest += bytes
            self.peak = max(self.peak, rest)
            self.qemu = max(self.qemu, qemu)


def _below(top):
    """The processes that descend from `top`; it does not count itself."""
    children = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                # The name may hold spaces and brackets; the fields after the last bracket do not.
                parent = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        children.setdefault(parent, []).append(int(name))
    found, pending = [], [top]
    while pending:
        for child in children.get(pending.pop(), []):
            found.append(child)
            pending.append(child)
    return found


def _memory(pid):
    """The name of a process and its proportional set size in bytes."""
    try:
        with open(f"/proc/{pid}/comm") as file:
            name = file.read().strip()
        with open(f"/proc/{pid}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return name, int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return "", 0


if __name__ == "__main__":
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help"):
        print("usage: measure.py [--limit SECONDS] COMMAND [ARGUMENT…]\n\n" + __doc__)
        sys.exit(0 if words else 2)
    seconds = 1200.0
    if words[0] == "--limit":
        seconds, words = float(words[1]), words[2:]
    print(json.dumps(measure(words, log="/dev/stderr", check=False, limit=seconds).fields()))
