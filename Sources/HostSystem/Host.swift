internal import CLinux
package import FileTrees
internal import Glibc
internal import SandboxInside

/// The machine, passed to the stages as one value: what runs commands, keeps results, downloads, and tells the time.
package struct Host: Sendable {
    package private(set) var runner: CommandRunner
    package private(set) var progress: ProgressSink
    package private(set) var store: ContentStore
    package private(set) var downloader: Downloader
    package let http: HTTPClient
    package let archives: ArchiveLocator
    /// For this run's temporary files; removed by `close`.
    package let scratch: ScratchFolder
    /// The absolute path of the `stonebake` binary.
    package let executable: String
    /// What it runs inside sandboxes; a path beside it where there is none, which is told when a sandbox is made.
    package var worker: String {
        CompanionFile.path(WorkerCommand.program, beside: executable)
            ?? "\(Files.folder(of: executable))/\(WorkerCommand.program)"
    }
    package let environment: [String: String]
    /// Seconds since 1970.
    package let now: @Sendable () -> Int64
    /// How many processors this process may use.
    package let cpus: Int
    /// Accepts repository metadata whose validity has ended.
    package let allowExpired: Bool
    /// Uses what is in the store alone.
    package let offline: Bool
    /// For failed steps; nil: none is opened.
    package let debugShell: DebugShell?

    /// What encrypted disks are locked with.
    package let secrets: Secrets

    /// Whether disks are written and read past the page cache, where they can: of several that are built in one run only the
    /// last would stay in it anyway, and each page of it costs more than its bytes.
    package private(set) var sparesPageCache = false
    /// For what reads and writes whole disks past the page cache, and computes with as many threads as there are processors
    /// beside it: one of them to two processors.
    package let diskTurns: WorkSlots

    /// What the driver chooses; each has the default of an ordinary run.
    package struct Options: Sendable {
        package var progress: ProgressSink = .silent
        /// The store's folder; nil: see `ContentStore.defaultRoot`.
        package var cache: String?
        /// Archive name to base URI, from `--mirror NAME=URI`.
        package var mirrors: [String: String] = [:]
        /// From `--mirror DIR`.
        package var mirrorFolders: [MirrorFolder] = []
        package var environment: [String: String] = Host.processEnvironment()
        package var executable: String?
        package var now: @Sendable () -> Int64 = Host.clock
        package var allowExpired = false
        package var offline = false
        package var debugShell: DebugShell?
        /// Paths of files, by the secret's name.
        package var secrets: [String: String] = [:]
        package var transfers = TransferPolicy()
        /// Where the machine's own configuration is read: `/`, another folder in tests.
        package var systemRoot = "/"

        package init() {}
    }

    /// - Throws: `HostError` when the store's folder cannot be made.
    package init(_ options: Options = Options()) throws(HostError) {
        progress = options.progress
        environment = options.environment
        now = options.now
        allowExpired = options.allowExpired
        offline = options.offline
        debugShell = options.debugShell
        secrets = Secrets(files: options.secrets, environment: options.environment)
        runner = CommandRunner(progress: options.progress)
        let root: String
        if let cache = options.cache {
            root = cache
        } else {
            root = try ContentStore.defaultRoot(environment: options.environment)
        }
        store = try ContentStore(root: root, progress: options.progress)
        scratch = ScratchFolder(run: store.run)
        var policy = options.transfers
        policy.isOffline = policy.isOffline || options.offline
        http = HTTPClient(policy: policy, environment: options.environment)
        downloader = Downloader(store: store, http: http, progress: options.progress)
        archives = ArchiveLocator(
            mirrors: options.mirrors, folders: options.mirrorFolders, environment: options.environment,
            systemRoot: options.systemRoot)
        executable = options.executable ?? Host.ownExecutable()
        cpus = Host.usableProcessors()
        diskTurns = WorkSlots(max(1, cpus / 2))
    }

    /// The same machine and run for one of several appliances that are built in it, whose events say for whom they are.
    package func building(oneOfMany name: String) -> Host {
        var copy = self
        copy.sparesPageCache = true
        copy.progress = progress.telling(of: name)
        copy.runner = CommandRunner(progress: copy.progress)
        copy.store = store.building(oneOfMany: copy.progress)
        copy.downloader = Downloader(store: copy.store, http: http, progress: copy.progress)
        return copy
    }

    /// For tests: a store in the folder, this machine's own configuration, the `stonebake` that was built beside the
    /// tests.
    package init(
        testing cache: String, progress: ProgressSink = .silent, _ change: (inout Options) -> Void = { _ in }
    ) throws(HostError) {
        var options = Options()
        options.cache = cache
        options.progress = progress
        options.executable = "\(Files.folder(of: Host.ownExecutable()))/stonebake"
        change(&options)
        try self.init(options)
    }

    /// Removes this run's scratch and staging folders. The driver calls it at the end, also after a failure.
    package func close() async throws {
        let store = store
        try await blocking(named: "close") { try store.closeRun() }
    }

    /// Begins this run in the store (see `ContentStore.beginRun`), and removes what killed ones left behind. The driver
    /// calls it at the start.
    package func sweepDeadRuns() async throws {
        let store = store
        try await blocking(named: "sweep") {
            // What can be read alone can be used for reading.
            try? store.beginRun()
            try store.sweepDeadRuns()
        }
    }

    package static let clock: @Sendable () -> Int64 = {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec)
    }

    package static func processEnvironment() -> [String: String] {
        var values: [String: String] = [:]
        var cursor = environ
        while let entry = cursor.pointee {
            let text = String(cString: entry)
            if let split = text.firstIndex(of: "=") {
                values[String(text[..<split])] = String(text[text.index(after: split)...])
            }
            cursor += 1
        }
        return values
    }

    private static func ownExecutable() -> String {
        guard let path = realpath("/proc/self/exe", nil) else { return "/proc/self/exe" }
        defer { free(path) }
        return String(cString: path)
    }

    /// The processors that sched_setaffinity(2) and cpusets leave to this process.
    package static func usableProcessors() -> Int {
        max(Int(sb_usable_processors()), 1)
    }
}
