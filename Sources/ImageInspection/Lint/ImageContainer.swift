/// What a file is, by its first and last bytes.
package enum ImageContainer: String, Sendable, CaseIterable {
    case raw, qcow2, vmdk, vhd, vhdx, vdi, squashfs, tar, gzip, xz, zstd, bzip2

    /// - Throws: `HostError` when it cannot be read.
    package static func of(_ source: BlockSource) throws -> ImageContainer {
        let head = try source.available(0, 1024)
        let magics: [([UInt8], ImageContainer)] = [
            ([0x51, 0x46, 0x49, 0xFB], .qcow2), (Array("KDMV".utf8), .vmdk), (Array("vhdxfile".utf8), .vhdx),
            ([0x1F, 0x8B], .gzip), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], .xz), ([0x28, 0xB5, 0x2F, 0xFD], .zstd),
            (Array("BZh".utf8), .bzip2), (Array("hsqs".utf8), .squashfs),
        ]
        for (magic, kind) in magics where head.starts(with: magic) { return kind }
        if head.text(0..<21).lowercased().hasPrefix("# disk descriptorfile") { return .vmdk }
        // VirtualBox's own; before it stands a line for people.
        if head.little(64, as: UInt32.self) == 0xBEDA_107F { return .vdi }
        if head.count >= 512, head.text(257..<262) == "ustar" { return .tar }
        if source.size >= 512, try source.bytes(source.size - 512, 8) == Array("conectix".utf8) { return .vhd }
        if head.starts(with: Array("conectix".utf8)) { return .vhd }
        return .raw
    }
}
