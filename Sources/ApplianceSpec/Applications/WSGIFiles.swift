import Diagnostics

// The texts that `application: wsgi` puts into the image.
extension WSGIExpansion {
    var socketUnit: String {
        """
        [Unit]
        Description=Socket of the WSGI application

        [Socket]
        ListenStream=\(Self.socketPath)
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
        Description=\(specifiersEscaped(appliance.summary)) (Gunicorn)
        Requires=wsgi.socket
        After=wsgi.socket network.target

        [Service]
        # Gunicorn tells systemd when its workers are up, and takes the socket from it.
        Type=notify
        User=\(Self.user)
        Group=\(Self.user)
        WorkingDirectory=\(Self.folder)/app
        Environment=PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
        EnvironmentFile=\(Self.environmentPath)
        EnvironmentFile=-\(Self.secretsPath)
        ExecStart=\(Self.folder)/venv/bin/gunicorn --config /etc/wsgi/gunicorn.conf.py \(application.module.value)
        ExecReload=/bin/kill -s HUP $MAINPID
        KillMode=mixed
        TimeoutStopSec=10
        Restart=on-failure
        RestartSec=1
        # What the application may write to: /var/lib/wsgi, /var/cache/wsgi, /run/wsgi.
        StateDirectory=wsgi
        CacheDirectory=wsgi
        RuntimeDirectory=wsgi
        \(Self.hardening)
        CapabilityBoundingSet=
        SystemCallFilter=~@privileged @resources

        """
    }

    /// What neither Gunicorn nor nginx needs.
    private static let hardening = """
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
        let workers = application.workers.map(String.init) ?? "2 * len(os.sched_getaffinity(0)) + 1"
        return """
            # Gunicorn's settings. The socket comes from wsgi.socket.
            \(application.workers == nil ? "import os\n" : "")
            workers = \(workers)
            # To the journal: journalctl -u wsgi
            accesslog = "-"
            access_log_format = '%({x-forwarded-for}i)s "%(r)s" %(s)s %(b)s bytes %(M)s ms'
            errorlog = "-"
            # Only nginx can connect, so what it says of the client is true.
            forwarded_allow_ips = "*"
            # Workers prove that they live by touching a file; in memory (a tmpfs) that never waits for a disk.
            worker_tmp_dir = "/run/wsgi"
            # systemd controls it; a second way in is not needed (Gunicorn 25 has one by default).
            control_socket_disable = True

            """
    }

    var environmentFile: String {
        let lines = application.environment.sorted { $0.key < $1.key }.map {
            "\($0.key)=\(environmentQuoted($0.value))\n"
        }
        return "# The application's environment, from the spec. Secrets belong into \(Self.secretsPath).\n"
            + lines.joined()
    }

    var nginxDropIn: String {
        """
        [Unit]
        Wants=wsgi.socket
        After=wsgi.socket

        [Service]
        # In the foreground and as its own user from the start: standard error is the journal, and root is not needed.
        Type=exec
        PIDFile=
        ExecStartPre=
        ExecStart=
        ExecStart=/usr/sbin/nginx -g "daemon off;"
        ExecReload=
        ExecReload=/bin/kill -s HUP $MAINPID
        ExecStop=
        KillSignal=SIGQUIT
        KillMode=mixed
        TimeoutStopSec=10
        Restart=on-failure
        User=www-data
        Group=www-data
        CacheDirectory=nginx
        RuntimeDirectory=nginx
        \(Self.hardening)
        AmbientCapabilities=CAP_NET_BIND_SERVICE
        CapabilityBoundingSet=CAP_NET_BIND_SERVICE

        """
    }

    var nginxConfiguration: String {
        """
        # One application behind nginx; the sites are in sites-enabled. All logs go to the journal: journalctl -u nginx
        worker_processes auto;
        pid /run/nginx/nginx.pid;
        error_log stderr warn;
        include /etc/nginx/modules-enabled/*.conf;

        events {
            worker_connections 1024;
        }

        http {
            access_log syslog:server=unix:/dev/log,tag=nginx,nohostname combined;
            include /etc/nginx/mime.types;
            default_type application/octet-stream;
            sendfile on;
            tcp_nopush on;
            server_tokens off;
            gzip on;
            gzip_proxied any;
            gzip_vary on;
            gzip_types text/plain text/css text/javascript application/javascript application/json image/svg+xml;
            client_body_temp_path /var/cache/nginx/body;
            proxy_temp_path /var/cache/nginx/proxy;
            fastcgi_temp_path /var/cache/nginx/fastcgi;
            uwsgi_temp_path /var/cache/nginx/uwsgi;
            scgi_temp_path /var/cache/nginx/scgi;
            include /etc/nginx/conf.d/*.conf;
            include /etc/nginx/sites-enabled/*;
        }

        """
    }

    var nginxSite: String {
        let port = application.listen.value
        let staticFiles = application.staticFiles.map { files in
            """

                location \(files.url)/ {
                    alias \(Self.folder)/static/;
                    expires 1h;
                }

            """
        }
        return """
            upstream wsgi {
                server unix:\(Self.socketPath) fail_timeout=0;
            }

            server {
                listen \(port) default_server;
                listen [::]:\(port) default_server;
                server_name _;
                client_max_body_size 16m;

                proxy_http_version 1.1;
                proxy_set_header Host $http_host;
                proxy_set_header X-Real-IP $remote_addr;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header X-Forwarded-Proto $scheme;

                # The application's own answer, under the name that load balancers ask for.
                location = \(Self.healthPath) {
                    access_log off;
                    proxy_pass "http://wsgi\(application.healthPath)";
                }
            \(staticFiles ?? "")
                location / {
                    proxy_pass http://wsgi;
                }
            }

            """
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
