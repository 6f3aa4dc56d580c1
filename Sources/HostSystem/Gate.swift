import Synchronization

/// Opened once; whoever waits for it goes on then. Whoever owns it opens it in any case, also after a failure: waiting
/// itself cannot be cancelled.
package final class Gate: Sendable {
    private let continuation: AsyncStream<Void>.Continuation
    private let opened: Task<Void, Never>
    /// In the timeline.
    private let opener = Mutex<Int?>(nil)

    package init() {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        self.continuation = continuation
        opened = Task.detached { for await _ in stream {} }
    }

    deinit { continuation.finish() }

    /// Opening it again does nothing.
    package func open() {
        if let span = Timeline.currentSpan { opener.withLock { $0 = $0 ?? span } }
        continuation.finish()
    }

    /// - Throws: `CancellationError` when the task was cancelled meanwhile.
    package func wait() async throws {
        await Timeline.wait("wait for a free processor", for: opener.withLock { $0 }) { await opened.value }
        try Task.checkCancellation()
    }
}
