import Diagnostics

/// Holds a spec against what its targets cannot take.
struct TargetRules {
    let appliance: Appliance
    let root: SpecNode

    func check(_ report: (Finding) -> Void) {
        for target in appliance.targets {
            for finding in TargetGuestRules(appliance: appliance, root: root, target: target).findings {
                report(finding)
            }
            for constraint in target.value.profile.constraints {
                guard let place = violation(of: constraint.kind) else { continue }
                var notes = [Diagnostic.Note("see \(constraint.source)")]
                if let range = target.range { notes.insert(.init("the target is named here", at: range), at: 0) }
                report(
                    Finding(
                        code: "target-conflict",
                        message: "this contradicts the target '\(target.value.rawValue)': \(constraint.reason)",
                        range: place.range ?? target.range, hint: hint(for: constraint.kind), notes: notes))
            }
        }
    }

    struct Finding {
        var code: String
        var message: String
        var range: SourceRange?
        var hint: String?
        var notes: [Diagnostic.Note]
    }

    /// Where the spec says so.
    private struct Place { var range: SourceRange? }

    private var storage: StorageSettings? { appliance.disk.storage }

    private func violation(of kind: TargetConstraint.Kind) -> Place? {
        switch kind {
        case .noLVM:
            return storage?.groups.first.map { Place(range: $0.name.range) }
        case .noSwap:
            return swapPlace
        case .noBtrfsSubvolumes:
            return storage?.btrfs.first { !$0.subvolumes.isEmpty }.map { Place(range: $0.subvolumes[0].name.range) }
        case .noEncryption:
            return storage?.secrets.first.map { Place(range: $0.range) }
        case .oneDisk:
            guard let storage, storage.disks.count > 1 else { return nil }
            return Place(range: storage.disks[1].name.range)
        case .rootOnPartition:
            return rootPlace
        case .rootFilesystem(let formats):
            return storage?.mounts.first { $0.path.value == "/" && !formats.contains($0.format) }.map {
                Place(range: $0.path.range)
            }
        case .largestDisk(let most):
            return largePlace(most)
        case .architecture(let architecture):
            return appliance.architecture == architecture ? nil : Place(range: root["architecture"]?.range)
        case .firmware(let firmware):
            return appliance.disk.boot.contains(firmware) ? nil : Place(range: root["disk"]?["boot"]?.range)
        case .dhcp:
            return networkPlace
        case .package(let name):
            return appliance.packages.remove.first { $0.value == name }.map { Place(range: $0.range) }
        case .noKernel(let name, let release, _):
            guard appliance.distribution.release.value == release else { return nil }
            return appliance.packages.install.first { SpecDecoder.packageName($0.value) == name }.map {
                Place(range: $0.range)
            }
        }
    }

    /// An interface that is for one card's address; or, where none asks for an address, the first of them.
    private var networkPlace: Place? {
        let active = appliance.network.filter(\.isActivated)
        for interface in active {
            if case .mac = interface.selection { return Place(range: interface.range) }
        }
        guard let first = active.first, active.allSatisfy({ $0.dhcp == .none || $0.dhcp == .ipv6 }) else { return nil }
        return Place(range: first.range)
    }

    private var swapPlace: Place? {
        guard let storage else { return nil }
        for partition in storage.partitions {
            if case .filesystem(let filesystem) = partition.content, filesystem.format == .swap {
                return Place(range: partition.range)
            }
        }
        for volume in storage.groups.flatMap(\.volumes) {
            if case .filesystem(let filesystem) = volume.content, filesystem.format == .swap {
                return Place(range: volume.range)
            }
        }
        return nil
    }

    /// Nil: root is an ext4 partition that holds all that is needed to boot.
    private var rootPlace: Place? {
        guard let storage else { return nil }
        for partition in storage.partitions {
            guard case .filesystem(let filesystem) = partition.content, filesystem.mount?.value == "/" else { continue }
            guard partition.encryption == nil else { return Place(range: partition.range) }
            let apart = storage.mounts.first { ["/usr", "/var", "/etc", "/opt"].contains($0.path.value) }
            return apart.map { Place(range: $0.path.range) }
        }
        return Place(range: storage.mounts.first { $0.path.value == "/" }?.path.range)
    }

    private func largePlace(_ most: Int64) -> Place? {
        if case .fixed(let size) = appliance.disk.size.value, size.bytes > most {
            return Place(range: appliance.disk.size.range)
        }
        return storage?.disks.first { ($0.size?.value.bytes ?? 0) > most }.map { Place(range: $0.size?.range) }
    }

    private func hint(for kind: TargetConstraint.Kind) -> String? {
        switch kind {
        case .noLVM: "put the filesystems on partitions, or build that target from a spec of its own"
        case .noSwap: "leave the swap space out, or build that target from a spec of its own"
        case .noBtrfsSubvolumes: "`filesystem: ext4`"
        case .noEncryption: "leave the encryption out, or build that target from a spec of its own"
        case .oneDisk: "one disk, or build that target from a spec of its own"
        case .rootOnPartition: "a partition with `mount: /`, and all of the system on it"
        case .rootFilesystem(let formats): "`filesystem: \(formats.last?.rawValue ?? "ext4")`"
        case .largestDisk(let most): "at most \(ByteSize(bytes: most))"
        case .architecture(let architecture): "`architecture: \(architecture.rawValue)`"
        case .dhcp: "leave `network` out, or give an interface `dhcp: ipv4` and no `mac`"
        case .package(let name): "leave `\(name)` in"
        case .noKernel(_, _, let other): "`\(other)`"
        case .firmware(let firmware): "add `\(firmware.rawValue)` to `disk.boot`"
        }
    }
}
