internal import CLinux
internal import Dispatch
internal import FileTrees
internal import FoundationEssentials
internal import Glibc
internal import SandboxInside
internal import SystemPackage

/// Runs commands in a root of their own: mount, PID, IPC, UTS and network namespaces made by unshare(1), and a user
/// namespace with the user's subordinate ids when not root.
///
/// Nothing of it outlives this process (see `SandboxInit`), no mount is visible outside, and the host's environment,
/// network, devices and processes are not seen inside.
package struct Sandbox: Sendable {
    private let runner: CommandRunner
    private let debugShell: DebugShell?
    /// What runs as the first process inside; see `WorkerCommand`.
    let worker: String
    /// For mount points.
    private let scratch: ScratchFolder
    private let variation: SandboxVariation?

    /// `progress` gets what commands print, in place of the host's.
    package init(host: Host, progress: ProgressSink? = nil) {
        runner = CommandRunner(progress: progress ?? host.progress, isMeasuring: false)
        worker = host.worker
        debugShell = host.debugShell
        scratch = host.scratch
        variation = SandboxVariation(host.environment)
    }

    /// Runs the job and returns how its command ended (128 + N after signal N, as in a shell).
    ///
    /// - Throws: `HostError` when the sandbox cannot be made, `CancellationError`.
    package func run(_ job: SandboxJob) async throws -> CommandResult {
        guard Files.exists(worker) else {
            throw HostError(
                .toolMissing, "'\(worker)' is missing", hint: "it belongs to 'stonebake': install both, in one folder")
        }
        let mountPoint = try scratch.newFolder("root")
        defer { rmdir(mountPoint) }
        var work: String?
        if let upper = job.upper, !job.layers.isEmpty {
            // An overlay's work folder has to be on its upper folder's filesystem.
            work = try Files.newFolder(in: FilePath(upper).removingLastComponent().string, named: "work")
        }
        defer { if let work { Self.removeWork(work) } }
        let line = try LifelineSocket()
        let order = try self.order(job, mountPoint: mountPoint, work: work)
        line.sendInBackground(Array(try JSONEncoder().encode(order)))
        let command = Command(
            "unshare",
            Self.arguments(privateNetwork: order.privateNetwork) + [worker] + WorkerCommand.words(["sandbox"])
        )
        .with {
            $0.input = .descriptor(line.far)
            $0.output = job.terminal.map { .descriptor($0) } ?? job.command.output
        }
        runner.progress.send(.log("sandbox$ \(job.command.shellLine)"))
        return try await Timeline.measure(job.command.spanTitle, kind: .command) {
            let result = try await runner.run(command)
            let (answer, usage) = line.receivedAnswers()
            if let usage, let position = Timeline.position {
                position.recorder.set(commandSeconds: usage.seconds, of: position.span)
            }
            try judge(result, answer: answer)
            debugShell?.note(job, succeeded: result.succeeded)
            return result
        }
    }

    /// Runs the job and throws unless its command exits with 0.
    ///
    /// - Throws: `HostError.commandFailed` with the command's last lines; what `run` throws.
    @discardableResult
    package func check(_ job: SandboxJob, purpose: String) async throws -> CommandResult {
        let result = try await run(job)
        guard result.succeeded else {
            throw HostError(
                .commandFailed, "\(purpose): '\(job.command.executable)' ended with \(result.statusText)",
                notes: result.tail + ["it ran in the sandbox as: \(job.command.shellLine)"])
        }
        return result
    }

    /// The options of unshare(1), util-linux 2.38 or later.
    static func arguments(privateNetwork: Bool, rootless: Bool = geteuid() != 0) -> [String] {
        (rootless ? ["--user", "--map-root-user", "--map-auto"] : [])
            + ["--mount", "--propagation", "private", "--pid", "--ipc", "--uts"]
            + (privateNetwork ? ["--net"] : []) + ["--fork", "--kill-child", "--"]
    }

    private func order(_ job: SandboxJob, mountPoint: String, work: String?) throws(HostError) -> SandboxOrder {
        var environment = [
            "PATH": SandboxPlaces.programs, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive",
            "DEBCONF_NONINTERACTIVE_SEEN": "true",
            "HOME": "/root", "TZ": "UTC", "TERM": "dumb",
        ]
        if let timestamp = job.timestamp { environment["SOURCE_DATE_EPOCH"] = "\(timestamp)" }
        if job.isBesideRoot {
            for name in [SandboxPlaces.rootVariable, "INSTALL_ROOT", "ANA_INSTALL_PATH"] {
                environment[name] = SandboxPlaces.beside
            }
        }
        for (name, value) in job.command.environment { environment[name] = value }
        var order = SandboxOrder(
            layers: job.layers, upper: job.upper, mountPoint: mountPoint, executable: job.command.executable,
            arguments: job.command.arguments)
        order.work = work
        order.binds = job.binds
        order.privateNetwork = !job.network
        order.chroot = job.chroot
        order.hostname = job.hostname
        order.environment = environment
        order.workingDirectory = job.command.workingDirectory
        order.isBesideRoot = job.isBesideRoot
        order.isWorkers = job.isWorkers
        order.isInteractive = job.terminal != nil
        if !order.chroot, order.hasRoot { order.environment[SandboxPlaces.rootVariable] = mountPoint }
        if job.network { order.binds += Self.networkFiles() }
        variation?.apply(to: &order)
        switch job.command.input {
        case .none: break
        case .text(let text): order.inputText = text
        case .file(let path): order.inputFile = path
        case .descriptor, .stream:
            throw HostError(.unsupported, "only a text or a file can be the input of a command in a sandbox")
        }
        return order
    }

    /// What reaching the host's network needs; CA certificates under the names that OpenSSL and Python look for.
    private static func networkFiles() -> [SandboxBind] {
        var binds: [SandboxBind] = []
        for path in ["/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs"] where access(path, R_OK) == 0 {
            binds.append(.init(path, at: path))
        }
        return binds
    }

    /// Tells a sandbox that could not be made from a command that failed in one.
    private func judge(_ result: CommandResult, answer: SandboxAnswer?) throws(HostError) {
        if let answer {
            guard let failure = answer.failure else { return }
            let hint = answer.errorNumber == EPERM ? SandboxRequirements.hint() : nil
            throw HostError(.unsupported, "cannot make a sandbox: \(failure)", hint: hint)
        }
        if let error = WorkerFailure.error(in: result.tail) { throw error }
        let reason = result.tail.last ?? result.statusText
        throw HostError(
            .unsupported, "cannot make the namespaces of a sandbox: \(reason)", hint: SandboxRequirements.hint(),
            notes: result.tail.dropLast())
    }

    /// The kernel leaves folders without permissions behind: `work`, with a whiteout that it shares, and in it the
    /// mark of a volatile mount.
    private static func removeWork(_ work: String) {
        let folders = [work, "\(work)/work", "\(work)/work/incompat", "\(work)/work/incompat/volatile"]
        for folder in folders { chmod(folder, 0o700) }
        for folder in folders.reversed() {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
                unlink("\(folder)/\(name)")
            }
            rmdir(folder)
        }
    }
}

extension CommandResult {
    /// `status 2`, `signal 9`.
    package var statusText: String {
        switch status {
        case .exited(let code): "status \(code)"
        case .signalled(let signal): "signal \(signal)"
        }
    }
}

/// The socket pair between Stonebake and the first process of a sandbox. Closing the near end, which the kernel does
/// when this process ends in any way, ends the sandbox.
private final class LifelineSocket: Sendable {
    let near: Int32
    let far: Int32

    init() throws(HostError) {
        var pair: [Int32] = [-1, -1]
        guard sb_socket_pair(&pair) == 0 else { throw HostError.current("cannot make a socket pair") }
        (near, far) = (pair[0], pair[1])
    }

    deinit {
        close(near)
        close(far)
    }

    /// From a thread of its own: an order longer than the socket's buffer waits for its reader. The thread ends when
    /// the order is read or `far` is shut down.
    func sendInBackground(_ bytes: [UInt8]) {
        DispatchQueue.global().async { [self] in try? writeFrame(bytes, to: near) }
    }

    /// The answer and, at the end, what was used, when they came; asked after the sandbox has ended.
    func receivedAnswers() -> (SandboxAnswer?, SandboxUsage?) {
        // Wakes a sender that nobody reads from, and makes the reads below end.
        shutdown(far, Int32(SHUT_RDWR))
        guard let frame = try? readFrame(near) else { return (nil, nil) }
        let answer = try? JSONDecoder().decode(SandboxAnswer.self, from: Data(frame))
        guard let frame = try? readFrame(near) else { return (answer, nil) }
        return (answer, try? JSONDecoder().decode(SandboxUsage.self, from: Data(frame)))
    }
}
