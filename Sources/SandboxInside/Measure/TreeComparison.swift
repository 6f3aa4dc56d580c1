import FileTrees
import TreeMeasures

/// Compares what one run of the configuration step wrote on top of the packages with what the last one did. Where only the
/// contents of a few files differ, the disk need not be made anew: see `TreeChanges`.
struct TreeComparison {
    /// To which times are clamped in both; seconds since 1970.
    let timestamp: Int64
    /// Where a disk looks into, or what it is judged by: a difference in there counts as a large one.
    let fixed: Set<String>

    /// More, or larger ones, are better written as a whole.
    private static let mostFiles = 200
    private static let mostBytes: Int64 = 64 << 20

    /// - Parameters:
    ///   - folder: takes the new contents, by numbers
    /// - Returns: nil when they differ in more than the contents of a few files.
    func changes(from old: String, to new: String, copyingTo folder: String) throws(HostError) -> [TreeChanges.File]? {
        let (before, now) = (try entries(old), try entries(new))
        guard before.count == now.count else { return nil }
        var files: [TreeChanges.File] = []
        var bytes: Int64 = 0
        for (was, entry) in zip(before, now) {
            var same = was
            same.size = entry.size
            guard same == entry else { return nil }
            guard entry.kind == .file else { continue }
            let (source, path) = ("\(new)/\(entry.path)", entry.path)
            if was.size == entry.size, try isSame("\(old)/\(path)", source) { continue }
            bytes += entry.size
            guard Self.blocks(was.size) == Self.blocks(entry.size), entry.size > 0, !fixed.contains(path),
                !path.hasPrefix("boot/"), files.count < Self.mostFiles, bytes <= Self.mostBytes
            else { return nil }
            let content = "\(folder)/\(files.count)"
            try Files.write(try Files.read(source), to: content)
            files.append(.init(path: path, content: content, oldSize: was.size, size: entry.size))
        }
        return files
    }

    private static func blocks(_ size: Int64) -> Int64 {
        (size + Ext4Geometry.blockSize - 1) / Ext4Geometry.blockSize
    }

    private func entries(_ root: String) throws(HostError) -> [ArchiveEntry] {
        var entries: [ArchiveEntry] = []
        var walker = TreeWalker(clampingTimesTo: timestamp)
        walker.opensFiles = false
        // What an overlay hides below is part of what a layer says.
        walker.tellsOverlayMarks = true
        try walker.walk(root) { (entry, _) throws(HostError) in entries.append(entry) }
        return entries
    }

    private func isSame(_ left: String, _ right: String) throws(HostError) -> Bool {
        try Files.read(left) == Files.read(right)
    }
}
