internal import ContentDigest
package import FileTrees
internal import FoundationEssentials

/// A project's page in a Python package index: its files and where they lie (PEP 691 as JSON, PEP 503 as HTML).
package struct SimpleIndex: Sendable {
    package struct File: Sendable, Equatable {
        /// `flask-3.1.2-py3-none-any.whl`.
        package var name: String
        /// Absolute.
        package var url: String
        /// Hexadecimal; nil where the index does not say.
        package var sha256: String?
    }

    package var files: [File]

    /// The project's name as pages are named (PEP 503): lower case, runs of `-`, `_` and `.` as one `-`.
    package static func normalized(_ name: String) -> String {
        var text = ""
        for character in name.lowercased() {
            let isSeparator = character == "-" || character == "_" || character == "."
            if !isSeparator { text.append(character) } else if !text.hasSuffix("-") { text.append("-") }
        }
        return text
    }

    /// Reads a page, as whichever of the two it is.
    ///
    /// - Parameter url: where it was found; links in it are relative to that.
    /// - Throws: `HostError.download` when it is neither.
    package init(page: String, contentType: String?, url: String) throws(HostError) {
        let isJSON = contentType.map { $0.contains("json") } ?? page.hasPrefix("{")
        files = isJSON ? try Self.files(inJSON: page, url) : Self.files(inHTML: page, url)
    }

    private struct Page: Decodable {
        struct Entry: Decodable {
            var filename: String
            var url: String
            var hashes: [String: String]?
        }

        var files: [Entry]
    }

    private static func files(inJSON page: String, _ base: String) throws(HostError) -> [File] {
        do {
            return try JSONDecoder().decode(Page.self, from: Data(page.utf8)).files.map { entry in
                File(name: entry.filename, url: absolute(entry.url, base), sha256: entry.hashes?["sha256"])
            }
        } catch {
            throw HostError(.download, "the package index page \(base) cannot be read: \(error)")
        }
    }

    /// `<a href="…#sha256=…">name</a>`, in any order of attributes.
    private static func files(inHTML page: String, _ base: String) -> [File] {
        var files: [File] = []
        for part in page.split(separator: "<") {
            guard part.hasPrefix("a ") || part.hasPrefix("A "), let end = part.firstIndex(of: ">"),
                let link = attribute("href", in: part[..<end])
            else { continue }
            let name = part[part.index(after: end)...].trimmingSpace
            let pieces = unescaped(link).split(separator: "#", maxSplits: 1)
            guard let target = pieces.first else { continue }
            let hash = pieces.dropFirst().first.flatMap { fragment in
                fragment.split(separator: "&").first { $0.hasPrefix("sha256=") }?.dropFirst(7)
            }
            files.append(File(name: name, url: absolute(String(target), base), sha256: hash.map(String.init)))
        }
        return files
    }

    private static func attribute(_ name: String, in tag: Substring) -> String? {
        guard let start = tag.firstRange(of: "\(name)=") else { return nil }
        let rest = tag[start.upperBound...]
        guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
        return String(rest.dropFirst().prefix { $0 != quote })
    }

    private static func unescaped(_ text: String) -> String {
        text.replacing("&amp;", with: "&").replacing("&#43;", with: "+")
    }

    /// A link of a page as an absolute URL (RFC 3986, 5.2, without the rarer cases).
    static func absolute(_ link: String, _ base: String) -> String {
        if link.contains("://") { return link }
        guard let scheme = base.firstRange(of: "://") else { return link }
        if link.hasPrefix("//") { return base[..<scheme.lowerBound] + ":" + link }
        let rest = base[scheme.upperBound...]
        let host = rest.prefix { $0 != "/" }
        let origin = base[..<scheme.upperBound] + host
        if link.hasPrefix("/") { return origin + link }
        var steps = rest.dropFirst(host.count).split(separator: "/", omittingEmptySubsequences: true)
        if !base.hasSuffix("/"), !steps.isEmpty { steps.removeLast() }
        for step in link.split(separator: "/") {
            switch step {
            case ".": continue
            case "..": if !steps.isEmpty { steps.removeLast() }
            default: steps.append(step)
            }
        }
        return origin + "/" + steps.joined(separator: "/")
    }
}
