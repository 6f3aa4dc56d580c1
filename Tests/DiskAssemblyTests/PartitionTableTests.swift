import BuildPlanning
import FoundationEssentials
import HostSystem
import Testing

@testable import DiskAssembly

@Suite struct PartitionTableTests {
    @Test func `the CRC is the one of the UEFI specification`() {
        #expect(CRC32.of("123456789".utf8) == 0xCBF4_3926)
        #expect(CRC32.of([]) == 0)
    }

    @Test func `a GUID's first three fields are stored little-endian`() {
        // The ESP's type as the UEFI specification's table 5.7 and every ESP on a disk have it.
        #expect(
            PartitionTable.bytes(ofGUID: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B") == [
                0x28, 0x73, 0x2A, 0xC1, 0x1F, 0xF8, 0xD2, 0x11, 0xBA, 0x4B, 0x00, 0xA0, 0xC9, 0x3E, 0xC9, 0x3B,
            ])
    }

    @Test(arguments: [
        "", "C12A7328F81F11D2BA4B00A0C93EC93B", "C12A7328-F81F-11D2-BA4B-00A0C93EC93",
        "+12A7328-F81F-11D2-BA4B-00A0C93EC93B", "Z12A7328-F81F-11D2-BA4B-00A0C93EC93B",
    ])
    func `what is no GUID is refused`(text: String) {
        #expect(PartitionTable.bytes(ofGUID: text) == nil)
    }

    @Test func `sfdisk and sgdisk read back the table that was planned, and find nothing to complain about`()
        async throws
    {
        let folder = try TestFolder()
        let layout = try #require(Sample.planner().layout(for: LayoutTests.wsgi, packages: []).layout)
        let disk = try DiskFile.create("\(folder.path)/disk.raw", size: layout.size)
        let table = PartitionTable(layout: layout)
        try disk.write(try table.primary(), at: 0)
        try disk.write(try table.backup(), at: table.backupOffset)

        let runner = CommandRunner(progress: .silent)
        let json = try await runner.check(
            Command("/sbin/sfdisk", ["--json", disk.path]).with { $0.output = .capture(limit: 1 << 20) },
            purpose: "reading the table")
        let read = try JSONDecoder().decode(SfdiskOutput.self, from: Data(json.output)).partitiontable
        #expect(read.label == "gpt")
        #expect(read.id == layout.diskGUID)
        #expect(read.firstlba == 34)
        #expect(read.lastlba == layout.size / 512 - 34)
        let expected = layout.partitions.sorted { $0.number < $1.number }
        #expect(read.partitions.map(\.node) == expected.map { "\(disk.path)\($0.number)" })
        #expect(read.partitions.map(\.start) == expected.map { $0.start / 512 })
        #expect(read.partitions.map(\.size) == expected.map { $0.size / 512 })
        #expect(read.partitions.map(\.type) == expected.map(\.typeGUID))
        #expect(read.partitions.map(\.uuid) == expected.map(\.uniqueGUID))
        #expect(read.partitions.map(\.name) == expected.map(\.name))

        let verdict = try await runner.check(
            Command("/sbin/sgdisk", ["--verify", disk.path]).with { $0.output = .capture(limit: 1 << 20) },
            purpose: "verifying the table")
        #expect(verdict.text.contains("No problems found"))
    }

    private struct SfdiskOutput: Decodable {
        struct Table: Decodable {
            var label: String
            var id: String
            var firstlba: Int64
            var lastlba: Int64
            var partitions: [Partition]
        }
        struct Partition: Decodable {
            var node: String
            var start: Int64
            var size: Int64
            var type: String
            var uuid: String
            var name: String
        }
        var partitiontable: Table
    }
}
