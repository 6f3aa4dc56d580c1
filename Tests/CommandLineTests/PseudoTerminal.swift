import Foundation
import Glibc
import Synchronization

/// A terminal with the real program at it: what a person sees and types.
final class TerminalSession: Sendable {
    private let near: Int32
    private let far: Int32
    private let seen = Mutex<[UInt8]>([])
    private let process: Mutex<Process>
    /// The terminal's modes before the program started.
    private let before: [UInt32]

    init(_ arguments: [String], in folder: URL, environment: [String: String]) throws {
        var (near, far): (Int32, Int32) = (-1, -1)
        guard openpty(&near, &far, nil, nil, nil) == 0 else { throw CocoaError(.fileReadUnknown) }
        (self.near, self.far) = (near, far)
        _ = fcntl(near, F_SETFL, fcntl(near, F_GETFL) | O_NONBLOCK)
        before = Self.modes(of: far)
        let process = Process()
        process.executableURL = StonebakeProcess.executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment
            .merging(["NO_COLOR": "1", "TERM": "xterm"]) { $1 }
            .merging(environment) { $1 }
        let handle = FileHandle(fileDescriptor: far, closeOnDealloc: false)
        process.standardInput = handle
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        self.process = Mutex(process)
    }

    deinit {
        process.withLock { if $0.isRunning { $0.terminate() } }
        close(near)
        close(far)
    }

    var pid: Int32 { process.withLock { $0.processIdentifier } }

    /// Whether keys go through one by one, and the rest of the terminal's modes, are as they were.
    var isRestored: Bool { Self.modes(of: far) == before }

    private static func modes(of descriptor: Int32) -> [UInt32] {
        var settings = termios()
        tcgetattr(descriptor, &settings)
        return [settings.c_iflag, settings.c_oflag, settings.c_lflag]
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(near, bytes, bytes.count)
    }

    func resize(rows: UInt16, columns: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(near, UInt(TIOCSWINSZ), &size)
    }

    /// All that was shown so far.
    var text: String {
        read()
        return String(decoding: seen.withLock { $0 }, as: UTF8.self)
    }

    private func read() {
        while true {
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = Glibc.read(near, &chunk, chunk.count)
            guard count > 0 else { return }
            seen.withLock { $0 += chunk[..<count] }
        }
    }

    /// Waits until the text has been shown so many times.
    func shows(_ wanted: String, times: Int = 1, seconds: Double) async throws -> Bool {
        let end = ContinuousClock().now + .seconds(seconds)
        while ContinuousClock().now < end {
            if text.components(separatedBy: wanted).count > times { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    /// The exit status, once the program has ended; nil when it has not within that time.
    func status(within seconds: Double) async throws -> Int32? {
        let end = ContinuousClock().now + .seconds(seconds)
        while ContinuousClock().now < end {
            // A full terminal would stop the program.
            read()
            if let status = process.withLock({ $0.isRunning ? nil : $0.terminationStatus }) { return status }
            try await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }
}
