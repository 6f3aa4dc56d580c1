internal import CCurl
internal import FileTrees
import Synchronization

/// Runs transfers with libcurl's multi interface on one thread of its own: connections are kept and shared, HTTP/2
/// streams are multiplexed, and at most `parallel` transfers run at a time. The thread begins with the first transfer
/// and ends with this object.
final class TransferEngine: Sendable {
    private let core: EngineCore

    init(policy: TransferPolicy, environment: [String: String]) {
        core = EngineCore(policy: policy, environment: environment)
    }

    deinit { core.stop() }

    /// Runs one transfer. Cancelling the task ends it at once.
    func perform(_ transfer: Transfer) async -> TransferEnd {
        let id = core.newID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                core.submit(EngineCore.Job(id: id, transfer: transfer) { continuation.resume(returning: $0) })
            }
        } onCancel: {
            core.cancel(id)
        }
    }
}

/// What the engine and its thread share. Whatever touches libcurl's handles happens on the thread, except for the
/// wake-up, which libcurl allows from anywhere.
final class EngineCore: Sendable {
    struct Job: Sendable {
        var id: Int
        var transfer: Transfer
        var finish: @Sendable (TransferEnd) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var cancelled: Set<Int> = []
        var nextID = 0
        var isRunning = false
        var isStopped = false
    }

    private let state = Mutex<State>(State())
    /// curl_multi_wakeup(3) is the one call that is made from other threads.
    nonisolated(unsafe) private let multi: OpaquePointer?
    private let policy: TransferPolicy
    private let environment: [String: String]

    /// curl_global_init(3) once a process, whoever comes first.
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(policy: TransferPolicy, environment: [String: String]) {
        self.policy = policy
        self.environment = environment
        multi = Self.isReady ? OpaquePointer(curl_multi_init()) : nil
    }

    deinit {
        if let multi { curl_multi_cleanup(UnsafeMutableRawPointer(multi)) }
    }

    func newID() -> Int {
        state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
    }

    func submit(_ job: Job) {
        let (mustStart, isCancelled) = state.withLock { state in
            if state.cancelled.remove(job.id) != nil { return (false, true) }
            state.waiting.append(job)
            defer { state.isRunning = true }
            return (!state.isRunning, false)
        }
        if isCancelled { return job.finish(.cancelled) }
        guard mustStart else { return wake() }
        do {
            try startThread(named: "downloads") { self.loop() }
        } catch {
            let orphans = state.withLock { state in
                defer { state.waiting = [] }
                state.isRunning = false
                return state.waiting
            }
            for job in orphans { job.finish(.refused(error)) }
        }
    }

    func cancel(_ id: Int) {
        state.withLock { _ = $0.cancelled.insert(id) }
        wake()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        wake()
    }

    private func wake() {
        if let multi { curl_multi_wakeup(UnsafeMutableRawPointer(multi)) }
    }

    // MARK: On the thread

    private func loop() {
        guard let multi = multi.map({ UnsafeMutableRawPointer($0) }) else {
            return failAll("libcurl cannot be initialised")
        }
        sb_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, policy.parallel + 2)
        var active: [UnsafeMutableRawPointer: (job: Job, handle: EasyHandle)] = [:]
        var idle: [EasyHandle] = []
        while true {
            let (fresh, cancelled, isStopped) = takeWork(room: policy.parallel - active.count)
            for (key, entry) in active where cancelled.contains(entry.job.id) {
                curl_multi_remove_handle(multi, key)
                active[key] = nil
                entry.job.finish(.cancelled)
            }
            if isStopped, active.isEmpty, fresh.isEmpty { return }
            for job in fresh {
                guard let handle = idle.popLast() ?? EasyHandle() else {
                    job.finish(.failed(.init(code: 0, message: "out of memory", isTransient: false, isNotFound: false)))
                    continue
                }
                handle.prepare(job.transfer, policy: policy, environment: environment)
                curl_multi_add_handle(multi, handle.pointer)
                active[handle.pointer] = (job, handle)
            }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            var code = CURLE_OK
            while let pointer = sb_curl_multi_ended(multi, &code) {
                curl_multi_remove_handle(multi, pointer)
                guard let entry = active.removeValue(forKey: pointer) else { continue }
                let end = entry.handle.end(code)
                idle.append(entry.handle)
                entry.job.finish(end)
            }
            if active.count < policy.parallel, hasWaiting { continue }
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
    }

    private var hasWaiting: Bool { state.withLock { !$0.waiting.isEmpty } }

    private func takeWork(room: Int) -> (fresh: [Job], cancelled: Set<Int>, isStopped: Bool) {
        let (fresh, dropped, cancelled, isStopped) = state.withLock { state in
            let dropped = state.waiting.filter { state.cancelled.contains($0.id) }
            state.waiting.removeAll { state.cancelled.contains($0.id) }
            let fresh = Array(state.waiting.prefix(max(room, 0)))
            state.waiting.removeFirst(fresh.count)
            let cancelled = state.cancelled
            for job in dropped { state.cancelled.remove(job.id) }
            return (fresh, dropped, cancelled, state.isStopped)
        }
        for job in dropped { job.finish(.cancelled) }
        return (fresh, cancelled, isStopped)
    }

    private func failAll(_ reason: String) {
        let jobs = state.withLock { state in
            defer { state.waiting = [] }
            state.isRunning = false
            return state.waiting
        }
        for job in jobs {
            job.finish(.failed(.init(code: 0, message: reason, isTransient: false, isNotFound: false)))
        }
    }
}
