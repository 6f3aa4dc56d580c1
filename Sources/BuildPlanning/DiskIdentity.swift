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
    package var espSerial: String { serial("esp") }

    func serial(_ purpose: String) -> String {
        let digits = derived(purpose).hex.uppercased().prefix(8)
        return "\(digits.prefix(4))-\(digits.suffix(4))"
    }

    /// As LVM writes an identifier: 32 letters and digits in groups of 6, 4, 4, 4, 4, 4, 6.
    package func lvmIdentifier(_ purpose: String) -> String {
        // A digit of the hexadecimal digest at a time, each as one of LVM's own 62 characters.
        let characters = Array(derived("lvm \(purpose)").hex.prefix(32))
        var result = ""
        for (index, character) in characters.enumerated() {
            if [6, 10, 14, 18, 22, 26].contains(index) { result += "-" }
            result.append(character)
        }
        return result
    }

    private func derived(_ purpose: String) -> Digest { Digest.of("\(purpose) \(seed.hex)") }

    package func uuid(_ purpose: String) -> String { derived(purpose).uuid }
}
