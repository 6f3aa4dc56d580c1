import Synchronization

/// Adds up what the transfers of one `fetch` receive, and tells it at most ten times a second.
final class DownloadTally: Sendable {
    private struct State {
        var completed: Int64 = 0
        var total: Int64?
        var lastReport: ContinuousClock.Instant?
    }

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
            if let last = state.lastReport, now - last < .milliseconds(100) { return false }
            state.lastReport = now
            return true
        }
        if due { report() }
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
