package import FileTrees

/// A .deb (deb(5)): an ar archive of `debian-binary`, `control.tar.*` and `data.tar.*`, read once from front to end.
package final class DebianPackage {
    let path: String
    private let archive: ArchiveReader

    package init(path: String, descriptor: Int32? = nil) throws(HostError) {
        self.path = path
        archive = try ArchiveReader(path: path, descriptor: descriptor)
    }

    /// The files of the control archive by their names.
    package func control() throws(HostError) -> ControlFiles {
        guard let first = try archive.next(), first.path == "debian-binary" else { throw malformed("no debian-binary") }
        let format = String(decoding: try archive.readAll(limit: 1024), as: UTF8.self)
        guard format.hasPrefix("2.") else { throw malformed("format '\(format.prefix(8))' is not 2.x") }
        let member = try member("control.tar")
        let reader = try ArchiveReader(inside: archive, name: member)
        var files: [String: [UInt8]] = [:]
        while let entry = try reader.next() {
            let name = try entry.containedPath()
            guard entry.kind == .file, !name.isEmpty else { continue }
            guard !name.contains("/") else { throw malformed("'\(name)' in its control archive") }
            files[name] = try reader.readAll()
        }
        guard let text = files["control"] else { throw malformed("no control file") }
        let stanza = ControlStanza(String(decoding: text, as: UTF8.self))
        guard let name = stanza["Package"], let version = stanza["Version"], let architecture = stanza["Architecture"],
            Self.isName(name), Self.isName(architecture)
        else { throw malformed("its control file lacks Package, Version or Architecture") }
        return ControlFiles(
            name: name, version: version, architecture: architecture, stanza: stanza, files: files)
    }

    /// The data archive; called once, after `control`.
    ///
    /// - Parameter copy: gets the decompressed archive as it is read
    func data(copyingTo copy: StreamCompressor? = nil) throws(HostError) -> ArchiveReader {
        try ArchiveReader(inside: archive, name: try member("data.tar"), copyingTo: copy)
    }

    /// Skips to the member, and whatever begins with `_` before it, as deb(5) says.
    private func member(_ stem: String) throws(HostError) -> String {
        while let entry = try archive.next() {
            if entry.path == stem || entry.path.hasPrefix("\(stem).") { return entry.path }
            guard entry.path.hasPrefix("_") else { break }
        }
        throw malformed("no \(stem)")
    }

    private func malformed(_ what: String) -> HostError {
        HostError(.archive, "'\(path)' is not a Debian package: \(what)")
    }

    /// A name that is safe as part of a file name.
    package static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first != 45, first != 46 else { return false }
        return text.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "+-._".utf8.contains($0)
        }
    }
}

/// What a package says of itself.
package struct ControlFiles: Sendable {
    package let name: String
    package let version: String
    package let architecture: String
    package let stanza: ControlStanza
    /// The control archive's files: maintainer scripts, `md5sums`, `conffiles`, `triggers`, …
    package let files: [String: [UInt8]]

    package var isEssential: Bool { stanza["Essential"] == "yes" }
    var isMultiArchSame: Bool { stanza["Multi-Arch"] == "same" }
    /// What dpkg calls it where a bare name might mean several: `libc6:amd64`.
    package var unambiguousName: String { isMultiArchSame ? "\(name):\(architecture)" : name }

    package func text(_ file: String) -> String? { files[file].map { String(decoding: $0, as: UTF8.self) } }

    /// One line of `conffiles` (deb-conffiles(5)).
    struct Conffile: Sendable, Equatable {
        /// Without its first `/`.
        var path: String
        /// The package has it no more: it is only named so that an upgrade removes it.
        var isRemoved: Bool
    }

    var conffiles: [Conffile] {
        (text("conffiles") ?? "").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let path = words.last, path.hasPrefix("/") else { return nil }
            return Conffile(path: String(path.dropFirst()), isRemoved: words.first == "remove-on-upgrade")
        }
    }
}

extension String {
    package func trimmingSpaces() -> String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        while text.first?.isWhitespace == true { text.removeFirst() }
        return String(text)
    }
}
