import Synchronization

/// Adds up what the transfers of one `fetch` receive, each and all together, and tells either at most ten times a second.
final class DownloadTally: Sendable {
    private struct State {
        var completed: Int64 = 0
        var total: Int64?
        var lastReport: ContinuousClock.Instant?
        /// When a transfer that is under way was last told of, by its title.
        var lastTransferReport: [String: ContinuousClock.Instant] = [:]
    }

    private static let pause = Duration.milliseconds(100)

    private let step: String
    private let progress: ProgressSink
    private let state: Mutex<State>

    init(step: String, requests: [DownloadRequest], progress: ProgressSink) {
        self.step = step
        self.progress = progress
        let sizes = requests.map(\.expectedSize)
        state = Mutex(State(total: sizes.contains(nil) ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) }))
    }

    /// Negative when a transfer begins anew.
    func add(_ bytes: Int64) {
        guard bytes != 0 else { return }
        let now = ContinuousClock().now
        let due = state.withLock { state in
            state.completed += bytes
            if let last = state.lastReport, now - last < Self.pause { return false }
            state.lastReport = now
            return true
        }
        if due { report() }
    }

    /// Tells how far one transfer is; `received` counts what earlier runs left of it.
    func tell(_ request: DownloadRequest, received: Int64) {
        let now = ContinuousClock().now
        let due = state.withLock { state in
            if let last = state.lastTransferReport[request.title], now - last < Self.pause { return false }
            state.lastTransferReport[request.title] = now
            return true
        }
        guard due else { return }
        progress.send(
            .transfer(step: step, title: request.title, completed: received, total: request.expectedSize))
    }

    /// The transfer has ended well: its last event has both numbers equal.
    func finish(_ request: DownloadRequest, size: Int64) {
        state.withLock { state in state.lastTransferReport[request.title] = nil }
        progress.send(.transfer(step: step, title: request.title, completed: size, total: size))
    }

    /// The request need not be transferred: it is in the store.
    func skip(_ request: DownloadRequest) {
        state.withLock { state in
            if let size = request.expectedSize, let total = state.total { state.total = total - size }
        }
    }

    func report() {
        let (completed, total) = state.withLock { ($0.completed, $0.total) }
        progress.send(.stepProgress(id: step, completed: completed, total: total, unit: .bytes))
    }
}
