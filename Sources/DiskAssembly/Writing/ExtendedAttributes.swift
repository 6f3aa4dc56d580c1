import BuildPlanning
import HostSystem
import TreeMeasures

/// The extended attributes that mke2fs leaves behind: of those in a tar it takes `security.capability` alone. debugfs
/// (e2fsprogs) sets the others in the finished filesystem.
struct ExtendedAttributes {
    let items: [TreeMeasure.ExtendedAttribute]

    init(items: [TreeMeasure.ExtendedAttribute]) { self.items = items }

    init(_ entries: [RootArchive.Entry]) {
        items = entries.flatMap { entry in
            entry.attributes.sorted { $0.key < $1.key }.compactMap { name, value in
                name == "security.capability" ? nil : .init(path: entry.path, name: name, value: value)
            }
        }
    }

    /// A debugfs(8) request per attribute; the values lie in `folder`, numbered.
    ///
    /// - Throws: `DiskError.badTree` for a name that a request cannot hold.
    func requests(folder: String) throws(DiskError) -> String {
        var lines: [String] = []
        for (index, item) in items.enumerated() {
            guard !(item.path + item.name).unicodeScalars.contains(where: { $0 == "\"" || $0.value < 32 }) else {
                throw DiskError(.badTree, "the extended attribute \(item.name) of '/\(item.path)' cannot be written")
            }
            lines.append("ea_set -f \(folder)/value-\(index) \"/\(item.path)\" \(item.name)")
        }
        return lines.map { "\($0)\n" }.joined()
    }
}
