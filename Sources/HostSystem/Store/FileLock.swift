internal import CLinux
internal import FileTrees
internal import Glibc

/// An exclusive flock(2) on a file of its own. The kernel drops it when this process dies, however it dies; the file
/// is removed on release, and holds the owner's process id for those who wait.
final class FileLock: Sendable {
    let path: String
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Removing before closing: whoever opens the path next makes a new file, and one who opened the old one sees,
    /// having locked it, that the path no longer leads to it.
    deinit {
        unlink(path)
        close(descriptor)
    }

    /// Nil when another process (or another holder in this one) has it.
    static func acquire(_ path: String) throws(HostError) -> FileLock? {
        while true {
            let descriptor = sb_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw Files.failure(errno, "cannot open the lock", path) }
            let code = sb_try_lock(descriptor)
            guard code == 0 else {
                close(descriptor)
                if code == EWOULDBLOCK { return nil }
                if code == EINTR { continue }
                throw Files.failure(code, "cannot lock", path)
            }
            var mine = stat()
            var there = stat()
            guard fstat(descriptor, &mine) == 0, stat(path, &there) == 0, mine.st_ino == there.st_ino else {
                close(descriptor)
                continue
            }
            ftruncate(descriptor, 0)
            // A full disk costs the waiting ones the process id, nothing else.
            _ = Array("\(getpid())\n".utf8).withUnsafeBytes { Files.writeAll($0, to: descriptor) }
            return FileLock(path: path, descriptor: descriptor)
        }
    }

    /// The process id that the holder wrote; nil when it is not there (yet).
    static func holder(of path: String) -> Int? {
        guard let text = try? Files.readText(path, limit: 64) else { return nil }
        return Int(text.prefix { $0.isNumber })
    }
}
