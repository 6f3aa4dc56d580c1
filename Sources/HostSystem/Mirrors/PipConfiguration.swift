import FileTrees

/// Where pip on this machine gets packages from.
struct PipConfiguration: Sendable {
    let environment: [String: String]
    let systemRoot: String

    /// The index pip would use: its environment variable, its files (the user's before the machine's), its default.
    /// Nil when there is no pip at all.
    func indexURL() throws(HostError) -> String? {
        if let url = value("PIP_INDEX_URL") { return url }
        for path in files where Files.exists(path) {
            if let url = Self.indexURL(in: try Files.readText(path, limit: 1 << 20)) { return url }
        }
        return try defaultOfPip()
    }

    /// pip's files, the one that wins first (pip's documentation, "Configuration").
    private var files: [String] {
        if let path = value("PIP_CONFIG_FILE") {
            // pip's way to say: read no file.
            if path == "/dev/null" { return [] }
            return [path] + ordinaryFiles
        }
        return ordinaryFiles
    }

    private var ordinaryFiles: [String] {
        var paths: [String] = []
        if let folder = value("VIRTUAL_ENV") { paths.append("\(folder)/pip.conf") }
        let home = value("HOME")
        if let folder = value("XDG_CONFIG_HOME") ?? home.map({ "\($0)/.config" }) {
            paths.append("\(folder)/pip/pip.conf")
        }
        if let home { paths.append("\(home)/.pip/pip.conf") }
        let root = systemRoot == "/" ? "" : systemRoot
        return paths + ["\(root)/etc/pip.conf", "\(root)/etc/xdg/pip/pip.conf"]
    }

    /// `index-url` of the section `install`, or of `global`.
    static func indexURL(in text: String) -> String? {
        var section = ""
        var found: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let line = line.trimmingSpace
            if line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("["), line.hasSuffix("]") {
                section = line.dropFirst().dropLast().trimmingSpace
                continue
            }
            guard let split = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else { continue }
            let key = line[..<split].trimmingSpace.lowercased().split(separator: "_").joined(separator: "-")
            if key == "index-url" { found[section] = line[line.index(after: split)...].trimmingSpace }
        }
        return found["install"] ?? found["global"]
    }

    /// What an installed pip says is its default, or the pip that python3-venv brings along as a wheel.
    private func defaultOfPip() throws(HostError) -> String? {
        let folder = systemRoot == "/" ? "/usr/share/python-wheels" : "\(systemRoot)/usr/share/python-wheels"
        let wheel = try Files.names(in: folder).last { $0.hasPrefix("pip-") && $0.hasSuffix(".whl") }
        for path in [nil, wheel.map { "\(folder)/\($0)" }] {
            if path == nil, systemRoot != "/" { continue }
            let variables = path.map { ["PYTHONPATH=\($0)"] } ?? []
            let words = ["env"] + variables + ["python3", "-m", "pip", "--isolated", "install", "--help"]
            guard let help = try? spawn(words, capture: true), help.status == 0 else { continue }
            if let url = Self.defaultIndex(inHelp: help.output) { return url }
        }
        return nil
    }

    /// `--index-url <url>  Base URL of the Python Package Index (default https://…).`, wrapped anywhere.
    static func defaultIndex(inHelp text: String) -> String? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let option = words.firstIndex(of: "--index-url") else { return nil }
        let rest = words[option...].prefix(30)
        guard let index = rest.firstIndex(of: "(default"), index + 1 < rest.endIndex else { return nil }
        let word = rest[index + 1]
        return String(word.prefix { $0 != ")" })
    }

    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
