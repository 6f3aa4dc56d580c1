import Diagnostics
import Kickstart

// Where packages come from. `url` and `repo` name a Debian archive by `archive:NAME/SUITE`, never by a host, and another
// apt repository by `apt+https://…`; what they name otherwise is a repository of rpm packages.
extension KickstartCompiler {
    mutating func compile(_ command: URLCommand) {
        option("proxy", isGiven: command.proxy != nil && AptSource.isApt(command.url?.value), noOp: Self.proxyReason)
        guard let url = command.url, AptSource.isApt(url.value) else {
            return rpmRepository(
                name: Located("url", at: place), baseurl: command.url, mirrorlist: command.mirrorlist,
                metalink: command.metalink, proxy: command.proxy, noverifyssl: command.noverifyssl,
                hint: "name the release that the image is made of: 'url --url=archive:debian/trixie'")
        }
        guard let source = AptSource(parsing: url.value), case .archive(let archive) = source.origin else {
            return unsupported(
                "'\(url.value)' names no release of a distribution",
                hint: "write 'url --url=archive:debian/trixie'; further repositories have a 'repo' line each",
                at: url.range)
        }
        guard archive == "debian", SpecDeclarations.releases.contains(source.suite), source.isPlain else {
            return unsupported(
                "'\(url.value)' is not a release that an image can be made of",
                hint: "known are " + SpecDeclarations.releases.map { "archive:debian/\($0)" }.joined(separator: ", ")
                    + "; other suites and components have a 'repo' line each", at: url.range)
        }
        var map = NodeMap(at: url.range ?? place)
        map.set("name", text: Located("debian", at: url.range))
        map.set("release", text: Located(source.suite, at: url.range))
        root.set("distribution", map.node)
        applied("distribution: debian \(source.suite), with its updates and security archives")
        let tls = [command.sslcacert, command.sslclientcert, command.sslclientkey].compactMap { $0 }
        option("noverifyssl", isGiven: command.noverifyssl.value || !tls.isEmpty, noOp: Self.tlsReason)
    }

    private static let proxyReason = "the machine that builds knows its own proxy (http_proxy) and its own mirrors"
    private static let tlsReason = "packages are judged by the archive's signature, wherever they come from"

    mutating func compile(_ command: RepositoryCommand) {
        guard let url = command.baseurl, AptSource.isApt(url.value) else {
            return rpmRepository(
                name: command.name, baseurl: command.baseurl, mirrorlist: command.mirrorlist,
                metalink: command.metalink, proxy: command.proxy, noverifyssl: command.noverifyssl, command,
                hint:
                    "name an apt archive: 'repo --name=\(command.name.value) --baseurl=archive:debian/trixie-backports'"
            )
        }
        guard let source = AptSource(parsing: url.value) else {
            return unsupported(
                "'\(url.value)' is not complete",
                hint: "write 'archive:debian/trixie-backports?components=main,contrib', or "
                    + "'apt+https://apt.example.org/debian?suite=stable&signed-by=keys/vendor.gpg'", at: url.range)
        }
        if let unknown = source.unknown {
            return unsupported(
                "'\(unknown)' means nothing in '\(url.value)'",
                hint: "known are suite, components, signed-by and priority", at: url.range)
        }
        var map = NodeMap(at: place)
        let name = command.name.value.lowercased()
        map.set("name", text: Located(name, at: command.name.range))
        switch source.origin {
        case .archive(let archive): map.set("archive", text: Located(archive, at: url.range))
        case .uri(let uri): map.set("uri", text: Located(uri, at: url.range))
        }
        map.set("suite", text: Located(source.suite, at: url.range))
        map.set("components", texts: source.components.map { Located($0, at: url.range) })
        map.set("signed-by", text: source.signedBy.map { Located($0, at: url.range) })
        map.set("priority", integer: source.priority.map { Located($0, at: url.range) })
        map.set("cost", integer: command.cost)
        map.set("include", texts: command.includepkgs)
        map.set("exclude", texts: command.excludepkgs)
        root.append(map.node, to: "repositories")
        applied("repositories: \(name), \(source.suite)")
        option("proxy", isGiven: command.proxy != nil, noOp: Self.proxyReason)
        let tls = [command.sslcacert, command.sslclientcert, command.sslclientkey].compactMap { $0 }
        option("noverifyssl", isGiven: command.noverifyssl.value || !tls.isEmpty, noOp: Self.tlsReason)
        option("ignoregroups", isGiven: command.ignoregroups != nil, noOp: "apt's repositories have no groups")
        option(
            "install", refused: command.install.range, isGiven: command.install.value,
            "the machine's own apt sources are written at its first boot, by cloud-init",
            hint: "write a file below /etc/apt/sources.list.d in a %post script")
    }

    /// Kept as it is; decoding the appliance says that no base takes it.
    private mutating func rpmRepository(
        name: Located<String>, baseurl: Located<String>?, mirrorlist: Located<String>?, metalink: Located<String>?,
        proxy: Located<String>?, noverifyssl: Located<Bool>, _ command: RepositoryCommand? = nil, hint: String
    ) {
        guard let location = baseurl ?? mirrorlist ?? metalink else {
            return unsupported("it names no address", hint: hint)
        }
        guard TextRule.rpmURL.accepts(location.value) else {
            return unsupported("'\(location.value)' is no address of a repository", hint: hint, at: location.range)
        }
        var map = NodeMap(at: place)
        map.set("name", text: name)
        map.set("baseurl", text: baseurl)
        if baseurl == nil { map.set(mirrorlist == nil ? "metalink" : "mirrorlist", text: location) }
        map.set("cost", integer: command?.cost)
        map.set("include", texts: command?.includepkgs ?? [])
        map.set("exclude", texts: command?.excludepkgs ?? [])
        map.set("proxy", text: proxy)
        if noverifyssl.value { map.set("verify-tls", false, at: noverifyssl.range) }
        root.append(map.node, to: "rpm-repositories")
        unsupported(
            "rpm packages cannot be installed, only Debian's; the line is kept under 'rpm-repositories'", hint: hint,
            isReportedLater: true)
    }

    /// Another source of a system than packages from repositories.
    mutating func otherSource(_ what: String) {
        unsupported(
            "\(what) is no source that an image can be made from",
            hint: "name the release: 'url --url=archive:debian/trixie'")
    }
}

/// `archive:debian/trixie-backports?components=main,contrib`, `apt+https://apt.example.org/debian?suite=stable`.
struct AptSource {
    var origin: Repository.Origin
    var suite: String
    var components: [String] = []
    var signedBy: String?
    var priority: Int?
    /// A word behind the `?` that means nothing.
    var unknown: String?

    /// Whether it says nothing but archive and suite.
    var isPlain: Bool { components.isEmpty && signedBy == nil && priority == nil && unknown == nil }

    static func isApt(_ url: String?) -> Bool {
        guard let url else { return false }
        return url.hasPrefix("archive:") || url.hasPrefix("apt+")
    }

    /// Nil when archive or suite are missing.
    init?(parsing url: String) {
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var suite: String?
        if parts[0].hasPrefix("archive:") {
            let rest = parts[0].dropFirst("archive:".count)
            guard let slash = rest.firstIndex(of: "/") else { return nil }
            origin = .archive(String(rest[..<slash]))
            suite = String(rest[rest.index(after: slash)...])
        } else {
            origin = .uri(String(parts[0].dropFirst("apt+".count)))
        }
        for setting in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            let pair = setting.split(separator: "=", maxSplits: 1).map(String.init)
            switch (pair.first, pair.count > 1 ? pair[1] : "") {
            case ("suite", let value): suite = value
            case ("components", let value): components = value.split(separator: ",").map(String.init)
            case ("signed-by", let value): signedBy = value
            case ("priority", let value) where Int(value) != nil: priority = Int(value)
            default: unknown = String(setting)
            }
        }
        guard let suite, !suite.isEmpty else { return nil }
        self.suite = suite
    }
}
