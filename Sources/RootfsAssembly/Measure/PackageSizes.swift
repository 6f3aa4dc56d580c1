import BuildPlanning
import HostSystem

/// Bytes per installed package, from the files that it really has.
enum PackageSizes {
    /// - Parameter files: sizes by path
    static func measure(_ root: String, files: [String: Int64]) throws(HostError) -> [RootFilesystem.PackageSize] {
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
        return sizes.map { RootFilesystem.PackageSize(name: $0.key, bytes: $0.value) }.sorted {
            $0.bytes != $1.bytes ? $0.bytes > $1.bytes : $0.name < $1.name
        }
    }
}
