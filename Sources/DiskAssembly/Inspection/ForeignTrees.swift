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
                return try requests.enumerated().map { index, request in
                    try cancelled.check()
                    let archive = "\(folder)/tree-\(index).tar"
                    let letter = Character(UnicodeScalar(UInt8(ascii: "a") + UInt8(request.disk)))
                    let device = "/dev/sd\(letter)\(request.partition == 0 ? "" : "\(request.partition)")"
                    do {
                        try handle.mountReadOnly(device, at: "/")
                    } catch let error as DiskError where error.code == .appliance {
                        progress.send(.log("\(device) is not read: \(error.message)"))
                        return nil
                    }
                    defer { try? handle.unmountAll() }
                    try handle.writeArchive(of: "/", to: archive)
                    return archive
                }
            }
        }
    }
}
