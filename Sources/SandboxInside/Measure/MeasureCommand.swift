import FileTrees
import FoundationEssentials
import TreeMeasures

/// `measure ORDER`: measures a tree that lies in layers, and copies some of its files. The order is a file, with a
/// `MeasureOrder` as JSON.
enum MeasureCommand {
    static func run(_ arguments: [String]) throws {
        guard let file = arguments.first else {
            throw HostError(.unsupported, "measure: wrong arguments")
        }
        let order = try JSONDecoder().decode(MeasureOrder.self, from: Data(try Files.read(file)))
        print(String(decoding: try JSONEncoder().encode(try answer(order)), as: UTF8.self))
    }

    private static func answer(_ order: MeasureOrder) throws(HostError) -> MeasureAnswer {
        let tree = LayeredTree(order.layers + [order.upper])
        let wanted = Set(order.paths)
        if let previous = order.previous {
            let comparison = TreeComparison(timestamp: order.timestamp, fixed: wanted)
            try Files.makeFolder(order.changes)
            if let files = try comparison.changes(from: previous.upper, to: order.upper, copyingTo: order.changes) {
                let copies = order.paths.filter { Files.exists("\(previous.assets)/\($0)") }
                try copy(copies.map { ($0, "\(previous.assets)/\($0)") }, to: order.assets)
                return MeasureAnswer(
                    measure: try PackageSizes.adjusted(previous.measure, by: files, tree: tree), changes: files)
            }
        }
        let (measure, files) = try measure(tree, noting: wanted)
        var copies: [(path: String, source: String)] = []
        for (path, name) in files {
            guard let source = try tree.place(of: name) else { throw HostError(.notFound, "'/\(name)' has gone") }
            copies.append((path, source))
        }
        try copy(copies, to: order.assets)
        return MeasureAnswer(measure: measure, changes: nil)
    }

    private static func copy(_ files: [(path: String, source: String)], to folder: String) throws(HostError) {
        for (path, source) in files {
            try Files.makeFolder(Files.folder(of: "\(folder)/\(path)"))
            try Files.write(try Files.read(source), to: "\(folder)/\(path)")
        }
    }

    /// - Parameter wanted: paths
    /// - Returns: also which of those are files, by the name under which each was met first. The walk has reached them
    ///   without following a link, so they lie in the root.
    static func measure(
        _ tree: LayeredTree, noting wanted: Set<String> = []
    ) throws(HostError) -> (TreeMeasure, files: [String: String]) {
        var counter = TreeUsage.Counter()
        var sizes: [String: Int64] = [:]
        var (contentSize, entryCount) = (Int64(0), 0)
        var kernels: [String] = []
        var boot: [String] = []
        var attributes: [TreeMeasure.ExtendedAttribute] = []
        var files: [String: String] = [:]
        var walker = TreeWalker(clampingTimesTo: 0)
        walker.opensFiles = false
        try walker.walk(tree) { (entry, _) throws(HostError) in
            entryCount += 1
            var size = entry.size
            let kind: TreeUsage.Counter.Kind
            switch entry.kind {
            case .file:
                kind = .file
                sizes[entry.path] = size
                contentSize += size
                if wanted.contains(entry.path) { files[entry.path] = entry.path }
            case .directory: kind = .directory
            case .hardLink(let target):
                kind = .hardLink
                if wanted.contains(entry.path) { files[entry.path] = target }
            case .symlink(let target):
                kind = .symlink
                size = Int64(target.utf8.count)
            default: kind = .other
            }
            counter.add(entry.path, kind, size: size, hasAttributes: !entry.attributes.isEmpty)
            if entry.path.hasPrefix("boot/") {
                if entry.path.hasPrefix("boot/vmlinuz-") { kernels.append(String(entry.path.dropFirst(13))) }
                if !entry.path.hasPrefix("boot/grub/") { boot.append(entry.path) }
            }
            for attribute in entry.attributes where attribute.name != "security.capability" {
                attributes.append(.init(path: entry.path, name: attribute.name, value: attribute.value))
            }
        }
        let measure = TreeMeasure(
            contentSize: contentSize, entryCount: entryCount,
            kernel: kernels.max { DebianVersion.compare($0, $1) < 0 } ?? "",
            packageSizes: try PackageSizes.measure(tree, files: sizes), usage: counter.usage, boot: boot,
            attributes: attributes)
        return (measure, files)
    }
}
