import Diagnostics

/// `application: web-app`: a Django, Pyramid, TurboGears2 or Flask application with its database, migrations, static files
/// and administrator, served by Gunicorn behind nginx.
///
/// What differs between frameworks is in `WebAppFramework`; what is wrong with a spec is found in `WebAppReading`; what an
/// instance does at its first boot is in `WebAppSetup`.
struct WebAppKind: ApplicationKind {
    static let name = "web-app"

    static let field = Field(
        name,
        .record(
            Record(
                name: "a web-app application",
                fields: [
                    Field(
                        "framework", .choice(WebAppFramework.allCases.map(\.rawValue)), "The framework.",
                        need: .afterMerge),
                    Field(
                        "source", .text(.relativePath), "The project's folder, which is copied into the image.",
                        need: .afterMerge),
                    Field(
                        "settings", .text(.pythonPath), "Django's settings module.",
                        standard: "what `manage.py` names"),
                    Field(
                        "configuration", .text(.relativePath),
                        "Pyramid's or TurboGears2's PasteDeploy file, below `source`."),
                    Field(
                        "module", .text(.pythonModule),
                        "The WSGI module and its callable, or a function that makes it: `shop:create_app()`. Flask needs it; Pyramid and TurboGears2 take it in place of "
                            + "`configuration`.", standard: "with Django `wsgi:application` beside the settings"),
                    Field(
                        "requirements", .text(.relativePath),
                        "A pip requirements file that names the framework; its wheels are locked by hash.",
                        standard: "the framework alone"),
                    Field(
                        "database", .choice(WebAppDatabase.allCases.map(\.rawValue)),
                        "`sqlite` is a file, `postgresql` a server in the appliance, `external` one that the deployer names.",
                        standard: "sqlite with Django, else none"),
                    Field(
                        "migrate", .list(of: .text(.line)),
                        "Commands that bring the database's tables up to date.",
                        standard: "Django's; else `alembic upgrade head` where the source has an `alembic.ini`"),
                    Field("static", .record(staticFiles), "Files that nginx serves itself."),
                    Field("admin", .record(admin), "The account that administers the application."),
                    .workers, .environment, .listen, .health,
                ])),
        "A Django, Pyramid, TurboGears2 or Flask application with its database, static files and administrator.")

    private static let staticFiles = Record(
        name: "static files",
        fields: [
            Field(
                "source", .text(.relativePath),
                "The folder. Django has none: what its `collectstatic` finds is taken."),
            Field("url", .text(.urlPrefix), "The URL prefix.", standard: "/static"),
        ])

    private static let admin = Record(
        name: "an administrator",
        fields: [
            Field("name", .text(.line), "The name, unless the deployer gives another one.", standard: "admin"),
            Field(
                "command", .text(.line),
                "The command that makes the account where there is none, of ADMIN_NAME, ADMIN_PASSWORD and ADMIN_EMAIL; "
                    + "where ADMIN_PASSWORD_CHANGED is set, one that is there gets the password.",
                standard: "Django's"),
        ])

    var framework: WebAppFramework
    /// Absolute path of the source folder.
    var source: Located<String>
    /// Django's settings module; nil with other frameworks.
    var settingsModule: String?
    /// Relative to the source folder.
    var configuration: String?
    /// `module:callable`.
    var callable: String
    var requirements: SourceFile
    var database: WebAppDatabase
    var migrations: [String]
    /// Absolute path of a folder; nil where Django collects them, or where there are none.
    var staticSource: Located<String>?
    /// Without the slash at its end; nil where nginx serves none.
    var staticURL: String?
    var admin: Admin?
    var options: GunicornOptions

    struct Admin: Equatable {
        var name: String
        /// Nil: Django's own way.
        var command: String?
    }

    var port: Int? { options.listen }

    var settings: [String: String] {
        var settings = options.settings
        settings["framework"] = framework.rawValue
        settings["settings"] = settingsModule
        settings["configuration"] = configuration
        settings["module"] = callable
        settings["database"] = database.rawValue
        settings["migrate"] = migrations.joined(separator: "\n")
        settings["static.url"] = staticURL
        settings["admin"] = admin.map { "\($0.name)\n\($0.command ?? "")" }
        return settings
    }

    func expansion(of appliance: Appliance) -> Expansion {
        let setup = WebAppSetup(kind: self, server: server(of: appliance), appliance: appliance)
        return setup.expansion
    }

    private func server(of appliance: Appliance) -> GunicornServer {
        var server = GunicornServer(
            name: Self.name, title: "web application", summary: appliance.summary, callable: callable,
            source: source.value, requirements: requirements, options: options, range: source.range)
        if let staticURL { server.statics = [.init(url: staticURL, path: "\(server.folder)/static")] }
        return server
    }
}

extension TextRule {
    static let pythonPath = TextRule(
        "a Python module", "^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)*$", examples: ["shop.settings"]
    ) { text in
        text.hasSuffix(".py") ? "a module's name, and not its file: 'shop.settings' for shop/settings.py" : nil
    }
}
