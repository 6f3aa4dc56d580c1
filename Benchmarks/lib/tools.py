"""The tools that are compared: how each is set up for the appliance, and which runs of it are timed.

A case is a function that makes everything ready, untimed, and gives the command that is timed and its product.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from alike import HOST, libraries
from debian13 import say

HERE = Path(__file__).resolve().parent.parent
PROJECT = HERE.parent
TREE = HERE / "wsgi/tree"
APPLICATION = "opt/hello/hello.py"


def empty(folder):
    subprocess.run(["chmod", "-R", "u+rwX", str(folder)], stderr=subprocess.DEVNULL)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def edit(tree, run):
    """The change that is measured: another line in the application's one file."""
    with open(tree / APPLICATION, "a") as file:
        file.write(f"# edited: {run}\n")


class Timed:
    """One command to be timed, where its product will be, and what it is going to read: see alike.py.

    `reads` is None where the run goes on from the one before it as a person would, at once.
    """

    def __init__(self, arguments, product, *, reads, cwd=None, env=None):
        self.arguments, self.product, self.reads, self.cwd, self.env = arguments, product, reads, cwd, env


class Stonebake:
    name = "stonebake"
    must_work = True

    def __init__(self, scratch, executable):
        self.folder = Path(scratch) / "stonebake"
        self.executable = str(executable)
        # What it runs inside sandboxes.
        self.worker = str(Path(executable).with_name("stonebake-worker"))
        self.first = self.folder / "first"
        self.spec = self.folder / "spec"

    def environment(self, store):
        return os.environ | {"STONEBAKE_CACHE": str(store)}

    def prepare(self, log):
        """The first build downloads, makes the lock, tries KVM; its packages are the cache of the timed runs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = self.spec / "appliance.lock"
        kept = lock.read_bytes() if lock.exists() else None
        shutil.rmtree(self.spec, ignore_errors=True)
        shutil.copytree(HERE / "wsgi", self.spec, symlinks=True)
        if kept:
            lock.write_bytes(kept)
        program = hashlib.sha256(
            Path(self.executable).read_bytes() + Path(self.worker).read_bytes()).hexdigest()
        mark = self.folder / ".prepared"
        if kept and mark.exists() and mark.read_text() == program:
            return
        say("the first build with Stonebake")
        with open(log, "ab") as output:
            subprocess.run(
                [self.executable, "build", str(self.spec), "-o", str(self.folder / "first-out")],
                env=self.environment(self.first), stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=True)
        for name in ("first/entries", "first/newest", "first/runs", "first-out"):
            empty(self.folder / name)
        mark.write_text(program)

    def lock(self):
        return json.loads((self.spec / "appliance.lock").read_text())

    def blob(self, package):
        digest = package["sha256"]
        return self.first / "blobs/sha256" / digest[:2] / digest

    def _build(self, spec=None, store=None):
        image = self.folder / "out/bench-wsgi-1.0.0/bench-wsgi-1.0.0.raw"
        arguments = [self.executable, "build", "--quiet", "--locked", str(spec or self.spec), "-o",
                     str(self.folder / "out")]
        store = store or self.folder / "store"
        return Timed(
            arguments, image, env=self.environment(store),
            reads=[store, self.executable, self.worker, *libraries(self.executable), *libraries(self.worker), *HOST])

    def _new_store(self, parts):
        store = empty(self.folder / "store")
        for part in parts:
            subprocess.run(["cp", "-al", str(self.first / part), str(store)], check=True)
        shutil.rmtree(self.folder / "out", ignore_errors=True)

    def cold(self, run):
        """Packages and the spec's lock; nothing else, not even what is known of the machine."""
        self._new_store(["blobs"])
        return self._build()

    def cold_as_downloaded(self, run):
        """The same, without the data archives that are kept as zstd when a package was unpacked once."""
        self._new_store(["blobs"])
        shutil.rmtree(self.folder / "store/blobs/copies")
        return self._build()

    def cold_known_machine(self, run):
        """The same, with what the first build on a machine leaves: KVM's verdict, libguestfs' appliance."""
        self._new_store([part for part in ("blobs", "facts", "libguestfs") if (self.first / part).exists()])
        return self._build()

    def changed(self, run):
        edit(self.spec / "tree", run)
        return self._build()

    def unchanged(self, run):
        timed = self._build()
        timed.reads = None
        return timed

    def cold_with_qcow2(self, run):
        spec = self.folder / "spec-qcow2"
        shutil.rmtree(spec, ignore_errors=True)
        shutil.copytree(self.spec, spec, symlinks=True)
        text = (spec / "appliance.yaml").read_text()
        (spec / "appliance.yaml").write_text(text.replace("targets: [raw]", "targets: [raw, qcow2]"))
        # qemu-img is a build tool that only qcow2 asks for: it is locked and downloaded first, untimed.
        collected = self.folder / "collected"
        subprocess.run([self.executable, "mirror", "--quiet", str(spec), str(collected)],
                       env=self.environment(self.first), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        shutil.rmtree(collected)
        self._new_store(["blobs"])
        timed = self._build(spec)
        timed.product = timed.product.with_suffix(".qcow2")
        return timed


class Mkosi:
    name = "mkosi"
    must_work = True

    def __init__(self, debian, packages):
        self.debian = debian
        self.folder = debian.scratch / "mkosi"
        # GRUB's and shim's packages are left out: mkosi boots its disk with systemd-boot.
        self.packages = [p for p in packages if not re.match(r"grub|shim", p)] + ["systemd-boot"]

    def prepare(self, log):
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        for name in ("plain", "incremental"):
            project = self.folder / name
            if not project.exists() or name == "plain":
                self._write(project, incremental=name == "incremental")
        if not (self.folder / "incremental/out/image.raw").exists():
            say("mkosi's first incremental build")
            self._write(self.folder / "incremental", incremental=True)
            with open(log, "ab") as output:
                subprocess.run(
                    self.debian.command(*self._arguments("incremental")), env=self.debian.environment("mkosi"),
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=True)

    def _write(self, project, incremental):
        empty(project)
        shutil.copytree(TREE, project / "mkosi.extra", symlinks=True)
        for name in ("cache", "packages", "out"):
            (project / name).mkdir()
        where = f"/bench/mkosi/{project.name}"
        lines = "\n    ".join(self.packages)
        (project / "mkosi.conf").write_text(f"""\
[Distribution]
Distribution=debian
Release=trixie
Architecture=x86-64
LocalMirror=file:///bench/mirror

[Build]
Incremental={'yes' if incremental else 'no'}
CacheDirectory={where}/cache
PackageCacheDirectory={where}/packages
WorkspaceDirectory=/bench/mkosi/tmp

[Output]
Format=disk
Output=image
OutputDirectory={where}/out

[Content]
Bootable=yes
Bootloader=systemd-boot
WithRecommends=no
Packages=
    {lines}
""")

    def _arguments(self, name):
        return ["mkosi", "--directory", f"/bench/mkosi/{name}", "--force", "build"]

    def _timed(self, name):
        product = self.folder / name / "out/image.raw"
        return Timed(
            self.debian.command(*self._arguments(name)), product, env=self.debian.environment("mkosi"),
            reads=[self.folder / name, *self.debian.reads()])

    def cold(self, run):
        self._write(self.folder / "plain", incremental=False)
        return self._timed("plain")

    def changed(self, run):
        edit(self.folder / "incremental/mkosi.extra", run)
        return self._timed("incremental")


class Mmdebstrap:
    name = "mmdebstrap"
    must_work = True

    def __init__(self, debian, packages):
        self.debian = debian
        self.folder = debian.scratch / "mmdebstrap"
        self.packages = packages

    def prepare(self, log):
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.folder / "tree", ignore_errors=True)
        shutil.copytree(TREE, self.folder / "tree", symlinks=True)

    def cold(self, run):
        product = self.folder / "wsgi.tar"
        product.unlink(missing_ok=True)
        arguments = self.debian.command(
            "mmdebstrap", "--mode=root", "--variant=apt", f"--include={','.join(self.packages)}",
            "--hook-dir=/usr/share/mmdebstrap/hooks/file-mirror-automount",
            "--customize-hook=sync-in /bench/mmdebstrap/tree /",
            "trixie", "/bench/mmdebstrap/wsgi.tar", "deb [trusted=yes] file:///bench/mirror trixie main")
        return Timed(
            arguments, product, env=self.debian.environment("mmdebstrap"),
            reads=[self.folder / "tree", *self.debian.reads()])
