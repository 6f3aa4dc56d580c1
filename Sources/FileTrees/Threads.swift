internal import CLinux
internal import Glibc

/// Starts a detached thread that runs `body` once. All signals are blocked in it: the driver's own thread takes them.
///
/// - Throws: `HostError.busy` when the machine has no thread left.
package func startThread(named name: String, _ body: @escaping @Sendable () -> Void) throws(HostError) {
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
