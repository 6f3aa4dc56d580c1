import BuildPlanning
import FileTrees
import HostSystem
import SandboxInside

/// Puts what was made for partitions and volumes where it belongs: on the disks, or, where a partition is encrypted, into
/// a file with what the partition holds in the clear, which libguestfs writes through the encryption later.
struct StorageComposer {
    let host: Host
    let tools: ToolsRoot
    let layout: StorageLayout
    let disks: [DiskFile]
    /// A folder of its own on the store's filesystem.
    let folder: String
    let timestamp: Int64

    /// Files that have to go through encryption: the device, and what it holds.
    struct Clear: Sendable {
        var device: EncryptedDevice
        var image: String
        /// Where in that file it begins.
        var offset: Int64 = 0
        /// Bytes of the device within encryption.
        var size: Int64
    }

    /// - Parameter images: by the contents' place
    /// - Returns: what is left to be encrypted, partitions before volumes.
    func compose(_ images: [StoragePlace: String]) async throws -> [Clear] {
        var clear: [Clear] = []
        var volumes: [Clear] = []
        for content in layout.contents {
            guard let image = images[content.place] else { continue }
            if let encryption = content.encryption {
                let item = Clear(device: encryption, image: image, size: content.size)
                if case .volume = content.place { volumes.append(item) } else { clear.append(item) }
            } else if case .partition(let disk, let number) = content.place,
                let partition = layout.disks[disk].layout.partitions.first(where: { $0.number == number })
            {
                try await copy(image) { position in
                    (disks[disk], partition.start + position, partition.size - position)
                }
            }
        }
        for group in layout.groups { clear += try await compose(group, images) }
        return clear + volumes
    }

    /// Where a physical volume begins in a file of its own. Not at its start: the appliance would take the file, when it is
    /// attached to be copied, for the volume itself, and write what belongs there into a drive that is thrown away.
    private static let shift: Int64 = 1 << 20

    /// Where a physical volume begins.
    private struct Base {
        var file: DiskFile
        var start: Int64
    }

    private func compose(_ group: StorageLayout.VolumeGroup, _ images: [StoragePlace: String]) async throws -> [Clear] {
        var clear: [Clear] = []
        var bases: [Base] = []
        for (index, volume) in group.physicalVolumes.enumerated() {
            if let encryption = volume.encryption {
                let file = try DiskFile.create("\(folder)/\(encryption.name)", size: volume.size + Self.shift)
                bases.append(Base(file: file, start: Self.shift))
                clear.append(Clear(device: encryption, image: file.path, offset: Self.shift, size: volume.size))
            } else {
                let partition = layout.disks[volume.disk].layout.partitions.first { $0.number == volume.number }
                bases.append(Base(file: disks[volume.disk], start: partition?.start ?? 0))
            }
            try bases[index].file.write(
                LVMMetadata(group: group, timestamp: timestamp).header(of: index), at: bases[index].start)
        }
        let places = bases
        for volume in group.volumes {
            let place = StoragePlace.volume(group: group.name, name: volume.name)
            let isEncrypted = layout.contents.first { $0.place == place }?.encryption != nil
            switch volume.kind {
            case .linear:
                guard let image = images[place], !isEncrypted else { continue }
                try await copy(image) { Self.place($0, volume.segments, group.extentSize, places) }
            case .thin: break
            case .pool(let chunkSize, let metadataExtents):
                let thin = group.volumes.compactMap { other -> ThinPool.Volume? in
                    guard case .thin(volume.name, let device) = other.kind else { return nil }
                    let place = StoragePlace.volume(group: group.name, name: other.name)
                    let isEncrypted = layout.contents.first { $0.place == place }?.encryption != nil
                    return ThinPool.Volume(device: device, image: isEncrypted ? nil : images[place])
                }
                let pool = try ThinPool(
                    chunkSize: chunkSize, capacity: volume.extents * group.extentSize / chunkSize,
                    transaction: LVMMetadata(group: group, timestamp: timestamp).transaction(of: volume.name),
                    volumes: thin)
                for (index, volume_) in thin.enumerated() {
                    guard let image = volume_.image else { continue }
                    try await copy(image) { position in
                        guard let chunk = pool.place(index, position),
                            let target = Self.place(chunk.offset, volume.segments, group.extentSize, places)
                        else { return nil }
                        return (target.file, target.offset, min(target.count, chunk.count))
                    }
                }
                let metadata = try await metadata(of: pool, size: metadataExtents * group.extentSize)
                try await copy(metadata) { Self.place($0, volume.metadataSegments, group.extentSize, places) }
                try Files.remove(metadata)
            }
        }
        return clear
    }

    /// A byte of a volume on its physical volumes, and how many bytes follow there.
    private static func place(
        _ position: Int64, _ segments: [StorageLayout.LogicalVolume.Segment], _ extent: Int64, _ bases: [Base]
    ) -> (file: DiskFile, offset: Int64, count: Int64)? {
        var start: Int64 = 0
        for segment in segments {
            let length = segment.count * extent
            if position < start + length {
                let base = bases[segment.physicalVolume]
                let within = position - start
                return (
                    base.file, base.start + StorageLayout.extentsStart + segment.start * extent + within,
                    length - within
                )
            }
            start += length
        }
        return nil
    }

    private func copy(
        _ image: String, place: @escaping @Sendable (Int64) -> (file: DiskFile, offset: Int64, count: Int64)?
    ) async throws {
        try await blocking(named: "copy") {
            try SparseCopier.copy(image) { (position) throws(HostError) in place(position) }
        }
    }

    private func metadata(of pool: ThinPool, size: Int64) async throws -> String {
        let work = try host.scratch.newFolder("thin-pool")
        _ = try DiskFile.create("\(work)/metadata", size: size)
        try Files.write(pool.description, to: "\(work)/description.xml")
        let command = Command(
            "thin_restore", ["-i", "\(DiskWriter.place)/description.xml", "-o", "\(DiskWriter.place)/metadata"])
        let job = SandboxJob(layers: [tools.tree], command: command).with {
            $0.binds = [.init(work, at: DiskWriter.place, readOnly: false)]
        }
        try await Sandbox(host: host).check(job, purpose: "making a thin pool's metadata")
        return "\(work)/metadata"
    }
}
