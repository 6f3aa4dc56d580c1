internal import FileTrees
internal import Glibc
package import HostSystem

/// Reads filesystems that have no native reader (XFS, Btrfs, squashfs, …) out of other people's disks, in one launch of
/// libguestfs' appliance for all of them. The disks are attached read-only.
package struct ForeignTrees: Sendable {
    package struct Request: Sendable {
        /// Of the list of disks.
        package var disk: Int
        /// In the partition table; 0 for a disk that is one filesystem.
        package var partition: Int

        package init(disk: Int, partition: Int) {
            self.disk = disk
            self.partition = partition
        }
    }

    private let host: Host

    package init(host: Host) {
        self.host = host
    }

    /// Writes the tree of each request as a tar, with numeric owners and extended attributes, into the run's scratch
    /// folder.
    ///
    /// - Parameters:
    ///   - disks: raw disks
    /// - Returns: the tars, in the order of the requests; nil for what the appliance's kernel cannot mount.
    /// - Throws: `DiskError`, `HostError`, `CancellationError`.
    package func archives(_ requests: [Request], of disks: [String], useKVM: Bool) async throws -> [String?] {
        try await trees(requests, of: disks, withVolumes: false, useKVM: useKVM).archives
    }

    /// What the appliance has read.
    package struct Trees: Sendable {
        /// In the order of the requests; nil for what its kernel cannot mount.
        package var archives: [String?]
        package var volumes: [Volume]
    }

    /// A logical volume with a filesystem on it.
    package struct Volume: Sendable {
        package var group: String
        package var name: String
        /// Of its filesystem: `ext4`.
        package var type: String
        package var uuid: String?
        package var label: String?
        /// The tar of its files.
        package var archive: String
    }

    /// The same, and the trees of the volume groups' volumes.
    ///
    /// - Parameter withVolumes: whether volume groups are looked for
    /// - Throws: `DiskError`, `HostError`, `CancellationError`.
    package func trees(
        _ requests: [Request], of disks: [String], withVolumes: Bool, useKVM: Bool
    ) async throws -> Trees {
        try HostKernel.check()
        let folder = try host.scratch.newFolder("libguestfs")
        let cache = "\(host.store.root)/libguestfs"
        try Files.makeFolder(cache)
        let environment = DiskSession.environment(host.environment, folder: folder)
        let processes = ApplianceProcesses(folder: folder, cache: cache)
        let progress = host.progress
        return try await host.store.withLock("libguestfs", saying: "the start of libguestfs") {
            try await processes.run { cancelled in
                let handle = try GuestfsHandle(environment: environment, progress: progress)
                defer { handle.close() }
                try handle.configure(useKVM: useKVM, cacheFolder: cache, temporaryFolder: folder)
                for disk in disks { try handle.addReadOnlyDrive(disk) }
                try cancelled.check()
                try handle.launch()
                let archives = try requests.enumerated().map { index, request in
                    let letter = Character(UnicodeScalar(UInt8(ascii: "a") + UInt8(request.disk)))
                    let device = "/dev/sd\(letter)\(request.partition == 0 ? "" : "\(request.partition)")"
                    try cancelled.check()
                    return try Self.archive(handle, device, "\(folder)/tree-\(index).tar", progress)
                }
                var volumes: [Volume] = []
                for volume in withVolumes ? try Self.volumes(handle) : [] {
                    let path = "\(folder)/volume-\(volumes.count).tar"
                    try cancelled.check()
                    let device = "/dev/\(volume.group)/\(volume.name)"
                    guard let tree = try Self.archive(handle, device, path, progress) else { continue }
                    volumes.append(volume.with(archive: tree))
                }
                return Trees(archives: archives, volumes: volumes)
            }
        }
    }

    /// The path; nil for what cannot be mounted.
    private static func archive(
        _ handle: GuestfsHandle, _ device: String, _ path: String, _ progress: ProgressSink
    ) throws -> String? {
        do {
            try handle.mountReadOnly(device, at: "/")
        } catch {
            guard error.code == .appliance else { throw error }
            progress.send(.log("\(device) is not read: \(error.message)"))
            return nil
        }
        defer { try? handle.unmountAll() }
        try handle.writeArchive(of: "/", to: path)
        return path
    }

    /// Volumes that have a filesystem. The drives are read-only for us; what activation writes goes into an overlay.
    private static func volumes(_ handle: GuestfsHandle) throws -> [Volume] {
        _ = try handle.shell(
            "lvm vgscan >/dev/null 2>&1; lvm vgchange -ay --activationmode partial >/dev/null 2>&1; udevadm settle; true"
        )
        let names = try handle.shell("lvm lvs --noheadings --separator / -o vg_name,lv_name 2>/dev/null || true")
        return names.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ").joined().split(separator: "/").map(String.init)
            guard parts.count == 2,
                let properties = try? handle.properties(of: "/dev/\(parts[0])/\(parts[1])"),
                let type = properties["TYPE"], type != "swap"
            else { return nil }
            return Volume(
                group: parts[0], name: parts[1], type: type, uuid: properties["UUID"], label: properties["LABEL"],
                archive: "")
        }
    }
}

extension ForeignTrees.Volume {
    fileprivate func with(archive: String) -> Self {
        var volume = self
        volume.archive = archive
        return volume
    }
}
