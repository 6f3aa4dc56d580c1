internal import ContentDigest
internal import CLinux
internal import Glibc

/// What shows that a kept tree is as it was made, without reading its content: a digest of all paths, modes, sizes,
/// modification times and link targets. A lost, cut off, edited or added file breaks it; a flipped bit does not.
///
/// Folders that this user may not look into (of other ids, in a tree that was configured without root) count by
/// themselves only. A folder's own time is left out: mounting and looking may change it.
enum TreeSeal {
    static func of(_ path: String) throws(HostError) -> Digest {
        var hash = SHA256()
        try add(path, "", &hash)
        return hash.finalize()
    }

    private static func add(_ path: String, _ relative: String, _ hash: inout SHA256) throws(HostError) {
        var info = stat()
        guard lstat(path, &info) == 0 else { throw Files.failure(errno, "cannot look at", path) }
        hash.update("\(relative)\0\(info.st_mode) \(info.st_uid) \(info.st_gid)")
        guard info.st_mode & S_IFMT == S_IFDIR else {
            hash.update(" \(info.st_size) \(info.st_rdev) \(info.st_mtim.tv_sec).\(info.st_mtim.tv_nsec)\n")
            return
        }
        hash.update("/\n")
        guard access(path, R_OK | X_OK) == 0 else { return }
        for name in try Files.names(in: path) { try add("\(path)/\(name)", "\(relative)/\(name)", &hash) }
    }
}
