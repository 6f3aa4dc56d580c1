import Diagnostics

/// What a `web-app` comes to: the server, and what each instance does at its first boot before it starts.
///
///     /opt/web-app/app, venv, static    the project, its environment, what nginx serves itself
///     /opt/web-app/lib                  what stands between the project and the appliance (Python, on PYTHONPATH)
///     /etc/web-app/environment          from the spec
///     /etc/web-app/parameters           from the deployer, at first boot; the spec's own parameters too
///     /etc/web-app/database             DATABASE_URL: the deployer's, or the appliance's own
///     /etc/web-app/admin                the administrator's name and password; the application never sees it
///     /var/lib/web-app                  the state: the SQLite file, uploads
struct WebAppSetup {
    let kind: WebAppKind
    let server: GunicornServer
    let appliance: Appliance

    /// Variables that no spec sets.
    static let reserved: Set<String> = [
        "SECRET_KEY", "ALLOWED_HOSTS", "TRUSTED_ORIGINS", "DATABASE_URL", "SQLALCHEMY_DATABASE_URI", "ADMIN_NAME",
        "ADMIN_PASSWORD", "ADMIN_EMAIL", "DJANGO_SETTINGS_MODULE", "PYTHONPATH",
    ]

    var hasDatabase: Bool { kind.database != .none }
    var hasSetup: Bool { !kind.migrations.isEmpty || kind.admin != nil }
    var libraryFolder: String { "\(server.folder)/lib" }
    var unit: String { "\(server.name)-setup.service" }
    /// Of what people upload.
    var mediaFolder: String { "/var/lib/\(server.name)/media" }
    var databasePath: String { "/etc/\(server.name)/database" }
    var adminPath: String { "/etc/\(server.name)/admin" }
    /// There while the setup runs because the deployer has given another password.
    var adminChangePath: String { "/run/\(server.name)-admin" }

    var expansion: Expansion {
        var expansion = completeServer.expansion
        if kind.database == .postgresql { expansion.packages.append("postgresql") }
        expansion.files += files
        if kind.framework.isDjango {
            expansion.scripts.append(
                ScriptEntry(
                    name: "collect the static files of Django", text: collection, range: kind.source.range))
        }
        expansion.parameters = parameters
        expansion.firstBoot = expansion.firstBoot + work
        return expansion
    }

    private var completeServer: GunicornServer {
        var server = server
        server.environmentFiles = hasDatabase ? [databasePath] : []
        server.parameters = applicationParameters
        server.serviceEnvironment = pythonEnvironment
        if kind.framework.isDjango { server.statics.append(.init(url: "/media", path: mediaFolder)) }
        if kind.database == .postgresql { server.after = ["postgresql.service"] }
        return server
    }

    /// For every process of the application.
    var pythonEnvironment: [String] {
        ["PYTHONPATH=\(server.folder)/app:\(libraryFolder)"]
            + (kind.framework.isDjango ? ["DJANGO_SETTINGS_MODULE=appliance_settings"] : [])
    }

    // MARK: What the deployer gives

    private var parameters: [Parameter] {
        var parameters = [
            Parameter(
                Located("secret-key"), .password, "What sessions and links are signed with", isShown: false,
                minimumLength: 32)
        ]
        if kind.framework.isDjango {
            parameters += [
                Parameter(
                    Located("allowed-hosts"), .string, "Host names that it answers to, with commas; * for all",
                    standard: "*", pattern: "[A-Za-z0-9.:*\\[\\]-]+( *, *[A-Za-z0-9.:*\\[\\]-]+)*"),
                Parameter(
                    Located("trusted-origins"), .string,
                    "Origins that forms come from behind a proxy, with commas: https://shop.example.org", standard: "",
                    pattern: "(https?://[A-Za-z0-9.:*\\[\\]-]+( *, *https?://[A-Za-z0-9.:*\\[\\]-]+)*)?"),
            ]
        }
        if hasDatabase {
            let isExternal = kind.database == .external
            parameters.append(
                Parameter(
                    Located("database-url"), .string,
                    isExternal
                        ? "The database: postgresql://user:password@host/name"
                        : "Another database: postgresql://user:password@host/name; empty: the appliance's own",
                    standard: isExternal ? nil : "", isRequired: isExternal, isSecret: true, isShown: false,
                    pattern: "([a-z][a-z0-9+]*://[!#%&'()*+,./0-9:;=?@A-Z\\[\\]_a-z~-]+)\(isExternal ? "" : "?")",
                    minimumLength: isExternal ? 1 : 0))
        }
        if let admin = kind.admin {
            parameters += [
                Parameter(
                    Located("admin-name"), .string, "The administrator's name", standard: admin.name,
                    pattern: "[A-Za-z0-9@.+_-]+", maximumLength: 150),
                Parameter(
                    Located("admin-password"), .password, "The administrator's password", minimumLength: 8,
                    maximumLength: 128),
                Parameter(
                    Located("admin-email"), .email, "The administrator's address", standard: "admin@localhost"),
            ]
        }
        return parameters
    }

    /// The application's own environment has neither the administrator nor a database that it may not use.
    private var applicationParameters: [Located<String>] {
        let kept = Set(["admin-name", "admin-password", "admin-email", "database-url"])
        let own = appliance.parameters.map(\.name)
        let names = Set(own.map(\.value))
        return (own + parameters.map(\.name).filter { !names.contains($0.value) }).filter { !kept.contains($0.value) }
    }

    // MARK: First boot

    private var work: FirstBootWork {
        var work = FirstBootWork()
        if kind.admin != nil {
            work.environments.append(
                .init(
                    Located(adminPath), parameters: ["admin-name", "admin-password", "admin-email"].map { Located($0) })
            )
        }
        if hasDatabase {
            work.scripts.append(.init("database-url", .everyBoot, text: "exec \(databaseProgram)\n"))
        }
        if hasDatabase || hasSetup {
            let names = ["admin-name", "admin-password", "admin-email", "database-url"]
            work.scripts.append(
                .init(
                    "database", .firstBoot, text: firstBootScript,
                    whenChanged: parameters.map(\.name).filter { names.contains($0.value) }, range: kind.source.range))
        }
        if kind.database == .postgresql {
            work.needs = [Located("postgresql.service")]
            work.dataFolders = [Located("/var/lib/postgresql")]
        }
        return work
    }
}
