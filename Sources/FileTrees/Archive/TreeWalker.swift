internal import CLinux
internal import Glibc

/// Walks a tree in one order, folders before what is in them and names by their bytes, and tells each thing as an
/// archive entry. Times are clamped; of the attributes file capabilities and the user's are told.
package struct TreeWalker {
    /// Nothing is told as newer than this; seconds since 1970.
    let clamp: Int64
    /// Folders, relative to the root, that are told without what is in them.
    package var emptied: Set<String> = []
    /// Whether `body` gets descriptors.
    package var opensFiles = true
    /// Whether what an overlay notes in its upper folder and goes by is told too.
    package var tellsOverlayMarks = false
    private static let overlayMarks = Set(["opaque", "redirect", "metacopy", "whiteout"].map { "user.overlay.\($0)" })

    package init(clampingTimesTo clamp: Int64) {
        self.clamp = clamp
    }

    /// Calls `body` with each entry (paths relative to the root, empty for the root itself) and, for a file with
    /// content, a descriptor at its beginning. Sockets are left out: they mean nothing outside of a running system.
    package func walk(
        _ root: String, _ body: (ArchiveEntry, Int32?) throws(HostError) -> Void
    ) throws(HostError) {
        var walk = Walk(
            clamp: clamp, emptied: emptied, opensFiles: opensFiles, tellsOverlayMarks: tellsOverlayMarks,
            root: root, links: [:])
        let descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostError.current("cannot open '\(root)'") }
        try walk.folder(descriptor, "", body)
    }

    private struct FileIdentity: Hashable {
        var device: UInt
        var inode: UInt
    }

    private struct Walk {
        let clamp: Int64
        let emptied: Set<String>
        let opensFiles: Bool
        let tellsOverlayMarks: Bool
        let root: String
        /// The first path of each file with several names.
        var links: [FileIdentity: String]

        /// Takes the descriptor over.
        mutating func folder(
            _ descriptor: Int32, _ path: String, _ body: (ArchiveEntry, Int32?) throws(HostError) -> Void
        ) throws(HostError) {
            guard let stream = fdopendir(descriptor) else {
                close(descriptor)
                throw HostError.current("cannot read the folder '/\(path)'")
            }
            defer { closedir(stream) }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw HostError.current("cannot look at '/\(path)'") }
            try body(entry(path, .directory, status, try attributes(descriptor, path)), nil)
            if emptied.contains(path) { return }
            for name in try names(stream, path) {
                try child(name, of: descriptor, path.isEmpty ? name : "\(path)/\(name)", body)
            }
        }

        private func names(_ stream: OpaquePointer, _ path: String) throws(HostError) -> [String] {
            var names: [String] = []
            while true {
                errno = 0
                guard let entry = readdir(stream) else {
                    guard errno == 0 else { throw HostError.current("cannot read the folder '/\(path)'") }
                    break
                }
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
                }
                guard let name else {
                    throw HostError(.archive, "the folder '/\(path)' holds a name that is not UTF-8")
                }
                if name != ".", name != ".." { names.append(name) }
            }
            return names.sorted { $0.precedesBytewise($1) }
        }

        private mutating func child(
            _ name: String, of folder: Int32, _ path: String,
            _ body: (ArchiveEntry, Int32?) throws(HostError) -> Void
        ) throws(HostError) {
            var status = stat()
            guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                throw HostError.current("cannot look at '/\(path)'")
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try self.folder(try open(name, folder, path, O_DIRECTORY), path, body)
            case S_IFREG: try file(name, folder, path, status, body)
            case S_IFLNK: try body(entry(path, .symlink(target: try target(name, folder, path)), status), nil)
            case S_IFIFO: try body(entry(path, .fifo, status), nil)
            case S_IFCHR, S_IFBLK:
                let (major, minor) = (sb_major(UInt(status.st_rdev)), sb_minor(UInt(status.st_rdev)))
                let isCharacter = status.st_mode & S_IFMT == S_IFCHR
                try body(
                    entry(
                        path,
                        isCharacter
                            ? .characterDevice(major: major, minor: minor) : .blockDevice(major: major, minor: minor),
                        status), nil)
            default: break
            }
        }

        private mutating func file(
            _ name: String, _ folder: Int32, _ path: String, _ status: stat,
            _ body: (ArchiveEntry, Int32?) throws(HostError) -> Void
        ) throws(HostError) {
            if status.st_nlink > 1 {
                let identity = FileIdentity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
                if let first = links[identity] {
                    return try body(entry(path, .hardLink(target: first), status), nil)
                }
                links[identity] = path
            }
            let descriptor = opensFiles ? try open(name, folder, path, 0) : -1
            defer { if opensFiles { close(descriptor) } }
            var attributes = try attributes(descriptor, path)
            if let note = attributes.first(where: { $0.name == DeviceNote.name }),
                let kind = DeviceNote.kind(note.value)
            {
                attributes.removeAll { $0.name == DeviceNote.name }
                return try body(entry(path, kind, status, attributes), nil)
            }
            var file = entry(path, .file, status, attributes)
            file.size = Int64(status.st_size)
            try body(file, opensFiles ? descriptor : nil)
        }

        private func open(_ name: String, _ folder: Int32, _ path: String, _ flags: Int32) throws(HostError) -> Int32 {
            let descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags)
            guard descriptor >= 0 else { throw HostError.current("cannot open '/\(path)'") }
            return descriptor
        }

        private func target(_ name: String, _ folder: Int32, _ path: String) throws(HostError) -> String {
            var buffer = [CChar](repeating: 0, count: 4097)
            let count = readlinkat(folder, name, &buffer, 4096)
            guard count >= 0 else { throw HostError.current("cannot read the link '/\(path)'") }
            let bytes = buffer[..<count].map { UInt8(bitPattern: $0) }
            guard let target = String(validating: bytes, as: UTF8.self) else {
                throw HostError(.archive, "the target of the link '/\(path)' is not UTF-8")
            }
            return target
        }

        private func entry(
            _ path: String, _ kind: ArchiveEntry.Kind, _ status: stat, _ attributes: [ArchiveEntry.Attribute] = []
        ) -> ArchiveEntry {
            ArchiveEntry(
                path: path, kind: kind, mode: status.st_mode & 0o7777, uid: status.st_uid, gid: status.st_gid,
                modified: min(Int64(status.st_mtim.tv_sec), clamp), attributes: attributes)
        }

        /// Those that mean the same on another filesystem and machine. An overlay's own are not shown by it.
        private func attributes(_ descriptor: Int32, _ path: String) throws(HostError) -> [ArchiveEntry.Attribute] {
            let place = "\(root)/\(path)"
            let list = { (buffer: UnsafeMutablePointer<CChar>?, count: Int) in
                descriptor >= 0 ? flistxattr(descriptor, buffer, count) : llistxattr(place, buffer, count)
            }
            let length = list(nil, 0)
            if length == 0 || (length < 0 && errno == ENOTSUP) { return [] }
            var buffer = [CChar](repeating: 0, count: max(length, 1))
            let count = list(&buffer, buffer.count)
            guard count >= 0 else { throw HostError.current("cannot list the attributes of '/\(path)'") }
            var attributes: [ArchiveEntry.Attribute] = []
            for name in buffer[..<count].split(separator: 0) {
                let name = String(decoding: name.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                let isKept =
                    name == "security.capability" || tellsOverlayMarks && TreeWalker.overlayMarks.contains(name)
                    || name.hasPrefix("user.") && !name.hasPrefix("user.overlay.")
                guard isKept else { continue }
                var value = [UInt8](repeating: 0, count: 65536)
                let size =
                    descriptor >= 0
                    ? fgetxattr(descriptor, name, &value, value.count)
                    : lgetxattr(place, name, &value, value.count)
                guard size >= 0 else { throw HostError.current("cannot read the attribute \(name) of '/\(path)'") }
                attributes.append(.init(name: name, value: Array(value[..<size])))
            }
            return attributes.sorted { $0.name < $1.name }
        }
    }
}
