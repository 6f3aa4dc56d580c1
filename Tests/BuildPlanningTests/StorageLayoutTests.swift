import ContentDigest
import Diagnostics
import Testing
import TreeMeasures

@testable import ApplianceSpec
@testable import BuildPlanning

/// Sizes and places of what a spec divides, as values.
struct StorageLayoutTests {
    private static let mebibyte: Int64 = 1 << 20
    private static let identity = DiskIdentity(seed: Digest.of("tests"))

    private func settings(_ disk: String) throws -> DiskSettings {
        let text = "stonebake: 1\nname: a\nversion: '1'\ndistribution: {name: debian, release: trixie}\n\(disk)"
        let root = try #require(YAMLReader.read(SourceFile(path: "a.yaml", text: text)).root)
        var decoder = SpecDecoder(root: root, paths: HostPaths(workingDirectory: "/"), now: 2_000_000_000)
        let settings = decoder.disk()
        #expect(decoder.report.diagnostics.map(\.message) == [])
        return settings
    }

    /// - Parameter mebibytes: what the tree of each mount point takes
    private func plan(
        _ disk: String, _ mebibytes: [String: Int64]
    ) throws -> (plan: StoragePlan, layout: StorageLayout?, report: DiagnosticReport) {
        let settings = try settings(disk)
        let plan = StoragePlan(
            settings: try #require(settings.storage), boot: settings.boot, architecture: .amd64,
            identity: Self.identity)
        var trees: [StoragePlace: TreeUsage] = [:]
        for filesystem in plan.filesystems {
            let size = filesystem.mounts.reduce(Int64(0)) { $0 + (mebibytes[$1.path] ?? 0) }
            trees[filesystem.place] = TreeUsage(blocks: size * 256, inodes: size * 10)
        }
        let (layout, report) = StorageLayoutPlanner(settings: settings, plan: plan).layout(for: trees, packages: [])
        return (plan, layout, report)
    }

    private func sizes(_ layout: StorageLayout) -> [String] {
        layout.disks.flatMap { disk in
            disk.layout.partitions.map {
                "\(disk.name)/\($0.number) \($0.start / Self.mebibyte)+\($0.size / Self.mebibyte)"
            }
        }
    }

    @Test func `what boots is added, sizes are kept, and what grows lies last and takes the rest`() throws {
        let (_, made, _) = try plan(
            """
            disk:
              size: 4 GiB
              partitions:
                - {mount: /, size: 1 GiB, grow: true}
                - {mount: /boot, size: 300 MiB}
                - {filesystem: swap, size: 128 MiB}
            """, ["/": 400, "/boot": 50])
        let layout = try #require(made)
        #expect(
            sizes(layout) == [
                "system/14 1+1", "system/15 2+64", "system/2 66+300", "system/3 366+128", "system/1 494+3601",
            ])
        #expect(layout.disks[0].layout.size == 4096 * Self.mebibyte)
        #expect(layout.disks[0].layout.partitions.map(\.role) == [.biosBoot, .esp, .data, .swap, .root])
        // A file system fills its partition; root has the UUID that fstab and GRUB know.
        let root = try #require(layout.content(mountedAt: "/")?.0)
        #expect(root.size == 3601 * Self.mebibyte)
        #expect(root.uuid == Self.identity.rootUUID)
    }

    @Test func `what is left is shared in proportion, and none gets more than its most`() throws {
        let (_, made, _) = try plan(
            """
            disk:
              size: 10 GiB
              boot: [bios]
              partitions:
                - {mount: /, size: 2000 MiB, grow: true}
                - {mount: /srv, size: 1000 MiB, grow: true, max-size: 1100 MiB}
                - {mount: /opt, size: 1000 MiB, grow: true}
            """, ["/": 500])
        let layout = try #require(made)
        // 10240 - 2 - 1 - 4000 = 6237 MiB are left; /srv takes 100 of them, the others 2:1 of 6137.
        let partitions = Dictionary(
            uniqueKeysWithValues: layout.disks[0].layout.partitions.map { ($0.number, $0.size / Self.mebibyte) })
        #expect(partitions[2] == 1100)
        #expect(abs((partitions[1] ?? 0) - 6091) <= 1)
        #expect(abs((partitions[3] ?? 0) - 3046) <= 1)
        #expect(partitions.values.reduce(0, +) == 10238)
    }

    @Test func `without a size everything gets what its contents need, and what is asked to be free`() throws {
        let (_, made, _) = try plan(
            """
            disk:
              free: 50%
              partitions: [{mount: /, grow: true}, {mount: /srv, filesystem: xfs}]
            """, ["/": 400, "/srv": 20])
        let layout = try #require(made)
        let root = try #require(layout.content(mountedAt: "/")?.0)
        let geometry = Ext4Geometry(blocks: root.size / 4096, entries: 4000)
        #expect(geometry.usableBlocks * 4096 >= 600 * Self.mebibyte)
        #expect(root.size < 700 * Self.mebibyte)
        #expect(layout.content(mountedAt: "/srv")?.0.size == 300 * Self.mebibyte)
    }

    @Test func `volumes get whole extents, shares of what fixed ones leave, and the rest`() throws {
        let (_, made, _) = try plan(
            """
            disk:
              size: 5 GiB
              partitions: [{volume-group: vg, grow: true}]
              volume-groups:
                - name: vg
                  extent-size: 4 MiB
                  reserved: 10%
                  volumes:
                    - {name: swap, filesystem: swap, size: 255 MiB}
                    - {name: log, mount: /var/log, percent: 25}
                    - {name: root, mount: /, grow: true}
            """, ["/": 400, "/var/log": 5])
        let group = try #require(made?.groups.first)
        let physical = group.physicalVolumes[0]
        // 5120 - 2 - 1 - 64 MiB are the partition's, and a MiB of that is LVM's own.
        #expect(physical.extents == (5120 - 2 - 1 - 64 - 1) / 4)
        let available = physical.extents - (physical.extents + 9) / 10
        #expect(group.volumes.map(\.extents) == [64, (available - 64) / 4, available - 64 - (available - 64) / 4])
        // One after the other, from the first extent on.
        var next: Int64 = 0
        for volume in group.volumes {
            #expect(volume.segments == [.init(physicalVolume: 0, start: next, count: volume.extents)])
            next += volume.extents
        }
        #expect(
            group.volumes.map(\.uuid).allSatisfy { $0.split(separator: "-").map(\.count) == [6, 4, 4, 4, 4, 4, 6] })
    }

    @Test func `a group on two disks spans them, and its automatic size is what its volumes need`() throws {
        let (_, made, _) = try plan(
            """
            disk:
              disks: [{name: a}, {name: b}]
              partitions:
                - {mount: /, grow: true}
                - {volume-group: vg, size: 101 MiB}
                - {disk: b, volume-group: vg}
              volume-groups:
                - {name: vg, volumes: [{name: srv, mount: /srv, size: 400 MiB}]}
            """, ["/": 300])
        let layout = try #require(made)
        let group = layout.groups[0]
        #expect(group.physicalVolumes.map(\.extents) == [25, 75])
        #expect(
            group.volumes[0].segments == [
                .init(physicalVolume: 0, start: 0, count: 25), .init(physicalVolume: 1, start: 0, count: 75),
            ])
        #expect(layout.disks[1].layout.size == (1 + 301 + 1) * Self.mebibyte)
    }

    @Test func `a thin volume may claim more than its pool has`() throws {
        let (_, made, _) = try plan(
            """
            disk:
              partitions:
                - {mount: /, grow: true}
                - {volume-group: vg}
              volume-groups:
                - name: vg
                  volumes:
                    - {name: pool, thin-pool: true, size: 1 GiB}
                    - {name: srv, pool: pool, mount: /srv, size: 8 GiB}
            """, ["/": 300, "/srv": 100])
        let group = try #require(made?.groups.first)
        #expect(group.volumes.map(\.extents) == [256, 2048])
        #expect(group.volumes[1].kind == .thin(pool: "pool", device: 1))
        #expect(group.volumes[0].metadataSegments.map(\.count) == [1])
        #expect(group.spareSegments.map(\.count) == [1])
    }

    @Test func `encryption takes its header off, and is named after its own UUID`() throws {
        let (plan, made, _) = try plan(
            """
            disk:
              partitions:
                - {mount: /boot, size: 300 MiB, filesystem: ext4}
                - {mount: /, size: 1 GiB, encrypt: {secret: disk}}
            """, ["/": 400])
        let root = try #require(made?.content(mountedAt: "/")?.0)
        #expect(root.size == (1024 - 16) * Self.mebibyte)
        let device = try #require(plan.encrypted.first)
        #expect(plan.cryptTable?.contains("\(device.name) UUID=\(device.uuid) none luks,discard,initramfs\n") == true)
        #expect(plan.fileSystemTable.contains("/dev/mapper/\(device.name) / ext4 "))
        #expect(plan.rootArguments == ["root=/dev/mapper/\(device.name)"])
        #expect(plan.bootPlace?.device == "(,gpt1)")
        #expect(plan.bootPlace?.folder == "")
        #expect(plan.packages == ["cryptsetup", "cryptsetup-initramfs"])
    }

    @Test func `GRUB and fstab find a subvolume and a logical volume`() throws {
        let (btrfs, _, _) = try plan(
            """
            disk:
              partitions: [{btrfs-volume: pool, grow: true}]
              btrfs: [{name: pool, subvolumes: [{name: root, mount: /}, {name: home, mount: /home}]}]
            """, ["/": 300])
        #expect(btrfs.bootPlace?.folder == "/root/boot")
        #expect(btrfs.rootArguments == ["root=UUID=\(Self.identity.rootUUID)", "rootflags=subvol=root"])
        #expect(btrfs.fileSystemTable.contains("UUID=\(Self.identity.rootUUID) /home btrfs subvol=home,rw,discard"))
        let (lvm, _, _) = try plan(
            """
            disk:
              partitions: [{volume-group: my-vg, grow: true}]
              volume-groups: [{name: my-vg, volumes: [{name: root, mount: /, grow: true}]}]
            """, ["/": 300])
        #expect(lvm.bootPlace?.device == "(lvm/my--vg-root)")
        #expect(lvm.bootPlace?.modules == ["part_gpt", "ext2", "lvm"])
        #expect(lvm.rootArguments == ["root=/dev/mapper/my--vg-root"])
    }

    @Test(arguments: [
        ("disk: {partitions: [{mount: /, size: 300 MiB}]}", "partition-too-small", "5:38"),
        ("disk: {size: 600 MiB, partitions: [{mount: /}]}", "disk-too-small", "5:14"),
        ("disk: {budget: 500 MiB, partitions: [{mount: /}]}", "over-budget", "5:16"),
        ("disk: {partitions: [{mount: /, grow: true, max-size: 400 MiB}]}", "partition-too-small", "5:54"),
        (
            "disk: {partitions: [{volume-group: v, size: 500 MiB}], volume-groups: [{name: v, volumes: [{name: r, mount: /}]}]}",
            "over-full", "5:79"
        ),
    ])
    func `what does not fit is told at its line`(disk: String, code: String, place: String) throws {
        let (_, _, report) = try plan(disk, ["/": 500])
        #expect(report.diagnostics.map(\.code) == [code])
        let range = try #require(report.diagnostics.first?.range)
        #expect("\(range.start.line):\(range.start.column)" == place)
    }

    @Test func `sharing leaves nothing over, whatever the numbers`() {
        let shares: [Growth.Share] = [
            .init(size: 3, grows: true), .init(size: 5, grows: false), .init(size: 7, grows: true, most: 8),
            .init(size: 0, grows: true),
        ]
        for left in [0, 1, 2, 3, 10, 1_000_003, Int64.max / 4] {
            let sizes = Growth.distribute(left, among: shares)
            #expect(sizes.reduce(0, +) == 15 + left)
            #expect(sizes[1] == 5 && sizes[2] <= 8)
        }
        #expect(Growth.distribute(10, among: [.init(size: 4, grows: false)]) == [4])
    }
}
