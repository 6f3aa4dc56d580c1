import FileTrees
import HostSystem
import Synchronization

/// One start of libguestfs' appliance, under way while the tree is made, with the files that become disks attached.
/// Several appliances that are built in one run share one.
///
/// The appliance's drives are fixed when it starts, and the disk's size is known when the tree is finished. So the file
/// is attached as a hole of 1 TiB, and read-only: the disk is written natively, cut to its size, and then looked at.
/// The kernel in the appliance keeps believing in 1 TiB, which is no more to it than a partition table that ends early.
package final class DiskSession: Sendable {
    /// Larger than any disk that a cloud boots from; it takes no space.
    static let capacity: Int64 = 1 << 40

    /// Bytes that a disk of this session can have.
    let capacity: Int64
    /// Of its temporary files.
    let folder: String
    let places: [DiskPlace]
    private let processes: ApplianceProcesses
    private let launch: Task<GuestfsHandle, any Error>
    private let launchSpan = SpanReference()
    private let used = Mutex(0)
    private let turn = Mutex(())

    /// Starts the appliance; returns at once.
    ///
    /// - Parameters:
    ///   - count: how many disks it can look at
    ///   - gate: the start waits for it, as long as others need the processors more
    convenience init(
        host: Host, useKVM: Bool, capacity: Int64 = DiskSession.capacity, count: Int = 1, after gate: Gate? = nil
    ) throws {
        let places = try (0..<count).map { try DiskPlace(host: host, capacity: capacity, number: $0) }
        try self.init(host: host, useKVM: useKVM, places: places, capacity: capacity, after: gate)
    }

    /// Starts the appliance for a disk that is there already.
    ///
    /// - Parameter full: libguestfs' own, not the trimmed one
    convenience init(host: Host, useKVM: Bool, place: DiskPlace, full: Bool = false) throws {
        try self.init(host: host, useKVM: useKVM, places: [place], capacity: place.capacity, after: nil, full: full)
    }

    private init(
        host: Host, useKVM: Bool, places: [DiskPlace], capacity: Int64, after gate: Gate?, full: Bool = false
    ) throws {
        try HostKernel.check()
        let folder = try host.scratch.newFolder("libguestfs")
        let cache = "\(host.store.root)/libguestfs"
        try Files.makeFolder(cache)
        let processes = ApplianceProcesses(folder: folder, cache: cache)
        let store = host.store
        let environment = Self.environment(host.environment, folder: folder)
        let progress = host.progress
        self.folder = folder
        self.places = places
        self.capacity = capacity
        self.processes = ApplianceProcesses(folder: folder, cache: nil)
        let trimmed = TrimmedAppliance(host: host)
        // One start at a time on a machine: supermin's appliance is shared, and two emulated boots take longer than one
        // after the other.
        launch = launchSpan.task("start libguestfs") {
            // Made while it waits to be started. Where that fails, it fails once more below.
            var prepared: String?
            if let gate {
                prepared = try await store.withLock("libguestfs", saying: "the start of libguestfs") {
                    let path = try GuestfsHandle.searchPath(environment: environment)
                    return try? await trimmed.prepare(searching: path)
                }
                try await gate.wait()
            }
            let isPrepared = prepared != nil
            return try await store.withLock("libguestfs", saying: "the start of libguestfs") {
                let start = { (appliance: String?) async throws -> GuestfsHandle in
                    try await processes.run { cancelled in
                        let clock = ContinuousClock()
                        let start = clock.now
                        yieldProcessors()
                        let handle = try GuestfsHandle(environment: environment, progress: progress)
                        do {
                            try handle.configure(useKVM: useKVM, cacheFolder: cache, temporaryFolder: folder)
                            if let appliance {
                                try handle.useAppliance(
                                    in: appliance, telling: TrimmedAppliance.arguments(isEmulated: !useKVM),
                                    processor: useKVM ? nil : TrimmedAppliance.emulatedProcessor)
                            }
                            for place in places { try handle.addReadOnlyDrive(place.disk.path) }
                            try cancelled.check()
                            try handle.launch()
                            try cancelled.check()
                        } catch {
                            handle.close()
                            throw (error as? DiskError).map(Self.explained) ?? error
                        }
                        let duration = Self.milliseconds(clock.now - start)
                        progress.send(.log("libguestfs' appliance was up after \(duration)"))
                        return handle
                    }
                }
                if full { return try await start(nil) }
                do {
                    if isPrepared, let appliance = try trimmed.ready() { return try await start(appliance) }
                    let path = try GuestfsHandle.searchPath(environment: environment)
                    if let appliance = try await trimmed.prepare(searching: path) { return try await start(appliance) }
                } catch let error where !Task.isCancelled {
                    // Another libguestfs than the one it was written for, say. The full one works everywhere.
                    progress.send(.log("libguestfs' trimmed appliance cannot be used: \(error)"))
                }
                return try await start(nil)
            }
        }
    }

    private static func milliseconds(_ duration: Duration) -> String {
        "\(Int((duration.inSeconds * 1000).rounded())) ms"
    }

    deinit { launch.cancel() }

    /// Waits until the appliance is up: the proof that libguestfs works here.
    ///
    /// - Throws: `DiskError` when it does not come up; `CancellationError`.
    package func waitUntilUp() async throws {
        try await run { _, _ in }
    }

    /// Ends the appliance, also while it starts, and frees what it holds. Safe to call again, and after `assemble`.
    package func cancel() async {
        launch.cancel()
        guard let handle = try? await launch.value else { return }
        try? await blocking(named: "libguestfs") { handle.close() }
    }

    /// Runs `body` with the handle once the appliance is up; killed when the task is cancelled.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (GuestfsHandle, CancellationFlag) throws -> Value
    ) async throws -> Value {
        let launch = launch
        let handle = try await withTaskCancellationHandler {
            try await Timeline.wait("wait for libguestfs", for: launchSpan.id) { try await launch.value }
        } onCancel: {
            launch.cancel()
        }
        // What one appliance's disk is mounted at is no place for another's.
        return try await processes.run { cancelled in try self.turn.withLock { _ in try body(handle, cancelled) } }
    }

    /// A place for a disk that nobody has taken yet; nil when all are taken.
    func take() -> DiskPlace? {
        used.withLock { used in
            guard used < places.count else { return nil }
            used += 1
            return places[used - 1]
        }
    }

    /// What the library reads of the environment: its own variables, and where it makes its socket, so that nothing of
    /// it stays in /tmp when this process is killed. A socket's path has at most 107 bytes.
    static func environment(_ host: [String: String], folder: String) -> [String: String] {
        let names = ["LIBGUESTFS_DEBUG", "LIBGUESTFS_HV", "LIBGUESTFS_MEMSIZE", "LIBGUESTFS_PATH", "LIBGUESTFS_TRACE"]
        var result = host.filter { names.contains($0.key) }
        if "\(folder)/libguestfsXXXXXX/guestfsd.sock".utf8.count <= 107 { result["XDG_RUNTIME_DIR"] = folder }
        return result
    }

    /// The library's reasons for a failed launch are long; what helps most is its own test.
    private static func explained(_ error: DiskError) -> DiskError {
        var error = error
        error.hint = "`libguestfs-test-tool` shows why; `stonebake doctor` checks what it needs"
        return error
    }
}
