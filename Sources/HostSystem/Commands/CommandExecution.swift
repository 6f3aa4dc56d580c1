internal import CLinux
internal import FileTrees
internal import Glibc
internal import Subprocess
internal import SystemPackage
import Synchronization

/// One command while it runs: what its three streams are connected to.
struct CommandExecution: Sendable {
    let command: Command
    let progress: ProgressSink
    /// The session's and process group's id, once it is known.
    private let group = ProcessGroup()

    private final class ProcessGroup: Sendable {
        let id = Atomic<Int32>(0)
    }

    init(command: Command, progress: ProgressSink) {
        self.command = command
        self.progress = progress
    }

    func run() async throws -> CommandResult {
        defer { endStragglers() }
        switch command.input {
        case .none: return try await run(reading: open("/dev/null", writing: false))
        case .file(let path): return try await run(reading: open(path, writing: false))
        case .text(let text): return try await run(reading: descriptor(holding: text))
        case .descriptor(let number): return try await run(reading: duplicate(number))
        case .stream(let writer): return try await run(fedBy: writer)
        }
    }

    /// What the command started in its own process group and left running ends with it.
    private func endStragglers() {
        let id = group.id.load(ordering: .acquiring)
        if id > 1 { kill(-id, SIGKILL) }
    }

    private func run(fedBy writer: @escaping @Sendable (CommandInput) throws -> Void) async throws -> CommandResult {
        var ends: [Int32] = [-1, -1]
        guard sb_pipe(&ends) == 0 else { throw Files.failure(errno, "cannot make a pipe for", command.executable) }
        let (reading, writing) = (FileDescriptor(rawValue: ends[0]), ends[1])
        return try await withThrowingTaskGroup(of: CommandResult?.self) { group in
            group.addTask { try await run(reading: reading) }
            group.addTask {
                defer { close(writing) }
                try await blocking(named: "input") {
                    do {
                        try writer(CommandInput(descriptor: writing))
                    } catch is CommandInput.Closed {}
                }
                return nil
            }
            var result: CommandResult?
            // A writer that fails cancels the command, and its error is the one that counts.
            while let ended = try await group.next() { result = ended ?? result }
            guard let result else { throw CancellationError() }
            return result
        }
    }

    /// Closes `input` when the command has it.
    private func run(reading input: FileDescriptor) async throws -> CommandResult {
        let source: FileDescriptorInput = .fileDescriptor(input, closeAfterSpawningProcess: true)
        let tail = OutputTail(progress: progress)
        let status: TerminationStatus
        var output: [UInt8] = []
        switch command.output {
        case .log:
            let result = try await Subprocess.run(
                configuration, input: source, output: .sequence, error: .combinedWithOutput
            ) { execution in
                note(execution.processIdentifier)
                try await split(execution.standardOutput) { tail.add($0) }
            }
            status = result.terminationStatus
        case .lines(let handler):
            let result = try await Subprocess.run(
                configuration, input: source, output: .sequence, error: .sequence
            ) { execution in
                note(execution.processIdentifier)
                async let errors: Void = split(execution.standardError) { tail.add($0) }
                try await split(execution.standardOutput, handler)
                try await errors
            }
            status = result.terminationStatus
        case .capture(let limit):
            let result = try await Subprocess.run(
                configuration, input: source, output: .bytes(limit: limit), error: .sequence
            ) { execution in
                note(execution.processIdentifier)
                try await split(execution.standardError) { tail.add($0) }
            }
            status = result.terminationStatus
            output = result.standardOutput
        case .file(let path):
            status = try await run(source, writing: open(path, writing: true), tail)
        case .descriptor(let number):
            status = try await run(source, writing: duplicate(number), tail)
        }
        let ending: CommandResult.Status =
            switch status {
            case .exited(let code): .exited(code)
            case .signaled(let signal): .signalled(signal)
            }
        return CommandResult(status: ending, output: output, tail: tail.lines)
    }

    /// Closes `file` when the command has it.
    private func run(
        _ source: FileDescriptorInput, writing file: FileDescriptor, _ tail: OutputTail
    ) async throws -> TerminationStatus {
        try await Subprocess.run(
            configuration, input: source, output: .fileDescriptor(file, closeAfterSpawningProcess: true),
            error: .sequence
        ) { execution in
            note(execution.processIdentifier)
            try await split(execution.standardError) { tail.add($0) }
        }.terminationStatus
    }

    private var configuration: Configuration {
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
        // Subprocess forks on one worker thread that lives as long as this process, so the parent-death signal, which
        // is about threads, means this process' death.
        return Configuration(
            executable: .name("setpriv"),
            arguments: Arguments(["--pdeathsig", "KILL", "--", command.executable] + command.arguments),
            environment: .inherit.updating(changes),
            workingDirectory: command.workingDirectory.map { FilePath($0) },
            platformOptions: options)
    }

    private func note(_ process: ProcessIdentifier) {
        if let position = Timeline.position { position.recorder.note(process: process.value, of: position.span) }
        group.id.store(process.value, ordering: .releasing)
    }

    private func split(
        _ stream: SubprocessOutputSequence, _ line: @escaping @Sendable (String) -> Void
    ) async throws {
        var splitter = LineSplitter()
        for try await buffer in stream { buffer.withUnsafeBytes { splitter.feed($0, line) } }
        splitter.finish(line)
    }

    private func open(_ path: String, writing: Bool) throws -> FileDescriptor {
        do {
            return writing
                ? try FileDescriptor.open(
                    FilePath(path), .writeOnly, options: [.create, .truncate, .closeOnExec],
                    permissions: [.ownerReadWrite, .groupRead, .otherRead])
                : try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
        } catch let error as Errno {
            throw Files.failure(error.rawValue, writing ? "cannot write" : "cannot open", path)
        }
    }

    private func duplicate(_ number: Int32) throws -> FileDescriptor {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw Files.failure(errno, "cannot pass a descriptor to", command.executable) }
        return FileDescriptor(rawValue: copy)
    }

    /// A pipe would block on a long text that nobody reads; a file in memory does not.
    private func descriptor(holding text: String) throws -> FileDescriptor {
        do {
            let file = try FileDescriptor.memory(named: "stonebake-input")
            try file.writeAll(Array(text.utf8))
            try file.seek(offset: 0, from: .start)
            return file
        } catch let error as Errno {
            throw Files.failure(error.rawValue, "cannot hold the input of", command.executable)
        }
    }
}

/// Sends lines to the log, and keeps the last ones for error messages.
private final class OutputTail: Sendable {
    private static let length = 20
    private let progress: ProgressSink
    private let kept = Mutex<[String]>([])
    private let position = Timeline.position

    init(progress: ProgressSink) {
        self.progress = progress
    }

    var lines: [String] { kept.withLock { $0 } }

    func add(_ line: String) {
        progress.send(.log(line))
        if let position { position.recorder.line(line, in: position.span) }
        kept.withLock { kept in
            kept.append(line)
            if kept.count > Self.length { kept.removeFirst() }
        }
    }
}
