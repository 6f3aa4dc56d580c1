internal import FileTrees
internal import Glibc
import Synchronization

/// The terminal that a person sits at, as standard input is connected to it. While it is handed to a sandbox, each key
/// goes through at once, Ctrl-C too, so that none of them is a signal to Stonebake.
final class PersonTerminal: Sendable {
    let descriptor: Int32
    private let saved = Mutex<termios?>(nil)

    /// Nil when standard input is no terminal.
    init?(input: Int32 = STDIN_FILENO) {
        guard isatty(input) == 1 else { return nil }
        var name = [CChar](repeating: 0, count: 256)
        var opened: Int32 = -1
        // Open for both ways, which standard input need not be.
        if ttyname_r(input, &name, name.count) == 0 { opened = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) }
        descriptor = opened >= 0 ? opened : fcntl(input, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
    }

    deinit {
        restore()
        close(descriptor)
    }

    func makeRaw() {
        saved.withLock { saved in
            var settings = termios()
            guard saved == nil, tcgetattr(descriptor, &settings) == 0 else { return }
            saved = settings
            cfmakeraw(&settings)
            tcsetattr(descriptor, TCSADRAIN, &settings)
        }
    }

    func restore() {
        saved.withLock { saved in
            guard var settings = saved else { return }
            tcsetattr(descriptor, TCSADRAIN, &settings)
            saved = nil
        }
    }

    func write(_ text: String) {
        // A window that was closed is told by its signal.
        _ = Array(text.utf8).withUnsafeBytes { Files.writeAll($0, to: descriptor) }
    }

    /// TERM and its like are about the terminal and not about the machine.
    static func environment(_ host: [String: String]) -> [String: String] {
        host.filter { ["TERM", "COLORTERM"].contains($0.key) }
    }
}
