internal import CLinux
internal import Glibc
internal import SystemPackage

/// Small file operations with one errno funnel: what fails says what was being done, to which path, and what helps.
package enum Files {
    /// What identifies a file's content without reading it.
    package struct Identity: Sendable, Hashable {
        package var device: UInt64
        package var inode: UInt64
        /// Bytes.
        package var size: Int64
        /// Nanoseconds since 1970.
        package var modified: Int64
        package var isFolder: Bool

        package init(device: UInt64, inode: UInt64, size: Int64, modified: Int64, isFolder: Bool) {
            (self.device, self.inode, self.size) = (device, inode, size)
            (self.modified, self.isFolder) = (modified, isFolder)
        }
    }

    /// Lets a pipe hold so many bytes before its writer waits, where the user may have that many.
    ///
    /// - Returns: whether it is a pipe
    package static func enlargePipe(_ descriptor: Int32, to bytes: Int32) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return false }
        _ = sb_set_pipe_size(descriptor, bytes)
        return true
    }

    /// Whether the filesystem says that nothing was ever written to that part of an open file.
    package static func isHole(_ descriptor: Int32, _ offset: Int64, _ count: Int) -> Bool {
        let found = lseek(descriptor, off_t(offset), sb_seek_data)
        if found < 0 { return errno == ENXIO }
        return Int64(found) >= offset + Int64(count)
    }

    /// What a symbolic link points to (readlink(2)).
    package static func linkTarget(_ path: String) throws(HostError) -> String {
        var buffer = [CChar](repeating: 0, count: 4097)
        let count = readlink(path, &buffer, 4096)
        guard count >= 0 else { throw failure(errno, "cannot read the link", path) }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// strerror(3), thread-safe.
    package static func reason(_ code: Int32) -> String {
        Errno(rawValue: code).description
    }

    /// The error for a failed system call, by its errno: a full disk, a read-only place and a missing permission each
    /// get a code and a hint of their own. `action` reads like `cannot write`.
    package static func failure(_ code: Int32, _ action: String, _ path: String) -> HostError {
        let message = "\(action) '\(path)': \(reason(code))"
        switch code {
        case ENOSPC, EDQUOT:
            let folder = existingAncestor(of: path)
            let free = freeSpace(at: folder).map { ", \(sizeText($0)) free" } ?? ""
            return HostError(
                .noSpace, "\(message) (in '\(folder)'\(free))",
                hint: code == EDQUOT
                    ? "your disk quota there is used up" : "free some space there; `stonebake cache gc` frees the cache"
            )
        case EROFS:
            return HostError(.readOnly, message, hint: "the filesystem is mounted read-only; choose another folder")
        case EACCES, EPERM:
            return HostError(.readOnly, message, hint: "choose a folder that you may write to, or change its owner")
        case ENOENT:
            return HostError(.notFound, message)
        default:
            return HostError(.fileSystem, message)
        }
    }

    /// Nil when nothing is there. Follows no symbolic link.
    package static func identity(_ path: String) throws(HostError) -> Identity? {
        var info = stat()
        if lstat(path, &info) == 0 { return Identity(info) }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw failure(errno, "cannot look at", path)
    }

    package static func exists(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0
    }

    /// Makes the folder and those above it that are missing.
    package static func makeFolder(_ path: String, mode: UInt32 = 0o755) throws(HostError) {
        if mkdir(path, mode) == 0 { return }
        switch errno {
        case EEXIST:
            var info = stat()
            guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
                throw HostError(.fileSystem, "'\(path)' is in the way: it is not a folder")
            }
        case ENOENT:
            let parent = folder(of: path)
            guard parent != path, !parent.isEmpty else { throw failure(ENOENT, "cannot make the folder", path) }
            try makeFolder(parent, mode: mode)
            if mkdir(path, mode) != 0, errno != EEXIST { throw failure(errno, "cannot make the folder", path) }
        default:
            throw failure(errno, "cannot make the folder", path)
        }
    }

    /// Makes the folder with exactly that mode, whatever the umask: for what ends up in an image, or is seen by users
    /// of one.
    package static func makeFolder(_ path: String, exactMode mode: UInt32) throws(HostError) {
        try makeFolder(path, mode: mode)
        try setMode(path, mode)
    }

    /// Makes a folder that nobody has yet and only this user may enter: `name` and six characters (mkdtemp(3)).
    package static func newFolder(in parent: String, named name: String) throws(HostError) -> String {
        var template = Array("\(parent)/\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw failure(errno, "cannot make a folder in", parent) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// chmod(2).
    package static func setMode(_ path: String, _ mode: UInt32) throws(HostError) {
        if chmod(path, mode) != 0 { throw failure(errno, "cannot change the mode of", path) }
    }

    /// rename(2): atomic within a filesystem.
    package static func move(_ source: String, to target: String) throws(HostError) {
        if rename(source, target) != 0 { throw failure(errno, "cannot move '\(source)' to", target) }
    }

    /// Moves a file to wherever `target` lies; across filesystems it is copied aside there, and renamed.
    package static func moveAnywhere(_ source: String, to target: String) throws(HostError) {
        if rename(source, target) == 0 { return }
        guard errno == EXDEV else { throw failure(errno, "cannot move '\(source)' to", target) }
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw failure(errno, "cannot open", source) }
        defer { close(input) }
        let aside = asidePath(target)
        let output = sb_open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw failure(errno, "cannot write", target) }
        var code: Int32 = 0
        while true {
            let count = sendfile(output, input, nil, 1 << 30)
            if count < 0, errno == EINTR { continue }
            if count < 0 { code = errno }
            if count <= 0 { break }
        }
        if close(output) != 0, code == 0 { code = errno }
        if code == 0, rename(aside, target) != 0 { code = errno }
        guard code == 0 else {
            unlink(aside)
            throw failure(code, "cannot write", target)
        }
        try remove(source)
    }

    /// Copies a file's content into a new file, readable for all; blocks are shared where the filesystem can. What a
    /// failed copy leaves is removed.
    package static func copy(_ source: String, to target: String) throws(HostError) {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw failure(errno, "cannot open", source) }
        defer { close(input) }
        unlink(target)
        let output = sb_open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw failure(errno, "cannot write", target) }
        var code: Int32 = 0
        var isAcross = false
        while true {
            let count = isAcross ? sendfile(output, input, nil, 1 << 30) : sb_copy_range(input, output, 1 << 30)
            if count < 0, errno == EINTR { continue }
            if count < 0, !isAcross, [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP].contains(errno) {
                isAcross = true
                continue
            }
            if count < 0 { code = errno }
            if count <= 0 { break }
        }
        // Also where the umask is strict: a mirror is read by others than who made it.
        if code == 0, fchmod(output, 0o644) != 0 { code = errno }
        if close(output) != 0, code == 0 { code = errno }
        guard code == 0 else {
            unlink(target)
            throw failure(code, "cannot write", target)
        }
    }

    /// A further name of a file, on the same filesystem (link(2)).
    package static func link(_ path: String, as name: String) throws(HostError) {
        if Glibc.link(path, name) != 0 { throw failure(errno, "cannot link", name) }
    }

    /// unlink(2); a file that is not there is fine.
    package static func remove(_ path: String) throws(HostError) {
        if unlink(path) != 0, errno != ENOENT { throw failure(errno, "cannot remove", path) }
    }

    /// The names in a folder, sorted, without `.` and `..`; empty when the folder is not there.
    package static func names(in folder: String) throws(HostError) -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw failure(errno, "cannot read the folder", folder)
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw failure(errno, "cannot read the folder", folder) }
        return names.sorted()
    }

    /// The whole file, at most `limit` bytes of it; a larger one is refused.
    ///
    /// - Parameter isSilent: leaves the access time as it is, where this user may do that.
    package static func read(
        _ path: String, limit: Int = 64 << 20, isSilent: Bool = false
    ) throws(HostError) -> [UInt8] {
        var descriptor = open(path, O_RDONLY | O_CLOEXEC | (isSilent ? sb_no_access_time : 0))
        if descriptor < 0, isSilent, errno == EPERM { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw failure(errno, "cannot open", path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(errno, "cannot read", path) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= limit else {
                throw HostError(.fileSystem, "'\(path)' is larger than \(sizeText(Int64(limit)))")
            }
        }
    }

    package static func readText(_ path: String, limit: Int = 64 << 20) throws(HostError) -> String {
        String(decoding: try read(path, limit: limit), as: UTF8.self)
    }

    /// Writes the bytes aside, in the same folder, and renames: a reader sees the old file or the new one.
    package static func write(
        _ bytes: [UInt8], to path: String, mode: UInt32 = 0o644
    ) throws(HostError) {
        let aside = asidePath(path)
        let descriptor = sb_open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(errno, "cannot write", path) }
        var code = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
        if close(descriptor) != 0, code == 0 { code = errno }
        if code == 0, rename(aside, path) != 0 { code = errno }
        guard code == 0 else {
            unlink(aside)
            throw failure(code, "cannot write", path)
        }
    }

    package static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws(HostError) {
        try write(Array(text.utf8), to: path, mode: mode)
    }

    /// write(2) until everything is written. Zero, or the errno.
    package static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(descriptor, base, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return 0
    }

    /// The path's last component.
    package static func name(of path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    /// What lies above the path; `/` above `/x`, `.` above `x`.
    package static func folder(of path: String) -> String {
        var trimmed = Substring(path)
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// Bytes that this process may still write there; nil when it cannot be told.
    package static func freeSpace(at path: String) -> Int64? {
        var info = statvfs()
        guard statvfs(path, &info) == 0 else { return nil }
        return Int64(info.f_bavail) * Int64(info.f_frsize)
    }

    /// `1.5 MB`: decimal units, as disks are sold and as the spec language writes them.
    package static func sizeText(_ bytes: Int64) -> String {
        guard bytes >= 1000 else { return "\(bytes) B" }
        var value = Double(bytes)
        var unit = 0
        let units = ["B", "kB", "MB", "GB", "TB"]
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        return value < 99.95 && tenths % 10 != 0
            ? "\(tenths / 10).\(tenths % 10) \(units[unit])" : "\(Int(value.rounded())) \(units[unit])"
    }

    /// A name in the same folder that nobody else chooses.
    private static func asidePath(_ path: String) -> String {
        "\(folder(of: path))/.\(name(of: path)).\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
    }

    private static func existingAncestor(of path: String) -> String {
        var candidate = path
        while !exists(candidate), candidate != "/", candidate != "." { candidate = folder(of: candidate) }
        var info = stat()
        if stat(candidate, &info) == 0, info.st_mode & S_IFMT != S_IFDIR { candidate = folder(of: candidate) }
        return candidate
    }
}

extension Files.Identity {
    init(_ info: stat) {
        device = UInt64(info.st_dev)
        inode = UInt64(info.st_ino)
        size = Int64(info.st_size)
        modified = Int64(info.st_mtim.tv_sec) * 1_000_000_000 + Int64(info.st_mtim.tv_nsec)
        isFolder = info.st_mode & S_IFMT == S_IFDIR
    }
}
