import BuildPlanning
import ContentDigest
import FoundationEssentials
import HostSystem

/// What `stonebake internal pack` answers on standard output.
struct PackSummary: Codable, Sendable {
    var digest: Digest
    /// Bytes of the files' contents.
    var contentSize: Int64
    var entryCount: Int
    var kernel: String?
    var packageSizes: [RootFilesystem.PackageSize]
}

/// `stonebake internal pack OUTPUT TIMESTAMP`: writes the root in `STONEBAKE_ROOT` as one tar, and measures it.
enum PackCommand {
    static func run(_ arguments: [String], environment: [String: String]) throws {
        guard arguments.count == 2, let timestamp = Int64(arguments[1]), let root = environment[Sandbox.rootVariable]
        else { throw HostError(.unsupported, "internal pack: wrong arguments") }
        try Archives.prepare()
        let summary = try pack(root, to: arguments[0], timestamp: timestamp)
        print(String(decoding: try JSONEncoder().encode(summary), as: UTF8.self))
    }

    static func pack(_ root: String, to output: String, timestamp: Int64) throws(HostError) -> PackSummary {
        let writer = try TarWriter(path: output)
        var sizes: [String: Int64] = [:]
        var (contentSize, entryCount) = (Int64(0), 0)
        var kernels: [String] = []
        try TreeWalker(clampingTimesTo: timestamp).walk(root) { (entry, descriptor) throws(HostError) in
            if entry.kind == .file {
                sizes[entry.path] = entry.size
                contentSize += entry.size
            }
            if entry.path.hasPrefix("boot/vmlinuz-") { kernels.append(String(entry.path.dropFirst(13))) }
            entryCount += 1
            var named = entry
            named.path = entry.path.isEmpty ? "./" : "./\(entry.path)"
            if case .hardLink(let target) = entry.kind { named.kind = .hardLink(target: "./\(target)") }
            try writer.add(named, contentOf: descriptor)
        }
        return PackSummary(
            digest: try writer.finish().digest, contentSize: contentSize, entryCount: entryCount,
            kernel: kernels.max { DebianVersion.compare($0, $1) < 0 },
            packageSizes: try PackageSizes.measure(root, files: sizes))
    }
}

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
