import Dispatch
import Glibc
import HostSystem
import Synchronization

/// The person's terminal while a guest's console is attached to it: each key goes through at once, Ctrl-C too. It is
/// put back as it was by `restore`.
final class ConsoleTerminal: Sendable {
    /// What is typed; ends with the input.
    let typed: AsyncStream<[UInt8]>
    /// Whether there is a person at it; otherwise the input is not read, for it may be anything.
    let isInteractive: Bool
    private let input: Int32
    private let output: Int32
    private let state = Mutex(State())
    private let reader: Reader?

    private struct State {
        var saved: termios?
    }

    /// Dispatch sources may be used from any thread.
    private final class Reader: @unchecked Sendable {
        let source: any DispatchSourceRead
        init(_ source: any DispatchSourceRead) { self.source = source }
    }

    init(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) {
        self.input = input
        self.output = output
        isInteractive = isatty(input) == 1
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        typed = stream
        guard isInteractive else {
            reader = nil
            return
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: input, queue: .global())
        source.setEventHandler {
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = read(input, &chunk, chunk.count)
            if count > 0 {
                continuation.yield(Array(chunk[..<count]))
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                continuation.finish()
                source.cancel()
            }
        }
        source.setCancelHandler { continuation.finish() }
        reader = Reader(source)
    }

    deinit { restore() }

    /// Hands the keys to the guest.
    func attach() {
        guard isInteractive else { return }
        state.withLock { state in
            var settings = termios()
            guard state.saved == nil, tcgetattr(input, &settings) == 0 else { return }
            state.saved = settings
            cfmakeraw(&settings)
            // The guest ends its lines with both characters; our own messages do not.
            settings.c_oflag |= tcflag_t(OPOST) | tcflag_t(ONLCR)
            tcsetattr(input, TCSADRAIN, &settings)
        }
        reader?.source.activate()
    }

    func restore() {
        state.withLock { state in
            guard var saved = state.saved else { return }
            tcsetattr(input, TCSAFLUSH, &saved)
            state.saved = nil
            reader?.source.cancel()
        }
    }

    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
        }
    }
}
