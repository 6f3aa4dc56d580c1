internal import CLinux
internal import FileTrees
internal import FoundationEssentials
internal import Glibc
internal import SystemPackage

/// The first process of a sandbox: `stonebake-worker … sandbox`, started by `unshare` in new namespaces.
///
/// Its standard input is one end of a socket pair. The order comes in over it; afterwards it is the lifeline: when the
/// Stonebake at its other end is gone, however it went, this process ends, and with PID 1 the kernel ends everything
/// in the PID namespace and drops the mounts. (A parent-death signal would not do: it is cleared by the change of
/// credentials that entering a user namespace is.)
enum SandboxInit {
    /// Exit status when the sandbox could not be made; the reason has been sent over the socket.
    static let setupFailed: Int32 = 125

    static func run() -> Int32 {
        umask(0o022)
        // PID 1 gets no signal that it does not handle, and cancelling a build sends this one first.
        signal(SIGTERM) { _ in _exit(143) }
        do {
            let order = try JSONDecoder().decode(SandboxOrder.self, from: Data(readFrame(0)))
            return try serve(order)
        } catch let error as HostError {
            answer(SandboxAnswer(failure: error.message, errorNumber: sb_errno()))
        } catch {
            answer(SandboxAnswer(failure: "\(error)", errorNumber: nil))
        }
        return setupFailed
    }

    private static func serve(_ order: SandboxOrder) throws -> Int32 {
        // The lifeline must not be the command's standard input.
        let lifeline = fcntl(0, F_DUPFD_CLOEXEC, 10)
        let input = try openInput(order)
        guard lifeline >= 0, dup2(input, 0) == 0 else { throw HostError.current("cannot set up standard input") }
        if input != 0 { close(input) }
        Lifeline.watch(lifeline)
        do {
            try prepare(order)
        } catch {
            let failure = (error as? HostError)?.message ?? "\(error)"
            answer(SandboxAnswer(failure: failure, errorNumber: sb_errno()), on: lifeline)
            return setupFailed
        }
        answer(SandboxAnswer(failure: nil, errorNumber: nil), on: lifeline)
        let status = order.isWorkers ? WorkerCommand.run(order.arguments) : try start(order)
        var usage = rusage()
        getrusage((order.isWorkers ? RUSAGE_SELF : RUSAGE_CHILDREN).rawValue, &usage)
        send(SandboxUsage(seconds: usage.seconds), on: lifeline)
        return status
    }

    /// Mounts what the command is to see, and enters it.
    private static func prepare(_ order: SandboxOrder) throws {
        if order.privateNetwork, sb_loopback_up() != 0 { throw HostError.current("cannot bring up the loopback") }
        guard sb_sethostname(order.hostname, UInt(order.hostname.utf8.count)) == 0 else {
            throw HostError.current("cannot set the host name")
        }
        if order.hasRoot { try mount(order) }
        if !order.chroot, sb_mount("proc", "/proc", "proc", SB_MS_NOSUID | SB_MS_NODEV | SB_MS_NOEXEC, nil) != 0 {
            // The host's /proc shows this namespace's processes under other numbers; commands rarely mind.
        }
        if let directory = order.workingDirectory, chdir(directory) != 0 {
            throw HostError.current("cannot change into '\(directory)'")
        }
        dropCapabilities()
    }

    private static func mount(_ order: SandboxOrder) throws {
        let mounts = try SandboxMounts(mounting: order)
        if order.chroot { try mounts.mountKernelFilesystems() }
        if order.isBesideRoot { try mounts.mountRootBeside() }
        for bind in order.binds { try mounts.bind(bind) }
        if order.chroot { try mounts.enter() }
    }

    private static func openInput(_ order: SandboxOrder) throws -> Int32 {
        if let text = order.inputText {
            let file = try FileDescriptor.memory(named: "input")
            try file.writeAll(Array(text.utf8))
            try file.seek(offset: 0, from: .start)
            return file.rawValue
        }
        let path = order.inputFile ?? "/dev/null"
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostError.current("cannot open '\(path)'") }
        return descriptor
    }

    /// What no maintainer script needs and what would reach the host when Stonebake runs as its root. In a user
    /// namespace these are powerless anyway; dropping them there too keeps both runs alike (mknod fails in both).
    private static func dropCapabilities() {
        let names: [UInt] = [
            16 /* sys_module */, 17 /* sys_rawio */, 20 /* sys_pacct */, 21 /* sys_admin */, 22 /* sys_boot */,
            25 /* sys_time */, 26 /* sys_tty_config */, 27 /* mknod */, 32 /* mac_override */, 33 /* mac_admin */,
            34 /* syslog */, 35 /* wake_alarm */, 36 /* block_suspend */, 38 /* perfmon */, 39 /* bpf */,
        ]
        for name in names { _ = sb_drop_capability(name) }
    }

    /// Starts the command, reaps whatever is left to PID 1, and returns the command's exit status (128 + N for a
    /// signal, as a shell does).
    private static func start(_ order: SandboxOrder) throws -> Int32 {
        setenv("PATH", order.environment["PATH"] ?? SandboxPlaces.programs, 1)
        if order.isInteractive {
            let terminal = try SandboxTerminal(person: STDOUT_FILENO)
            return terminal.serve(try terminal.start(order))
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        // PID 1's own handler for SIGTERM is reset by exec; nothing is blocked.
        let arguments = ([order.executable] + order.arguments).map { strdup($0) } + [nil]
        let environment = order.environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        var child: pid_t = 0
        let failure = posix_spawnp(&child, order.executable, nil, &attributes, arguments, environment)
        guard failure == 0 else {
            let reason = String(cString: strerror(failure))
            write("stonebake: cannot run '\(order.executable)' in the sandbox: \(reason)\n")
            return failure == ENOENT ? 127 : 126
        }
        // All that is left is to wait: what its own start needed (35 MB) is given back meanwhile.
        sb_release_file_pages()
        while true {
            var status: Int32 = 0
            let process = waitpid(-1, &status, 0)
            if process == child { return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f) }
            if process < 0, sb_errno() != EINTR { throw HostError.current("cannot wait for the command") }
        }
    }

    private static func answer(_ answer: SandboxAnswer, on descriptor: Int32 = 0) {
        send(answer, on: descriptor)
    }

    private static func send(_ message: some Encodable, on descriptor: Int32) {
        guard let data = try? JSONEncoder().encode(message) else { return }
        try? writeFrame(Array(data), to: descriptor)
    }

    private static func write(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll(Array(text.utf8))
    }
}

private enum Lifeline {
    /// Ends this process when the other end of the socket is closed.
    static func watch(_ descriptor: Int32) {
        var thread = pthread_t()
        let argument = UnsafeMutableRawPointer(bitPattern: Int(descriptor))
        pthread_create(
            &thread, nil,
            { argument in
                let descriptor = Int32(Int(bitPattern: argument))
                var byte: UInt8 = 0
                while true {
                    let count = read(descriptor, &byte, 1)
                    if count == 0 || (count < 0 && sb_errno() != EINTR) { _exit(137) }
                }
            }, argument)
    }
}
