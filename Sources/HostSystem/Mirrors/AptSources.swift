import FileTrees

/// The machine's apt sources (sources.list(5)), as far as they say where binary packages come from.
struct AptSources: Sendable {
    /// One source: a stanza, or a line.
    struct Source: Equatable {
        var uris: [String]
        var suites: [String]
        var components: [String]
        /// The keyrings' paths; empty when the source does not say.
        var signedBy: [String]
    }

    let systemRoot: String

    /// The base URI of an archive: a source whose URI ends in `/NAME`; for Debian's own two archives also one that is
    /// named differently and is Debian's by its keyring and its suites. Nil when there is none.
    func base(of archive: String) throws(HostError) -> String? {
        let sources = try read()
        for uri in try sources.flatMapThrowing(usable) {
            if uri.split(separator: "/").last.map(String.init) == archive { return uri }
        }
        for source in sources where isDebian(source, archive) {
            if let uri = try usable(source).first { return uri }
        }
        return nil
    }

    /// Where a snapshot archive lies, by a source that reads from one: what stands before `/archive/NAME/DATE` in its URI.
    func snapshotBase() throws(HostError) -> String? {
        for uri in try read().flatMapThrowing(usable) {
            guard let start = uri.firstRange(of: "/archive/debian") else { continue }
            let steps = uri[start.upperBound...].split(separator: "/")
            let isDate: (Substring) -> Bool = { $0.count == 16 && $0.hasSuffix("Z") && $0.dropFirst(8).first == "T" }
            if steps.contains(where: isDate) { return String(uri[..<start.lowerBound]) }
        }
        return nil
    }

    /// All enabled `deb` sources, in apt's order.
    func read() throws(HostError) -> [Source] {
        let etc = systemRoot == "/" ? "/etc/apt" : "\(systemRoot)/etc/apt"
        var sources: [Source] = []
        if Files.exists("\(etc)/sources.list") {
            sources += Self.parseLines(try Files.readText("\(etc)/sources.list"))
        }
        for name in try Files.names(in: "\(etc)/sources.list.d") {
            // apt skips names with other characters, such as an editor's backups.
            guard
                name.unicodeScalars.allSatisfy({
                    $0.isASCII && ($0.properties.isAlphabetic || "0123456789_-.".unicodeScalars.contains($0))
                })
            else { continue }
            let path = "\(etc)/sources.list.d/\(name)"
            if name.hasSuffix(".list") { sources += Self.parseLines(try Files.readText(path)) }
            if name.hasSuffix(".sources") { sources += Self.parseStanzas(try Files.readText(path)) }
        }
        return sources
    }

    /// One-line style: `deb [signed-by=/path arch=amd64] URI suite component…`.
    static func parseLines(_ text: String) -> [Source] {
        text.split(separator: "\n").compactMap { line in
            var rest = line.prefix { $0 != "#" }.trimmingSpace[...]
            guard rest.hasPrefix("deb"), let space = rest.firstIndex(where: { $0 == " " || $0 == "\t" }),
                rest[..<space] == "deb"
            else { return nil }
            rest = rest[space...].trimmingSpace[...]
            var keyrings: [String] = []
            if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
                for option in rest[rest.index(after: rest.startIndex)..<end].split(whereSeparator: \.isWhitespace) {
                    if option.lowercased().hasPrefix("signed-by=") {
                        keyrings = option.dropFirst(10).split(separator: ",").map(String.init)
                    }
                }
                rest = rest[rest.index(after: end)...]
            }
            let words = rest.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count >= 2 else { return nil }
            return Source(
                uris: [words[0]], suites: [words[1]], components: Array(words.dropFirst(2)), signedBy: keyrings)
        }
    }

    /// deb822 style: stanzas of fields; a line that begins with a space goes on with the field before.
    static func parseStanzas(_ text: String) -> [Source] {
        var sources: [Source] = []
        var fields: [String: String] = [:]
        var current: String?
        func finish() {
            defer {
                fields = [:]
                current = nil
            }
            func words(_ name: String) -> [String] {
                (fields[name] ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
            }
            let isEnabled = !["no", "false", "0", "off", "disable"].contains((fields["enabled"] ?? "yes").lowercased())
            guard isEnabled, words("types").contains("deb"), !words("uris").isEmpty else { return }
            // A key may be given in place of a keyring's path.
            let keyrings = words("signed-by").filter { $0.hasPrefix("/") }
            sources.append(
                Source(
                    uris: words("uris"), suites: words("suites"), components: words("components"), signedBy: keyrings))
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("#") { continue }
            if line.trimmingSpace.isEmpty {
                finish()
            } else if line.hasPrefix(" ") || line.hasPrefix("\t") {
                if let name = current { fields[name, default: ""] += " " + line.trimmingSpace }
            } else if let colon = line.firstIndex(of: ":") {
                let name = line[..<colon].lowercased()
                current = name
                fields[name] = line[line.index(after: colon)...].trimmingSpace
            }
        }
        finish()
        return sources
    }

    /// The source's URIs that downloads can read; a `mirror+file:` list is replaced by what it lists.
    private func usable(_ source: Source) throws(HostError) -> [String] {
        var uris: [String] = []
        for uri in source.uris {
            if uri.hasPrefix("mirror+file:") || uri.hasPrefix("mirror:file:") {
                uris += try mirrorList(String(uri.dropFirst(12)))
            } else {
                uris.append(Self.normalised(uri))
            }
        }
        return uris.filter(ArchiveLocator.isUsable)
    }

    /// apt-transport-mirror(1): one URI a line, metadata after a tab.
    private func mirrorList(_ location: String) throws(HostError) -> [String] {
        let path = "/" + location.drop { $0 == "/" }
        let file = systemRoot == "/" ? path : systemRoot + path
        guard Files.exists(file) else { return [] }
        return try Files.readText(file).split(separator: "\n").compactMap { line in
            let uri = line.prefix { $0 != "\t" && $0 != "#" }.trimmingSpace
            return uri.isEmpty ? nil : Self.normalised(uri)
        }
    }

    /// apt writes `file:/srv/debian` and `copy:/srv/debian`; libcurl reads `file:///srv/debian`.
    private static func normalised(_ uri: String) -> String {
        for scheme in ["file:", "copy:"] where uri.hasPrefix(scheme) {
            return "file:///" + uri.dropFirst(scheme.count).drop { $0 == "/" }
        }
        return uri
    }

    /// Whether the source is Debian's own by its keyring, or without one by suites that only Debian has.
    private func isDebian(_ source: Source, _ archive: String) -> Bool {
        let isSecurity: (String) -> Bool = { $0.hasSuffix("-security") || $0.hasSuffix("/updates") }
        switch archive {
        case "debian": guard source.suites.contains(where: { !isSecurity($0) }) else { return false }
        case "debian-security": guard !source.suites.isEmpty, source.suites.allSatisfy(isSecurity) else { return false }
        default: return false
        }
        guard source.signedBy.isEmpty else {
            return source.signedBy.contains { Files.name(of: $0).hasPrefix("debian-archive-") }
        }
        let names = [
            "stable", "oldstable", "oldoldstable", "testing", "unstable", "sid", "buster", "bullseye", "bookworm",
            "trixie", "forky", "duke",
        ]
        return source.components.contains("main")
            && source.suites.allSatisfy { suite in
                names.contains { suite == $0 || suite.hasPrefix("\($0)-") || suite.hasPrefix("\($0)/") }
            }
    }
}

extension Array {
    fileprivate func flatMapThrowing<Value>(
        _ transform: (Element) throws(HostError) -> [Value]
    ) throws(HostError) -> [Value] {
        var values: [Value] = []
        for element in self { values += try transform(element) }
        return values
    }
}
