import Diagnostics

/// Gunicorn on a socket-activated unit behind nginx: what all kinds for Python applications stand on.
///
///     browser ── :80 ── nginx (www-data) ── /run/NAME.sock ── NAME.socket ── NAME.service: Gunicorn (user NAME)
///
/// There is one application in an appliance, so its names in the image depend on its kind alone: `journalctl -u wsgi`
/// works on each of a kind.
struct GunicornServer {
    /// A folder of the image that nginx serves itself.
    struct StaticFiles {
        /// Without a slash at its end.
        var url: String
        var path: String
    }

    /// Of units, user and folders: `wsgi`.
    var name: String
    /// What units call it: `WSGI application`.
    var title: String
    /// The appliance's, for the unit's description.
    var summary: String
    /// `module:callable`.
    var callable: String
    /// Absolute path on this machine of the folder that holds it.
    var source: String
    var requirements: SourceFile
    var options: GunicornOptions
    var statics: [StaticFiles] = []
    /// Units that the application starts after.
    var after: [String] = []
    /// Files with more of its environment, which are written at first boot.
    var environmentFiles: [String] = []
    /// The parameters that are in its environment; nil: all.
    var parameters: [Located<String>]?
    /// Words for the service's environment, besides the author's.
    var serviceEnvironment: [String] = []
    var range: SourceRange?

    var folder: String { "/opt/\(name)" }
    var configurationPath: String { "/etc/\(name)/gunicorn.conf.py" }
    var environmentPath: String { "/etc/\(name)/environment" }
    var secretsPath: String { Self.secretsPath(of: name) }
    var socketPath: String { "/run/\(name).sock" }
    /// What load balancers ask, whatever the application's own health path is.
    static let healthPath = "/healthz"

    /// Not in the image: stonebake-firstboot writes it, where the appliance has parameters.
    var parametersPath: String { "/etc/\(name)/parameters" }

    /// Not in the image: the deployer's, written at first boot.
    static func secretsPath(of name: String) -> String { "/etc/\(name)/secrets" }

    var expansion: Expansion {
        Expansion(
            packages: ["nginx-light", "python3"],
            users: [user],
            files: files,
            enable: ["\(name).socket", "nginx.service"],
            checks: checks,
            ports: [options.listen],
            python: PythonEnvironment(path: "\(folder)/venv", requirements: requirements),
            firstBoot: firstBoot)
    }

    /// The parameters are in the application's environment; nginx waits too, so that its port is free for the page that
    /// tells what is missing.
    private var firstBoot: FirstBootWork {
        var work = FirstBootWork()
        work.environments = [.init(Located(parametersPath), parameters: parameters)]
        work.units = [Located("\(name).service"), Located("nginx.service")]
        work.pagePorts = [options.listen]
        work.dataFolders = [Located("/var/lib/\(name)")]
        return work
    }

    private var user: UserEntry {
        UserEntry(
            name: Located(name), uid: nil, groups: [], sshKeys: [], password: .locked, shell: "/usr/sbin/nologin",
            home: "/var/lib/\(name)", gecos: title, isSystem: true)
    }

    private var files: [FileEntry] {
        [
            FileEntry(folder, .directory, at: range),
            FileEntry("\(folder)/app", .source(source), at: range),
            FileEntry(configurationPath, .text(gunicornConfiguration), at: range),
            // Only root reads it: systemd does, before it becomes the application's user.
            FileEntry(environmentPath, .text(environmentFile), mode: 0o600, at: range),
            FileEntry("/etc/systemd/system/\(name).socket", .text(socketUnit), at: range),
            FileEntry("/etc/systemd/system/\(name).service", .text(serviceUnit), at: range),
            FileEntry("/etc/systemd/system/nginx.service.d/\(name).conf", .text(nginxDropIn), at: range),
            FileEntry("/etc/nginx/nginx.conf", .text(nginxConfiguration), at: range),
            FileEntry("/etc/nginx/sites-available/\(name)", .text(nginxSite), at: range),
            FileEntry(
                "/etc/nginx/sites-enabled/\(name)", .symlink("/etc/nginx/sites-available/\(name)"), at: range),
            FileEntry("/etc/nginx/sites-enabled/default", .absent, at: range),
        ]
    }

    private var checks: [Check] {
        let health = HTTPCheck(
            method: "GET", port: options.listen, path: Self.healthPath, headers: [:], body: nil, status: 200,
            contains: [], json: [:])
        let units = ["nginx.service", "\(name).socket", "\(name).service"]
        return [Check(name: "the application answers", kind: .http(health), timeout: 120, range: range)]
            + units.map { unit in
                Check(
                    name: "\(unit) is active", kind: .unit(UnitCheck(unit: unit, state: "active")), timeout: 60,
                    range: range)
            }
    }
}

extension FileEntry {
    /// What an expansion puts at a path of the image. The path has no place: no author wrote it.
    init(_ path: String, _ content: Content, mode: UInt16? = nil, owner: String? = nil, at range: SourceRange?) {
        self.init(path: Located(path), content: content, mode: mode, owner: owner, range: range)
    }
}
