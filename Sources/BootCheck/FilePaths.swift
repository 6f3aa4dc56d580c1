import FileTrees
import Glibc

enum FilePaths {
    /// The path without symbolic links, from the root.
    ///
    /// - Throws: `HostError` when nothing is there.
    static func absolute(_ path: String) throws(HostError) -> String {
        guard let resolved = realpath(path, nil) else { throw Files.failure(errno, "cannot find", path) }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
