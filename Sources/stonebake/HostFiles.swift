import ContentDigest
import Foundation
import HostSystem
import SystemPackage

/// Hashes the files that a spec copies into an image.
enum HostFiles {
    /// The digest of each file below the folder by its relative path, or of the single file by `.`. A digest covers
    /// the content, whether it may be executed, and a symbolic link's target.
    ///
    /// - Throws: `HostError` when something cannot be read.
    static func digests(of path: String) throws(HostError) -> [String: Digest] {
        var result: [String: Digest] = [:]
        try add(path, as: ".", to: &result)
        return result
    }

    private static func add(_ path: String, as relative: String, to result: inout [String: Digest]) throws(HostError) {
        var info = stat()
        guard lstat(path, &info) == 0 else { throw Files.failure(errno, "cannot read", path) }
        switch info.st_mode & S_IFMT {
        case S_IFDIR:
            let names = try Files.names(in: path)
            if names.isEmpty { result[relative == "." ? "./" : "\(relative)/"] = Digest.of("folder") }
            for name in names {
                try add("\(path)/\(name)", as: relative == "." ? name : "\(relative)/\(name)", to: &result)
            }
        case S_IFLNK:
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            let count = readlink(path, &buffer, Int(PATH_MAX))
            guard count >= 0 else { throw Files.failure(errno, "cannot read the link", path) }
            let target = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            result[relative] = Digest.of("link \(target)")
        case S_IFREG:
            do {
                let content = try Digest.of(file: .init(path))
                result[relative] = Digest.of("file \(content.hex) \(info.st_mode & 0o111 != 0 ? "executable" : "plain")")
            } catch {
                throw Files.failure(error.rawValue, "cannot read", path)
            }
        default:
            throw HostError(.fileSystem, "'\(path)' is neither a file, a folder nor a link")
        }
    }
}
