internal import CLinux
internal import FileTrees
internal import Glibc

/// Runs a short program where no task can be awaited (clean-up, look-ups), and blocks until it ends. It gets a process
/// group of its own: a Ctrl-C shall not stop the cleaning. All else goes through `CommandRunner`.
///
/// - Returns: waitpid(2)'s status, and what it printed when `capture` is set.
func spawn(
    _ arguments: [String], capture: Bool = false, quiet: Bool = true
) throws(HostError) -> (status: Int32, output: String) {
    let output = capture ? sb_memory_file("output") : -1
    if capture, output < 0 { throw Files.failure(sb_errno(), "cannot hold the output of", arguments[0]) }
    defer { if output >= 0 { close(output) } }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    posix_spawnattr_setpgroup(&attributes, 0)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    if capture {
        posix_spawn_file_actions_adddup2(&actions, output, 1)
    } else {
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    }
    if quiet { posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child = pid_t()
    let code = posix_spawnp(&child, arguments[0], &actions, &attributes, &words, environ)
    guard code == 0 else { throw Files.failure(code, "cannot run", arguments[0]) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
        guard errno == EINTR else { throw Files.failure(errno, "cannot wait for", arguments[0]) }
    }
    guard capture else { return (status, "") }
    return (status, try Files.readText("/proc/self/fd/\(output)", limit: 1 << 20))
}
