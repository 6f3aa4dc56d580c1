import CLinux
import FileTrees
package import Foundation
package import HostSystem
import Synchronization

/// Shows a run's events on standard error in one of three ways, and writes all of them to the log file.
package final class Display: Sendable {
    package enum Mode: Sendable, Equatable {
        /// Bars that are redrawn; only on a terminal.
        case terminal
        /// A line when a step starts and one when it ends.
        case plain
        /// One JSON object a line.
        case json
        /// Warnings alone.
        case quiet
    }

    private struct Shared: ~Copyable {
        var state = RunState()
        /// Lines of the last drawing, to be erased before the next.
        var drawnLines = 0
        var ended = false
        /// While somebody else has the terminal; what is to last waits in `held`.
        var isPaused = false
        var held = ""
        let log: FileHandle?
    }

    private let mode: Mode
    private let style: TextStyle
    private let shared: Mutex<Shared>
    private let started = ContinuousClock().now

    /// - Parameter logFile: an open file that gets every event as a line with its time; nil for none.
    package init(mode: Mode, style: TextStyle, logFile: FileHandle?) {
        self.mode = mode
        self.style = style
        shared = Mutex(Shared(log: logFile))
        if mode == .terminal { startTicking() }
    }

    package var sink: ProgressSink {
        ProgressSink { [self] event in take(event) }
    }

    /// Erases the bars; what comes after goes below the lasting lines. Later events are not drawn.
    package func finish() {
        shared.withLock { shared in
            if mode == .terminal { write(erasing(shared.drawnLines)) }
            write(shared.held)
            shared.held = ""
            shared.drawnLines = 0
            shared.ended = true
            try? shared.log?.synchronize()
        }
    }

    /// Keeps off the terminal (true) while a person works at it, and comes back (false) with what there was to say
    /// meanwhile.
    package func pause(_ isPaused: Bool) {
        shared.withLock { shared in
            if isPaused, mode == .terminal {
                write(erasing(shared.drawnLines))
                shared.drawnLines = 0
            }
            shared.isPaused = isPaused
            guard !isPaused else { return }
            write(shared.held)
            shared.held = ""
        }
    }

    private func take(_ event: ProgressEvent) {
        let time = (ContinuousClock().now - started).inSeconds
        shared.withLock { shared in
            if let line = logLine(event, at: time) { try? shared.log?.write(contentsOf: Data((line + "\n").utf8)) }
            guard !shared.ended else { return }
            let lasting = shared.state.apply(event, at: time, style: style)
            switch mode {
            case .terminal:
                // Only what leaves a line is drawn at once; progress waits for the next tick.
                if !lasting.isEmpty { draw(&shared, lasting: lasting, at: time) }
            case .plain:
                if case .stepStarted(_, let title) = event { write("\(title) …\n", &shared) }
                for line in lasting { write(line + "\n", &shared) }
            case .json:
                if let line = jsonLine(event, time: Date().timeIntervalSince1970) { write(line + "\n", &shared) }
            case .quiet:
                if case .message(.warning, _) = event { for line in lasting { write(line + "\n", &shared) } }
            }
        }
    }

    private func startTicking() {
        let thread = Thread { [weak self] in
            while let self, self.tick() { Thread.sleep(forTimeInterval: 0.1) }
        }
        thread.start()
    }

    private func tick() -> Bool {
        let time = (ContinuousClock().now - started).inSeconds
        return shared.withLock { shared in
            guard !shared.ended else { return false }
            draw(&shared, lasting: [], at: time)
            return true
        }
    }

    private func draw(_ shared: inout Shared, lasting: [String], at time: Double) {
        let lines =
            shared.isPaused ? [] : progressLines(shared.state, at: time, width: terminalWidth(), style: style)
        if lines.isEmpty, lasting.isEmpty, shared.drawnLines == 0 { return }
        write(erasing(shared.drawnLines) + (lasting + lines).map { $0 + "\n" }.joined(), &shared)
        shared.drawnLines = lines.count
    }

    private func erasing(_ lines: Int) -> String {
        lines > 0 ? "\u{1B}[\(lines)A\u{1B}[J" : ""
    }

    private func write(_ text: String, _ shared: inout Shared) {
        if shared.isPaused { shared.held += text } else { write(text) }
    }

    private func write(_ text: String) {
        // Nothing can be done when standard error is closed, and the build goes on without it.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    private func terminalWidth() -> Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
        return Int(size.ws_col)
    }
}

/// The log file's line for an event; progress within a step is left out.
func logLine(_ event: ProgressEvent, at time: Double) -> String? {
    let text: String
    switch event {
    case .stepStarted(let id, let title): text = "[\(id)] \(title)"
    case .stepFinished(let id, _, .done, let seconds): text = "[\(id)] done after \(formatted(seconds: seconds))"
    case .stepFinished(let id, _, .cached, _): text = "[\(id)] cached"
    case .stepFinished(let id, _, .failed(let reason), let seconds):
        text = "[\(id)] failed after \(formatted(seconds: seconds)): \(reason)"
    case .message(let level, let message): text = "\(level.rawValue): \(message)"
    case .log(let line): text = "  \(line)"
    case .stepProgress, .transfer: return nil
    }
    let stamp = formatted(seconds: time)
    return String(repeating: " ", count: max(0, 12 - stamp.count)) + stamp + "  " + text
}
