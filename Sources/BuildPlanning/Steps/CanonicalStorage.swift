import ApplianceSpec
import Diagnostics

/// By what it says, without its places in the source.
func canonical(_ storage: StorageSettings) -> String {
    var lines = storage.disks.map { "disk \($0.name.value) \(text($0.size?.value))" }
    lines += storage.partitions.map { partition in
        "partition on \(partition.disk.value) \(canonical(partition.content)) \(canonical(partition.space))"
            + canonical(partition.encryption)
    }
    for group in storage.groups {
        let reserve =
            switch group.reserve {
            case .percent(let percent)?: "\(percent)%"
            case .bytes(let size)?: "\(size.bytes)"
            case nil: "-"
            }
        lines.append("group \(group.name.value) extents \(group.extentSize.bytes) reserve \(reserve)")
        lines += group.volumes.map { volume in
            "volume \(volume.name.value) pool \(volume.pool?.value ?? "-") \(canonical(volume.content)) "
                + canonical(volume.space) + canonical(volume.encryption)
        }
    }
    for volume in storage.btrfs {
        lines.append("btrfs \(volume.name.value) \(canonical(volume.filesystem))")
        lines += volume.subvolumes.map {
            "subvolume \($0.name.value) mount \($0.mount?.value ?? "-") options \($0.options.joined(separator: ","))"
        }
    }
    return lines.joined(separator: "\n")
}

private func text(_ size: ByteSize?) -> String { size.map { "\($0.bytes)" } ?? "-" }

private func canonical(_ content: StorageSettings.Partition.Content) -> String {
    switch content {
    case .filesystem(let filesystem): canonical(filesystem)
    case .physicalVolume(let group): "physical volume of \(group.value)"
    case .btrfsDevice(let volume): "device of \(volume.value)"
    }
}

private func canonical(_ content: StorageSettings.LogicalVolume.Content) -> String {
    switch content {
    case .filesystem(let filesystem): canonical(filesystem)
    case .thinPool(let chunk, let metadata): "pool chunks \(chunk.bytes) metadata \(text(metadata))"
    }
}

private func canonical(_ filesystem: StorageSettings.Filesystem) -> String {
    "\(filesystem.format.rawValue) mount \(filesystem.mount?.value ?? "-") label \(filesystem.label?.value ?? "-") "
        + "options \(filesystem.options.joined(separator: ",")) mkfs \(filesystem.makeOptions.joined(separator: "\t"))"
        + (filesystem.isUserData ? " user" : "")
}

private func canonical(_ space: StorageSettings.Space) -> String {
    "size \(text(space.size?.value)) percent \(space.percent.map { "\($0.value)" } ?? "-") grow \(space.grows) "
        + "most \(text(space.most?.value))"
}

/// The secret by its name: its value has an input of its own.
private func canonical(_ encryption: StorageSettings.Encryption?) -> String {
    guard let encryption else { return "" }
    return " encrypted by \(encryption.secret.value) luks\(encryption.version) cipher \(encryption.cipher ?? "-") "
        + "pbkdf \(encryption.keyDerivation ?? "-") memory \(text(encryption.memory)) "
        + "time \(encryption.time.map { "\($0)" } ?? "-") iterations \(encryption.iterations.map(String.init) ?? "-")"
}
