import FileTrees
import FoundationEssentials
import Glibc

/// `place MANIFEST`: puts files, folders and links into the root in `STONEBAKE_ROOT`. Answers with
/// how many there were; an error's first note is the number of the entry that failed.
enum PlaceCommand {
    static func run(_ arguments: [String], root path: String) throws {
        guard arguments.count == 1 else {
            throw HostError(.unsupported, "place: wrong arguments")
        }
        let manifest = try JSONDecoder().decode(PlaceManifest.self, from: Data(try Files.read(arguments[0])))
        try Archives.prepare()
        umask(0)
        let root = try ContainedFolder(path)
        let owners = OwnerNames(
            passwd: try root.text("etc/passwd") ?? "", group: try root.text("etc/group") ?? "")
        let placer = Placer(
            root: root, owners: owners, timestamp: manifest.timestamp, ignored: manifest.ignored)
        for (number, entry) in manifest.entries.enumerated() {
            do throws(HostError) {
                try placer.place(entry)
            } catch {
                throw HostError(error.code, error.message, hint: error.hint, notes: ["\(number)"])
            }
        }
        print("\(manifest.entries.count)")
    }
}

/// Puts single entries into a root.
struct Placer {
    let root: ContainedFolder
    let owners: OwnerNames
    let timestamp: Int64
    /// What is left out of folders that are copied.
    let ignored: IgnoredNames

    func place(_ entry: PlacedEntry) throws(HostError) {
        let path = try ArchiveEntry.contained(String(entry.path.drop { $0 == "/" }))
        guard !path.isEmpty else { throw HostError(.fileSystem, "the root itself cannot be replaced") }
        let (uid, gid) = try owner(entry.owner)
        func metadata(_ fallback: UInt32) -> ContainedFolder.Metadata {
            .init(mode: UInt32(entry.mode ?? UInt16(fallback)), uid: uid, gid: gid, modified: timestamp)
        }
        switch entry.content {
        case .absent: try root.removeAll(path)
        case .directory:
            try root.makeFolder(path)
            try root.setFolder(path, metadata(0o755))
        case .symlink(let target):
            try refuseFolder(path)
            try root.makeSymlink(path, target: target, metadata(0o777))
        case .text(let text):
            try refuseFolder(path)
            try root.makeFile(path, metadata(0o644), content: Array(text.utf8))
        case .source(let source): try copy(source, to: path, entry.mode.map(UInt32.init), uid, gid)
        }
    }

    /// Copies a file, or a folder with all that is in it. Modes are 0644 and 0755 whatever the host's umask made of
    /// them; `mode` is for files, and folders get the right to enter where it gives the right to read.
    private func copy(
        _ source: String, to path: String, _ mode: UInt32?, _ uid: UInt32, _ gid: UInt32
    ) throws(HostError) {
        var status = stat()
        guard stat(source, &status) == 0 else { throw Files.failure(errno, "cannot read", source) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            try refuseFolder(path)
            return try copyFile(source, status, to: path, mode, uid, gid)
        }
        try root.makeFolder(path)
        let folderMode = mode.map { $0 | ($0 & 0o444) >> 2 } ?? 0o755
        let metadata = ContainedFolder.Metadata(mode: folderMode, uid: uid, gid: gid, modified: timestamp)
        for name in try Files.names(in: source).sorted() where !ignored.contains(name) {
            let (from, to) = ("\(source)/\(name)", "\(path)/\(name)")
            guard lstat(from, &status) == 0 else { throw Files.failure(errno, "cannot read", from) }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try copy(from, to: to, mode, uid, gid)
            case S_IFREG: try copyFile(from, status, to: to, mode, uid, gid)
            case S_IFLNK:
                let target = try Files.linkTarget(from)
                try root.makeSymlink(to, target: target, .init(mode: 0o777, uid: uid, gid: gid, modified: timestamp))
            default: throw HostError(.fileSystem, "'\(from)' is neither a file nor a folder nor a link")
            }
        }
        try root.setFolder(path, metadata)
    }

    private func copyFile(
        _ source: String, _ status: stat, to path: String, _ mode: UInt32?, _ uid: UInt32, _ gid: UInt32
    ) throws(HostError) {
        let mode = mode ?? (status.st_mode & 0o111 != 0 ? 0o755 : 0o644)
        let content = try Files.read(source, limit: 4 << 30)
        try root.makeFile(path, .init(mode: mode, uid: uid, gid: gid, modified: timestamp), content: content)
    }

    private func refuseFolder(_ path: String) throws(HostError) {
        guard try root.occupant(path) == .directory else { return }
        throw HostError(.fileSystem, "'/\(path)' is a folder in the image")
    }

    private func owner(_ text: String?) throws(HostError) -> (UInt32, UInt32) {
        guard let text else { return (0, 0) }
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard let user = parts.first, let uid = owners.user(named: user) else {
            throw HostError(
                .notFound, "there is no user '\(parts.first ?? text)' in the image", hint: "add it to users")
        }
        guard parts.count > 1 else { return (uid, owners.primaryGroup(of: user) ?? uid) }
        guard let gid = owners.group(named: parts[1]) else {
            throw HostError(.notFound, "there is no group '\(parts[1])' in the image")
        }
        return (uid, gid)
    }
}
