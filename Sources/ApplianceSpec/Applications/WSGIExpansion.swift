import Diagnostics

/// `application: wsgi`: Gunicorn on a socket-activated unit behind nginx.
///
///     browser ── :80 ── nginx (www-data) ── /run/wsgi.sock ── wsgi.socket ── wsgi.service: Gunicorn (user wsgi)
///
/// There is one application in an appliance, so its names in the image are always the same: `journalctl -u wsgi`
/// works on every one of them.
struct WSGIExpansion {
    let appliance: Appliance
    let application: WSGIApplication
    let requirements: SourceFile

    static let user = "wsgi"
    static let folder = "/opt/wsgi"
    static let socketPath = "/run/wsgi.sock"
    static let environmentPath = "/etc/wsgi/environment"
    /// Not in the image: the deployer's, written at first boot.
    static let secretsPath = "/etc/wsgi/secrets"
    /// What load balancers ask, whatever the application's own health path is.
    static let healthPath = "/healthz"

    var expansion: Expansion {
        Expansion(
            packages: ["nginx-light", "python3"],
            users: [user],
            files: files,
            enable: ["wsgi.socket", "nginx.service"],
            checks: checks,
            ports: [application.listen.value],
            python: PythonEnvironment(path: "\(Self.folder)/venv", requirements: requirements))
    }

    private var user: UserEntry {
        UserEntry(
            name: Located(Self.user), uid: nil, groups: [], sshKeys: [], password: .locked, shell: "/usr/sbin/nologin",
            home: "/var/lib/wsgi", gecos: "WSGI application", isSystem: true)
    }

    private var files: [FileEntry] {
        var files = [
            entry(Self.folder, .directory),
            entry("\(Self.folder)/app", .source(application.source.value)),
            text("/etc/wsgi/gunicorn.conf.py", gunicornConfiguration),
            // Only root reads it: systemd does, before it becomes the application's user.
            text(Self.environmentPath, environmentFile, mode: 0o600),
            text("/etc/systemd/system/wsgi.socket", socketUnit),
            text("/etc/systemd/system/wsgi.service", serviceUnit),
            text("/etc/systemd/system/nginx.service.d/wsgi.conf", nginxDropIn),
            text("/etc/nginx/nginx.conf", nginxConfiguration),
            text("/etc/nginx/sites-available/wsgi", nginxSite),
            entry("/etc/nginx/sites-enabled/wsgi", .symlink("/etc/nginx/sites-available/wsgi")),
            entry("/etc/nginx/sites-enabled/default", .absent),
        ]
        if let staticFiles = application.staticFiles {
            files.append(entry("\(Self.folder)/static", .source(staticFiles.source.value)))
        }
        return files
    }

    private var checks: [Check] {
        let health = HTTPCheck(
            method: "GET", port: application.listen.value, path: Self.healthPath, headers: [:], body: nil, status: 200,
            contains: [], json: [:])
        let units = ["nginx.service", "wsgi.socket", "wsgi.service"]
        return [
            Check(name: "the application answers", kind: .http(health), timeout: 120, range: application.module.range)
        ]
            + units.map { unit in
                Check(
                    name: "\(unit) is active", kind: .unit(UnitCheck(unit: unit, state: "active")), timeout: 60,
                    range: application.module.range)
            }
    }

    private func text(_ path: String, _ text: String, mode: UInt16? = nil) -> FileEntry {
        FileEntry(
            path: Located(path), content: .text(text), mode: mode, owner: nil, range: application.module.range)
    }

    private func entry(_ path: String, _ content: FileEntry.Content) -> FileEntry {
        FileEntry(path: Located(path), content: content, mode: nil, owner: nil, range: application.module.range)
    }
}
