import Diagnostics
import FoundationEssentials

/// Paths on the machine that compiles, as text: what a spec names is relative to the file that names it.
struct HostPaths: Sendable {
    /// Absolute; what relative paths of the user are relative to.
    let workingDirectory: String

    enum Kind { case file, folder, missing, other }

    /// The path from the root, without `.` and `..`.
    func absolute(_ path: String, in folder: String? = nil) -> String {
        let joined = path.hasPrefix("/") ? path : (folder ?? workingDirectory) + "/" + path
        var parts: [Substring] = []
        for part in joined.split(separator: "/") where part != "." {
            if part == ".." { parts = parts.dropLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// As the user would type it: relative to the working directory where it lies below it.
    func shown(_ path: String) -> String {
        let prefix = workingDirectory == "/" ? "/" : workingDirectory + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }

    /// The folder of a file that has been read.
    func folder(of file: SourceFile) -> String { HostPaths.folder(of: absolute(file.path)) }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    func kind(of path: String) -> Kind {
        // Through symbolic links: what they lead to is what would be read.
        let resolved = URL(filePath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: resolved)
        return switch attributes?[.type] as? FileAttributeType {
        case .typeRegular: .file
        case .typeDirectory: .folder
        case nil: .missing
        default: .other
        }
    }

    /// `did you mean 'hello'?`, from what lies in the same folder.
    func suggestion(forMissing path: String, as written: String) -> String? {
        let folder = HostPaths.folder(of: path)
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
        let wanted = HostPaths.name(of: path)
        guard let name = nearest(wanted, in: names) else { return nil }
        let writtenFolder = written.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return "did you mean '\((writtenFolder + [Substring(name)]).joined(separator: "/"))'?"
    }
}
