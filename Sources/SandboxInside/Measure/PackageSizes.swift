import FileTrees
import TreeMeasures

/// Bytes per installed package, from the files that it really has.
enum PackageSizes {
    /// - Parameter files: sizes by path
    static func measure(_ tree: LayeredTree, files: [String: Int64]) throws(HostError) -> [PackageSize] {
        var sizes: [String: Int64] = [:]
        var counted: Set<String> = []
        for (name, place) in try lists(in: tree) {
            for line in try text(place).split(separator: "\n") {
                // A list may name a path through /lib or through /usr/lib.
                let path = FileClaims.merged(String(line.dropFirst()))
                guard let size = files[path], counted.insert(path).inserted else { continue }
                sizes[name, default: 0] += size
            }
        }
        return sorted(sizes.map { PackageSize(name: $0.key, bytes: $0.value) })
    }

    /// The measure of a tree in which only those files have other sizes.
    static func adjusted(
        _ measure: TreeMeasure, by files: [TreeChanges.File], tree: LayeredTree
    ) throws(HostError) -> TreeMeasure {
        var measure = measure
        for file in files where file.size != file.oldSize {
            let growth = file.size - file.oldSize
            measure.contentSize += growth
            guard let owner = try owner(of: file.path, in: tree),
                let index = measure.packageSizes.firstIndex(where: { $0.name == owner })
            else { continue }
            measure.packageSizes[index].bytes += growth
        }
        measure.packageSizes = sorted(measure.packageSizes)
        return measure
    }

    /// The first package, as `measure` counts, whose list names the file.
    private static func owner(of path: String, in tree: LayeredTree) throws(HostError) -> String? {
        for (name, place) in try lists(in: tree) {
            let text = try text(place)
            guard text.contains(Files.name(of: path)) else { continue }
            let isNamed = text.split(separator: "\n").contains { FileClaims.merged(String($0.dropFirst())) == path }
            if isNamed { return name }
        }
        return nil
    }

    /// The packages, each with the place of dpkg's list of its files.
    private static func lists(in tree: LayeredTree) throws(HostError) -> [(package: String, place: String)] {
        try tree.files(in: "var/lib/dpkg/info").filter { $0.name.hasSuffix(".list") }
            .map { (String($0.name.dropLast(5).split(separator: ":").first ?? ""), $0.place) }
    }

    private static func text(_ place: String) throws(HostError) -> String {
        String(decoding: try Files.read(place, isSilent: true), as: UTF8.self)
    }

    private static func sorted(_ sizes: [PackageSize]) -> [PackageSize] {
        sizes.sorted { $0.bytes != $1.bytes ? $0.bytes > $1.bytes : $0.name < $1.name }
    }
}
