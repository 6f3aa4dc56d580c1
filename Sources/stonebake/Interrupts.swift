import Dispatch
import Foundation
import Synchronization

/// SIGINT, SIGTERM and SIGHUP: the first asks for an orderly end, a second one ends at once.
final class Interrupts: Sendable {
    private struct State {
        var received: Int32?
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    init() {
        let queue = DispatchQueue(label: "stonebake.signals")
        // Whoever started us may have had them blocked, and we must be stoppable all the same.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // A handler and not SIG_IGN: programs that we start inherit an ignored signal, but not a handler.
            signal(number) { _ in }
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            // The handler holds its source, which nothing else does.
            source.setEventHandler { [self] in withExtendedLifetime(source) { take(number) } }
            source.resume()
        }
    }

    /// The first signal that came; nil while none has.
    var received: Int32? { state.withLock { $0.received } }

    /// Runs `action` on the first signal, at once when it has come already.
    func onFirst(_ action: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            state.action = action
            return state.received != nil
        }
        if isLate { action() }
    }

    private func take(_ number: Int32) {
        let (action, isSecond) = state.withLock { state in
            let isSecond = state.received != nil
            if !isSecond { state.received = number }
            return (state.action, isSecond)
        }
        if isSecond {
            signal(number, SIG_DFL)
            kill(getpid(), number)
        }
        printToStandardError("\nstopping: removing what is half done (once more to stop at once)")
        action?()
    }
}
