internal import CLinux
internal import Glibc
internal import SystemPackage

/// A folder that is a root: every path is resolved by the kernel as if there were nothing above it (openat2(2),
/// RESOLVE_IN_ROOT), so that no symbolic link and no `..` leads out. May be used by several threads at once.
package final class ContainedFolder: Sendable {
    private let root: Int32
    private static let resolve = SB_RESOLVE_IN_ROOT | SB_RESOLVE_NO_MAGICLINKS

    /// What there is at a path.
    package enum Occupant: Sendable, Equatable { case nothing, directory, linkToDirectory, other }

    /// Owner, mode, time and attributes that something gets when it is complete.
    package struct Metadata: Sendable, Equatable {
        package var mode: UInt32
        package var uid: UInt32
        package var gid: UInt32
        /// Seconds since 1970.
        package var modified: Int64
        package var attributes: [ArchiveEntry.Attribute]

        package init(mode: UInt32, uid: UInt32, gid: UInt32, modified: Int64, attributes: [ArchiveEntry.Attribute] = [])
        {
            self.mode = mode
            self.uid = uid
            self.gid = gid
            self.modified = modified
            self.attributes = attributes
        }
    }

    package init(_ path: String) throws(HostError) {
        root = open(path, Int32(SB_O_PATH) | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw HostError.current("cannot open the folder '\(path)'") }
    }

    deinit { close(root) }

    /// Makes it the root of this process (chroot(2)), as a second fence.
    package func enter() throws(HostError) {
        guard fchdir(root) == 0, chroot(".") == 0 else { throw HostError.current("cannot change the root") }
    }

    package func occupant(_ path: String) throws(HostError) -> Occupant {
        guard let parent = try openParent(path, create: false) else { return .nothing }
        defer { close(parent) }
        var status = stat()
        guard fstatat(parent, name(path), &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return .nothing }
            throw HostError.current("cannot look at '/\(path)'")
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .directory
        case S_IFLNK:
            let folder = sb_openat2(root, path, SB_O_PATH | UInt64(O_DIRECTORY), 0, Self.resolve)
            guard folder >= 0 else { return .other }
            close(folder)
            return .linkToDirectory
        default: return .other
        }
    }

    /// Makes the folder with mode 0755, and those above it. Returns false when there was one already, or a link to one.
    ///
    /// - Throws: `HostError` also when something else is there.
    @discardableResult
    package func makeFolder(_ path: String) throws(HostError) -> Bool {
        guard !path.isEmpty else { return false }
        let parent = try parentFolder(path)
        defer { close(parent) }
        if mkdirat(parent, name(path), 0o755) == 0 { return true }
        guard errno == EEXIST else { throw HostError.current("cannot make the folder '/\(path)'") }
        let existing = sb_openat2(root, path, SB_O_PATH | UInt64(O_DIRECTORY), 0, Self.resolve)
        guard existing >= 0 else { throw HostError.current("cannot make the folder '/\(path)'") }
        close(existing)
        return false
    }

    /// Makes a file, in place of what is there unless that is a folder. `fill` writes it through the given writer.
    package func makeFile(
        _ path: String, _ metadata: Metadata, fill: (borrowing FileWriter) throws(HostError) -> Void
    ) throws(HostError) {
        let parent = try parentFolder(path)
        defer { close(parent) }
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        var descriptor = openat(parent, name(path), flags, 0o600)
        if descriptor < 0, errno == EEXIST {
            try removeExisting(path, parent)
            descriptor = openat(parent, name(path), flags, 0o600)
        }
        guard descriptor >= 0 else { throw HostError.current("cannot make the file '/\(path)'") }
        defer { close(descriptor) }
        try fill(FileWriter(descriptor: descriptor, path: path))
        // The owner before the mode, as chown(2) clears setuid, and both before the attributes, as writing clears them.
        guard fchown(descriptor, metadata.uid, metadata.gid) == 0 else { throw ownerFailure(path, metadata) }
        guard fchmod(descriptor, metadata.mode) == 0 else {
            throw HostError.current("cannot set the mode of '/\(path)'")
        }
        for attribute in metadata.attributes {
            guard fsetxattr(descriptor, attribute.name, attribute.value, attribute.value.count, 0) == 0 else {
                throw HostError.current("cannot set the attribute \(attribute.name) of '/\(path)'")
            }
        }
        var times = Self.times(metadata.modified)
        guard futimens(descriptor, &times) == 0 else { throw HostError.current("cannot set the time of '/\(path)'") }
    }

    package func makeSymlink(_ path: String, target: String, _ metadata: Metadata) throws(HostError) {
        let parent = try parentFolder(path)
        defer { close(parent) }
        if symlinkat(target, parent, name(path)) != 0 {
            guard errno == EEXIST else { throw HostError.current("cannot make the link '/\(path)'") }
            try removeExisting(path, parent)
            guard symlinkat(target, parent, name(path)) == 0 else {
                throw HostError.current("cannot make the link '/\(path)'")
            }
        }
        try setOwner(path, parent, metadata)
        try setTime(path, parent, metadata)
    }

    package func makeHardLink(_ path: String, to target: String) throws(HostError) {
        let source = try parentFolder(target)
        defer { close(source) }
        let parent = try parentFolder(path)
        defer { close(parent) }
        if linkat(source, name(target), parent, name(path), 0) != 0 {
            guard errno == EEXIST else { throw HostError.current("cannot link '/\(path)' to '/\(target)'") }
            try removeExisting(path, parent)
            guard linkat(source, name(target), parent, name(path), 0) == 0 else {
                throw HostError.current("cannot link '/\(path)' to '/\(target)'")
            }
        }
    }

    /// Makes a device node or a FIFO. A user's namespace may not make devices: there, and as root too so that both give
    /// the same tree, a device is an empty file with the attribute `DeviceNote.name`, of which `TreePacker` makes the
    /// device's entry.
    package func makeNode(_ path: String, _ kind: ArchiveEntry.Kind, _ metadata: Metadata) throws(HostError) {
        if let note = DeviceNote(kind) {
            var metadata = metadata
            metadata.attributes.append(.init(name: DeviceNote.name, value: Array(note.text.utf8)))
            return try makeFile(path, metadata) { _ in }
        }
        let parent = try parentFolder(path)
        defer { close(parent) }
        if (try occupant(path)) != .nothing { try removeExisting(path, parent) }
        guard mkfifoat(parent, name(path), 0o600) == 0 else {
            throw HostError.current("cannot make the FIFO '/\(path)'")
        }
        try setOwner(path, parent, metadata)
        guard fchmodat(parent, name(path), metadata.mode, 0) == 0 else {
            throw HostError.current("cannot set the mode of '/\(path)'")
        }
        try setTime(path, parent, metadata)
    }

    /// Sets owner, mode and time of a folder.
    package func setFolder(_ path: String, _ metadata: Metadata) throws(HostError) {
        let path = path.isEmpty ? "." : path
        let folder = sb_openat2(root, path, UInt64(O_RDONLY | O_DIRECTORY), 0, Self.resolve)
        guard folder >= 0 else { throw HostError.current("cannot open the folder '/\(path)'") }
        defer { close(folder) }
        guard fchown(folder, metadata.uid, metadata.gid) == 0 else { throw ownerFailure(path, metadata) }
        guard fchmod(folder, metadata.mode) == 0 else { throw HostError.current("cannot set the mode of '/\(path)'") }
        for attribute in metadata.attributes {
            guard fsetxattr(folder, attribute.name, attribute.value, attribute.value.count, 0) == 0 else {
                throw HostError.current("cannot set the attribute \(attribute.name) of '/\(path)'")
            }
        }
        var times = Self.times(metadata.modified)
        guard futimens(folder, &times) == 0 else { throw HostError.current("cannot set the time of '/\(path)'") }
    }

    /// The file with that content.
    package func makeFile(_ path: String, _ metadata: Metadata, content: [UInt8]) throws(HostError) {
        try makeFile(path, metadata) { (file) throws(HostError) in
            var failure: HostError?
            content.withUnsafeBytes { bytes in
                do throws(HostError) { try file.write(bytes, at: 0) } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }

    /// The file's text; nil when there is none. At most 16 MiB.
    package func text(_ path: String) throws(HostError) -> String? {
        let file = sb_openat2(root, path, UInt64(O_RDONLY), 0, Self.resolve)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw HostError.current("cannot open '/\(path)'")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &buffer, buffer.count)
            guard count >= 0, bytes.count < 16 << 20 else { throw HostError.current("cannot read '/\(path)'") }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// Removes what is there, a folder with all that is in it; what is not there is fine.
    package func removeAll(_ path: String) throws(HostError) {
        guard let parent = try openParent(path, create: false) else { return }
        defer { close(parent) }
        if unlinkat(parent, name(path), 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw HostError.current("cannot remove '/\(path)'") }
        try Self.removeFolder(name(path), in: parent, path)
    }

    private static func removeFolder(_ name: String, in parent: Int32, _ path: String) throws(HostError) {
        let folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0, let stream = fdopendir(folder) else { throw HostError.current("cannot remove '/\(path)'") }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let child = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if child == "." || child == ".." { continue }
            if unlinkat(folder, child, 0) == 0 { continue }
            guard errno == EISDIR || errno == EPERM else {
                throw HostError.current("cannot remove '/\(path)/\(child)'")
            }
            try removeFolder(child, in: folder, "\(path)/\(child)")
        }
        guard unlinkat(parent, name, AT_REMOVEDIR) == 0 else { throw HostError.current("cannot remove '/\(path)'") }
    }

    // MARK: Parts

    private func parentFolder(_ path: String) throws(HostError) -> Int32 {
        guard let parent = try openParent(path, create: true) else {
            throw HostError(.fileSystem, "there is no folder for '/\(path)'")
        }
        return parent
    }

    /// The folder in which the path's last component lies; nil when there is none and `create` is false.
    private func openParent(_ path: String, create: Bool) throws(HostError) -> Int32? {
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = sb_openat2(root, parent, SB_O_PATH | UInt64(O_DIRECTORY), 0, Self.resolve)
        if descriptor >= 0 { return descriptor }
        let number = errno
        guard number == ENOENT || number == ENOTDIR, create || number == ENOENT else {
            throw HostError.system(Errno(rawValue: number), "cannot open the folder '/\(parent)'")
        }
        guard create, number == ENOENT, parent != "." else {
            if !create { return nil }
            throw HostError.system(Errno(rawValue: number), "cannot open the folder '/\(parent)'")
        }
        try makeFolder(parent)
        return try openParent(path, create: false)
    }

    private func name(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    private func removeExisting(_ path: String, _ parent: Int32) throws(HostError) {
        guard unlinkat(parent, name(path), 0) == 0 || errno == ENOENT else {
            throw HostError.current("cannot replace '/\(path)'")
        }
    }

    private func setOwner(_ path: String, _ parent: Int32, _ metadata: Metadata) throws(HostError) {
        guard fchownat(parent, name(path), metadata.uid, metadata.gid, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw ownerFailure(path, metadata)
        }
    }

    private func setTime(_ path: String, _ parent: Int32, _ metadata: Metadata) throws(HostError) {
        var times = Self.times(metadata.modified)
        guard utimensat(parent, name(path), &times, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw HostError.current("cannot set the time of '/\(path)'")
        }
    }

    private func ownerFailure(_ path: String, _ metadata: Metadata) -> HostError {
        guard errno == EINVAL else { return HostError.current("cannot set the owner of '/\(path)'") }
        return HostError(
            .archive,
            "'/\(path)' belongs to \(metadata.uid):\(metadata.gid), which is outside of the ids of an image "
                + "(0 to 65535)")
    }

    private static func times(_ seconds: Int64) -> [timespec] {
        let time = timespec(tv_sec: Int(seconds), tv_nsec: 0)
        return [time, time]
    }
}

/// Writes a new file's content.
package struct FileWriter: ~Copyable {
    let descriptor: Int32
    let path: String

    package borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(HostError) {
        var position = 0
        while position < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: position), bytes.count - position,
                off_t(offset) + off_t(position))
            if count < 0 {
                if errno == EINTR { continue }
                throw HostError.current("cannot write '/\(path)'")
            }
            position += count
        }
    }

    /// Sets the length, for a file that ends with a hole.
    package borrowing func finish(size: Int64) throws(HostError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw HostError.current("cannot write '/\(path)'") }
    }
}

/// A device node as an attribute of an empty file: `c 1 3`.
struct DeviceNote {
    static let name = "user.stonebake.device"
    let text: String

    init?(_ kind: ArchiveEntry.Kind) {
        switch kind {
        case .characterDevice(let major, let minor): text = "c \(major) \(minor)"
        case .blockDevice(let major, let minor): text = "b \(major) \(minor)"
        default: return nil
        }
    }

    /// The kind that such an attribute stands for.
    static func kind(_ value: [UInt8]) -> ArchiveEntry.Kind? {
        let words = String(decoding: value, as: UTF8.self).split(separator: " ")
        guard words.count == 3, let major = UInt32(words[1]), let minor = UInt32(words[2]) else { return nil }
        return words[0] == "c"
            ? .characterDevice(major: major, minor: minor) : .blockDevice(major: major, minor: minor)
    }
}
