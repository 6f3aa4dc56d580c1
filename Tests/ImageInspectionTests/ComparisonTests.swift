import FileTrees
import ImageInspection
import Testing

@Suite struct `Two disks that are compared` {
    private static let made = """
        \(TestDisk.tree)
        make() {
            mke2fs -q -F -t ext4 -b 4096 -U 11111111-2222-4333-8444-555555555555 -E hash_seed=22222222-2222-4333-8444-555555555555 \
                -d tree "$1" 64M
        }
        export E2FSPROGS_FAKE_TIME=1700000000 SOURCE_DATE_EPOCH=1700000000
        make a.raw
        """

    @Test func `are the same to the byte, or differ in each thing that was changed and in nothing else`() async throws {
        let disk = try TestDisk()
        try await disk.shell(
            """
            \(Self.made)
            cp a.raw same.raw
            printf two2 >tree/etc/added; rm tree/etc/fast-link tree/etc/hard-link
            printf 'Two\\n' >tree/etc/short; touch -d @1700000000 tree/etc/short
            chmod 0600 tree/etc/large
            ln -sfn elsewhere tree/etc/slow-link
            touch -d @1600000000 tree/etc/pipe
            printf 'Package: two\\nStatus: install ok installed\\nArchitecture: amd64\\nVersion: 3\\n' >tree/var/lib/dpkg/status
            make b.raw
            """)
        let same = try disk.compare("a.raw", "same.raw")
        #expect(same.same && same.sameBytes && same.a.packages == 1 && same.a.files > 400)
        let found = try disk.compare("a.raw", "b.raw")
        #expect(!found.same && !found.sameBytes)
        func file(_ path: String) -> ImageDifference.File? { found.files.first { $0.path == path } }
        #expect(file("/etc/added")?.change == .added && file("/etc/added")?.sizeB == 4)
        #expect(file("/etc/fast-link")?.change == .removed)
        #expect(file("/etc/short")?.contentOffset == 0)
        #expect(file("/etc/short")?.fields.map(\.name) == ["links"])
        #expect(file("/etc/large")?.fields.first { $0.name == "mode" } == .init("mode", "4711", "0600"))
        #expect(file("/etc/large")?.contentOffset == nil)
        #expect(file("/etc/slow-link")?.fields.contains { $0.name == "target" && $0.b == "elsewhere" } == true)
        #expect(file("/etc/pipe")?.fields.map(\.name) == ["modified"])
        #expect(file("/etc/hole") == nil && !found.files.contains { $0.path.hasPrefix("/many/") })
        #expect(found.packages.map(\.name) == ["one:all", "two:amd64"])
        #expect(found.firstStructure != nil)
    }

    @Test(arguments: [
        ("byte 1024+76 of the superblock", 1100, "the ext4 superblock"),
        ("the journal", nil as Int?, "the journal of ext4"),
        ("a file's content", nil, "the content of /etc/large"),
        ("an inode", nil, "inode"),
    ])
    func `name the structure in which a byte differs`(title: String, offset: Int?, name: String) async throws {
        let disk = try TestDisk()
        try await disk.shell("\(Self.made)\ncp a.raw b.raw")
        // Where things lie is asked of debugfs.
        let place: Int
        switch title {
        case "the journal": place = try await block(disk, "blocks <8>") * 4096 + 64
        case "a file's content": place = try await block(disk, "blocks /etc/large") * 4096 + 5
        case "an inode":
            let text = try await disk.shell("debugfs -R 'imap /etc/large' a.raw 2>/dev/null")
            let numbers = text.split { !$0.isNumber && !($0.isHexDigit || $0 == "x") }.map(String.init)
            let block = try #require(numbers.last { Int($0) != nil }.flatMap { Int($0) })
            let within = try #require(numbers.last { $0.hasPrefix("0x") }.flatMap { Int($0.dropFirst(2), radix: 16) })
            place = block * 4096 + within + 8
        default: place = try #require(offset)
        }
        try await disk.shell("printf '\\125' | dd of=b.raw bs=1 seek=\(place) conv=notrunc status=none")
        let found = try disk.compare("a.raw", "b.raw")
        #expect(found.firstByte == Int64(place))
        #expect(found.firstStructure?.contains(name) == true, "\(found.firstStructure ?? "")")
        if title == "an inode" { #expect(found.firstStructure?.contains("/etc/large") == true) }
    }

    private func block(_ disk: TestDisk, _ request: String) async throws -> Int {
        let text = try await disk.shell("debugfs -R '\(request)' a.raw 2>/dev/null")
        return try #require(text.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) })
    }

    @Test func `differ in table, boot code and filesystems, each named`() async throws {
        let disk = try TestDisk()
        try await disk.shell(
            """
            truncate -s 32M a.raw
            sgdisk --disk-guid=11111111-2222-4333-8444-555555555555 --new=1:2048:4095 --new=2:8192:40959 \
                --partition-guid=1:aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee --partition-guid=2:aaaaaaaa-bbbb-4ccc-8ddd-ffffffffffff \
                a.raw >/dev/null
            mke2fs -q -F -t ext4 -L one -E offset=$((8192 * 512)) a.raw 16M
            cp a.raw b.raw
            sgdisk --change-name=2:root --disk-guid=11111111-2222-4333-8444-666666666666 b.raw >/dev/null
            printf GRUB | dd of=b.raw conv=notrunc status=none
            printf core | dd of=b.raw bs=1 seek=1048586 conv=notrunc status=none
            tune2fs -L two "b.raw?offset=$((8192 * 512))" >/dev/null
            """)
        let found = try disk.compare("a.raw", "b.raw")
        #expect(found.disk.map(\.name) == ["disk id", "boot code"])
        #expect(found.partitions.first { $0.number == 2 }?.fields == [.init("name", "", "root")])
        #expect(found.partitions.first { $0.number == 1 }?.fields == [.init("content", "byte 10", "byte 10")])
        #expect(found.filesystems.first?.fields.contains(.init("label", "one", "two")) == true)
        #expect(found.firstByte == 0 && found.firstStructure == "the boot code in the master boot record")
    }

    @Test func `are refused when one is no disk`() async throws {
        let disk = try TestDisk()
        try await disk.shell("seq 100000 >text; truncate -s 1M zeros; : >empty")
        for name in ["text", "zeros", "empty"] {
            let error = #expect(throws: InspectionError.self) { try disk.open(name) }
            #expect(error?.code == .notAnImage)
        }
    }

    @Test func `do not bring the program down when they are damaged`() async throws {
        let disk = try TestDisk()
        try await disk.shell(Self.made)
        var generator = SystemRandomNumberGenerator()
        for round in 0..<30 {
            // In the superblock, the descriptors, the inodes and directories: where numbers are believed.
            let places = (0..<40).map { _ in Int.random(in: 1024..<3_000_000, using: &generator) }
            let writes = places.map { place in
                "printf '\\\\\(String(Int.random(in: 1...255, using: &generator), radix: 8))' | "
                    + "dd of=c.raw bs=1 seek=\(place) conv=notrunc status=none"
            }
            try await disk.shell("cp a.raw c.raw\n\(writes.joined(separator: "\n"))")
            // An error or a difference, and an end.
            do {
                let found = try disk.compare("a.raw", "c.raw")
                #expect(!found.sameBytes || found.same, "round \(round): \(places)")
            } catch is InspectionError {
            } catch is HostError {}
        }
    }
}
