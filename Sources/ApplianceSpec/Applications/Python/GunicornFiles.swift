import Diagnostics

// What Gunicorn and systemd read.
extension GunicornServer {
    var socketUnit: String {
        """
        [Unit]
        Description=Socket of the \(title)

        [Socket]
        ListenStream=\(socketPath)
        # Only nginx may connect.
        SocketUser=www-data
        SocketGroup=www-data
        SocketMode=0600

        [Install]
        WantedBy=sockets.target

        """
    }

    var serviceUnit: String {
        """
        [Unit]
        Description=\(specifiersEscaped(summary)) (Gunicorn)
        Requires=\(name).socket
        After=\((["\(name).socket"] + after).joined(separator: " ")) network.target

        [Service]
        # Gunicorn tells systemd when its workers are up, and takes the socket from it.
        Type=notify
        User=\(name)
        Group=\(name)
        WorkingDirectory=\(folder)/app
        Environment=\((Self.pythonEnvironment + serviceEnvironment).joined(separator: " "))
        EnvironmentFile=\(environmentPath)
        EnvironmentFile=-\(secretsPath)
        EnvironmentFile=-\(parametersPath)\(environmentFiles.map { "\nEnvironmentFile=\($0)" }.joined())
        ExecStart=\(folder)/venv/bin/gunicorn --config \(configurationPath) \(callable)
        ExecReload=/bin/kill -s HUP $MAINPID
        KillMode=mixed
        TimeoutStopSec=10
        Restart=on-failure
        RestartSec=1
        # What the application may write to: /var/lib/\(name), /var/cache/\(name), /run/\(name).
        StateDirectory=\(name)
        CacheDirectory=\(name)
        RuntimeDirectory=\(name)
        \(Self.hardening)
        CapabilityBoundingSet=
        SystemCallFilter=~@privileged @resources

        """
    }

    static let pythonEnvironment = ["PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1"]

    /// What neither Gunicorn nor nginx needs.
    static let hardening = """
        NoNewPrivileges=yes
        LockPersonality=yes
        MemoryDenyWriteExecute=yes
        PrivateDevices=yes
        PrivateTmp=yes
        ProcSubset=pid
        ProtectClock=yes
        ProtectControlGroups=yes
        ProtectHome=yes
        ProtectHostname=yes
        ProtectKernelLogs=yes
        ProtectKernelModules=yes
        ProtectKernelTunables=yes
        ProtectProc=invisible
        ProtectSystem=strict
        RemoveIPC=yes
        RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        SystemCallArchitectures=native
        SystemCallErrorNumber=EPERM
        SystemCallFilter=@system-service
        UMask=0077
        """

    var gunicornConfiguration: String {
        let workers = options.workers.map(String.init) ?? "2 * len(os.sched_getaffinity(0)) + 1"
        return """
            # Gunicorn's settings. The socket comes from \(name).socket.
            \(options.workers == nil ? "import os\n" : "")
            workers = \(workers)
            # To the journal: journalctl -u \(name)
            accesslog = "-"
            access_log_format = '%({x-forwarded-for}i)s "%(r)s" %(s)s %(b)s bytes %(M)s ms'
            errorlog = "-"
            # Only nginx can connect, so what it says of the client is true.
            forwarded_allow_ips = "*"
            # Workers prove that they live by touching a file; in memory (a tmpfs) that never waits for a disk.
            worker_tmp_dir = "/run/\(name)"
            # systemd controls it; a second way in is not needed (Gunicorn 25 has one by default).
            control_socket_disable = True

            """
    }

    var environmentFile: String {
        let lines = options.environment.sorted { $0.key < $1.key }.map {
            "\($0.key)=\(environmentQuoted($0.value))\n"
        }
        return "# The application's environment, from the spec. Secrets belong into \(secretsPath).\n"
            + lines.joined()
    }

    /// systemd.unit(5): `%` starts a specifier.
    private func specifiersEscaped(_ text: String) -> String {
        text.map { $0 == "%" ? "%%" : String($0) }.joined()
    }

    /// systemd.exec(5), EnvironmentFile: within double quotes, a backslash keeps these four as they are.
    private func environmentQuoted(_ value: String) -> String {
        "\"" + value.map { "\"\\`$".contains($0) ? "\\\($0)" : String($0) }.joined() + "\""
    }
}
