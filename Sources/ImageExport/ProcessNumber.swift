internal import Glibc

/// This process's number, to name files that it writes aside.
enum ProcessNumber {
    static var own: Int32 { getpid() }

    /// Whether a process with that number runs, whoever's it is.
    static func isAlive(_ number: Int32) -> Bool { kill(number, 0) == 0 || errno == EPERM }
}
