import ApplianceSpec
import Diagnostics

// LVM: from what the volumes ask for to extents.
extension StorageSizing {
    /// What a volume group needs before anything grows.
    struct GroupNeed {
        var extentSize: Int64
        /// Extents of each volume, of a pool its data; 0 for thin volumes.
        var volumes: [Int64]
        /// Extents of each pool's metadata; 0 for others.
        var metadata: [Int64]
        /// Extents kept for the repair of a pool.
        var spare: Int64
        /// Extents that the spec keeps free.
        var reserve: Int64
        /// Of all of it.
        var extents: Int64

        var bytes: Int64 { extents * extentSize }
    }

    private func isPool(_ volume: StorageSettings.LogicalVolume) -> Bool {
        if case .thinPool = volume.content { true } else { false }
    }

    mutating func groupNeed(_ group: StorageSettings.VolumeGroup) -> GroupNeed {
        let extent = group.extentSize.bytes
        // What grows on disks of fixed sizes begins with what it needs; else nothing grows, and it gets what it wants.
        let isFixed = plan.physicalVolumes(of: group.name.value).allSatisfy {
            self.isFixed($0.disk) || ($0.settings.space.size != nil && !$0.settings.space.grows)
        }
        var volumes: [Int64] = []
        var metadata: [Int64] = []
        for volume in group.volumes {
            let what = "the volume '\(group.name.value)/\(volume.name.value)'"
            if isPool(volume) {
                let need = poolNeed(volume, in: group)
                let size = base(volume.space, need, growsLater: isFixed, unit: extent, what: what, range: volume.range)
                volumes.append(size / extent)
                metadata.append(poolMetadata(volume, data: size, extent: extent))
            } else if volume.pool != nil {
                volumes.append(0)
                metadata.append(0)
            } else {
                let place = StoragePlace.volume(group: group.name.value, name: volume.name.value)
                let need = plan.filesystems.first { $0.place == place }.map(need) ?? Need(least: extent, wanted: extent)
                let size = base(volume.space, need, growsLater: isFixed, unit: extent, what: what, range: volume.range)
                volumes.append(size / extent)
                metadata.append(0)
            }
        }
        let spare = metadata.max() ?? 0
        var extents = metadata.reduce(spare, +)
        extents += Self.extents(for: zip(group.volumes, volumes).map { ($0.space.percent?.value, $0.space.grows, $1) })
        var reserve: Int64 = 0
        switch group.reserve {
        case .percent(let percent)? where percent < 100:
            reserve = Self.roundedUp(extents * Int64(percent), to: Int64(100 - percent)) / Int64(100 - percent)
        case .bytes(let size)?: reserve = Self.roundedUp(size.bytes, to: extent) / extent
        default: break
        }
        return GroupNeed(
            extentSize: extent, volumes: volumes, metadata: metadata, spare: spare, reserve: reserve,
            extents: extents + reserve)
    }

    /// Extents in which each volume finds its own, shares being of what those of a fixed size leave.
    static func extents(for volumes: [(percent: Int?, grows: Bool, extents: Int64)]) -> Int64 {
        let fixed = volumes.filter { $0.percent == nil && !$0.grows }.reduce(Int64(0)) { $0 + $1.extents }
        let growing = volumes.filter { $0.percent == nil && $0.grows }.reduce(Int64(0)) { $0 + $1.extents }
        let shares = volumes.compactMap { volume in volume.percent.map { (Int64($0), volume.extents) } }
        let total = shares.reduce(Int64(0)) { $0 + $1.0 }
        var rest = shares.map { percent, extents in roundedUp(extents * 100, to: percent) / percent }.max() ?? 0
        if growing > 0 {
            rest = max(rest, total < 100 ? roundedUp(growing * 100, to: 100 - total) / (100 - total) : rest + growing)
        }
        return fixed + rest
    }

    /// Bytes that a pool's data needs: what is in its volumes, and with room to spare what they want.
    private func poolNeed(_ pool: StorageSettings.LogicalVolume, in group: StorageSettings.VolumeGroup) -> Need {
        var sum = Need(least: 0, wanted: 0)
        for volume in group.volumes where volume.pool?.value == pool.name.value {
            let place = StoragePlace.volume(group: group.name.value, name: volume.name.value)
            guard let filesystem = plan.filesystems.first(where: { $0.place == place }) else { continue }
            let need = need(filesystem)
            // Swap space and an encrypted volume may be written all over.
            let isWhole = filesystem.settings.format == .swap || filesystem.encryption != nil
            let size = volume.space.size?.value.bytes ?? need.wanted
            sum.least += isWhole ? max(size, need.least) : need.least
            sum.wanted += max(min(size, max(need.wanted, 64 << 20)), need.least)
        }
        return sum
    }

    /// Extents: 64 bytes for each chunk, as lvmthin(7) counts, and never less than 4 MiB.
    private func poolMetadata(_ pool: StorageSettings.LogicalVolume, data: Int64, extent: Int64) -> Int64 {
        guard case .thinPool(let chunk, let given) = pool.content else { return 0 }
        // A pool that grows later has its metadata for four times as much.
        let bound = pool.space.grows ? max(data * 4, 16 << 30) : data
        let size = given?.bytes ?? max(4 << 20, bound / chunk.bytes * 64)
        return Self.roundedUp(size, to: extent) / extent
    }

    /// The group on partitions whose sizes are known.
    mutating func volumeGroup(
        _ group: StorageSettings.VolumeGroup, _ need: GroupNeed, on disks: [StorageLayout.Disk]
    ) -> StorageLayout.VolumeGroup? {
        let extent = need.extentSize
        let physical = plan.physicalVolumes(of: group.name.value).map { partition in
            let entry = disks[partition.disk].layout.partitions.first { $0.number == partition.number }
            let size = (entry?.size ?? 0) - (partition.encryption?.headerSize ?? 0)
            return StorageLayout.PhysicalVolume(
                disk: partition.disk, number: partition.number,
                uuid: plan.identity.lvmIdentifier("physical volume \(partition.place)"), size: size,
                extents: max(0, (size - StorageLayout.extentsStart) / extent), encryption: partition.encryption)
        }
        let total = physical.reduce(Int64(0)) { $0 + $1.extents }
        let reserve =
            switch group.reserve {
            case .percent(let percent)?: Self.roundedUp(total * Int64(percent), to: 100) / 100
            default: need.reserve
            }
        let metadata = need.metadata.reduce(need.spare, +)
        guard let sizes = shares(group, need, of: total - reserve - metadata) else {
            report.add(
                Diagnostic(
                    code: "over-full",
                    "the volumes of '\(group.name.value)' need \(ByteSize(bytes: need.bytes)), and it has "
                        + "\(ByteSize(bytes: total * extent))",
                    at: group.name.range, hint: "make its partitions larger, or its volumes smaller",
                    notes: DiskLayoutPlanner.largest(packages)))
            return nil
        }
        var allocator = ExtentAllocator(capacities: physical.map(\.extents))
        var device = 0
        var volumes: [StorageLayout.LogicalVolume] = []
        for (index, volume) in group.volumes.enumerated() {
            var made = StorageLayout.LogicalVolume(
                name: volume.name.value,
                uuid: plan.identity.lvmIdentifier("volume \(group.name.value)/\(volume.name.value)"),
                extents: sizes[index], kind: .linear, segments: [], metadataSegments: [], grows: volume.space.grows)
            if case .thinPool(let chunk, _) = volume.content {
                made.kind = .pool(chunkSize: chunk.bytes, metadataExtents: need.metadata[index])
                made.metadataSegments = allocator.take(need.metadata[index])
            }
            if let pool = volume.pool {
                device += 1
                made.kind = .thin(pool: pool.value, device: device)
                made.extents = thinExtents(volume, in: group, sizes, extent)
            } else {
                made.segments = allocator.take(made.extents)
            }
            volumes.append(made)
        }
        return StorageLayout.VolumeGroup(
            name: group.name.value, uuid: plan.identity.lvmIdentifier("group \(group.name.value)"), extentSize: extent,
            physicalVolumes: physical, volumes: volumes, spareSegments: allocator.take(need.spare))
    }

    /// The extents of each volume when the group has `available` for them; nil when that is not enough.
    private func shares(
        _ group: StorageSettings.VolumeGroup, _ need: GroupNeed, of available: Int64
    ) -> [Int64]? {
        var sizes = need.volumes
        let fixed = group.volumes.indices.filter {
            group.volumes[$0].space.percent == nil && !group.volumes[$0].space.grows
        }
        let rest = available - fixed.reduce(Int64(0)) { $0 + sizes[$1] }
        for index in group.volumes.indices {
            guard let percent = group.volumes[index].space.percent else { continue }
            var size = max(sizes[index], rest * Int64(percent.value) / 100)
            if let most = group.volumes[index].space.most {
                size = min(size, max(most.value.bytes / need.extentSize, sizes[index]))
            }
            sizes[index] = size
        }
        let used = sizes.reduce(0, +)
        guard used <= available else { return nil }
        let shares = group.volumes.indices.map { index in
            let space = group.volumes[index].space
            return Growth.Share(
                size: sizes[index], grows: space.grows && space.percent == nil && group.volumes[index].pool == nil,
                most: space.most.map { max(sizes[index], $0.value.bytes / need.extentSize) })
        }
        return Growth.distribute(available - used, among: shares)
    }

    /// What a thin volume claims to have.
    private func thinExtents(
        _ volume: StorageSettings.LogicalVolume, in group: StorageSettings.VolumeGroup, _ sizes: [Int64],
        _ extent: Int64
    ) -> Int64 {
        let place = StoragePlace.volume(group: group.name.value, name: volume.name.value)
        let need = plan.filesystems.first { $0.place == place }.map(need) ?? Need(least: extent, wanted: extent)
        var size = max(volume.space.size?.value.bytes ?? need.wanted, need.least)
        if volume.space.grows, let pool = group.volumes.firstIndex(where: { $0.name.value == volume.pool?.value }) {
            size = max(size, sizes[pool] * extent)
        }
        if let most = volume.space.most { size = min(size, most.value.bytes) }
        return Self.roundedUp(size, to: extent) / extent
    }
}

/// Gives out the extents of physical volumes one after the other.
struct ExtentAllocator {
    private let capacities: [Int64]
    private var volume = 0
    private var next: Int64 = 0

    init(capacities: [Int64]) {
        self.capacities = capacities
    }

    /// - Returns: fewer than asked for when there are no more.
    mutating func take(_ count: Int64) -> [StorageLayout.LogicalVolume.Segment] {
        var left = count
        var segments: [StorageLayout.LogicalVolume.Segment] = []
        while left > 0, volume < capacities.count {
            let part = min(left, capacities[volume] - next)
            if part > 0 { segments.append(.init(physicalVolume: volume, start: next, count: part)) }
            next += part
            left -= part
            if next == capacities[volume] {
                volume += 1
                next = 0
            }
        }
        return segments
    }
}
