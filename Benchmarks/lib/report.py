"""Writes the table of a side-by-side measurement, and the raw values beside it."""

import json
import os
import re
import statistics
import subprocess
from pathlib import Path

# What issue 3 asks for: (title, numerator, denominator, limit), all of wall times.
RATIOS = [
    ("cold build against mkosi's", "stonebake cold", "mkosi cold", 0.25),
    ("cold build against mmdebstrap's tar", "stonebake cold", "mmdebstrap cold", 0.60),
    ("changed application file against mkosi's incremental build", "stonebake changed file", "mkosi changed file", 0.15),
]
UNCHANGED = ("stonebake nothing changed", 0.3)


def write_report(path, rows, scratch, debian, lock, stonebake, others):
    good = [row for row in rows if row["status"] == 0]
    failed = [row for row in rows if row["status"] != 0]
    text = "\n".join([
        "# Side by side", "",
        "Made by `make bench`, which replaces this file. One appliance (`Benchmarks/wsgi`: DESIGN.md's wsgi package set on",
        "Debian 13, no Recommends, and a small application), built by each tool in turn; what is measured and how, and what",
        "differs in the results, stands below the tables.", "",
        *machine(rows, debian, stonebake), "",
        "## Medians", "", *medians(good), "",
        "## Asked for and reached", "", *reached(good), "",
        "## Each run", "", *each_run(good), "",
        *failures(failed, others),
        "## How it is measured", "", HOW, "",
        "## What differs in the results", "", *differences(scratch, lock), "",
        DIFFERENCES, "",
        "## With KVM", "", KVM, "",
    ])
    path.write_text(re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n")
    raw = path.with_suffix(".json")
    kept = [{name: value for name, value in row.items() if name not in ("error", "product")} for row in rows]
    raw.write_text("[\n" + ",\n".join(json.dumps(row) for row in kept) + "\n]\n")


def values(rows, case, field="wall_s"):
    return [row[field] for row in rows if row["case"] == case]


def cases_of(rows):
    return list(dict.fromkeys(row["case"] for row in rows))


def table(head, lines):
    return ["| " + " | ".join(head) + " |", "|" + "---|" + "---:|" * (len(head) - 1)] + [
        "| " + " | ".join(map(str, line)) + " |" for line in lines]


def machine(rows, debian, stonebake):
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text()).group(1)) / 1e6
    system = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    qemu = first_line(["qemu-system-x86_64", "--version"])
    version = first_line([stonebake.executable, "--version"])
    commit = first_line(["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"])
    versions = ", ".join(f"{tool} {debian.version(tool)}" for tool in ("mkosi", "mmdebstrap", "debos", "vmdb2"))
    rounds = max((row["run"] for row in rows), default=0)
    loads = [row["load"] for row in rows]
    return [
        f"- {min(row['at'] for row in rows)} to {max(row['at'] for row in rows)}, {rounds} rounds; load average before "
        f"the runs {statistics.median(loads):.1f} (median), {max(loads):.1f} (most)",
        f"- {os.cpu_count()} CPUs ({model.group(1) if model else 'unknown'}), {memory:.0f} GB, {system.group(1)}, Linux "
        f"{os.uname().release}; KVM {'works' if kvm_works(stonebake) else 'runs no guest here'}",
        f"- Stonebake {version} ({commit}), release build, {qemu}",
        f"- in the Debian 13 root: {versions}",
    ]


def kvm_works(stonebake):
    text = subprocess.run([stonebake.executable, "doctor"], capture_output=True, text=True).stdout
    return any("KVM" in line and line.lstrip().startswith("✓") for line in text.splitlines())


def first_line(command):
    found = subprocess.run(command, capture_output=True, text=True).stdout.strip().splitlines()
    return found[0] if found else "?"


def medians(rows):
    lines = []
    for case in cases_of(rows):
        middle = {field: statistics.median(values(rows, case, field)) for field in (
            "wall_s", "cpu_s", "peak_mb", "qemu_mb", "written", "apparent", "allocated")}
        lines.append((
            case, len(values(rows, case)), f"{middle['wall_s']:.2f}", f"{middle['cpu_s']:.1f}",
            f"{middle['peak_mb']:.0f}", f"{middle['qemu_mb']:.0f}", f"{middle['written'] / 1e6:.0f}",
            f"{middle['apparent'] / 1e6:.0f}", f"{middle['allocated'] / 1e6:.0f}"))
    head = ("case", "runs", "wall s", "CPU s", "peak MB", "QEMU's MB", "written MB", "image MB", "on disk MB")
    return table(head, lines)


def reached(rows):
    lines = []
    for title, above, below, limit in RATIOS:
        ratios = ratio_per_run(rows, above, below)
        if not ratios:
            continue
        middle = statistics.median(ratios.values())
        each = " ".join(f"{ratio:.2f}" for _, ratio in sorted(ratios.items()))
        lines.append((title, each, f"{middle:.2f}", f"{limit:.2f}", "yes" if middle <= limit else "no"))
    unchanged = values(rows, UNCHANGED[0])
    if unchanged:
        each = " ".join(f"{seconds:.2f}" for seconds in unchanged)
        middle = statistics.median(unchanged)
        lines.append(("nothing changed, seconds", each, f"{middle:.2f}", f"below {UNCHANGED[1]}",
                      "yes" if middle < UNCHANGED[1] else "no"))
    return table(("ratio of wall times", "per run", "median", "asked for", "reached"), lines)


def ratio_per_run(rows, above, below):
    one = {row["run"]: row["wall_s"] for row in rows if row["case"] == above}
    other = {row["run"]: row["wall_s"] for row in rows if row["case"] == below}
    return {run: one[run] / other[run] for run in one if run in other}


def each_run(rows):
    runs = sorted({row["run"] for row in rows})
    text = []
    for title, field, form in (("Wall time, seconds", "wall_s", "{:.2f}"), ("CPU time, seconds", "cpu_s", "{:.1f}"),
                               ("Wall time as a share of mkosi's cold build in the same round", None, "{:.2f}")):
        lines = []
        for case in cases_of(rows):
            by_run = {row["run"]: row[field or "wall_s"] for row in rows if row["case"] == case}
            if field is None:
                by_run = ratio_per_run(rows, case, "mkosi cold")
            lines.append([case] + [form.format(by_run[run]) if run in by_run else "" for run in runs])
        if any(any(line[1:]) for line in lines):
            text += [title + ":", "", *table(["case"] + [f"run {run}" for run in runs], lines), ""]
    return text


def failures(rows, others):
    shown = {}
    for row in rows:
        shown.setdefault(row["case"], row["error"])
    notes = [note for tool in others for note in tool.notes()]
    if not shown and not notes:
        return []
    text = ["## What does not run here", "", *notes, ""]
    for case, error in shown.items():
        lines = "\n".join("    " + line for line in error.strip().splitlines()[-6:])
        text += [f"{case} ended with:", "", lines, ""]
    return text


def differences(scratch, lock):
    """What was found in the products of the cold builds."""
    found = {}
    for file in sorted(Path(scratch).glob("contents-*.json")):
        found[file.stem.partition("-")[2]] = json.loads(file.read_text())
    if not found:
        return []
    wanted = {package["name"]: package["version"] for package in lock["packages"]}
    rows = []
    for tool, content in found.items():
        packages = content["packages"]
        extra = sorted(set(packages) - set(wanted))
        missing = sorted(set(wanted) - set(packages))
        other = sorted(name for name in packages if name in wanted and packages[name] != wanted[name])
        initrds = [f"{name} {size / 1e6:.1f} MB" for name, size in content["boot"].items() if "init" in name]
        rows.append((
            tool, len(packages), short(missing), short(extra), short(other), "; ".join(content["layout"]) or "a tar",
            "; ".join(initrds) or "none in /boot"))
    head = ("tool", "packages", "missing", "besides", "other versions", "partitions", "initramfs")
    return table(head, rows)


def short(names):
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "") if names else "none"


HOW = """\
- *cold*: the packages are on the disk and nothing else is. Stonebake has the packages in its store as it keeps them once they
  were unpacked (as they were downloaded, and their data archives a second time, as zstd: docs/store.md), and the lock beside
  the spec (`--locked`); *as downloaded* is the same without the second form, as after `stonebake mirror`. No layer, no facts about the machine (so that it tries KVM, and libguestfs' appliance is made
  anew), no tools. The others take their packages from an archive on the same disk (`file:`, not signed, with only the
  packages that are needed, so that apt has a short index to read; http on the loopback interface where a tool cannot use
  files). *machine known*: with KVM's verdict and libguestfs' appliance, which the first build on a machine leaves.
- Each tool is asked for the packages of Stonebake's lock by name, so that all install the same versions of the same ones; mkosi
  not for GRUB's and shim's, and for systemd-boot instead.
- *changed file*: a line is added to the application's one file. Stonebake then has the layers of the round's cold build;
  mkosi has its incremental cache (`Incremental=yes`), made untimed.
- All but mmdebstrap's product is a raw disk; mmdebstrap's is a tar. One line shows Stonebake with qcow2 besides.
- wall time: until the command ends. CPU time: user and system time of everything the command started, emulated guests
  included. Memory: the largest sum of proportional set sizes, looked at every 0.3 s, QEMU's apart; a tmpfs or the page
  cache is not in it. Written: bytes of file pages made dirty on disks, scratch files and removed files included.
- In a round each case runs once, in the order of the table. Before each (but the unchanged one) everything is written, the
  caches are dropped, and the files that the run is going to read (its packages or layers, the tools' programs and
  libraries) are read, so that no run pays for what the one before it left or removed: `Benchmarks/lib/alike.py`."""

DIFFERENCES = """\
- Boot loaders: Stonebake's disk boots with SeaBIOS (GRUB's core image in the BIOS boot partition) and with UEFI, Secure Boot
  included (signed shim and GRUB in the ESP). mkosi's boots with UEFI only: systemd-boot and one unified kernel image in the
  ESP. mmdebstrap's tar has GRUB's packages and no boot code: it is no disk.
- initramfs: Stonebake and mmdebstrap have initramfs-tools make one, as Debian does. mkosi makes its own from a package set of its
  own (systemd in the initramfs), and tells initramfs-tools to make none.
- Stonebake's disk is verified before the build ends (e2fsck, mounted and looked at in libguestfs' appliance); no other
  tool does that. mkosi copies the tree with systemd-repart, which checks nothing afterwards.
- Stonebake resolves nothing in a timed run, because it has a lock; apt resolves in each run of the others.
- Stonebake's tree is the same bytes in every build (times, UUIDs, machine-id, caches); no other tool was asked for that."""

KVM = """\
Nothing here was measured with KVM: where it runs guests, the head of this file says so. libguestfs' launch and its look
at the disk are the only part of a build that a guest runs: about 3 s of processor time, emulated. What KVM would leave of
that was not measured. No other part of Stonebake, and nothing of the other tools, uses KVM."""
