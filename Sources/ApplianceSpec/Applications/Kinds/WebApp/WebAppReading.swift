import Diagnostics

// What is wrong with a `web-app` beyond what its keys alone say.
extension WebAppKind {
    init?(_ node: SpecNode, from decoder: inout SpecDecoder) {
        let framework: WebAppFramework? = node.choice("framework")
        let source = decoder.sourceTree(node["source"], wanted: .folder)
        _ = decoder.hostPath(node["requirements"], wanted: .file)
        options = GunicornOptions(node, secretsPath: GunicornServer.secretsPath(of: Self.name), from: &decoder)
        guard let framework, let source else {
            _ = decoder.requirements(node["requirements"], of: "application.web-app")
            return nil
        }
        var reading = WebAppReading(node: node, framework: framework, source: source, decoder: decoder)
        let entry = reading.entry()
        let database = reading.database()
        let admin = reading.admin(with: database)
        let staticFiles = reading.staticFiles()
        let requirements = reading.requirements(with: database)
        reading.checkEnvironment()
        let migrations = reading.migrations(with: database, callable: entry?.callable ?? "")
        decoder = reading.decoder
        guard let entry else { return nil }
        self.framework = framework
        self.source = source
        settingsModule = entry.settings
        configuration = entry.configuration
        callable = entry.callable
        self.requirements = requirements
        self.database = database
        self.migrations = migrations
        staticSource = staticFiles?.source
        staticURL = staticFiles?.url
        self.admin = admin
    }
}

/// One reading of the record; problems go through the decoder.
private struct WebAppReading {
    let node: SpecNode
    let framework: WebAppFramework
    let source: Located<String>
    var decoder: SpecDecoder

    /// What Gunicorn is to serve.
    struct Entry {
        var callable: String
        var settings: String?
        var configuration: String?
    }

    /// Where the framework's name stands: the place of what is missing.
    private var place: SourceRange? { node["framework"]?.range }

    // MARK: What is served

    mutating func entry() -> Entry? {
        switch framework {
        case .django: djangoEntry()
        case .pyramid, .turbogears2: configuredEntry()
        case .flask: flaskEntry()
        }
    }

    private mutating func djangoEntry() -> Entry? {
        refuse("configuration", "Django is set up by its settings module, and not by a configuration file")
        let named = node.text("settings")
        guard let settings = named?.value ?? settingsOfManagePy else {
            decoder.fail(
                "missing-key", "Django needs 'settings', and no manage.py in '\(source.value.lastPathPart)' names them",
                place, hint: "the module of the settings: 'settings: shop.settings'")
            return nil
        }
        guard found(settings, named?.range ?? source.range, "settings") else { return nil }
        let package = settings.split(separator: ".").dropLast().joined(separator: ".")
        let callable =
            node.text("module") ?? Located(package.isEmpty ? "wsgi:application" : "\(package).wsgi:application")
        let place = callable.range ?? named?.range ?? source.range
        guard callable.range != nil || decoder.hasModule(callable.value, in: source.value) else {
            decoder.fail(
                "module-not-found", "there is no module '\(callable.value.moduleName)' beside the settings", place,
                hint: "name the project's WSGI module and callable: 'module: shop.wsgi:application'")
            return nil
        }
        decoder.checkModule(Located(callable.value, at: place), in: source.value)
        return Entry(callable: callable.value, settings: settings)
    }

    /// What Django's own manage.py sets DJANGO_SETTINGS_MODULE to.
    private var settingsOfManagePy: String? {
        guard
            case .text(let file) = TextFileReader(paths: decoder.paths).read(
                "\(source.value)/manage.py", written: "manage.py"),
            let words = file.text.firstRange(of: "DJANGO_SETTINGS_MODULE")
        else { return nil }
        let rest = file.text[words.upperBound...].prefix { $0 != ")" }
        let quoted = rest.split(whereSeparator: { "\"'".contains($0) }).map(String.init)
        return quoted.first { TextRule.pythonPath.accepts($0) }
    }

    private mutating func configuredEntry() -> Entry? {
        refuse("settings", "settings are Django's; \(framework.title) takes 'configuration' or 'module'")
        switch (node.text("configuration"), node.text("module")) {
        case (nil, nil):
            decoder.fail(
                "missing-key", "\(framework.title) needs 'configuration' or 'module'", place,
                hint: "its PasteDeploy file below 'source': 'configuration: production.ini'")
            return nil
        case (let configuration?, let module?):
            decoder.fail(
                "conflicting-keys", "only one of 'configuration' and 'module' tells what is served", module.range,
                notes: [.init("the other one is here", at: configuration.range)])
            return nil
        case (let configuration?, nil):
            guard checkConfiguration(configuration) else { return nil }
            return Entry(callable: "appliance_wsgi:application", configuration: configuration.value)
        case (nil, let module?):
            decoder.checkModule(module, in: source.value)
            return Entry(callable: module.value)
        }
    }

    private mutating func checkConfiguration(_ file: Located<String>) -> Bool {
        guard TextRule.relativePath.accepts(file.value) else { return false }
        let path = decoder.paths.absolute(file.value, in: source.value)
        guard path.hasPrefix(source.value + "/") else {
            decoder.fail(
                "not-in-source", "'\(file.value)' does not lie below 'source', and is not in the image", file.range,
                hint: "move it there, and name it from there")
            return false
        }
        guard case .text(let text) = TextFileReader(paths: decoder.paths).read(path, written: file.value) else {
            decoder.fail(
                "file-not-found", "there is no file '\(file.value)' in '\(decoder.paths.shown(source.value))'",
                file.range,
                hint: decoder.paths.suggestion(forMissing: path, as: file.value)
                    ?? "looked for \(decoder.paths.shown(path))")
            return false
        }
        let sections = text.lines.filter { $0.hasPrefix("[") }
        if !sections.contains(where: {
            $0.hasPrefix("[app:") || $0.hasPrefix("[pipeline:") || $0.hasPrefix("[composite:")
        }) {
            decoder.fail(
                "no-application", "'\(file.value)' has no section that tells of an application", file.range,
                hint: "PasteDeploy serves the section '[app:main]'")
            return false
        }
        return true
    }

    private mutating func flaskEntry() -> Entry? {
        refuse("settings", "settings are Django's; Flask takes 'module'")
        refuse("configuration", "configuration files are Pyramid's and TurboGears2's; Flask takes 'module'")
        guard let module = node.text("module") else {
            decoder.fail(
                "missing-key", "Flask needs 'module'", place, hint: "its module and callable: 'module: shop:app'")
            return nil
        }
        decoder.checkModule(module, in: source.value)
        return Entry(callable: module.value)
    }

    private mutating func refuse(_ key: String, _ message: String) {
        guard let member = node.member(key) else { return }
        decoder.fail("not-of-framework", message, member.key.range)
    }

    private mutating func found(_ module: String, _ range: SourceRange?, _ what: String) -> Bool {
        // What is no module's name has been reported.
        guard TextRule.pythonPath.accepts(module) else { return false }
        if decoder.hasModule(module, in: source.value) { return true }
        let modules = SourceTree.pythonModules(in: source.value)
        decoder.fail(
            "module-not-found", "there is no module '\(module)' in '\(decoder.paths.shown(source.value))'", range,
            hint: nearest(module, in: modules).map { "did you mean '\($0)'?" }
                ?? modules.first { $0.hasSuffix("settings") }.map { "there is '\($0)'" })
        return false
    }

    // MARK: What it needs

    func database() -> WebAppDatabase {
        node.choice("database") ?? (framework.isDjango ? .sqlite : .none)
    }

    mutating func migrations(with database: WebAppDatabase, callable: String) -> [String] {
        if let given = node["migrate"] {
            if database == .none {
                decoder.fail(
                    "no-database", "there is no database whose tables could be brought up to date", given.range,
                    hint: "say which: 'database: sqlite', 'postgresql' or 'external'")
            }
            return node.texts("migrate").map(\.value)
        }
        guard database != .none else { return [] }
        if framework.isDjango { return ["python -m django migrate --noinput"] }
        let known = framework.migrations(callable: callable)
        for (file, command) in known where decoder.paths.kind(of: "\(source.value)/\(file)") == .file {
            return [command]
        }
        if node["database"] != nil {
            decoder.warn(
                "no-migrations", "nothing makes the database's tables", node["database"]?.range,
                hint:
                    "'migrate: [COMMAND]' names what does; of itself \(known.map { "'\($0.file)'" }.joined(separator: " or ")) is used"
            )
        }
        return []
    }

    mutating func admin(with database: WebAppDatabase) -> WebAppKind.Admin? {
        guard let admin = node["admin"] else { return nil }
        if database == .none {
            decoder.fail(
                "no-database", "an administrator's account needs a database", node.member("admin")?.key.range,
                hint: "say which: 'database: sqlite', 'postgresql' or 'external'")
        }
        let command = admin.text("command")?.value
        if command == nil, !framework.isDjango {
            decoder.fail(
                "missing-key", "\(framework.title) has no accounts of its own: 'admin' needs 'command'",
                node.member("admin")?.key.range,
                hint: "a command that makes the account: 'command: python -m shop.admin'")
        }
        return .init(name: admin.text("name")?.value ?? "admin", command: command)
    }

    mutating func staticFiles() -> (source: Located<String>?, url: String)? {
        guard let files = node["static"] else { return framework.isDjango ? (nil, "/static") : nil }
        if framework.isDjango {
            if let source = files.member("source") {
                decoder.fail(
                    "not-of-framework", "Django's static files are what its collectstatic finds", source.key.range,
                    hint: "name the folder in STATICFILES_DIRS of the settings")
            }
            return (nil, files.urlPrefix("url"))
        }
        guard files["source"] != nil else {
            decoder.fail(
                "missing-key", "static files of \(framework.title) need their folder", files.range,
                hint: "'static: {source: static}'")
            return nil
        }
        return decoder.sourceTree(files["source"], wanted: .folder).map { ($0, files.urlPrefix("url")) }
    }

    mutating func requirements(with database: WebAppDatabase) -> SourceFile {
        decoder.requirements(
            node["requirements"], of: "application.web-app", standard: [framework.requirement],
            needing: database.requirements
                + (framework.takesConfiguration && node["configuration"] != nil ? ["PasteDeploy>=3"] : [])
        ) { names in
            guard !names.contains(framework.project) else { return nil }
            return ("\(framework.title) is not among the requirements", "add '\(framework.requirement)'")
        }
    }

    /// What an instance is told at its first boot is not what the image says.
    mutating func checkEnvironment() {
        for member in node["environment"]?.members ?? [] where WebAppSetup.reserved.contains(member.key.value) {
            decoder.fail(
                "reserved-variable", "'\(member.key.value)' is set by Stonebake", member.key.range,
                hint: "docs/kinds/web-app.md tells what each instance is given")
        }
    }
}

extension String {
    /// `shop.wsgi` of `shop.wsgi:application`.
    fileprivate var moduleName: String { String(prefix { $0 != ":" }) }
    fileprivate var lastPathPart: String { split(separator: "/").last.map(String.init) ?? self }
}
