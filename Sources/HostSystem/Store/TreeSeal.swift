internal import CLinux
internal import ContentDigest
internal import FileTrees
internal import Glibc

/// What shows that a kept tree is as it was made, without reading its content.
///
/// Folders that this user may not look into (of other ids, in a tree that was configured without root) count by
/// themselves only. A folder's own time is left out: mounting and looking may change it.
struct TreeSeal: Equatable {
    /// Of all paths, modes, sizes, modification times and link targets' lengths: the same for a copy that keeps them. A
    /// lost, cut off, edited or added file breaks it.
    var seal: Digest
    /// Of the files' change times, which no program can set back: the same only for a tree that nothing has written to
    /// since. Another one means that contents have to be compared with `ContentManifest`: the tree was copied, or someone
    /// has changed a file and set its time back.
    var stamp: Digest

    static func of(_ path: String) throws(HostError) -> TreeSeal {
        var seal = SHA256()
        var stamp = SHA256()
        try walk(path, "") { relative, info in
            seal.update("\(relative)\0\(info.st_mode) \(info.st_uid) \(info.st_gid)")
            if info.st_mode & S_IFMT == S_IFDIR {
                seal.update("/\n")
            } else {
                seal.update(" \(info.st_size) \(info.st_rdev) \(info.st_mtim.tv_sec).\(info.st_mtim.tv_nsec)\n")
                stamp.update("\(relative)\0\(info.st_ctim.tv_sec).\(info.st_ctim.tv_nsec)\n")
            }
        }
        return TreeSeal(seal: seal.finalize(), stamp: stamp.finalize())
    }

    /// All entries, a folder before what is in it, by name.
    static func walk(
        _ path: String, _ relative: String, _ visit: (String, stat) throws(HostError) -> Void
    ) throws(HostError) {
        var info = stat()
        guard lstat(path, &info) == 0 else { throw Files.failure(errno, "cannot look at", path) }
        try visit(relative, info)
        guard info.st_mode & S_IFMT == S_IFDIR, access(path, R_OK | X_OK) == 0 else { return }
        for name in try Files.names(in: path) { try walk("\(path)/\(name)", "\(relative)/\(name)", visit) }
    }
}
