import HostSystem

/// The files of an image as the booted system would see them: its filesystems, put together by its fstab.
struct ImageTree {
    private(set) var files: [FileRecord] = []
    private var places: [String: (reader: any FilesystemReader, file: FileRecord)] = [:]
    /// Of the disk: which part holds root; nil where none does.
    private(set) var rootPart: DiskContents.Part?

    init(_ disk: DiskContents) throws {
        var trees: [(part: DiskContents.Part, reader: any FilesystemReader, files: [FileRecord])] = []
        for part in disk.parts {
            guard let reader = part.reader else { continue }
            trees.append((part, reader, try reader.files()))
        }
        if disk.isTree {
            rootPart = trees.first?.part
            for tree in trees { add(tree.files, tree.reader, below: "") }
            return
        }
        // Some distributions keep it below usr alone.
        guard
            let root = trees.first(where: { tree in
                tree.files.contains {
                    $0.path == "etc/os-release" || $0.path == "usr/lib/os-release" || $0.path == "etc/fstab"
                }
            })
        else { return }
        rootPart = root.part
        add(root.files, root.reader, below: "")
        guard let table = try text("etc/fstab") else { return }
        for line in table.split(separator: "\n") where !line.hasPrefix("#") {
            let fields = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard fields.count >= 3, fields[1].hasPrefix("/"), fields[1] != "/" else { continue }
            let name = fields[0]
            let mounted = trees.first { tree in
                tree.part.facts.contains { fact in
                    ["UUID=\(fact.value)", "LABEL=\(fact.value)"].contains { $0.lowercased() == name.lowercased() }
                }
            }
            if let mounted { add(mounted.files, mounted.reader, below: String(fields[1].dropFirst())) }
        }
    }

    private mutating func add(_ records: [FileRecord], _ reader: any FilesystemReader, below folder: String) {
        for record in records {
            var file = record
            if !folder.isEmpty { file.path = record.path.isEmpty ? folder : "\(folder)/\(record.path)" }
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
    func below(_ folder: String) -> [FileRecord] { files.filter { $0.path.hasPrefix("\(folder)/") } }

    /// Lines of a file that are neither empty nor comments.
    func lines(_ path: String) throws -> [String] {
        (try text(path) ?? "").split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace)
        }
    }
}
