import Foundation
import HostSystem
import ImageInspection
import Testing

/// What the native readers read is what the tree was, whatever the filesystem stores it in.
@Suite struct `Filesystems that are read natively` {
    @Test(arguments: [
        "-t ext4", "-t ext4 -b 1024 -O ^64bit", "-t ext4 -b 1024 -O meta_bg,^resize_inode", "-t ext3",
        "-t ext2 -b 1024",
        "-t ext4 -O inline_data -I 512", "-t ext4 -O bigalloc,^has_journal", "-t ext2 -I 128 -r 1",
    ])
    func `hold the files, modes, links, times and contents of the tree`(options: String) async throws {
        let disk = try TestDisk()
        try await disk.shell("\(TestDisk.tree)\nmke2fs -q -F \(options) -d tree disk.raw 64M")
        let listed = try await disk.shell(
            "cd tree; find . -mindepth 1 -printf '%P|%y|%m|%U:%G|%s|%T@|%l|%n\\n' | LC_ALL=C sort")
        let files = try disk.open("disk.raw").files()
        let kinds: [FileRecord.Kind: String] = [.file: "f", .directory: "d", .symlink: "l", .fifo: "p"]
        let read = files.filter { !$0.path.isEmpty && $0.path.split(separator: "/").first != "lost+found" }.map {
            file in
            let isFolder = file.kind == .directory
            return [
                file.path, kinds[file.kind] ?? "?", String(file.mode, radix: 8), "\(file.uid):\(file.gid)",
                isFolder || file.kind == .fifo ? "" : "\(file.size)", "\(file.modified)", file.target ?? "",
                isFolder ? "" : "\(file.links)",
            ].joined(separator: "|")
        }
        let expected = listed.split(separator: "\n").map { line -> String in
            var fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            if fields[1] == "d" { (fields[4], fields[7]) = ("", "") }
            if fields[1] == "p" { fields[4] = "" }
            fields[5] = String(fields[5].prefix { $0 != "." })
            return fields.joined(separator: "|")
        }
        #expect(read.sorted() == expected.sorted())
        for file in files where file.kind == .file {
            let content = try disk.open("disk.raw").content(of: file)
            let original = try Data(contentsOf: URL(filePath: "\(disk.path)/tree/\(file.path)"))
            #expect(content == Array(original), "\(file.path)")
        }
    }

    @Test(arguments: ["-F 12 disk.raw 4096", "-F 16 disk.raw 32768", "-F 32 disk.raw 65536"])
    func `FAT is read with its long names, folders and contents`(options: String) async throws {
        let disk = try TestDisk()
        try await disk.shell(
            """
            mkfs.fat -C -n BOOT -i 1a2b3c4d \(options) >/dev/null
            head -c 70000 /dev/urandom >large
            export TZ=UTC
            touch -d '2024-05-06 07:08:10' large
            mmd -i disk.raw ::/EFI ::/EFI/a-longer-name
            mcopy -m -i disk.raw large '::/EFI/a-longer-name/A File With Spaces.efi'
            mcopy -i disk.raw large ::/SHORT.TXT
            for i in $(seq 60); do echo $i >"name-$i"; done
            mcopy -i disk.raw name-* ::/EFI
            """)
        let contents = try disk.open("disk.raw")
        let files = try contents.files()
        let file = try #require(files.first { $0.path == "EFI/a-longer-name/A File With Spaces.efi" })
        #expect(file.modified == 1_714_979_290)
        #expect(try contents.content(of: file) == Array(Data(contentsOf: URL(filePath: "\(disk.path)/large"))))
        #expect(files.contains { $0.path == "SHORT.TXT" && $0.size == 70000 })
        #expect(files.count { $0.path.hasPrefix("EFI/name-") } == 60)
        #expect(contents.parts[0].facts.contains { $0.name == "uuid" && $0.value == "1A2B-3C4D" })
        #expect(contents.parts[0].facts.contains { $0.name == "label" && $0.value == "BOOT" })
    }

    @Test func `extended attributes are read from the inode and from a block of their own`() async throws {
        let disk = try TestDisk()
        let long = String(repeating: "word ", count: 60)
        try await disk.shell(
            """
            mkdir tree; echo x >tree/file
            mke2fs -q -F -t ext4 -I 256 -d tree disk.raw 8M
            debugfs -w -R 'ea_set /file user.short abc' disk.raw 2>/dev/null
            debugfs -w -R 'ea_set /file security.long "\(long)"' disk.raw 2>/dev/null
            """)
        let file = try #require(try disk.open("disk.raw").files().first { $0.path == "file" })
        #expect(file.attributes["user.short"] == "616263")
        #expect(file.attributes["security.long"]?.hasPrefix("776f7264") == true)
    }

    @Test func `partition tables are as their makers say`() async throws {
        let disk = try TestDisk()
        try await disk.shell(
            """
            truncate -s 64M gpt.raw mbr.raw
            sgdisk --disk-guid=11111111-2222-4333-8444-555555555555 --new=3:2048:4095 --typecode=3:ef02 \
                --change-name=3:'BIOS – boot' --new=1:8192:16383 --partition-guid=1:aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee \
                --attributes=1:set:2 gpt.raw >/dev/null
            printf 'label: dos\\nlabel-id: 0x12345678\\n2048,4096,83,*\\n8192,40960,5\\n10240,4096,82\\n20480,4096,83\\n' \
                | sfdisk --quiet mbr.raw
            """)
        let gpt = try disk.open("gpt.raw").table
        #expect(gpt.kind == .gpt && gpt.id == "11111111-2222-4333-8444-555555555555" && gpt.problems.isEmpty)
        #expect(gpt.entries.map(\.number) == [1, 3])
        #expect(gpt.entries[0].id == "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE" && gpt.entries[0].attributes == "4")
        #expect(
            gpt.entries[1].name == "BIOS – boot" && gpt.entries[1].start == 1 << 20 && gpt.entries[1].size == 1 << 20)
        #expect(gpt.entries[1].type == "21686148-6449-6E6F-744E-656564454649")
        let mbr = try disk.open("mbr.raw").table
        #expect(mbr.kind == .mbr && mbr.id == "12345678")
        #expect(mbr.entries.map(\.number).sorted() == [1, 2, 5, 6])
        let last = try #require(mbr.entries.first { $0.number == 6 })
        #expect(last.start == 10_485_760 && last.type == "83")
        #expect(mbr.entries.first { $0.number == 1 }?.attributes == "active")
    }
}
