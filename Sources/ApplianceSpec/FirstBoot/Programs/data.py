#!/usr/bin/python3
"""Puts the folders that hold the application's state on the data disk, before anything uses them.

Usage: data MOUNT FOLDER...

Each FOLDER lies at MOUNT/FOLDER and is bound to its place. What the disk does not have yet is copied from the image, once.
The numbers of users and groups may differ from one version of the image to the next: the disk knows the names.
"""

import grp
import json
import os
import pwd
import subprocess
import sys


def fail(message):
    print(message, file=sys.stderr)
    sys.exit(1)


def grow(mount):
    """The partition and its filesystem into a disk that has become larger."""
    device = subprocess.run(
        ["findmnt", "-n", "-o", "SOURCE", mount], capture_output=True, text=True, check=True).stdout.strip()
    name = os.path.basename(os.path.realpath(device))
    number = f"/sys/class/block/{name}/partition"
    if not os.path.exists(number):
        return
    disk = os.path.basename(os.path.dirname(os.path.realpath(f"/sys/class/block/{name}")))
    with open(number, encoding="ascii") as file:
        # It ends with 1 where there is nothing to do.
        grown = subprocess.run(["growpart", f"/dev/{disk}", file.read().strip()], capture_output=True, check=False)
    if grown.returncode == 0:
        subprocess.run(["/usr/lib/systemd/systemd-growfs", mount], check=False)


def accounts():
    return {
        "users": {entry.pw_name: entry.pw_uid for entry in pwd.getpwall()},
        "groups": {entry.gr_name: entry.gr_gid for entry in grp.getgrall()},
    }


def changes(before, now):
    """Old number to new one, of the names that have another number now."""
    return {number: now[name] for name, number in before.items() if name in now and now[name] != number}


def renumber(top, users, groups):
    for folder, folders, files in os.walk(top):
        for entry in [folder, *(os.path.join(folder, name) for name in files)]:
            change(entry, users, groups)
        for name in folders:
            if os.path.islink(os.path.join(folder, name)):
                change(os.path.join(folder, name), users, groups)


def change(entry, users, groups):
    status = os.lstat(entry)
    uid, gid = users.get(status.st_uid, status.st_uid), groups.get(status.st_gid, status.st_gid)
    if (uid, gid) == (status.st_uid, status.st_gid):
        return
    os.lchown(entry, uid, gid)
    if not os.path.islink(entry):
        # A change of owner takes the bits away that would give somebody else's rights.
        os.chmod(entry, status.st_mode & 0o7777)


def adopt(mount):
    """Gives what is on the disk to the accounts of this version of the image."""
    record = f"{mount}/.stonebake/accounts.json"
    now = accounts()
    try:
        with open(record, encoding="utf-8") as file:
            before = json.load(file)
    except (FileNotFoundError, json.JSONDecodeError):
        before = {"users": {}, "groups": {}}
    users, groups = changes(before["users"], now["users"]), changes(before["groups"], now["groups"])
    if users or groups:
        print(f"the disk's files get the numbers of this image: users {users}, groups {groups}")
        renumber(mount, users, groups)
    if now != before:
        os.makedirs(os.path.dirname(record), mode=0o755, exist_ok=True)
        with open(record + ".new", "w", encoding="utf-8") as file:
            json.dump(now, file, indent=2, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        os.rename(record + ".new", record)


def place(mount, folder):
    inside = mount + folder
    if not os.path.exists(inside):
        os.makedirs(os.path.dirname(inside), exist_ok=True)
        os.makedirs(folder, exist_ok=True)
        aside = inside + ".stonebake-new"
        subprocess.run(["rm", "-rf", aside], check=True)
        subprocess.run(["cp", "-a", "--no-target-directory", folder, aside], check=True)
        subprocess.run(["sync", "-f", mount], check=True)
        os.rename(aside, inside)
    os.makedirs(folder, exist_ok=True)
    if not os.path.samefile(inside, folder):
        subprocess.run(["mount", "--bind", inside, folder], check=True)


def main():
    mount, *folders = sys.argv[1:]
    if not os.path.ismount(mount):
        fail(f"the disk for data is not there: nothing is mounted at {mount}")
    grow(mount)
    adopt(mount)
    for folder in folders:
        place(mount, folder)


if __name__ == "__main__":
    main()
