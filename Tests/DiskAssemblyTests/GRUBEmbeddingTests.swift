import BuildPlanning
import FileTrees
import Testing

@testable import DiskAssembly

@Suite struct GRUBEmbeddingTests {
    @Test func `the boot sector keeps the partition table and says where the core image lies`() throws {
        let grub = try GRUBEmbedding(bootImage: TinyTree.bootImage, coreImage: TinyTree.coreImage)
        let mbr = [UInt8](repeating: 0xEE, count: 512)
        let sector = grub.bootSector(over: mbr, coreSector: 0x1_0000_0800)
        #expect(sector[0x1B8..<0x1FE].allSatisfy { $0 == 0xEE })
        #expect(sector[0x03..<0x5A].allSatisfy { $0 == 0xEE })
        #expect(sector.value(at: 0x5C, as: UInt64.self) == 0x1_0000_0800)
        #expect(sector[0x66..<0x68] == [0x90, 0x90])
        #expect(sector[..<3] == TinyTree.bootImage[..<3])
    }

    @Test func `a core image that is no core image, or too large, is refused`() throws {
        #expect(throws: DiskError.self) {
            try GRUBEmbedding(bootImage: TinyTree.bootImage, coreImage: [UInt8](repeating: 1, count: 30_000))
        }
        #expect(throws: DiskError.self) {
            try GRUBEmbedding(bootImage: Array(TinyTree.bootImage.dropLast()), coreImage: TinyTree.coreImage)
        }
        #expect(throws: DiskError.self) {
            // Cut off after grub-mkimage wrote its length.
            try GRUBEmbedding(bootImage: TinyTree.bootImage, coreImage: Array(TinyTree.coreImage.prefix(10_000)))
        }
        let grub = try GRUBEmbedding(bootImage: TinyTree.bootImage, coreImage: TinyTree.coreImage)
        #expect(throws: DiskError.self) { try grub.core(at: 2048, size: 16_384) }
    }

    /// The judge is grub-pc-bin's own program on a file. It insists on finding the device that holds its images in its
    /// map, so that device's name leads to another file, in a mount namespace of its own.
    @Test func `the disk is the one that grub-bios-setup writes`() async throws {
        let folder = try TestFolder()
        let layout = try #require(Sample.planner().layout(for: LayoutTests.wsgi, packages: []).layout)
        let place = try #require(layout[.biosBoot])
        let table = PartitionTable(layout: layout)
        for name in ["ours.raw", "theirs.raw"] {
            let disk = try DiskFile.create("\(folder.path)/\(name)", size: layout.size)
            try disk.write(try table.primary(), at: 0)
            try disk.write(try table.backup(), at: table.backupOffset)
        }
        let grub = try GRUBEmbedding(bootImage: TinyTree.bootImage, coreImage: TinyTree.coreImage)
        let ours = DiskFile(path: "\(folder.path)/ours.raw")
        let sector = UInt64(place.start) / 512
        try ours.write(grub.bootSector(over: try table.primary(), coreSector: sector), at: 0)
        try ours.write(try grub.core(at: sector, size: place.size), at: place.start)

        try Files.makeFolder("\(folder.path)/images")
        try Files.write(TinyTree.bootImage, to: "\(folder.path)/images/boot.img")
        try Files.write(TinyTree.coreImage, to: "\(folder.path)/images/core.img")
        let differences = try await folder.shell(
            """
            device=$(findmnt --noheadings --output SOURCE --target . | sed 's/\\[.*//')
            truncate --size 10M other.raw
            printf '(hd0) %s\\n(hd1) %s\\n' "$PWD/theirs.raw" "$device" > device.map
            unshare --map-root-user --mount sh -euc '
              mount --bind other.raw "$1"
              /usr/lib/grub/i386-pc/grub-bios-setup --no-rs-codes --directory=images --device-map=device.map "(hd0)"
            ' sh "$device"
            cmp --verbose ours.raw theirs.raw || true
            """)
        #expect(differences == "")
    }
}
