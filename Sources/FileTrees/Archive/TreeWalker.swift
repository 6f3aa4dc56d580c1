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
    /// Whether what an overlay notes in its upper folder and goes by is told too, and not gone by.
    package var tellsOverlayMarks = false
    private static let overlayMarks = Set(["opaque", "redirect", "metacopy", "whiteout"].map { "user.overlay.\($0)" })

    package init(clampingTimesTo clamp: Int64) {
        self.clamp = clamp
    }

    package typealias Body = (ArchiveEntry, Int32?) throws(HostError) -> Void

    /// Calls `body` with each entry (paths relative to the root, empty for the root itself) and, for a file with
    /// content, a descriptor at its beginning. Sockets are left out: they mean nothing outside of a running system.
    ///
    /// - Parameter below: the folder that is the root, relative to the layers'; empty for all of them
    /// - Throws: what `body` throws; `HostError.archive` for a name that is not UTF-8, `HostError.notFound` when there is
    ///   no folder `below`.
    package func walk(_ tree: LayeredTree, below: String = "", _ body: Body) throws(HostError) {
        guard let root = try tree.folder(below, obeysMarks: !tellsOverlayMarks) else {
            throw HostError(.notFound, "there is no folder '/\(below)' in the tree")
        }
        var walk = Walk(walker: self, links: [:])
        try walk.folder(root, "") { (entry, descriptor, _) throws(HostError) in try body(entry, descriptor) }
    }

    /// What `walk` tells, and where it lies.
    package func items(of tree: LayeredTree, below: String = "") throws(HostError) -> [TreeItem] {
        guard let root = try tree.folder(below, obeysMarks: !tellsOverlayMarks) else {
            throw HostError(.notFound, "there is no folder '/\(below)' in the tree")
        }
        var items: [TreeItem] = []
        var walk = Walk(walker: self, links: [:])
        try walk.folder(root, "") { (entry, _, source) throws(HostError) in
            items.append(
                TreeItem(entry: entry, place: source.place, layer: source.layer, lowestLayer: source.lowestLayer))
        }
        return items
    }

    /// Walks a tree that lies in one folder.
    package func walk(_ root: String, _ body: Body) throws(HostError) { try walk(LayeredTree([root]), body) }

    /// Where something lies.
    private struct Source {
        var folder: LayeredFolder
        /// Nil: it is the folder itself.
        var child: LayeredFolder.Child?

        var place: String { child.map { folder.place(of: $0) } ?? "" }
        var layer: Int { folder.parts[child?.part ?? 0].number }
        var lowestLayer: Int { child == nil ? folder.parts[folder.parts.count - 1].number : layer }
    }

    private typealias Telling = (ArchiveEntry, Int32?, Source) throws(HostError) -> Void

    private struct FileIdentity: Hashable {
        var device: UInt
        var inode: UInt
    }

    private struct Walk {
        let walker: TreeWalker
        /// The first path of each file with several names. The numbers are the real file's, as overlayfs shows them of what
        /// lies below; what it has copied up is another file.
        var links: [FileIdentity: String]

        mutating func folder(_ folder: LayeredFolder, _ path: String, _ tell: Telling) throws(HostError) {
            let highest = folder.parts[0]
            var status = stat()
            guard fstat(highest.descriptor, &status) == 0 else {
                throw HostError.current("cannot look at '/\(folder.path)'")
            }
            let attributes = try told(highest.attributes, .open(highest.descriptor), folder.path)
            try tell(entry(path, .directory, status, attributes), nil, Source(folder: folder))
            if walker.emptied.contains(path) { return }
            for child in try folder.children() {
                guard let status = try folder.status(child) else { continue }
                try self.child(child, of: folder, status, path.isEmpty ? child.name : "\(path)/\(child.name)", tell)
            }
        }

        private mutating func child(
            _ child: LayeredFolder.Child, of folder: LayeredFolder, _ status: stat, _ path: String, _ tell: Telling
        ) throws(HostError) {
            let source = Source(folder: folder, child: child)
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try self.folder(try folder.folder(child), path, tell)
            case S_IFREG: try file(child, of: folder, status, path, tell)
            case S_IFLNK: try tell(entry(path, .symlink(target: try target(child, of: folder)), status), nil, source)
            case S_IFIFO: try tell(entry(path, .fifo, status), nil, source)
            case S_IFCHR, S_IFBLK:
                let (major, minor) = (sb_major(UInt(status.st_rdev)), sb_minor(UInt(status.st_rdev)))
                let isCharacter = status.st_mode & S_IFMT == S_IFCHR
                try tell(
                    entry(
                        path,
                        isCharacter
                            ? .characterDevice(major: major, minor: minor) : .blockDevice(major: major, minor: minor),
                        status), nil, source)
            default: break
            }
        }

        private mutating func file(
            _ child: LayeredFolder.Child, of folder: LayeredFolder, _ status: stat, _ path: String, _ tell: Telling
        ) throws(HostError) {
            let source = Source(folder: folder, child: child)
            if status.st_nlink > 1 {
                let identity = FileIdentity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
                if let first = links[identity] {
                    return try tell(entry(path, .hardLink(target: first), status), nil, source)
                }
                links[identity] = path
            }
            let descriptor = walker.opensFiles ? try folder.open(child) : -1
            defer { if walker.opensFiles { close(descriptor) } }
            let file = walker.opensFiles ? AttributedFile.open(descriptor) : .named(folder.place(of: child))
            let names = try file.names(path)
            try folder.refuseMarks(names, path)
            var attributes = try told(names, file, path)
            if let note = attributes.first(where: { $0.name == DeviceNote.name }),
                let kind = DeviceNote.kind(note.value)
            {
                attributes.removeAll { $0.name == DeviceNote.name }
                return try tell(entry(path, kind, status, attributes), nil, source)
            }
            var told = entry(path, .file, status, attributes)
            told.size = Int64(status.st_size)
            try tell(told, walker.opensFiles ? descriptor : nil, source)
        }

        private func target(_ child: LayeredFolder.Child, of folder: LayeredFolder) throws(HostError) -> String {
            var buffer = [CChar](repeating: 0, count: 4097)
            let count = readlinkat(folder.parts[child.part].descriptor, child.name, &buffer, 4096)
            guard count >= 0 else { throw HostError.current("cannot read the link '/\(folder.path(of: child))'") }
            let bytes = buffer[..<count].map { UInt8(bitPattern: $0) }
            guard let target = String(validating: bytes, as: UTF8.self) else {
                throw HostError(.archive, "the target of the link '/\(folder.path(of: child))' is not UTF-8")
            }
            return target
        }

        private func entry(
            _ path: String, _ kind: ArchiveEntry.Kind, _ status: stat, _ attributes: [ArchiveEntry.Attribute] = []
        ) -> ArchiveEntry {
            ArchiveEntry(
                path: path, kind: kind, mode: status.st_mode & 0o7777, uid: status.st_uid, gid: status.st_gid,
                modified: min(Int64(status.st_mtim.tv_sec), walker.clamp), attributes: attributes)
        }

        /// Those that mean the same on another filesystem and machine; an overlay's own are not among them.
        private func told(
            _ names: [String], _ file: AttributedFile, _ path: String
        ) throws(HostError) -> [ArchiveEntry.Attribute] {
            var attributes: [ArchiveEntry.Attribute] = []
            for name in names {
                let isTold =
                    name == "security.capability" || walker.tellsOverlayMarks && TreeWalker.overlayMarks.contains(name)
                    || name.hasPrefix("user.") && !name.hasPrefix("user.overlay.")
                if isTold { attributes.append(.init(name: name, value: try file.value(name, path))) }
            }
            return attributes.sorted { $0.name < $1.name }
        }
    }
}
