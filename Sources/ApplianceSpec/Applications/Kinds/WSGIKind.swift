import Diagnostics

/// `application: wsgi`: a Python application behind the WSGI interface (PEP 3333), served by Gunicorn behind nginx.
struct WSGIKind: ApplicationKind {
    static let field = Field(
        "wsgi",
        .record(
            Record(
                name: "a wsgi application",
                fields: [
                    Field(
                        "module", .text(.pythonModule),
                        "The Python module and its callable, or a function that makes it: `shop:create_app()`.",
                        need: .afterMerge),
                    Field(
                        "source", .text(.relativePath),
                        "The folder that is copied into the image and holds the module.",
                        need: .afterMerge),
                    Field(
                        "requirements", .text(.relativePath),
                        "A pip requirements file; its wheels are locked by hash.", standard: "Gunicorn alone"),
                    Field("static", .record(staticFiles), "A folder that nginx serves itself."),
                    .workers, .environment, .listen, .health,
                ])),
        "A Python application behind the WSGI interface: Gunicorn behind nginx.")

    private static let staticFiles = Record(
        name: "static",
        fields: [
            Field("source", .text(.relativePath), "The folder.", need: .afterMerge),
            Field("url", .text(.urlPrefix), "The URL prefix.", standard: "/static"),
        ])

    /// `module:callable`.
    let module: Located<String>
    /// Absolute path of the source folder.
    let source: Located<String>
    /// Absolute path of a folder that nginx serves itself, and its URL prefix without the slash at its end.
    let staticFiles: (source: Located<String>, url: String)?
    let requirements: SourceFile
    let options: GunicornOptions

    init?(_ node: SpecNode, from decoder: inout SpecDecoder) {
        let source = decoder.sourceTree(node["source"], wanted: .folder)
        let module = node.text("module")
        _ = decoder.hostPath(node["requirements"], wanted: .file)
        staticFiles = node["static"].flatMap { files in
            decoder.sourceTree(files["source"], wanted: .folder).map { ($0, files.urlPrefix("url")) }
        }
        if let module, let source { decoder.checkModule(module, in: source.value) }
        options = GunicornOptions(node, secretsPath: GunicornServer.secretsPath(of: "wsgi"), from: &decoder)
        requirements = decoder.requirements(node["requirements"], of: "application.wsgi")
        guard let source, let module else { return nil }
        self.module = module
        self.source = source
    }

    var port: Int? { options.listen }

    var settings: [String: String] {
        var settings = options.settings
        settings["module"] = module.value
        settings["static.url"] = staticFiles?.url ?? "-"
        return settings
    }

    func expansion(of appliance: Appliance) -> Expansion {
        var server = GunicornServer(
            name: "wsgi", title: "WSGI application", summary: appliance.summary, callable: module.value,
            source: source.value, requirements: requirements, options: options, range: module.range)
        if let staticFiles { server.statics = [.init(url: staticFiles.url, path: "\(server.folder)/static")] }
        var expansion = server.expansion
        if let staticFiles {
            expansion.files.append(
                FileEntry("\(server.folder)/static", .source(staticFiles.source.value), at: module.range))
        }
        return expansion
    }
}
