import Diagnostics

// The files of a broker, and what makes its identity at first boot.
extension BrokerKind {
    /// RabbitMQ 3 has AMQP 1.0 as a plug-in, 4 of itself.
    func isOld(_ appliance: Appliance) -> Bool { appliance.distribution.release.value == "bookworm" }

    func enabledPlugins(_ appliance: Appliance) -> String {
        let all = (isOld(appliance) ? ["rabbitmq_amqp1_0"] : []) + services.map(\.plugin) + plugins
        return "[\(all.joined(separator: ","))].\n"
    }

    /// Source: https://www.rabbitmq.com/docs/configure
    func configuration(_ appliance: Appliance) -> String {
        var lines = [
            "# Users, virtual hosts and queues. With the file as it was at the last start nothing is imported again.",
            "definitions.import_backend = local_filesystem",
            "definitions.local.path = /etc/rabbitmq/definitions.json",
            "definitions.skip_if_unchanged = true",
            "log.console = true", "log.console.level = info", "log.console.use_colors = off", "log.file = false",
            hasPlain ? "listeners.tcp.default = 5672" : "listeners.tcp = none",
        ]
        if services.contains(.mqtt) || services.contains(.webMQTT) {
            lines.append(isOld(appliance) ? "mqtt.allow_anonymous = false" : "anonymous_login_user = none")
        }
        for service in services {
            switch service {
            case .stomp, .mqtt:
                lines.append(
                    hasPlain
                        ? "\(service.setting).listeners.tcp.default = \(service.port)"
                        : "\(service.setting).listeners.tcp = none")
                if hasTLS { lines.append("\(service.setting).listeners.ssl.default = \(service.securePort)") }
            case .management, .webSTOMP, .webMQTT:
                if hasPlain { lines.append("\(service.setting).tcp.port = \(service.port)") }
                // These two have no way to go without.
                if !hasPlain, service != .management { lines.append("\(service.setting).tcp.ip = 127.0.0.1") }
                guard hasTLS else { continue }
                lines += [
                    "\(service.setting).ssl.port = \(service.securePort)",
                    "\(service.setting).ssl.certfile = \(Self.certificatePath)",
                    "\(service.setting).ssl.keyfile = \(Self.keyPath)",
                ]
            }
        }
        if hasTLS {
            lines += [
                "listeners.ssl.default = 5671", "ssl_options.certfile = \(Self.certificatePath)",
                "ssl_options.keyfile = \(Self.keyPath)", "ssl_options.verify = verify_none",
                "ssl_options.fail_if_no_peer_cert = false",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static let certificatePath = "/etc/rabbitmq/tls/certificate.pem"
    static let keyPath = "/etc/rabbitmq/tls/key.pem"

    /// The node's name does not follow the host's, so that its data stay its own. What is between nodes, and where they
    /// ask for one another, stays on the loopback address.
    static let environment = """
        NODENAME=rabbit@localhost
        ERL_EPMD_ADDRESS=127.0.0.1
        SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}"

        """

    static let unit = """
        [Service]
        Environment=ERL_EPMD_ADDRESS=127.0.0.1
        # Emulated machines are slow.
        TimeoutStartSec=900
        # At SIGTERM it stops in order. rabbitmqctl starts an Erlang of its own to say so, which takes longer than all else.
        ExecStop=
        KillMode=mixed
        TimeoutStopSec=300
        # Debian's unit appends to a file, which has no end.
        StandardOutput=journal
        StandardError=journal

        """

    /// What the package's scripts made is no image's business.
    static let removal = """
        rm -rf /var/lib/rabbitmq/.erlang.cookie /var/lib/rabbitmq/mnesia /root/.erlang.cookie /var/log/rabbitmq/*
        """

    static let identity = """
        #!/bin/sh
        # The secret that nodes and rabbitmqctl know one another by. On data that were kept it is there already.
        set -eu
        cookie=/var/lib/rabbitmq/.erlang.cookie
        install -d -o rabbitmq -g rabbitmq -m 0750 /var/lib/rabbitmq
        if [ ! -s "$cookie" ]; then
            umask 077
            head -c 32 /dev/urandom | base64 | tr -dc A-Za-z0-9 >"$cookie.new"
            chown rabbitmq:rabbitmq "$cookie.new"
            chmod 0400 "$cookie.new"
            mv "$cookie.new" "$cookie"
        fi

        """

    static let certificate = """
        #!/bin/sh
        # The certificate that was given, else one of this machine's own.
        set -eu
        folder=/etc/rabbitmq/tls
        install -d -o root -g rabbitmq -m 0750 "$folder"
        umask 027
        if [ -n "${TLS_CERTIFICATE:-}" ]; then
            if [ -z "${TLS_KEY:-}" ]; then
                echo "tls-certificate is given without tls-key" >&2
                exit 1
            fi
            printf '%s\\n' "$TLS_CERTIFICATE" >"$folder/certificate.new"
            printf '%s\\n' "$TLS_KEY" >"$folder/key.new"
            if ! openssl x509 -in "$folder/certificate.new" -noout 2>/dev/null ||
                [ "$(openssl x509 -in "$folder/certificate.new" -noout -pubkey)" != \\
                    "$(openssl pkey -in "$folder/key.new" -pubout 2>/dev/null)" ]; then
                rm -f "$folder/certificate.new" "$folder/key.new"
                echo "tls-key is not the key of tls-certificate" >&2
                exit 1
            fi
        elif [ ! -s "$folder/certificate.pem" ] || [ ! -s "$folder/key.pem" ]; then
            openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=$(hostname | cut -c 1-64)" \\
                -addext "subjectAltName=DNS:$(hostname),DNS:localhost" -keyout "$folder/key.new" \\
                -out "$folder/certificate.new" 2>/dev/null
        else
            exit 0
        fi
        for name in certificate key; do
            # What is the same stays as it is.
            if cmp -s "$folder/$name.new" "$folder/$name.pem"; then
                rm "$folder/$name.new"
                continue
            fi
            chown root:rabbitmq "$folder/$name.new"
            chmod 0640 "$folder/$name.new"
            mv "$folder/$name.new" "$folder/$name.pem"
        done

        """

    /// What `rabbitmqctl import_definitions` reads; the passwords come at first boot.
    var definitions: String {
        func text(_ value: String) -> String { JSONValue.string(value).compactText }
        let users = users.map { user in
            "{\"name\": \(text(user.name.value)), \"password\": ${\(user.parameter)|json}, "
                + "\"tags\": \(text(user.tags.joined(separator: ",")))}"
        }
        let permissions = self.users.flatMap { user in
            user.permissions.map { permission in
                "{\"user\": \(text(user.name.value)), \"vhost\": \(text(permission.host)), "
                    + "\"configure\": \(text(permission.configure)), \"write\": \(text(permission.write)), "
                    + "\"read\": \(text(permission.read))}"
            }
        }
        let queues = queues.map { queue in
            "{\"name\": \(text(queue.name)), \"vhost\": \(text(queue.host)), \"durable\": true, "
                + "\"auto_delete\": false, \"arguments\": {}}"
        }
        let lists = [
            ("users", users), ("vhosts", virtualHosts.map { "{\"name\": \(text($0))}" }),
            ("permissions", permissions), ("queues", queues),
        ]
        let body = lists.map { "  \"\($0)\": [\n    \($1.joined(separator: ",\n    "))\n  ]" }
        return "{\n\(body.joined(separator: ",\n"))\n}\n"
    }
}
