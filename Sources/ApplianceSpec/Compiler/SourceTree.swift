package import Diagnostics
import FoundationEssentials
import Glibc

/// One entry below a folder that a spec copies into the image.
package struct SourceTreeEntry: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case file(isExecutable: Bool)
        case folder
        case symlink(target: String)
    }

    /// Relative to the tree's root; `.` for the root itself.
    package var path: String
    package var kind: Kind

    package init(path: String, kind: Kind) {
        self.path = path
        self.kind = kind
    }
}

/// What belongs to a folder (or is a single file) that a spec names: the image gets these entries, and the digests of
/// build steps are taken of them, so that both see the same.
package enum SourceTree {
    /// Left behind: what version control, Python and editors leave lying about.
    package static let ignoredNames: Set<String> = [
        ".git", ".hg", ".svn", "__pycache__", ".venv", "venv", ".pytest_cache", ".mypy_cache", ".DS_Store",
    ]
    /// Left behind too: names that end so.
    package static let ignoredSuffixes = [".pyc", "~", ".swp"]

    private static func isIgnored(_ name: String) -> Bool {
        ignoredNames.contains(name) || ignoredSuffixes.contains { name.hasSuffix($0) }
    }

    /// The tree at an absolute path, the root first, then sorted by path. Symbolic links are entries of their own and
    /// are not followed, but for the root.
    ///
    /// - Throws: `SpecError` for what cannot be read, and for sockets, devices and FIFOs.
    package static func entries(of root: String) throws(SpecError) -> [SourceTreeEntry] {
        let resolved = URL(filePath: root).resolvingSymlinksInPath().path
        let kind = try kind(of: resolved)
        var entries = [SourceTreeEntry(path: ".", kind: kind)]
        if kind == .folder { try collect(resolved, "", into: &entries) }
        return entries.sorted { ($0.path == "." ? "" : $0.path) < ($1.path == "." ? "" : $1.path) }
    }

    private static func collect(
        _ root: String, _ folder: String, into entries: inout [SourceTreeEntry]
    ) throws(SpecError) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")
        } catch {
            throw SpecError(.unreadable, "the folder '\(root)/\(folder)' cannot be read: \(error)")
        }
        for name in names where !isIgnored(name) {
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            let kind = try kind(of: "\(root)/\(path)")
            entries.append(SourceTreeEntry(path: path, kind: kind))
            if kind == .folder { try collect(root, path, into: &entries) }
        }
    }

    private static func kind(of path: String) throws(SpecError) -> SourceTreeEntry.Kind {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw SpecError(.unreadable, "'\(path)' cannot be read: \(String(cString: strerror(errno)))")
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .folder
        case S_IFREG: return .file(isExecutable: status.st_mode & 0o111 != 0)
        case S_IFLNK:
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
                throw SpecError(.unreadable, "the symbolic link '\(path)' cannot be read")
            }
            return .symlink(target: target)
        default: throw SpecError(.unsupported, "'\(path)' is not a file, folder or symbolic link")
        }
    }

    /// `hello` for `hello.py`, `shop.wsgi` for `shop/wsgi.py`, `shop` for `shop/__init__.py`.
    static func pythonModules(in root: String) -> [String] {
        guard let entries = try? entries(of: root) else { return [] }
        return entries.compactMap { entry in
            guard case .file = entry.kind, entry.path.hasSuffix(".py") else { return nil }
            var parts = entry.path.dropLast(3).split(separator: "/")
            if parts.last == "__init__" { parts.removeLast() }
            return parts.isEmpty ? nil : parts.joined(separator: ".")
        }
    }
}

/// What can go wrong with the files that a compiled spec names, when they are read again.
package struct SpecError: Failure, CustomStringConvertible {
    package enum Code: String, Sendable {
        case unreadable = "unreadable-file"
        case unsupported = "unsupported-file"
    }

    package var code: Code
    package var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
    package var diagnostics: [Diagnostic] { [Diagnostic(code: code.rawValue, message)] }
    package var exitCode: ExitCode { .inputWrong }
}

extension Appliance {
    /// The files and folders of this machine that the spec copies into the image, by absolute path, each once: what a
    /// change of makes another image. Their entries are `SourceTree.entries(of:)`.
    package var hostSources: [String] {
        let paths = files.compactMap { entry -> String? in
            guard case .source(let path) = entry.content else { return nil }
            return path
        }
        return Set(paths).sorted()
    }
}
