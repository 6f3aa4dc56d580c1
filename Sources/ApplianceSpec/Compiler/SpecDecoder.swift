import Diagnostics

/// The merged tree to an `Appliance`, with every check that needs more than one value or the file system.
///
/// What is wrong by itself has been reported by `Validator` and reads as if it were not given, so that the rest of
/// the spec is still checked.
struct SpecDecoder {
    let root: SpecNode
    let paths: HostPaths
    /// Seconds since 1970.
    let now: Int64
    /// Whether what cannot be done is left out with a warning.
    let allowsUnsupported: Bool
    /// In place of the spec's own; empty: those.
    var askedTargets: [Target] = []
    var report = DiagnosticReport()
    /// Whether nothing is wrong with any value by itself. What is missing for that reason is no mistake of its own.
    var isSound = true

    init(root: SpecNode, paths: HostPaths, now: Int64, allowsUnsupported: Bool = false) {
        self.root = root
        self.paths = paths
        self.now = now
        self.allowsUnsupported = allowsUnsupported
    }

    mutating func appliance(sources: [SourceFile], directory: String) -> Appliance {
        let name = root.text("name") ?? Located("")
        let kind = applicationKind()
        var appliance = Appliance(
            name: name,
            version: root.text("version") ?? Located(""),
            summary: root.text("summary")?.value ?? name.value,
            architecture: root.choice("architecture") ?? .amd64,
            distribution: Distribution(
                name: root["distribution"]?.text("name")?.value ?? "debian",
                release: root["distribution"]?.text("release") ?? Located("trixie")),
            snapshot: snapshot(),
            repositories: repositories(),
            packages: packages(),
            application: kind.map { Application($0) },
            files: files(),
            users: users(),
            root: rootAccount(),
            groups: groups(),
            services: services(),
            scripts: scripts(),
            system: system(),
            network: network(),
            firewall: firewall(),
            bootLoader: bootLoader(),
            rpmRepositories: rpmRepositories(),
            disk: disk(),
            firstBoot: FirstBootSettings(dataSources: dataSources(), work: firstBootWork()),
            parameters: parameters(),
            recipe: recipe(),
            memory: memory(),
            cpus: root["cpus"]?.integer ?? 2,
            ports: [],
            checks: [],
            targets: targets(),
            python: nil,
            sources: sources,
            directory: directory)
        appliance.formats = formats()
        appliance.ports = [22] + root.list("ports").compactMap(\.integer)
        if appliance.packages.remove.contains(where: { $0.value == "openssh-server" }) { appliance.ports.removeFirst() }
        if let kind { expand(&appliance, by: kind) }
        MachineExpansion(appliance: appliance).apply(to: &appliance)
        expandFirstBoot(&appliance)
        applyTargets(to: &appliance)
        appliance.checks += checks(for: appliance)
        addStandardChecks(to: &appliance)
        checkConsistency(of: appliance)
        return appliance
    }

    mutating func fail(
        _ code: String, _ message: String, _ range: SourceRange?, hint: String? = nil, notes: [Diagnostic.Note] = []
    ) {
        report.add(Diagnostic(code: code, message, at: range, hint: hint, notes: notes))
    }

    mutating func warn(_ code: String, _ message: String, _ range: SourceRange?, hint: String? = nil) {
        report.add(Diagnostic(.warning, code: code, message, at: range, hint: hint))
    }

    /// Each value once. The same in two files is what merging is for; twice in one file is a slip worth a warning.
    mutating func unique<Value>(
        _ items: [Located<Value>], _ what: String, _ name: (Value) -> String
    ) -> [Located<Value>] {
        var kept: [String: SourceRange?] = [:]
        return items.filter { item in
            let key = name(item.value)
            guard let first = kept[key] else {
                kept[key] = item.range
                return true
            }
            if first?.file === item.range?.file {
                warn("listed-twice", "the \(what) '\(key)' is listed twice", item.range)
            }
            return false
        }
    }

    // MARK: - Host files

    /// The absolute path of a file or folder that the spec names; reported when it is not there.
    mutating func hostPath(_ node: SpecNode?, wanted: HostPaths.Kind? = nil) -> Located<String>? {
        guard let node, let text = node.string, !text.isEmpty else { return nil }
        let path = paths.absolute(text, in: paths.folder(of: node.range.file))
        switch (paths.kind(of: path), wanted) {
        case (.missing, _):
            let what = wanted == .folder ? "folder" : wanted == .file ? "file" : "file or folder"
            let code = wanted == .folder ? "folder-not-found" : "file-not-found"
            fail(
                code, "there is no \(what) '\(text)'", node.range,
                hint: paths.suggestion(forMissing: path, as: text) ?? "looked for \(paths.shown(path))")
        case (.folder, .file): fail("not-a-file", "'\(text)' is a folder, not a file", node.range)
        case (.file, .folder): fail("not-a-folder", "'\(text)' is a file, not a folder", node.range)
        case (.other, _): fail("not-a-file", "'\(text)' is neither a file nor a folder", node.range)
        default: return Located(path, at: node.range)
        }
        return nil
    }

    /// The absolute path of what is copied into the image; reported when something in it cannot be.
    mutating func sourceTree(_ node: SpecNode?, wanted: HostPaths.Kind? = nil) -> Located<String>? {
        guard let path = hostPath(node, wanted: wanted) else { return nil }
        do {
            _ = try SourceTree.entries(of: path.value)
        } catch {
            fail(error.code.rawValue, error.message, path.range)
        }
        return path
    }

    /// A text file that the spec names; reported when it cannot be read.
    mutating func hostText(_ node: SpecNode?) -> SourceFile? {
        guard let node, let path = hostPath(node, wanted: .file) else { return nil }
        switch TextFileReader(paths: paths).read(path.value, written: node.string ?? path.value) {
        case .text(let file): return file
        case .refused(let code, let message, let hint):
            fail(code, message, node.range, hint: hint)
            return nil
        }
    }

    /// A size; one too large to count is reported.
    mutating func size(_ node: SpecNode?) -> Located<ByteSize>? {
        guard let node, let text = node.string, TextRule.size.accepts(text) else { return nil }
        guard let size = ByteSize(parsing: text) else {
            fail("bad-size", "'\(text)' is more than any disk holds", node.range)
            return nil
        }
        return Located(size, at: node.range)
    }
}

extension SpecNode {
    func text(_ key: String) -> Located<String>? {
        guard let value = self[key], let text = value.string else { return nil }
        return Located(text, at: value.range)
    }

    func list(_ key: String) -> [SpecNode] { self[key]?.items ?? [] }

    func texts(_ key: String) -> [Located<String>] {
        list(key).compactMap { item in item.string.map { Located($0, at: item.range) } }
    }

    /// One text, or a list of them.
    func oneOrMoreTexts(_ key: String) -> [String] {
        text(key).map { [$0.value] } ?? texts(key).map(\.value)
    }

    func choice<Choice: RawRepresentable<String>>(_ key: String) -> Choice? {
        text(key).flatMap { Choice(rawValue: $0.value) }
    }

    func located<Value>(_ make: (String) -> Value?) -> Located<Value>? {
        string.flatMap(make).map { Located($0, at: range) }
    }
}
