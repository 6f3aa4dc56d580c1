import ApplianceSpec
import BuildPlanning
import ContentDigest
import FileTrees
import SystemPackage

/// Hashes the files that a spec copies into an image.
enum HostFiles {
    /// The digest of each entry below the folder by its relative path, or of the single file by `.`: of what the image
    /// gets and of nothing else. A digest covers the content, whether it may be executed, and a symbolic link's target.
    ///
    /// - Throws: `SpecError` or `HostError` when something cannot be read.
    static func digests(of path: String) throws -> [String: Digest] {
        var result: [String: Digest] = [:]
        for entry in try SourceTree.entries(of: path) {
            let file = entry.path == "." ? path : "\(path)/\(entry.path)"
            switch entry.kind {
            case .folder: result["\(entry.path)/"] = Digest.of("folder")
            case .symlink(let target): result[entry.path] = Digest.of("link \(target)")
            case .file(let isExecutable):
                do {
                    let content = try Digest.of(file: .init(file))
                    result[entry.path] = Digest.of("file \(content.hex)")
                    if isExecutable { result[entry.path + InputName.executableMark] = Digest.of("executable") }
                } catch {
                    throw Files.failure(error.rawValue, "cannot read", file)
                }
            }
        }
        return result
    }
}
