internal import CLinux
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

/// Starts a detached thread that runs `body` once. All signals are blocked in it: the driver's own thread takes them.
///
/// - Throws: `HostError.busy` when the machine has no thread left.
func startThread(named name: String, _ body: @escaping @Sendable () -> Void) throws(HostError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 8 << 20)
    var thread = pthread_t()
    let context = Unmanaged.passRetained(ThreadBody(name: name, body: body)).toOpaque()
    let code = pthread_create(
        &thread, &attributes,
        { context in
            guard let context else { return nil }
            let work = Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue()
            var signals = sigset_t()
            sigfillset(&signals)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            sb_name_thread(String(work.name.prefix(15)))
            work.body()
            return nil
        }, context)
    guard code == 0 else {
        Unmanaged<ThreadBody>.fromOpaque(context).release()
        throw HostError(.busy, "cannot start a thread: \(Files.reason(code))")
    }
}

private final class ThreadBody: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

/// Large buffers that are freed go back to the system at once; to be called before any is made.
package func returnLargeBuffers() { sb_return_large_blocks() }
