import BuildPlanning
internal import FileTrees
internal import Glibc
internal import TreeMeasures

/// A root filesystem's tar, divided by what is mounted where: each mount point's tree as a tar of its own.
struct TreeSplit {
    private let archive: RootArchive
    /// Mount points relative to the root (`` for the root itself), the longest first.
    private let mounts: [String]
    /// Of each entry: the mount point whose filesystem holds it.
    private let owners: [String]

    /// - Parameter mounts: absolute paths
    init(_ archive: RootArchive, mounts: [String]) {
        self.archive = archive
        let relative = mounts.map { String($0.dropFirst()) }.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
        self.mounts = relative
        owners = archive.entries.map { entry in
            relative.first { $0.isEmpty || entry.path == $0 || entry.path.hasPrefix("\($0)/") } ?? ""
        }
    }

    /// What each mount point's tree takes.
    func usage() -> [String: TreeUsage] {
        var entries: [String: [RootArchive.Entry]] = [:]
        let byPath = Dictionary(zip(archive.entries.map(\.path), archive.entries.indices), uniquingKeysWith: { $1 })
        for (index, var entry) in archive.entries.enumerated() {
            let owner = owners[index]
            if entry.type == "1", let target = byPath[entry.linkTarget], owners[target] != owner {
                entry.type = "0"
                entry.size = archive.entries[target].size
            }
            entries[owner, default: []].append(entry)
            if entry.path == owner, !owner.isEmpty { entries[parent(of: owner), default: []].append(entry) }
        }
        return Dictionary(
            mounts.map { ("/\($0)", RootArchive.usage(of: entries[$0] ?? [])) }, uniquingKeysWith: { $1 })
    }

    /// The mount point in whose filesystem this one's folder lies.
    private func parent(of mount: String) -> String {
        mounts.first { $0 != mount && ($0.isEmpty || mount.hasPrefix("\($0)/")) } ?? ""
    }

    /// Writes the tree of each mount point as a tar.
    ///
    /// - Parameter paths: by the absolute mount point
    func write(to paths: [String: String]) throws {
        var writers: [String: TarWriter] = [:]
        for (mount, path) in paths { writers[String(mount.dropFirst())] = try TarWriter(path: path) }
        let reader = try ArchiveReader(path: archive.path)
        let contents = open(archive.path, O_RDONLY | O_CLOEXEC)
        guard contents >= 0 else { throw Files.failure(errno, "cannot open", archive.path) }
        defer { close(contents) }
        let byPath = Dictionary(zip(archive.entries.map(\.path), archive.entries.indices), uniquingKeysWith: { $1 })
        for (index, record) in archive.entries.enumerated() {
            guard var entry = try reader.next() else { throw RootArchive.bad(archive.path, "it is cut off") }
            guard try entry.containedPath() == record.path else {
                throw RootArchive.bad(archive.path, "two readers see two archives in it")
            }
            let owner = owners[index]
            if record.path == owner, !owner.isEmpty {
                // The mount point itself: an empty folder here, and the root of what is mounted there.
                try writers[parent(of: owner)]?.add(named(entry, record.path, in: parent(of: owner)))
            }
            var content = record
            if case .hardLink = entry.kind, let target = byPath[record.linkTarget] {
                if owners[target] == owner {
                    entry.kind = .hardLink(target: name(record.linkTarget, in: owner))
                } else {
                    // Two filesystems cannot share a file: each has its own.
                    content = archive.entries[target]
                    entry.kind = .file
                    entry.size = content.size
                }
            }
            guard let writer = writers[owner] else { continue }
            let isFile = entry.kind == .file && entry.size > 0
            if isFile, lseek(contents, off_t(content.offset), SEEK_SET) < 0 {
                throw Files.failure(errno, "cannot read", archive.path)
            }
            try writer.add(named(entry, record.path, in: owner), contentOf: isFile ? contents : nil)
        }
        for writer in writers.values { _ = try writer.finish() }
    }

    private func named(_ entry: ArchiveEntry, _ path: String, in mount: String) -> ArchiveEntry {
        var entry = entry
        entry.path = name(path, in: mount)
        return entry
    }

    private func name(_ path: String, in mount: String) -> String {
        let relative = mount.isEmpty ? path : String(path.dropFirst(mount.count).drop { $0 == "/" })
        return relative.isEmpty ? "." : "./\(relative)"
    }
}
