internal import CLinux
internal import FileTrees
internal import Glibc

/// A terminal of the sandbox's own, joined to the person's: the shell in it is the leader of a session with that
/// terminal, so that job control, Ctrl-C and the window's size are its own affair, and `tty` knows where it is.
///
/// Runs in the first process of the sandbox, whose standard output is the person's terminal, which the Stonebake outside
/// has made raw.
struct SandboxTerminal {
    private let near: Int32
    /// Held open until the shell has it: without anybody at it, the near end reads as ended.
    private let far: Int32
    /// The path of the end that the shell gets, as the sandbox sees it.
    private let path: String
    private let person: Int32

    /// - Parameter person: the person's terminal, open for both ways
    init(person: Int32) throws(HostError) {
        self.person = person
        var (near, far): (Int32, Int32) = (-1, -1)
        guard openpty(&near, &far, nil, nil, nil) == 0 else { throw HostError.current("cannot make a terminal") }
        (self.near, self.far) = (near, far)
        for descriptor in [near, far] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var name = [CChar](repeating: 0, count: 128)
        guard ttyname_r(far, &name, name.count) == 0 else { throw HostError.current("cannot name the new terminal") }
        path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        copySize()
    }

    /// Starts the program at the terminal and returns its process.
    func start(_ order: SandboxOrder) throws(HostError) -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSID_FLAG | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE, SIGHUP] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The first terminal that the leader of a session opens becomes the session's.
        posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var words = ([order.executable] + order.arguments).map { strdup($0) } + [nil]
        var environment = order.environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + environment { free(word) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, order.executable, &actions, &attributes, &words, &environment)
        guard code == 0 else { throw Files.failure(code, "cannot run in the sandbox", order.executable) }
        return child
    }

    /// Carries bytes both ways until the program has ended; returns its status as a shell tells it.
    func serve(_ child: pid_t) -> Int32 {
        close(far)
        startTyping(child)
        while true {
            var status: Int32 = 0
            let ended = waitpid(-1, &status, WNOHANG)
            if ended == child {
                while show(waiting: 0) {}
                return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
            }
            // Also when nothing is shown: for the window's size, and for the dead.
            if !show(waiting: 100), ended <= 0 { usleep(10_000) }
            copySize()
        }
    }

    /// Shows what the sandbox's terminal has to show; false when that was nothing.
    private func show(waiting milliseconds: Int32) -> Bool {
        var poller = pollfd(fd: near, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, milliseconds) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        // EIO while nobody has the other end open.
        let count = read(near, &buffer, buffer.count)
        guard count > 0 else { return false }
        return buffer.withUnsafeBytes { Files.writeAll(UnsafeRawBufferPointer(rebasing: $0[..<count]), to: person) }
            == 0
    }

    /// What is typed, from a thread of its own: a program that does not read must not stop what it shows.
    private func startTyping(_ child: pid_t) {
        let (near, person) = (near, person)
        try? startThread(named: "typing") {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(person, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    // The window is gone.
                    kill(child, SIGHUP)
                    return
                }
                let code = buffer.withUnsafeBytes { bytes in
                    Files.writeAll(UnsafeRawBufferPointer(rebasing: bytes[..<count]), to: near)
                }
                if code != 0 { return }
            }
        }
    }

    /// The kernel tells the programs when it has changed.
    private func copySize() {
        var (wanted, present) = (winsize(), winsize())
        guard ioctl(person, UInt(TIOCGWINSZ), &wanted) == 0, ioctl(near, UInt(TIOCGWINSZ), &present) == 0 else {
            return
        }
        let isSame =
            wanted.ws_row == present.ws_row && wanted.ws_col == present.ws_col && wanted.ws_xpixel == present.ws_xpixel
        if !isSame { _ = ioctl(near, UInt(TIOCSWINSZ), &wanted) }
    }
}

/// glibc's POSIX_SPAWN_SETSID, which stands behind _GNU_SOURCE.
private let POSIX_SPAWN_SETSID_FLAG: Int32 = 0x80
