import FileTrees
import HostSystem

/// One start of libguestfs' full appliance, with LVM, device mapper and udev, for disks that are written already.
struct StorageSession: Sendable {
    /// Something that the appliance sees as a drive.
    struct Drive: Sendable {
        var path: String
        /// Letters; `/dev/disk/guestfs/LABEL` in its shell.
        var label: String
        /// What is written goes into an overlay that is thrown away.
        var readOnly: Bool
    }

    let host: Host
    let useKVM: Bool

    /// Seconds that all of it may take.
    private static let patience = 1800.0

    /// Starts the appliance with the drives, in this order, runs `body`, and ends it.
    ///
    /// - Parameter started: called when QEMU has opened the drives
    /// - Throws: `DiskError`, `HostError`, `CancellationError`, what `body` throws.
    func run<Value: Sendable>(
        _ drives: [Drive], started: @escaping @Sendable () throws -> Void = {},
        _ body: @escaping @Sendable (GuestfsHandle, CancellationFlag) throws -> Value
    ) async throws -> Value {
        try HostKernel.check()
        let folder = try host.scratch.newFolder("libguestfs")
        let cache = "\(host.store.root)/libguestfs"
        try Files.makeFolder(cache)
        let environment = DiskSession.environment(host.environment, folder: folder)
        let processes = ApplianceProcesses(folder: folder, cache: cache)
        let (progress, useKVM) = (host.progress, useKVM)
        let value = try await withTimeLimit(seconds: Self.patience) {
            try await host.store.withLock("libguestfs", saying: "the start of libguestfs") {
                try await processes.run { cancelled in
                    let handle = try GuestfsHandle(environment: environment, progress: progress)
                    defer { handle.close() }
                    try handle.configure(useKVM: useKVM, cacheFolder: cache, temporaryFolder: folder)
                    for drive in drives {
                        try handle.addDrive(drive.path, label: drive.label, readOnly: drive.readOnly)
                    }
                    try cancelled.check()
                    let clock = ContinuousClock()
                    let start = clock.now
                    try handle.launch()
                    progress.send(.log("libguestfs' full appliance was up after \((clock.now - start).inSeconds) s"))
                    try started()
                    try cancelled.check()
                    let value = try body(handle, cancelled)
                    try handle.unmountAll()
                    try handle.shutDown()
                    return value
                }
            }
        }
        guard let value else {
            throw DiskError(
                .stalled, "libguestfs' appliance did not write the disks within \(Int(Self.patience)) s",
                hint: "it may be that the machine is overloaded; try again")
        }
        return value
    }

    /// `diska`, `diskb`, …
    static func label(_ stem: String, _ number: Int) -> String {
        let letter = String(Character(UnicodeScalar(UInt8(97 + number % 26))))
        return stem + String(repeating: letter, count: number / 26 + 1)
    }
}
