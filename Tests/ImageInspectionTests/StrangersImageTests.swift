import ApplianceSpec
import FileTrees
import HostSystem
import Testing

@testable import ImageInspection

/// Images of other people: damaged, incomplete, or made to harm whoever opens them.
@Suite struct StrangersImageTests {
    private static let disk = """
        mkdir -p tree/etc; echo ID=x >tree/etc/os-release; echo 'LABEL=root / ext4 rw 0 1' >tree/etc/fstab
        truncate -s 32M disk.raw
        printf 'label: gpt\\nstart=2048, size=2048, type=U\\nstart=4096, size=40960, type=L\\n' | sfdisk -q disk.raw
        mke2fs -q -F -t ext4 -L root -d tree -E offset=2097152 disk.raw 20M

        """

    private func contents(_ script: String) async throws -> [LintFinding] {
        let disk = try TestDisk()
        try await disk.shell(Self.disk + script)
        let opened = try disk.open("disk.raw")
        return try await blocking(named: "lint") { cancelled in
            try ContentLint(opened, targets: [], cancelled: cancelled).findings()
        }
    }

    private func container(_ script: String, _ file: String, _ target: Target? = nil) async throws -> [LintFinding] {
        let disk = try TestDisk()
        try await disk.shell(Self.disk + script)
        return try await blocking(named: "lint") { [path = disk.path] cancelled in
            try ContainerLint(BlockSource("\(path)/\(file)"), target: target, cancelled: cancelled).findings()
        }
    }

    /// What is done to the disk, and words of what is told.
    @Test(arguments: [
        (
            "dd if=/dev/zero of=disk.raw bs=512 seek=1 count=33 conv=notrunc status=none",
            "only its copy at the disk's end"
        ),
        ("printf XXXX | dd of=disk.raw bs=1 seek=600 conv=notrunc status=none", "only its copy at the disk's end"),
        ("printf XXXX | dd of=disk.raw bs=1 seek=1060 conv=notrunc status=none", "only its copy at the disk's end"),
        (
            "printf '\\377\\377\\377\\377' | dd of=disk.raw bs=1 seek=596 conv=notrunc status=none",
            "only its copy at the disk's end"
        ),
        ("dd if=/dev/zero of=disk.raw bs=512 seek=65503 count=33 conv=notrunc status=none", "no copy of the GPT"),
        ("truncate -s 20M disk.raw", "partition 2 ends behind the end of the disk"),
        (
            """
            printf 'label: dos\\nstart=2048, size=2048, type=c\\nstart=4096, size=40960, type=83\\n' | sfdisk -q disk.raw
            printf '\\000\\020' | dd of=disk.raw bs=1 seek=458 conv=notrunc status=none
            """,
            "the partitions 1 and 2 overlap"
        ),
    ])
    func `a damaged partition table is told of, and what is on the disk is read all the same`(
        script: String, words: String
    ) async throws {
        let found = try await contents(script)
        #expect(found.contains { $0.code == "partition-table" && $0.message.contains(words) }, "\(found)")
        #expect(!found.contains { $0.code == "contents-not-read" }, "\(found)")
        #expect(found.contains { $0.code == "no-kernel" }, "\(found)")
    }

    @Test func `an MBR that announces a GPT, where there is none, is told of`() async throws {
        let found = try await contents(
            "for at in 1 65503; do dd if=/dev/zero of=disk.raw bs=512 seek=$at count=33 conv=notrunc status=none; done")
        #expect(found.contains { $0.message.contains("announces a GPT, and there is none") }, "\(found)")
    }

    /// Images that name a file of whoever opens them.
    @Test(arguments: [
        (
            "printf '# Disk DescriptorFile\\nversion=1\\nRW 8 FLAT \"/etc/shadow\" 0\\n' >x.vmdk", "x.vmdk",
            "/etc/shadow"
        ),
        (
            "qemu-img convert -O vmdk -o subformat=monolithicFlat disk.raw x.vmdk; ln -sf /etc/shadow x-flat.vmdk",
            "x.vmdk",
            "x-flat.vmdk"
        ),
        (
            """
            qemu-img create -q -f vmdk parent.vmdk 10M; qemu-img create -q -f vmdk -F vmdk -b parent.vmdk x.vmdk
            """, "x.vmdk", "parent.vmdk"
        ),
        ("qemu-img create -q -f qcow2 -F raw -b disk.raw x.qcow2", "x.qcow2", "disk.raw"),
        ("qemu-img create -q -f qcow2 -o data_file=y.raw x.qcow2 1M", "x.qcow2", "data file"),
    ])
    func `what names another file is not whole, and is not opened`(
        script: String, file: String, name: String
    ) async throws {
        let disk = try TestDisk()
        try await disk.shell(Self.disk + script)
        let error = #expect(throws: InspectionError.self) { try ExternalFiles.check("\(disk.path)/\(file)") }
        #expect(error?.code == .external)
        #expect(error?.message.contains(name) == true, "\(error?.message ?? "")")
        let found = try await container(script, file)
        #expect(
            found.contains { ["vmdk-external", "qcow2-backing-file", "qcow2-external"].contains($0.code) }, "\(found)")
    }

    @Test func `a VMDK of several files that lie beside it may be opened`() async throws {
        let disk = try TestDisk()
        try await disk.shell(
            Self.disk
                + """
                for kind in monolithicFlat twoGbMaxExtentSparse; do
                    qemu-img convert -O vmdk -o subformat=$kind disk.raw $kind.vmdk
                done
                """)
        for kind in ["monolithicFlat", "twoGbMaxExtentSparse"] { try ExternalFiles.check("\(disk.path)/\(kind).vmdk") }
    }

    @Test func `a qcow2 whose tables name a cluster again and again is not opened`() async throws {
        let script = """
            qemu-img create -q -f qcow2 x.qcow2 400M
            qemu-io -c 'write -P 1 0 64k' x.qcow2 >/dev/null
            python3 - <<'PY'
            import struct
            f = open('x.qcow2', 'r+b'); f.seek(40); (l1,) = struct.unpack('>Q', f.read(8))
            f.seek(l1); l2 = struct.unpack('>Q', f.read(8))[0] & 0x00fffffffffffe00
            f.seek(l2); entry = f.read(8); f.seek(l2); f.write(entry * 6400)
            PY
            """
        let found = try await container(script, "x.qcow2")
        #expect(found.map(\.code) == ["qcow2-shared-cluster"])
    }

    @Test func `what has no end is not unpacked to its end`() throws {
        var zeros = UnpackLimit(compressed: 1 << 20)
        try zeros.count(15 << 30, isZero: true)
        #expect(throws: InspectionError.self) { try zeros.count(2 << 30, isZero: true) }
        var data = UnpackLimit(compressed: 1 << 20)
        try data.count(1 << 30, isZero: false)
        #expect(throws: InspectionError.self) { try data.count(1, isZero: false) }
        // 20 GiB of an image of 200 MB.
        var image = UnpackLimit(compressed: 200 << 20)
        try image.count(20 << 30, isZero: false)
        try image.count(500 << 30, isZero: true)
    }

    @Test func `a squashfs is what Incus takes for a container, and not half of one`() async throws {
        #expect(try await container("mksquashfs tree x.squashfs -quiet -no-progress >&2", "x.squashfs", .incus).isEmpty)
        let cut = "mksquashfs tree x -quiet -no-progress >&2; head -c 300 x >x.squashfs"
        #expect(try await container(cut, "x.squashfs", .incus).map(\.code) == ["truncated-image"])
    }

    @Test func `VirtualBox's own format is known, and told where it is cut off`() async throws {
        #expect(try await container("qemu-img convert -O vdi disk.raw x.vdi", "x.vdi", .digitalocean).isEmpty)
        let cut = "qemu-img convert -O vdi disk.raw x.vdi; truncate -s 1500K x.vdi"
        #expect(try await container(cut, "x.vdi", .digitalocean).map(\.code) == ["truncated-image"])
        #expect(
            try await container("qemu-img convert -O vdi disk.raw x.vdi", "x.vdi", .aws).map(\.code) == [
                "wrong-container"
            ])
    }

    @Test(arguments: ["../../x", "/x"])
    func `a member that leads out of its folder is told of`(name: String) async throws {
        let script =
            "echo '<Envelope/>' >x.ovf; : >x; tar --format=ustar -P --transform 's,^x$,\(name),' -cf x.ova x.ovf x"
        let found = try await container(script, "x.ova")
        #expect(found.contains { $0.code == "unsafe-path" && $0.message.contains("'\(name)'") }, "\(found)")
    }

    @Test func `a pipe is not waited for`() async throws {
        let disk = try TestDisk()
        try await disk.shell("mkfifo pipe")
        #expect(throws: HostError.self) { try BlockSource("\(disk.path)/pipe") }
    }

    @Test func `where filesystems cannot be read, the system's tree is looked at in their place`() async throws {
        let disk = try TestDisk()
        try await disk.shell(
            Self.disk
                + """
                printf 'LUKS\\272\\276\\000\\002' | dd of=disk.raw bs=1 seek=2097152 conv=notrunc status=none
                dd if=/dev/zero of=disk.raw bs=1 seek=2098176 count=1024 conv=notrunc status=none
                mkdir tree/opt; echo glpat-aB3dE5fG7hI9jK1lM3nO5 >tree/opt/x; tar -C tree -cf tree.tar .
                """)
        let closed = try disk.open("disk.raw")
        #expect(closed.hasUnreadParts)
        let (path, codes) = (
            disk.path,
            { (contents: DiskContents) in
                try ContentLint(contents, targets: [], cancelled: CancellationFlag()).findings().map(\.code)
            }
        )
        #expect(try codes(closed) == ["contents-not-read"])
        var opened = closed
        try opened.attachSystem("\(path)/tree.tar")
        let found = try codes(opened)
        #expect(found.contains("gitlab-token") && found.contains("no-kernel") && !found.contains("contents-not-read"))
    }

    @Test func `root in a subvolume and on a logical volume is put together by its fstab`() async throws {
        let disk = try TestDisk()
        try await disk.shell(
            """
            truncate -s 8M disk.raw; echo 'label: gpt' | sfdisk -q disk.raw
            mkdir -p pool/@/etc pool/@home/x pool/@old/etc lv/y
            echo ID=x >pool/@/etc/os-release; echo ID=x >pool/@old/etc/os-release; echo secret >pool/@home/x/f; echo v >lv/y/g
            printf 'UUID=u1 / btrfs subvol=@ 0 0\\nUUID=u1 /home btrfs subvol=/@home 0 0\\n/dev/mapper/v--g-d /srv ext4 rw 0 0\\n' \
                >pool/@/etc/fstab
            tar -C pool -cf pool.tar .; tar -C lv -cf lv.tar .
            """)
        var contents = try disk.open("disk.raw")
        try contents.attach(
            archive: "\(disk.path)/pool.tar", ofVolume: "pool", group: "x", type: "btrfs", uuid: "u1", label: nil)
        try contents.attach(
            archive: "\(disk.path)/lv.tar", ofVolume: "d", group: "v-g", type: "ext4", uuid: nil, label: nil)
        let tree = try ImageTree(contents)
        #expect(try tree.text("home/x/f") == "secret\n")
        #expect(try tree.text("srv/y/g") == "v\n")
        #expect(tree["etc/os-release"] != nil && tree["@/etc/os-release"] == nil)
        // What nothing mounts is looked through for secrets all the same.
        #expect(tree.unmounted.map(\.path).contains("/dev/x/pool:/@old/etc/os-release"))
        #expect(!tree.unmounted.contains { $0.path.contains(":/@home/") })
    }
}
