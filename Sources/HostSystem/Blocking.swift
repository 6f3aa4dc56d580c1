internal import CLinux
package import FileTrees
internal import Glibc

/// Runs long blocking work (libguestfs, libarchive, libsolv, hashing) on a thread of its own, so that Swift's
/// cooperative pool, which has one thread a core, stays free for everything that waits.
///
/// The work itself is not interrupted by cancellation: it looks at `isCancelled` of a `CancellationFlag` where it can
/// stop early. 8 MiB of stack: libsolv and libarchive's filters recurse more deeply than a pool thread allows.
package func blocking<Value: Sendable>(
    named name: String = "blocking", _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    let position = Timeline.position
    return try await withCheckedThrowingContinuation { continuation in
        do {
            try startThread(named: name) {
                guard let position else { return continuation.resume(with: Result(catching: body)) }
                let result = Result { try Timeline.$position.withValue(position, operation: body) }
                position.recorder.add(threadSeconds: threadSeconds(), to: position.span)
                continuation.resume(with: result)
            }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}

/// Processor time of the calling thread since it began.
private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The calling thread, one of `blocking`, and the processes that it starts get what others leave of the processors.
package func yieldProcessors() {
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
}

/// Tells blocking work that nobody waits for its result any more.
package func blocking<Value: Sendable>(
    named name: String = "blocking", cancellable body: @escaping @Sendable (CancellationFlag) throws -> Value
) async throws -> Value {
    let flag = CancellationFlag()
    return try await withTaskCancellationHandler {
        try await blocking(named: name) { try body(flag) }
    } onCancel: {
        flag.cancel()
    }
}
