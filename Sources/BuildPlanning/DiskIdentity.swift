package import ContentDigest

/// Every UUID, GUID and serial of a disk, derived from what the disk is made from: the same inputs give the same
/// ones, another appliance gets others. Known before anything is built, so that fstab, grub.cfg and mke2fs agree.
package struct DiskIdentity: Sendable, Equatable {
    package let seed: Digest

    package init(seed: Digest) {
        self.seed = seed
    }

    package var rootUUID: String { uuid("root filesystem") }
    /// The seed of ext4's directory hashes.
    package var hashSeed: String { uuid("directory hash seed") }
    package var diskGUID: String { uuid("disk").uppercased() }

    package func partitionGUID(_ role: DiskLayout.Role) -> String { uuid("partition \(role.rawValue)").uppercased() }

    /// A FAT volume serial, as blkid writes it: `1A2B-3C4D`.
    package var espSerial: String {
        let digits = derived("esp").hex.uppercased().prefix(8)
        return "\(digits.prefix(4))-\(digits.suffix(4))"
    }

    private func derived(_ purpose: String) -> Digest { Digest.of("\(purpose) \(seed.hex)") }

    private func uuid(_ purpose: String) -> String { derived(purpose).uuid }
}
