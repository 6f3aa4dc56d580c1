/// Puts GRUB for BIOS on a disk as grub-bios-setup (util/setup.c, with `--no-rs-codes`) does, without a device: boot.img
/// into the MBR, core.img into the BIOS boot partition, and into each the place of what it loads next.
///
///     boot.img (512 bytes), offset                core.img, first sector (diskboot.img), offset
///     0x003–0x059  the BIOS parameter block,       0x1F4  u64  sector of the rest of core.img
///                  kept from the disk (zeros)      0x1FC  u16  its length in sectors
///     0x05C  u64   sector of core.img              0x1FE  u16  segment to load it to (0x0820, already there)
///     0x064  u8    boot drive: 0xFF, as the BIOS says
///     0x066  2     the drive check's jump, made two NOPs for hard disks: some BIOSes pass a wrong number
///     0x1B8–0x1FD  disk signature and partition table, kept from the disk
struct GRUBEmbedding {
    let bootImage: [UInt8]
    let coreImage: [UInt8]

    private static let sector = 512
    /// The last blocklist entry of diskboot.img, in its sector.
    private static let blocklist = 0x1F4

    /// - Throws: `DiskError.bootFiles` when the images are not what GRUB 2 makes.
    init(bootImage: [UInt8], coreImage: [UInt8]) throws(DiskError) {
        guard bootImage.count == Self.sector, bootImage.value(at: 510, as: UInt16.self) == 0xAA55 else {
            throw DiskError(.bootFiles, "'boot.img' is not GRUB's boot sector of 512 bytes")
        }
        // grub-mkimage has filled in its own length.
        let sectors = (coreImage.count + Self.sector - 1) / Self.sector
        guard sectors > 2, coreImage.value(at: Self.blocklist, as: UInt64.self) == 2,
            Int(coreImage.value(at: Self.blocklist + 8, as: UInt16.self)) == sectors - 1,
            coreImage.value(at: Self.blocklist + 10, as: UInt16.self) == 0x0820,
            // The list grows downwards, and an entry without length ends it.
            coreImage.value(at: Self.blocklist - 4, as: UInt16.self) == 0
        else { throw DiskError(.bootFiles, "'core.img' is not an image for BIOS made by grub-mkimage") }
        self.bootImage = bootImage
        self.coreImage = coreImage
    }

    /// The MBR, made from the one that holds the partition table.
    ///
    /// - Parameter coreSector: the disk's sector of core.img
    func bootSector(over mbr: [UInt8], coreSector: UInt64) -> [UInt8] {
        var sector = bootImage
        sector.replaceSubrange(0x03..<0x5A, with: mbr[0x03..<0x5A])
        sector.put(coreSector, at: 0x5C)
        sector[0x64] = 0xFF
        sector.replaceSubrange(0x66..<0x68, with: [0x90, 0x90])
        sector.replaceSubrange(0x1B8..<0x1FE, with: mbr[0x1B8..<0x1FE])
        return sector
    }

    /// What goes to the start of the BIOS boot partition: whole sectors.
    ///
    /// - Parameter size: the partition's, in bytes
    /// - Throws: `DiskError.bootFiles` when it does not fit.
    func core(at coreSector: UInt64, size: Int64) throws(DiskError) -> [UInt8] {
        let sectors = (coreImage.count + Self.sector - 1) / Self.sector
        guard Int64(sectors * Self.sector) <= size else {
            throw DiskError(
                .bootFiles, "GRUB's core image (\(coreImage.count) bytes) does not fit into the BIOS boot partition")
        }
        var image = coreImage + [UInt8](repeating: 0, count: sectors * Self.sector - coreImage.count)
        image.put(coreSector + 1, at: Self.blocklist)
        image.put(UInt16(sectors - 1), at: Self.blocklist + 8)
        return image
    }
}
