import Diagnostics

// The texts that a `web-app` puts into the image, besides those of its server.
extension WebAppSetup {
    var databaseProgram: String { "/usr/lib/\(server.name)/database" }
    private var setupProgram: String { "/usr/lib/\(server.name)/setup" }

    var files: [FileEntry] {
        let range = kind.source.range
        var files = [
            FileEntry("/usr/sbin/\(server.name)-run", .text(runProgram), mode: 0o755, at: range)
        ]
        if let source = kind.staticSource {
            files.append(FileEntry("\(server.folder)/static", .source(source.value), at: range))
        }
        if hasDatabase { files.append(FileEntry(databaseProgram, .text(databaseScript), mode: 0o755, at: range)) }
        if hasSetup {
            files.append(FileEntry(setupProgram, .text(setupScript), mode: 0o755, at: range))
            files.append(FileEntry("/etc/systemd/system/\(unit)", .text(setupUnit), at: range))
        }
        for (name, text) in library { files.append(FileEntry("\(libraryFolder)/\(name)", .text(text), at: range)) }
        return files
    }

    private var library: [(String, String)] {
        if let module = kind.settingsModule {
            var files = [("appliance_settings.py", djangoSettings(of: module))]
            if kind.admin != nil { files.append(("appliance_admin.py", Self.djangoAdministrator)) }
            return files
        }
        if let configuration = kind.configuration {
            return [("appliance_wsgi.py", pasteApplication(of: configuration))]
        }
        return []
    }

    // MARK: At first boot

    /// Runs as root, with the parameters in its environment.
    private var databaseScript: String {
        """
        #!/bin/sh
        # Which database the application uses: the deployer's, or the appliance's own. Run by stonebake-firstboot.
        set -eu
        umask 077
        url=${DATABASE_URL:-\(kind.database.standardURL(name: server.name) ?? "")}
        {
            printf 'DATABASE_URL="%s"\\n' "$url"
            # SQLAlchemy wants to know the driver.
            printf 'SQLALCHEMY_DATABASE_URI="%s"\\n' "$(printf %s "$url" | sed 's,^postgresql://,postgresql+psycopg://,')"
        } >\(databasePath).new
        if cmp -s \(databasePath).new \(databasePath); then
            rm \(databasePath).new
        else
            mv \(databasePath).new \(databasePath)
        fi

        """
    }

    /// What happens once, and may be repeated.
    var firstBootScript: String {
        var lines = ["set -eu"]
        if hasDatabase { lines.append(databaseProgram) }
        if kind.database == .postgresql {
            let name = server.name
            lines.append(
                """
                if [ -z "${DATABASE_URL:-}" ]; then
                    # The server knows the application's user by its uid, so that there is no password.
                    ask() { runuser -u postgres -- psql --quiet --tuples-only --no-align --no-psqlrc --command "$1"; }
                    [ "$(ask "select 1 from pg_roles where rolname = '\(name)'")" = 1 ] ||
                        runuser -u postgres -- createuser '\(name)'
                    [ "$(ask "select 1 from pg_database where datname = '\(name)'")" = 1 ] ||
                        runuser -u postgres -- createdb --owner='\(name)' '\(name)'
                fi
                """)
        }
        if kind.admin != nil {
            lines.append(
                """
                # An account that is there keeps its password, unless the deployer has given another one since.
                rm -f \(adminChangePath)
                case " ${STONEBAKE_CHANGED:-} " in
                *" admin-password "*) echo ADMIN_PASSWORD_CHANGED=yes >\(adminChangePath) ;;
                esac
                trap 'rm -f \(adminChangePath)' EXIT
                """)
        }
        if hasSetup {
            lines.append(
                """
                systemctl restart \(unit) && exit
                journalctl --no-pager --boot --lines 20 --output cat --unit \(unit) >&2
                exit 1
                """)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var setupScript: String {
        let admin = kind.admin.map { $0.command ?? "python \(libraryFolder)/appliance_admin.py" }
        return "#!/bin/sh\n# Run by \(unit), as the application's user.\nset -e\n"
            + (kind.migrations + (admin.map { [$0] } ?? [])).map { "\($0)\n" }.joined()
    }

    private var environmentFiles: String {
        var files = ["EnvironmentFile=\(server.environmentPath)"]
        files += ([server.secretsPath, server.parametersPath] + (hasDatabase ? [databasePath] : [])).map {
            "EnvironmentFile=-\($0)"
        }
        return files.joined(separator: "\n")
    }

    private var environment: String {
        let words = GunicornServer.pythonEnvironment + pythonEnvironment
        return (words + ["PATH=\(server.folder)/venv/bin:/usr/bin:/usr/sbin"]).joined(separator: " ")
    }

    private var setupUnit: String {
        """
        [Unit]
        Description=Bring the web application's database up to date
        \(kind.database == .postgresql ? "After=postgresql.service\n" : "")
        [Service]
        Type=oneshot
        User=\(server.name)
        Group=\(server.name)
        WorkingDirectory=\(server.folder)/app
        Environment=\(environment)
        \(environmentFiles)
        \(kind.admin == nil ? "" : adminFiles)ExecStart=\(setupProgram)
        StateDirectory=\(server.name)
        CacheDirectory=\(server.name)
        \(GunicornServer.hardening)
        CapabilityBoundingSet=
        SystemCallFilter=~@privileged @resources

        """
    }

    private var adminFiles: String { [adminPath, adminChangePath].map { "EnvironmentFile=-\($0)\n" }.joined() }

    /// For people: `web-app-run python -m django shell`.
    private var runProgram: String {
        let properties =
            [
                "User=\(server.name)", "Group=\(server.name)", "WorkingDirectory=\(server.folder)/app",
                "StateDirectory=\(server.name)", "CacheDirectory=\(server.name)", "UMask=0077", "NoNewPrivileges=yes",
                "ProtectSystem=strict", "PrivateTmp=yes",
            ] + environmentFiles.split(separator: "\n").map(String.init)
        let variables = environment.split(separator: " ").map { "--setenv=\($0)" }
        return """
            #!/bin/sh
            # Runs a command as the application would be run: with its user, folder, environment and limits.
            [ $# -gt 0 ] || { echo "usage: $(basename "$0") COMMAND [ARGUMENT...]" >&2; exit 64; }
            [ -t 0 ] && streams=--pty || streams=--pipe
            exec systemd-run --quiet --collect --wait $streams \\
                \((properties.map { "--property=\($0)" } + variables).joined(separator: " \\\n    ")) \\
                -- "$@"

            """
    }
}
