internal import FileTrees
internal import Subprocess

/// The one door through which programs run. Each gets a session of its own (a Ctrl-C reaches stonebake alone, which
/// then ends its commands in order), inherits no open file, dies with this process, and is ended with all that it
/// started (SIGTERM, then SIGKILL after three seconds) when the task that waits for it is cancelled.
package struct CommandRunner: Sendable {
    package let progress: ProgressSink
    /// Whether its commands are spans of the timeline; not those of a sandbox, which is one itself.
    private let isMeasuring: Bool

    package init(progress: ProgressSink) {
        self.init(progress: progress, isMeasuring: true)
    }

    init(progress: ProgressSink, isMeasuring: Bool) {
        self.progress = progress
        self.isMeasuring = isMeasuring
    }

    /// Runs the command and returns how it ended.
    ///
    /// - Throws: `HostError` (`toolMissing`, `fileSystem`) when it could not be started, `commandFailed` when it took
    ///   longer than its timeout or printed more than is captured, `CancellationError`.
    package func run(_ command: Command) async throws -> CommandResult {
        guard let timeout = command.timeout else { return try await runUntimed(command) }
        return try await withThrowingTaskGroup(of: CommandResult.self) { group in
            group.addTask { try await runUntimed(command) }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw HostError(
                    .commandFailed, "'\(command.executable)' did not end within \(timeout)",
                    notes: ["to run it again: \(command.shellLine)"])
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    /// Runs the command and throws unless it exits with 0.
    ///
    /// - Throws: `HostError.commandFailed` with its last lines and how to run it again; what `run` throws.
    @discardableResult
    package func check(_ command: Command, purpose: String) async throws -> CommandResult {
        let result = try await run(command)
        guard result.succeeded else {
            let how =
                switch result.status {
                case .exited(let code): "'\(command.executable)' ended with status \(code)"
                case .signalled(let signal): "'\(command.executable)' was ended by signal \(signal)"
                }
            throw HostError(
                .commandFailed, "\(purpose): \(how)",
                notes: result.tail + ["to run it again: \(command.shellLine)"])
        }
        return result
    }

    private func runUntimed(_ command: Command) async throws -> CommandResult {
        try Task.checkCancellation()
        progress.send(.log("$ \(command.shellLine)"))
        let execution = CommandExecution(command: command, progress: progress)
        let result: CommandResult
        do {
            if isMeasuring {
                result = try await Timeline.measure(command.spanTitle, kind: .command) { try await execution.run() }
            } else {
                result = try await execution.run()
            }
        } catch {
            // What Subprocess throws while it is being cancelled says nothing more.
            if Task.isCancelled { throw CancellationError() }
            throw explained(error, command)
        }
        try Task.checkCancellation()
        // setpriv ends with 127 when the program is not there and with 126 when it cannot be executed.
        let complaint = "setpriv: failed to execute"
        if case .exited(126...127) = result.status, let line = result.tail.last(where: { $0.hasPrefix(complaint) }) {
            if result.status == .exited(127) || !isThere(command) {
                throw HostError(.toolMissing, "'\(command.executable)' is not installed")
            }
            throw HostError(
                .commandFailed, "cannot run '\(command.executable)': \(line.dropFirst("setpriv: ".count))",
                notes: ["to run it again: \(command.shellLine)"])
        }
        return result
    }

    /// Whether PATH has the program. A folder in PATH that may not be read makes execvp(3) say `Permission denied` of
    /// one that is nowhere.
    private func isThere(_ command: Command) -> Bool {
        if command.executable.contains("/") { return true }
        let path = (command.environment["PATH"] ?? nil) ?? Host.processEnvironment()["PATH"] ?? ""
        return path.split(separator: ":").contains { Files.exists("\($0)/\(command.executable)") }
    }

    private func explained(_ error: any Error, _ command: Command) -> any Error {
        guard let error = error as? SubprocessError else { return error }
        let again = ["to run it again: \(command.shellLine)"]
        switch error.code {
        case .executableNotFound:
            return HostError(
                .toolMissing, "'setpriv' is not installed; all commands run through it",
                hint: "sudo apt-get install util-linux")
        case .failedToChangeWorkingDirectory:
            return HostError(
                .fileSystem, "cannot run '\(command.executable)' in '\(command.workingDirectory ?? ".")'", notes: again)
        case .outputLimitExceeded:
            return HostError(.commandFailed, "'\(command.executable)' printed more than was expected", notes: again)
        default:
            return HostError(.commandFailed, "cannot run '\(command.executable)': \(error)", notes: again)
        }
    }
}
