import HostSystem

/// The files of an image as the booted system would see them: its filesystems, put together by its fstab.
struct ImageTree {
    private(set) var files: [FileRecord] = []
    private var places: [String: (reader: any FilesystemReader, file: FileRecord)] = [:]
    /// Of the disk: which part holds root; nil where none does.
    private(set) var rootPart: DiskContents.Part?

    /// What lies on filesystems that the system does not mount; their paths begin with `partition 2:/`.
    private(set) var unmounted: [FileRecord] = []
    /// Parts that hold files, and of which none was read: `partition 3 (crypto_LUKS)`.
    private(set) var unread: [String] = []

    private struct Tree {
        var part: DiskContents.Part
        var reader: any FilesystemReader
        var files: [FileRecord]
        /// What of it is mounted; an empty name for all of it.
        var mounted: [String] = []
    }

    init(_ disk: DiskContents) throws {
        var trees: [Tree] = []
        for part in disk.parts {
            guard let reader = part.reader else { continue }
            trees.append(Tree(part: part, reader: reader, files: try reader.files()))
        }
        if disk.isTree {
            rootPart = trees.first?.part
            for tree in trees { add(tree.files, tree.reader, below: "") }
            return
        }
        if let system = disk.system {
            add(try system.files(), system, below: "")
            let name = try mounts().first { $0.path == "/" }?.device ?? ""
            rootPart = disk.parts.first { Self.isNamed(name, $0) }
            return
        }
        try mount(&trees)
        for tree in trees where !tree.mounted.contains("") { addUnmounted(tree) }
        let hasVolumes = disk.parts.contains { !$0.deviceNames.isEmpty }
        for part in disk.parts where part.isUnread && !(hasVolumes && part.type == DiskContents.physicalVolume) {
            unread.append("\(part.title) (\(part.type ?? "unknown"))")
        }
    }

    /// Puts the filesystems together, as fstab says.
    private mutating func mount(_ trees: inout [Tree]) throws {
        // Some distributions keep it below usr alone.
        let marks: Set<String> = ["etc/os-release", "usr/lib/os-release", "etc/fstab"]
        var folder = ""
        var found = trees.firstIndex { tree in tree.files.contains { marks.contains($0.path) } }
        if found == nil {
            // Of Btrfs root is often a subvolume: a folder of what is on the disk.
            let folders = trees.map { $0.part.type == "btrfs" ? Self.subvolume(in: $0.files, marks) : nil }
            found = folders.firstIndex { $0 != nil }
            folder = found.flatMap { folders[$0] } ?? ""
        }
        guard let root = found else { return }
        rootPart = trees[root].part
        trees[root].mounted.append(folder)
        add(trees[root].files, trees[root].reader, from: folder, below: "")
        for mount in try mounts() where mount.path != "/" {
            guard let index = trees.firstIndex(where: { Self.isNamed(mount.device, $0.part) }) else { continue }
            let subvolume = mount.options.split(separator: ",").first { $0.hasPrefix("subvol=") }?.dropFirst(7)
            let from = subvolume.map { String($0.drop { $0 == "/" }) } ?? ""
            trees[index].mounted.append(from)
            add(trees[index].files, trees[index].reader, from: from, below: String(mount.path.dropFirst()))
        }
    }

    /// The folder nearest to the top that a system's root is in.
    private static func subvolume(in files: [FileRecord], _ marks: Set<String>) -> String? {
        files.compactMap { file -> String? in
            guard let mark = marks.first(where: { file.path.hasSuffix("/" + $0) }) else { return nil }
            return String(file.path.dropLast(mark.utf8.count + 1))
        }.min { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    }

    private struct Mount {
        var device: String
        var path: String
        var options: String
    }

    private func mounts() throws -> [Mount] {
        try lines("etc/fstab").compactMap { line in
            let fields = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard fields.count >= 3, fields[1].hasPrefix("/") else { return nil }
            return Mount(device: fields[0], path: fields[1], options: fields.count > 3 ? fields[3] : "")
        }
    }

    private static func isNamed(_ device: String, _ part: DiskContents.Part) -> Bool {
        if part.deviceNames.contains(device) { return true }
        let name = device.replacing("\"", with: "").lowercased()
        return part.facts.contains { fact in
            ["UUID=\(fact.value)", "LABEL=\(fact.value)", "/dev/disk/by-uuid/\(fact.value)"].contains {
                $0.lowercased() == name
            }
        } || part.entry?.id.map { "partuuid=\($0.lowercased())" == name } == true
    }

    private mutating func addUnmounted(_ tree: Tree) {
        let title = tree.part.deviceNames.first ?? tree.part.title
        for record in tree.files where !record.path.isEmpty {
            guard !tree.mounted.contains(where: { record.path.hasPrefix($0 + "/") }) else { continue }
            var file = record
            file.path = "\(title):/\(record.path)"
            guard places[file.path] == nil else { continue }
            unmounted.append(file)
            places[file.path] = (tree.reader, record)
        }
    }

    /// - Parameters:
    ///   - from: the folder of the filesystem that is mounted; empty for all of it
    ///   - folder: where it is mounted
    private mutating func add(
        _ records: [FileRecord], _ reader: any FilesystemReader, from: String = "", below folder: String
    ) {
        for record in records {
            var file = record
            if !from.isEmpty {
                guard record.path.hasPrefix(from + "/") else { continue }
                file.path = String(record.path.dropFirst(from.utf8.count + 1))
            }
            if !folder.isEmpty { file.path = file.path.isEmpty ? folder : "\(folder)/\(file.path)" }
            guard !file.path.isEmpty else { continue }
            if places[file.path] == nil { files.append(file) }
            places[file.path] = (reader, record)
        }
    }

    var isEmpty: Bool { files.isEmpty }

    subscript(path: String) -> FileRecord? {
        places[path].map { place in
            var file = place.file
            file.path = path
            return file
        }
    }

    /// At most `limit` bytes of a file; nil where it is not there, or is no file.
    func bytes(_ path: String, limit: Int = 1 << 20) throws -> [UInt8]? {
        guard let place = places[path], place.file.kind == .file else { return nil }
        return try place.reader.content(of: place.file, at: 0, Int(min(Int64(limit), place.file.size)))
    }

    func text(_ path: String) throws -> String? {
        try bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// What lies in a folder, at any depth.
    func below(_ folder: String) -> [FileRecord] {
        let start = "\(folder)/"
        return files.filter { $0.path.hasPrefix(start) }
    }

    /// Lines of a file that are neither empty nor comments.
    func lines(_ path: String) throws -> [String] {
        (try text(path) ?? "").split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace)
        }
    }
}
