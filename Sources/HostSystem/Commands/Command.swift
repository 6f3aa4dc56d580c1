import FileTrees
import SandboxInside

/// A program to run: pure data, so that argument lists are built and tested without running anything.
package struct Command: Sendable {
    package enum Input: Sendable {
        case none
        case text(String)
        case file(String)
        /// An open descriptor, which stays the caller's to close.
        case descriptor(Int32)
        /// Written by this closure while the command runs, on a thread of its own. What it throws ends the command;
        /// a command that stops reading early makes `write` throw, and only the command's status counts then.
        case stream(@Sendable (CommandInput) throws -> Void)
    }
    package enum Output: Sendable {
        /// Standard output is returned, at most `limit` bytes of it; more is an error.
        case capture(limit: Int)
        /// Standard output is written to a new file at this path.
        case file(String)
        /// An open descriptor, which stays the caller's to close.
        case descriptor(Int32)
        /// Standard output goes where standard error goes: line by line to the log.
        case log
        /// Standard output is handed over line by line (without the line end) as it comes; standard error goes to the
        /// log. Called on no particular thread, in order.
        case lines(@Sendable (String) -> Void)
    }

    /// A name looked up in PATH, or an absolute path.
    package var executable: String
    package var arguments: [String]
    /// Added to, or (nil) removed from, the environment of this process; `LC_ALL=C.UTF-8` is always set.
    package var environment: [String: String?] = [:]
    package var workingDirectory: String?
    package var input: Input = .none
    package var output: Output = .log
    /// After which the command is ended and `HostError.commandFailed` thrown; nil: it may take as long as it takes.
    package var timeout: Duration?

    package init(_ executable: String, _ arguments: [String]) {
        self.executable = executable
        self.arguments = arguments
    }

    package func with(_ change: (inout Command) -> Void) -> Command {
        var copy = self
        change(&copy)
        return copy
    }

    /// As one would type it into a shell, to run it again.
    package var shellLine: String {
        let assignments = environment.compactMap { key, value in value.map { "\(key)=\(Command.quoted($0))" } }.sorted()
        let removed = environment.compactMap { key, value in value == nil ? key : nil }.sorted()
        let prefix = removed.isEmpty ? [] : ["env"] + removed.flatMap { ["-u", $0] }
        let line = (prefix + assignments + ([executable] + arguments).map(Command.quoted)).joined(separator: " ")
        return workingDirectory.map { "cd \(Command.quoted($0)) && \(line)" } ?? line
    }

    /// For the timeline: the program and its first arguments, without folders and without what a shell is told to do.
    package var spanTitle: String {
        var words = [executable] + arguments
        if executable == "nice" { words = Array(arguments.dropFirst(2)) }
        if arguments.first == WorkerCommand.build { words = Array(arguments.dropFirst().prefix(1)) }
        if arguments.first == "-c" || arguments.first == "-s" { words = [executable] }
        let text = words.map { $0.hasPrefix("/") ? Files.name(of: $0) : $0 }.joined(separator: " ")
        return text.count > 48 ? "\(text.prefix(47))…" : text
    }

    /// The word quoted for a POSIX shell.
    package static func quoted(_ word: String) -> String {
        let safe = word.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-_./:=,+@%".utf8.contains(byte)
        }
        if safe, !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

/// How a command ended; the exit status is data, not an error.
package struct CommandResult: Sendable {
    package enum Status: Sendable, Equatable { case exited(Int32), signalled(Int32) }

    package var status: Status
    /// Captured standard output; empty unless it was captured.
    package var output: [UInt8]
    /// The last lines of what went to the log.
    package var tail: [String]

    package var succeeded: Bool { status == .exited(0) }
    package var text: String { String(decoding: output, as: UTF8.self) }
}
