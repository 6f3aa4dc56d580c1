import ApplianceSpec
import Diagnostics
import Testing
import TreeMeasures

@testable import BuildPlanning

@Suite struct LayoutTests {
    static let wsgi = TreeUsage(blocks: 104_118, inodes: 16_527)
    static let mebibyte: Int64 = 1 << 20

    @Test(arguments: [
        ([DiskSettings.Firmware.bios, .uefi], [DiskLayout.Role.biosBoot, .esp, .root], [14, 15, 1]),
        ([.uefi], [.esp, .root], [15, 1]),
        ([.bios], [.biosBoot, .root], [14, 1]),
    ])
    func `partitions follow from the firmware, aligned to 1 MiB, root last and always number 1`(
        boot: [DiskSettings.Firmware], roles: [DiskLayout.Role], numbers: [Int]
    ) throws {
        let layout = try #require(
            Sample.planner(Sample.settings(boot: boot)).layout(for: Self.wsgi, packages: []).layout)
        #expect(layout.partitions.map(\.role) == roles)
        #expect(layout.partitions.map(\.number) == numbers)
        var end = Self.mebibyte
        for partition in layout.partitions {
            #expect(partition.start == end)
            #expect(partition.size % Self.mebibyte == 0)
            end = partition.start + partition.size
        }
        #expect(layout.size == end + Self.mebibyte)
    }

    @Test func `every GUID, UUID and serial comes from the identity and is used once`() throws {
        let layout = try #require(Sample.planner().layout(for: Self.wsgi, packages: []).layout)
        #expect(layout[.root]?.filesystemUUID == Sample.identity.rootUUID)
        #expect(layout[.esp]?.filesystemUUID == Sample.identity.espSerial)
        #expect(layout.diskGUID == Sample.identity.diskGUID)
        #expect(Set(layout.partitions.map(\.uniqueGUID) + [layout.diskGUID, Sample.identity.rootUUID]).count == 5)
        let again = Sample.planner().layout(for: Self.wsgi, packages: []).layout
        #expect(again == layout)
    }

    @Test(arguments: [(0, 0), (20, 0), (100, 0), (0, 300_000_000), (0, 20_000_000_000)])
    func `an automatic size leaves the free space that was asked for, and little more`(percent: Int, bytes: Int64)
        throws
    {
        let free: DiskSettings.Free = bytes > 0 ? .bytes(ByteSize(bytes: bytes)) : .percent(percent)
        let layout = try #require(
            Sample.planner(Sample.settings(free: free)).layout(for: Self.wsgi, packages: []).layout)
        let root = try #require(layout[.root])
        let geometry = Ext4Geometry(blocks: root.size / 4096, entries: Self.wsgi.inodes)
        let left = (geometry.usableBlocks - Self.wsgi.blocks) * 4096
        let wanted = bytes > 0 ? bytes : Self.wsgi.bytes * Int64(percent) / 100
        #expect(left >= wanted)
        #expect(left <= wanted + wanted / 100 + 8 * Self.mebibyte)
        #expect(geometry.inodes >= Self.wsgi.inodes * 5 / 4)
        #expect(layout.root.inodes == geometry.inodes)
        // mke2fs' own steps: 16 MiB below 1 GiB, 64 MiB from 2 GiB on.
        #expect(layout.root.journalMebibytes == (root.size < 1 << 30 ? 16 : 64))
    }

    @Test func `a fixed size is kept, rounded down to a whole MiB`() throws {
        let settings = Sample.settings(size: .fixed(ByteSize(bytes: 2_000_000_000)))
        let layout = try #require(Sample.planner(settings).layout(for: Self.wsgi, packages: []).layout)
        #expect(layout.size == 2_000_000_000 / Self.mebibyte * Self.mebibyte)
    }

    @Test func `a disk smaller than its contents is an error at its size, with the numbers and the largest packages`() {
        let source = SourceFile(path: "spec.yaml", text: "disk:\n  size: 300 MB\n")
        let range = source.range(line: 2, column: 9, length: 6)
        let settings = Sample.settings(size: .fixed(ByteSize(bytes: 300_000_000)), at: range)
        let packages = (1...12).map { PackageSize(name: "p\($0)", bytes: Int64(13 - $0) * 1_000_000) }
        let (layout, report) = Sample.planner(settings).layout(for: Self.wsgi, packages: packages)
        #expect(layout == nil)
        let error = report.diagnostics.first
        #expect(error?.code == "disk-too-small")
        #expect(error?.range?.description == "spec.yaml:2:9")
        #expect(error?.message.contains("a disk of 300.0 MB is smaller than its contents") == true)
        #expect(error?.message.contains("files 426.5 MB") == true)
        #expect(error?.notes.count == 10)
        #expect(error?.notes.first?.message == "p1: 12.0 MB")
    }

    @Test func `the size that the error names is one that fits`() throws {
        let settings = Sample.settings(size: .fixed(ByteSize(bytes: 300_000_000)))
        let hint = try #require(
            Sample.planner(settings).layout(for: Self.wsgi, packages: []).report.diagnostics[0].hint)
        let named = try #require(hint.split(separator: " ").compactMap { Int64($0) }.first)
        let bigger = Sample.settings(size: .fixed(ByteSize(bytes: named * 1_000_000)))
        #expect(Sample.planner(bigger).layout(for: Self.wsgi, packages: []).layout != nil)
        let smaller = Sample.settings(size: .fixed(ByteSize(bytes: (named - 3) * 1_000_000)))
        #expect(Sample.planner(smaller).layout(for: Self.wsgi, packages: []).layout == nil)
    }

    @Test func `a disk over its budget is an error at the budget, which names the packages that take the space`() {
        let source = SourceFile(path: "spec.yaml", text: "disk: { budget: 400 MB }\n")
        let settings = Sample.settings(budget: 400_000_000, at: source.range(line: 1, column: 17, length: 6))
        let packages = [PackageSize(name: "linux-image", bytes: 120_000_000)]
        let report = Sample.planner(settings).layout(for: Self.wsgi, packages: packages).report
        #expect(report.diagnostics.map(\.code) == ["over-budget"])
        #expect(report.diagnostics.first?.range?.description == "spec.yaml:1:17")
        #expect(report.diagnostics.first?.notes.map(\.message) == ["linux-image: 120.0 MB"])
        let enough = Sample.settings(budget: 900_000_000)
        #expect(Sample.planner(enough).layout(for: Self.wsgi, packages: packages).report.diagnostics.isEmpty)
    }

    @Test func `a size that the lock alone rules out is told before anything is built`() {
        let digest = Sample.identity.seed
        let lock = Sample.lock(packages: [
            LockedPackage(
                name: "large", version: "1", architecture: "amd64", repository: "debian/trixie", path: "x", size: 1,
                sha256: digest, installedSize: 2_000_000_000, layer: .appliance)
        ])
        let tooSmall = Sample.settings(size: .fixed(ByteSize(bytes: 500_000_000)), budget: 500_000_000)
        #expect(
            Sample.planner(tooSmall).earlyReport(lock).diagnostics.map(\.code) == ["disk-too-small", "over-budget"])
        let unclear = Sample.settings(size: .fixed(ByteSize(bytes: 1_500_000_000)), budget: 1_500_000_000)
        #expect(Sample.planner(unclear).earlyReport(lock).diagnostics.isEmpty)
    }
}
