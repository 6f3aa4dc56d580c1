import FileTrees
import TreeMeasures

/// Bytes per installed package, from the files that it really has.
enum PackageSizes {
    /// - Parameter files: sizes by path
    static func measure(_ root: String, files: [String: Int64]) throws(HostError) -> [PackageSize] {
        let folder = "\(root)/var/lib/dpkg/info"
        guard Files.exists(folder) else { return [] }
        var sizes: [String: Int64] = [:]
        var counted: Set<String> = []
        for file in try Files.names(in: folder).sorted() where file.hasSuffix(".list") {
            let name = String(file.dropLast(5).split(separator: ":").first ?? "")
            for line in try Files.readText("\(folder)/\(file)").split(separator: "\n") {
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
        _ measure: TreeMeasure, by files: [TreeChanges.File], root: String
    ) throws(HostError) -> TreeMeasure {
        var measure = measure
        for file in files where file.size != file.oldSize {
            let growth = file.size - file.oldSize
            measure.contentSize += growth
            guard let owner = try owner(of: file.path, in: root),
                let index = measure.packageSizes.firstIndex(where: { $0.name == owner })
            else { continue }
            measure.packageSizes[index].bytes += growth
        }
        measure.packageSizes = sorted(measure.packageSizes)
        return measure
    }

    /// The first package, as `measure` counts, whose list names the file.
    private static func owner(of path: String, in root: String) throws(HostError) -> String? {
        let folder = "\(root)/var/lib/dpkg/info"
        guard Files.exists(folder) else { return nil }
        for file in try Files.names(in: folder).sorted() where file.hasSuffix(".list") {
            let text = try Files.readText("\(folder)/\(file)")
            guard text.contains(Files.name(of: path)) else { continue }
            let isNamed = text.split(separator: "\n").contains { FileClaims.merged(String($0.dropFirst())) == path }
            if isNamed { return String(file.dropLast(5).split(separator: ":").first ?? "") }
        }
        return nil
    }

    private static func sorted(_ sizes: [PackageSize]) -> [PackageSize] {
        sizes.sorted { $0.bytes != $1.bytes ? $0.bytes > $1.bytes : $0.name < $1.name }
    }
}
