import FileTrees

/// Compares the files of two filesystems.
struct FileComparison {
    let partition: Int
    let a: any FilesystemReader
    let b: any FilesystemReader
    let cancelled: CancellationFlag

    private static let step = 4 << 20

    /// Merges two lists that are sorted by path.
    func run(_ left: [FileRecord], _ right: [FileRecord]) throws -> [ImageDifference.File] {
        var result: [ImageDifference.File] = []
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            try cancelled.check()
            if j == right.count || i < left.count && isBefore(left[i], right[j]) {
                result.append(single(left[i], .removed))
                i += 1
            } else if i == left.count || isBefore(right[j], left[i]) {
                result.append(single(right[j], .added))
                j += 1
            } else {
                if let change = try change(left[i], right[j]) { result.append(change) }
                i += 1
                j += 1
            }
        }
        return result
    }

    private func isBefore(_ a: FileRecord, _ b: FileRecord) -> Bool {
        a.path.precedesBytewise(b.path)
    }

    private func single(_ file: FileRecord, _ change: ImageDifference.Change) -> ImageDifference.File {
        let size = file.kind == .file ? file.size : nil
        return ImageDifference.File(
            partition: partition, path: "/\(file.path)", change: change, kind: file.kind,
            sizeA: change == .removed ? size : nil, sizeB: change == .added ? size : nil, fields: [],
            contentOffset: nil)
    }

    private func change(_ a: FileRecord, _ b: FileRecord) throws -> ImageDifference.File? {
        var fields: [ImageDifference.Field] = []
        func add(_ name: String, _ a: String?, _ b: String?) {
            if a != b { fields.append(.init(name, a, b)) }
        }
        add("type", a.kind.rawValue, b.kind.rawValue)
        if a.kind != .symlink || b.kind != .symlink { add("mode", Self.octal(a.mode), Self.octal(b.mode)) }
        add("owner", "\(a.uid):\(a.gid)", "\(b.uid):\(b.gid)")
        if a.kind == .file || b.kind == .file { add("size", "\(a.size)", "\(b.size)") }
        add("target", a.target, b.target)
        // A directory's count says what the list of files says.
        if a.kind != .directory { add("links", "\(a.links)", "\(b.links)") }
        for name in Set(a.attributes.keys).union(b.attributes.keys).sorted() {
            add("attribute \(name)", a.attributes[name], b.attributes[name])
        }
        let offset = a.kind == .file && b.kind == .file ? try contentDifference(a, b) : nil
        if let offset { fields.append(.init("content", "byte \(offset)", nil)) }
        if a.modified != b.modified { add("modified", DiskTime.text(a.modified), DiskTime.text(b.modified)) }
        guard !fields.isEmpty else { return nil }
        // What differs in the content is told by its place.
        return ImageDifference.File(
            partition: partition, path: "/\(a.path)", change: .changed, kind: a.kind,
            sizeA: a.kind == .file ? a.size : nil, sizeB: b.kind == .file ? b.size : nil,
            fields: fields.filter { $0.name != "content" }, contentOffset: offset)
    }

    private func contentDifference(_ left: FileRecord, _ right: FileRecord) throws -> Int64? {
        if let one = left.digest, let other = right.digest, one == other { return nil }
        var position: Int64 = 0
        let end = min(left.size, right.size)
        while position < end {
            try cancelled.check()
            let count = Int(min(Int64(Self.step), end - position))
            let (one, other) = (
                try a.content(of: left, at: position, count), try b.content(of: right, at: position, count)
            )
            if let index = ByteComparison.firstDifference(one, other) { return position + Int64(index) }
            position += Int64(count)
        }
        return left.size == right.size ? nil : end
    }

    private static func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
