// What nginx and its unit read.
extension GunicornServer {
    var nginxDropIn: String {
        """
        [Unit]
        Wants=\(name).socket
        After=\(name).socket

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
        let port = options.listen
        let staticFiles = statics.map { files in
            """

                location \(files.url)/ {
                    alias \(files.path)/;
                    expires 1h;
                }

            """
        }
        return """
            upstream \(name) {
                server unix:\(socketPath) fail_timeout=0;
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
                    proxy_pass "http://\(name)\(options.healthPath)";
                }
            \(staticFiles.joined())
                location / {
                    proxy_pass http://\(name);
                }
            }

            """
    }
}
