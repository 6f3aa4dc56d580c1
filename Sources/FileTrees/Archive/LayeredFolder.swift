internal import CLinux
internal import Glibc

/// One folder of a `LayeredTree`, open in each layer that has a part in it.
///
/// Layers are written and mounted by `SandboxMounts`: overlayfs with `userxattr`, without redirects and without copies of
/// metadata alone. What an upper folder says there is (Linux, Documentation/filesystems/overlayfs.rst):
///
///     character device 0/0                          hides what lies below it under that name
///     empty file with user.overlay.whiteout         does the same (since Linux 6.7, where such a device cannot be made)
///     folder with user.overlay.opaque=y             hides the folders below it; "x" only says that it holds such files
///     anything but a folder                         hides what lies below it, also from a folder above it
///     user.overlay.redirect, user.overlay.metacopy  are refused by such a mount, and are here
///
/// Attributes named trusted.overlay.* say nothing in such a mount.
package final class LayeredFolder {
    struct Part {
        /// The layer's own root.
        let layer: String
        /// Of the layer, from the lowest, which is 0.
        let number: Int
        let stream: OpaquePointer
        let descriptor: Int32
        /// The names of all of its attributes.
        let attributes: [String]
    }

    /// A name, in the highest part that has it.
    struct Child {
        var name: String
        /// An index in `parts`.
        var part: Int
        /// As readdir(3) has it: may be DT_UNKNOWN.
        var type: UInt8
        /// What the parts below have under that name, the highest first.
        var below: [Child] = []
    }

    static let opaque = "user.overlay.opaque"
    private static let whiteout = "user.overlay.whiteout"
    private static let refused = Set(["user.overlay.redirect", "user.overlay.metacopy"])

    /// In the tree, without `/` before it.
    let path: String
    /// The highest first; never empty.
    private(set) var parts: [Part] = []
    private let obeysMarks: Bool

    /// The tree's root, which is that of every layer, whatever marks it has.
    ///
    /// - Parameters:
    ///   - layers: the lowest first
    ///   - obeysMarks: whether whiteouts and their like are obeyed, or shown as the files that they are
    init(layers: [String], obeysMarks: Bool) throws(HostError) {
        path = ""
        self.obeysMarks = obeysMarks
        for (number, layer) in layers.enumerated().reversed() {
            let descriptor = Self.open(AT_FDCWD, layer, O_DIRECTORY)
            guard descriptor >= 0 else { throw HostError.current("cannot open '\(layer)'") }
            _ = try add(layer, number, descriptor)
        }
        guard !parts.isEmpty else { throw HostError(.notFound, "a tree needs a layer") }
    }

    private init(_ child: Child, of parent: LayeredFolder) throws(HostError) {
        path = parent.path(of: child)
        obeysMarks = parent.obeysMarks
        guard try add(like: parent.parts[child.part], try parent.open(child, O_DIRECTORY)) else { return }
        for lower in child.below {
            guard try parent.isFolder(lower),
                try add(like: parent.parts[lower.part], try parent.open(lower, O_DIRECTORY))
            else { return }
        }
    }

    deinit { for part in parts { closedir(part.stream) } }

    /// Takes the descriptor over. Returns whether what lies below shows through.
    private func add(_ layer: String, _ number: Int, _ descriptor: Int32) throws(HostError) -> Bool {
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            throw HostError.current("cannot read the folder '/\(path)'")
        }
        let file = AttributedFile.open(descriptor)
        do throws(HostError) {
            let attributes = try file.names(path)
            parts.append(
                Part(layer: layer, number: number, stream: stream, descriptor: descriptor, attributes: attributes))
            try refuseMarks(attributes, path)
            guard obeysMarks, attributes.contains(Self.opaque) else { return true }
            return try file.value(Self.opaque, path) != Array("y".utf8)
        } catch {
            if parts.last?.stream != stream { closedir(stream) }
            throw error
        }
    }

    private func add(like part: Part, _ descriptor: Int32) throws(HostError) -> Bool {
        try add(part.layer, part.number, descriptor)
    }

    func path(of child: Child) -> String { path.isEmpty ? child.name : "\(path)/\(child.name)" }

    /// Where its highest part lies on this machine.
    func place(of child: Child) -> String { "\(parts[child.part].layer)/\(path(of: child))" }

    // MARK: What is in it

    /// Everything in it, once, sorted by the names' bytes; whiteouts too, which `status` tells.
    func children() throws(HostError) -> [Child] {
        var found: [Child] = []
        for part in parts.indices { try read(part, into: &found) }
        found = found.sortedBytewise { $0.name }
        guard parts.count > 1 else { return found }
        // Equal ones stand beside one another, the highest first. Names are bytes: two that Unicode takes for one are two.
        var children: [Child] = []
        for child in found {
            if !children.isEmpty, strcmp(children[children.count - 1].name, child.name) == 0 {
                children[children.count - 1].below.append(child)
            } else {
                children.append(child)
            }
        }
        return children
    }

    /// Nil when no layer has the name.
    func child(_ name: String) throws(HostError) -> Child? {
        var child: Child?
        for (index, part) in parts.enumerated() {
            var status = stat()
            if fstatat(part.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) != 0 {
                guard errno == ENOENT else { throw HostError.current("cannot look at '/\(path)/\(name)'") }
                continue
            }
            let found = Child(name: name, part: index, type: UInt8((status.st_mode & S_IFMT) >> 12))
            if child == nil { child = found } else { child?.below.append(found) }
        }
        return child
    }

    /// What lstat(2) says of it; nil when it is hidden.
    func status(_ child: Child) throws(HostError) -> stat? {
        var status = stat()
        guard fstatat(parts[child.part].descriptor, child.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw HostError.current("cannot look at '/\(path(of: child))'")
        }
        guard obeysMarks else { return status }
        return try isWhiteout(child, status) ? nil : status
    }

    /// Something that is a folder, merged as far down as it shows through.
    func folder(_ child: Child) throws(HostError) -> LayeredFolder { try LayeredFolder(child, of: self) }

    /// Opens its highest part for reading. The caller closes it.
    func open(_ child: Child, _ flags: Int32 = 0) throws(HostError) -> Int32 {
        let descriptor = Self.open(parts[child.part].descriptor, child.name, O_NOFOLLOW | O_NONBLOCK | flags)
        guard descriptor >= 0 else { throw HostError.current("cannot open '/\(path(of: child))'") }
        return descriptor
    }

    /// Opens what a walk has found there. The caller closes it.
    package static func open(_ place: String) throws(HostError) -> Int32 {
        let descriptor = open(AT_FDCWD, place, O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw HostError.current("cannot open '\(place)'") }
        return descriptor
    }

    /// - Throws: `HostError.unsupported` where the file is not what its layer alone says.
    func refuseMarks(_ attributes: [String], _ path: String) throws(HostError) {
        guard obeysMarks, let mark = attributes.first(where: { Self.refused.contains($0) }) else { return }
        throw HostError(.unsupported, "'/\(path)' has the attribute \(mark) in a layer, which cannot be followed")
    }

    private func read(_ part: Int, into children: inout [Child]) throws(HostError) {
        rewinddir(parts[part].stream)
        while true {
            errno = 0
            guard let entry = readdir(parts[part].stream) else {
                guard errno == 0 else { throw HostError.current("cannot read the folder '/\(path)'") }
                return
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            guard let name else {
                throw HostError(.archive, "the folder '/\(path)' holds a name that is not UTF-8")
            }
            if name != ".", name != ".." { children.append(Child(name: name, part: part, type: entry.pointee.d_type)) }
        }
    }

    private func isFolder(_ child: Child) throws(HostError) -> Bool {
        guard child.type == UInt8(DT_UNKNOWN) else { return child.type == UInt8(DT_DIR) }
        return try status(child).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    private func isWhiteout(_ child: Child, _ status: stat) throws(HostError) -> Bool {
        switch status.st_mode & S_IFMT {
        case S_IFCHR: return status.st_rdev == 0
        case S_IFREG where status.st_size == 0:
            return try AttributedFile.named(place(of: child)).names(path(of: child)).contains(Self.whiteout)
        default: return false
        }
    }

    /// Without a note of the access where this user may do that: layers are read again and again, and each note is
    /// written to the disk. -1 when it fails.
    private static func open(_ folder: Int32, _ name: String, _ flags: Int32) -> Int32 {
        let flags = O_RDONLY | O_CLOEXEC | flags
        let descriptor = openat(folder, name, flags | sb_no_access_time)
        return descriptor < 0 && errno == EPERM ? openat(folder, name, flags) : descriptor
    }
}
