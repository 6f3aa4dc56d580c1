internal import Subprocess
internal import SystemPackage

/// The one door through which programs run. Each gets a session of its own, dies with this process, and is ended
/// (SIGTERM, then SIGKILL) when the task that waits for it is cancelled.
package struct CommandRunner: Sendable {
    package let progress: ProgressSink
    /// Lines kept for error messages.
    private static let tailLength = 20

    package init(progress: ProgressSink) {
        self.progress = progress
    }

    /// Runs the command and returns how it ended.
    ///
    /// - Throws: `HostError` (`toolMissing`, `fileSystem`) when it could not be started, `CancellationError`.
    package func run(_ command: Command) async throws -> CommandResult {
        try Task.checkCancellation()
        progress.send(.log("$ \(command.shellLine)"))
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(3)),
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1)),
        ]
        var changes: [Environment.Key: String?] = ["LC_ALL": "C.UTF-8"]
        for (name, value) in command.environment {
            guard let key = Environment.Key(rawValue: name) else { continue }
            changes.updateValue(value, forKey: key)
        }
        // The worker thread that forks lives as long as this process, so the parent-death signal means its death.
        let configuration = Configuration(
            executable: .name("setpriv"),
            arguments: Arguments(["--pdeathsig", "KILL", "--", command.executable] + command.arguments),
            environment: .inherit.updating(changes),
            workingDirectory: command.workingDirectory.map { FilePath($0) },
            platformOptions: options)
        let result: CommandResult
        do {
            result = try await start(configuration, command)
        } catch let error as SubprocessError where !Task.isCancelled {
            throw HostError(
                error.code == .executableNotFound ? .toolMissing : .commandFailed,
                "cannot run '\(command.executable)': \(error)", notes: ["to run it again: \(command.shellLine)"])
        }
        try Task.checkCancellation()
        // setpriv reports a program that is not there with 127 and one that cannot be executed with 126.
        if case .exited(127) = result.status, result.tail.contains(where: { $0.contains("setpriv: failed to execute") }) {
            throw HostError(.toolMissing, "'\(command.executable)' is not installed")
        }
        return result
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

    private func start(_ configuration: Configuration, _ command: Command) async throws -> CommandResult {
        let input: FileDescriptor
        switch command.input {
        case .none: input = try open("/dev/null", .readOnly)
        case .file(let path): input = try open(path, .readOnly)
        case .text(let text): input = try descriptor(holding: text)
        case .descriptor(let number): input = try FileDescriptor(rawValue: number).duplicate()
        }
        defer { try? input.close() }
        let source: FileDescriptorInput = .fileDescriptor(input, closeAfterSpawningProcess: false)
        switch command.output {
        case .capture(let limit):
            let result = try await Subprocess.run(
                configuration, input: source, output: .bytes(limit: limit), error: .sequence
            ) { execution in try await tail(of: execution.standardError) }
            return CommandResult(
                status: status(result.terminationStatus), output: result.standardOutput,
                tail: result.closureResult)
        case .file(let path):
            let output = try open(path, .writeOnly)
            defer { try? output.close() }
            let result = try await Subprocess.run(
                configuration, input: source,
                output: .fileDescriptor(output, closeAfterSpawningProcess: false), error: .sequence
            ) { execution in try await tail(of: execution.standardError) }
            return CommandResult(
                status: status(result.terminationStatus), output: [], tail: result.closureResult)
        case .log:
            let result = try await Subprocess.run(
                configuration, input: source, output: .sequence, error: .combinedWithOutput
            ) { execution in try await tail(of: execution.standardOutput) }
            return CommandResult(
                status: status(result.terminationStatus), output: [], tail: result.closureResult)
        }
    }

    private func tail(of stream: SubprocessOutputSequence) async throws -> [String] {
        var lines: [String] = []
        for try await line in stream.strings() {
            progress.send(.log(line))
            lines.append(line)
            if lines.count > Self.tailLength { lines.removeFirst() }
        }
        return lines
    }

    private func status(_ status: TerminationStatus) -> CommandResult.Status {
        switch status {
        case .exited(let code): .exited(code)
        case .signaled(let signal): .signalled(signal)
        }
    }

    private func open(_ path: String, _ mode: FileDescriptor.AccessMode) throws -> FileDescriptor {
        do {
            return mode == .readOnly
                ? try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
                : try FileDescriptor.open(
                    FilePath(path), mode, options: [.create, .truncate, .closeOnExec],
                    permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch {
            throw HostError(.fileSystem, "cannot open '\(path)': \(error)")
        }
    }

    /// A pipe would block on a long text that nobody reads; an unlinked file does not.
    private func descriptor(holding text: String) throws -> FileDescriptor {
        do {
            let file = try FileDescriptor.memory(named: "stonebake-input")
            try file.writeAll(Array(text.utf8))
            try file.seek(offset: 0, from: .start)
            return file
        } catch {
            throw HostError(.fileSystem, "cannot hold a command's input: \(error)")
        }
    }
}

