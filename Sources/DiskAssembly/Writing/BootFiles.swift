import ApplianceSpec
import BuildPlanning

/// What firmware starts, taken out of the tree: it has the versions that the tree's own GRUB goes on with.
struct BootFiles {
    /// Nil without a BIOS boot partition.
    let grub: GRUBEmbedding?
    /// Nil without an ESP.
    let system: SystemPartition?

    /// - Parameter configuration: what GRUB reads on the ESP; nil: it goes on in the root partition
    /// - Throws: `DiskError.bootFiles` naming what the tree lacks.
    init(
        assets: TreeAssets, layout: DiskLayout, architecture: Architecture, configuration: String? = nil
    ) throws {
        grub = try layout[.biosBoot] == nil ? nil : Self.embedding(assets)
        system =
            try layout[.esp] == nil
            ? nil
            : SystemPartition(
                assets: assets, architecture: architecture,
                configuration: configuration
                    ?? BootConfiguration.efiConfiguration(rootUUID: layout[.root]?.filesystemUUID ?? ""))
    }

    private static func embedding(_ assets: TreeAssets) throws -> GRUBEmbedding {
        func content(_ name: String) throws -> [UInt8] {
            if let content = try assets.content(of: "\(BootAssets.grub)/\(name)") { return content }
            throw DiskError(
                .bootFiles, "the system has no '/\(BootAssets.grub)/\(name)', which a BIOS needs to boot it",
                hint: "the configuration step makes it with the package grub-pc-bin")
        }
        return try GRUBEmbedding(bootImage: content("boot.img"), coreImage: content("core.img"))
    }
}
