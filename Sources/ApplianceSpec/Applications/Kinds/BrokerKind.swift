import Diagnostics

/// `application: broker`: RabbitMQ, with its users, virtual hosts, queues, protocols and TLS. Every user's password is a
/// parameter of the first boot.
struct BrokerKind: ApplicationKind {
    static let field = Field(
        "broker",
        .record(
            Record(
                name: "a broker",
                fields: [
                    Field(
                        "users", .list(of: .record(user)),
                        "Its users. Each password is the parameter `NAME-password`, made by each instance where none is given.",
                        standard: "[{name: admin, tags: [administrator]}]"),
                    Field(
                        "virtual-hosts", .list(of: .text(.virtualHost)), "Its virtual hosts; `/` is there anyway.",
                        standard: "[/]"),
                    Field("queues", .list(of: .record(queue)), "Durable queues that are there from the start."),
                    Field(
                        "protocols", .list(of: .choice(Service.allCases.map(\.rawValue))),
                        "What it speaks besides AMQP 0-9-1 and 1.0.",
                        standard: "[stomp, mqtt, web-stomp, management]"),
                    Field(
                        "plugins", .list(of: .text(.brokerPlugin)),
                        "RabbitMQ's plug-ins besides those of the protocols."),
                    Field(
                        "tls", .choice(["none", "both", "only"]),
                        "Whether each protocol has a port with TLS besides the plain one, or in its place.",
                        standard: "both"),
                ])),
        "A message broker, RabbitMQ: AMQP 0-9-1 and 1.0, STOMP, MQTT, web-stomp.")

    private static let user = Record(
        name: "a broker's user",
        fields: [
            Field("name", .text(.parameterName), "The name; `NAME-password` is its parameter.", need: .inEachFile),
            Field(
                "tags",
                .list(of: .choice(["administrator", "monitoring", "policymaker", "management", "impersonator"])),
                "What it may do over the management interface.", standard: "[]"),
            Field(
                "permissions", .list(of: .record(permission)), "Its permissions, one for each virtual host.",
                standard: "all, on every virtual host"),
        ])

    private static let permission = Record(
        name: "a broker's permission",
        fields: [
            Field("virtual-host", .text(.virtualHost), "The virtual host.", standard: "/"),
            Field("configure", .text(.anyText), "What it may declare: a regular expression.", standard: "none"),
            Field("write", .text(.anyText), "What it may publish to: a regular expression.", standard: "none"),
            Field("read", .text(.anyText), "What it may consume from: a regular expression.", standard: "none"),
        ])

    private static let queue = Record(
        name: "a broker's queue",
        fields: [
            Field("name", .text(.line), "Its name.", need: .inEachFile),
            Field("virtual-host", .text(.virtualHost), "Its virtual host.", standard: "/"),
        ])

    /// A protocol of a plug-in, with its ports.
    enum Service: String, CaseIterable {
        case stomp, mqtt, management
        case webSTOMP = "web-stomp"
        case webMQTT = "web-mqtt"

        var plugin: String { "rabbitmq_" + rawValue.map { $0 == "-" ? "_" : String($0) }.joined() }
        /// What its settings begin with.
        var setting: String { String(plugin.dropFirst("rabbitmq_".count)) }
        var port: Int {
            switch self {
            case .stomp: 61613
            case .mqtt: 1883
            case .management: 15672
            case .webSTOMP: 15674
            case .webMQTT: 15675
            }
        }
        var securePort: Int {
            switch self {
            case .stomp: 61614
            case .mqtt: 8883
            case .management: 15671
            case .webSTOMP: 15673
            case .webMQTT: 15676
            }
        }
    }

    struct User {
        var name: Located<String>
        var tags: [String]
        /// Virtual host, configure, write, read.
        var permissions: [(host: String, configure: String, write: String, read: String)]
        var parameter: String { "\(name.value)-password" }
    }

    let users: [User]
    let virtualHosts: [String]
    let queues: [(name: String, host: String)]
    let services: [Service]
    let plugins: [String]
    let tls: String

    init?(_ node: SpecNode, from decoder: inout SpecDecoder) {
        let hosts = decoder.unique(node.texts("virtual-hosts"), "virtual host", { $0 }).map(\.value)
        let allHosts = ["/"] + hosts.filter { $0 != "/" }
        func host(_ node: SpecNode, _ decoder: inout SpecDecoder) -> String {
            guard let host = node.text("virtual-host") else { return "/" }
            if !allHosts.contains(host.value) {
                decoder.fail(
                    "unknown-virtual-host", "the broker has no virtual host '\(host.value)'", host.range,
                    hint: suggestion(for: host.value, in: allHosts) ?? "name it in 'virtual-hosts'")
            }
            return host.value
        }
        var users: [User] = []
        for item in node.list("users") {
            guard let name = item.text("name") else { continue }
            if name.value == "guest" {
                decoder.fail(
                    "guest-user", "a broker that others reach has no user 'guest'", name.range,
                    hint: "everybody knows its password: choose another name")
            }
            if users.contains(where: { $0.name.value == name.value }) {
                decoder.fail("duplicate-user", "the broker has a user '\(name.value)' already", name.range)
                continue
            }
            let everything = allHosts.map { ($0, ".*", ".*", ".*") }
            var permissions: [(String, String, String, String)] = []
            for given in item.list("permissions") {
                let host = host(given, &decoder)
                Self.checkPatterns(given, with: &decoder)
                if permissions.contains(where: { $0.0 == host }) {
                    decoder.fail(
                        "duplicate-permission", "'\(name.value)' has permissions on '\(host)' already", given.firstRange
                    )
                }
                permissions.append(
                    (
                        host, given.text("configure")?.value ?? "", given.text("write")?.value ?? "",
                        given.text("read")?.value ?? ""
                    ))
            }
            users.append(
                User(
                    name: name, tags: item.texts("tags").map(\.value),
                    permissions: item["permissions"] == nil ? everything : permissions))
        }
        if node["users"] == nil {
            let admin = Located("admin", at: node.firstRange)
            users = [User(name: admin, tags: ["administrator"], permissions: allHosts.map { ($0, ".*", ".*", ".*") })]
        } else if users.isEmpty, node.list("users").isEmpty {
            decoder.fail(
                "empty-list", "a broker without users lets nobody in", node["users"]?.range,
                hint: "leave 'users' out for a user 'admin'")
        }
        var queues: [(name: String, host: String)] = []
        for item in node.list("queues") {
            guard let name = item.text("name") else { continue }
            let host = host(item, &decoder)
            if queues.contains(where: { $0 == (name.value, host) }) {
                decoder.fail("duplicate-queue", "the queue '\(name.value)' is there already", name.range)
            }
            queues.append((name.value, host))
        }
        self.users = users
        virtualHosts = allHosts
        self.queues = queues
        services =
            node["protocols"] == nil
            ? [.stomp, .mqtt, .management, .webSTOMP]
            : Service.allCases.filter { service in node.texts("protocols").contains { $0.value == service.rawValue } }
        let own = Service.allCases.map(\.plugin)
        plugins = decoder.unique(node.texts("plugins"), "plug-in", { $0 }).map(\.value).filter { !own.contains($0) }
        for plugin in node.texts("plugins") where own.contains(plugin.value) {
            let name = Service.allCases.first { $0.plugin == plugin.value }?.rawValue ?? ""
            decoder.fail(
                "conflicting-keys", "'\(plugin.value)' is a protocol, which has ports", plugin.range,
                hint: "name '\(name)' in 'protocols'")
        }
        for plugin in node.texts("plugins") where !own.contains(plugin.value) {
            Self.checkPlugin(plugin, with: &decoder)
        }
        tls = node.text("tls")?.value ?? "both"
    }

    /// The management interface, where it is plain.
    var port: Int? { hasPlain && services.contains(.management) ? Service.management.port : nil }

    var settings: [String: String] {
        [
            "users": users.map(\.name.value).joined(separator: " "),
            "virtual-hosts": virtualHosts.joined(separator: " "),
            "queues": queues.map(\.name).joined(separator: " "),
            "protocols": services.map(\.rawValue).joined(separator: " "), "plugins": plugins.joined(separator: " "),
            "tls": tls,
        ]
    }

    var hasPlain: Bool { tls != "only" }
    var hasTLS: Bool { tls != "none" }

    func expansion(of appliance: Appliance) -> Expansion {
        var expansion = Expansion()
        expansion.packages = ["rabbitmq-server"] + (hasTLS ? ["openssl"] : [])
        expansion.enable = ["rabbitmq-server.service"]
        expansion.ports = ports
        expansion.files = [
            FileEntry("/etc/rabbitmq/rabbitmq.conf", .text(configuration(appliance)), at: nil),
            FileEntry("/etc/rabbitmq/rabbitmq-env.conf", .text(Self.environment), at: nil),
            FileEntry("/etc/rabbitmq/enabled_plugins", .text(enabledPlugins(appliance)), at: nil),
            // Debian's socket would answer on every address, and the broker starts one of its own.
            FileEntry("/etc/systemd/system/rabbitmq-server.service.d/stonebake.conf", .text(Self.unit), at: nil),
        ]
        expansion.mask = ["epmd.socket", "epmd.service"]
        expansion.scripts = [ScriptEntry(name: "the broker's identity", text: Self.removal)]
        expansion.parameters = users.map { user in
            Parameter(
                Located(user.parameter, at: user.name.range), .password,
                "Password of the broker's user \(user.name.value)", minimumLength: 8)
        }
        if hasTLS {
            expansion.parameters += [
                Parameter(
                    Located("tls-certificate"), .text,
                    "PEM certificate, with those between it and the root; without one the broker signs its own",
                    standard: ""),
                Parameter(
                    Located("tls-key"), .text, "PEM key of tls-certificate", standard: "", isSecret: true),
            ]
        }
        expansion.firstBoot.templates = [
            .init(
                Located("/etc/rabbitmq/definitions.json"), text: definitions, mode: 0o640, owner: "root:rabbitmq")
        ]
        expansion.firstBoot.scripts = [.init("broker-identity", .firstBoot, text: Self.identity)]
        // At every boot, for a certificate that is given later.
        if hasTLS {
            expansion.firstBoot.scripts.append(.init("broker-certificate", .everyBoot, text: Self.certificate))
        }
        expansion.firstBoot.units = [Located("rabbitmq-server.service")]
        expansion.firstBoot.dataFolders = [Located("/var/lib/rabbitmq")]
        if hasPlain, services.contains(.management) { expansion.firstBoot.pagePorts = [Service.management.port] }
        expansion.checks = checks
        return expansion
    }

    private var ports: [Int] {
        let plain = hasPlain ? [5672] + services.map(\.port) : []
        return plain + (hasTLS ? [5671] + services.map(\.securePort) : [])
    }

    /// Asked of the management interface where an administrator may: the answer comes at once, while rabbitmqctl starts an
    /// Erlang of its own. That a login as guest is refused would prove nothing: from outside it always is.
    private var guestCheck: Check.Kind {
        guard services.contains(.management), let admin = users.first(where: { $0.tags.contains("administrator") })
        else {
            let list = "rabbitmqctl -q list_users >/tmp/users && ! grep -w guest /tmp/users && rm /tmp/users"
            return .command(CommandCheck(run: list, status: 0, contains: []))
        }
        let management = Service.management
        return .http(
            HTTPCheck(
                method: "GET", port: hasPlain ? management.port : management.securePort, path: "/api/users/guest",
                headers: [:], body: nil, status: 404, contains: ["Not Found"], json: [:], tls: !hasPlain,
                user: admin.name.value, password: .parameter(admin.parameter)))
    }

    private var checks: [Check] {
        var checks = [
            Check(
                name: "the broker runs", kind: .unit(UnitCheck(unit: "rabbitmq-server.service", state: "active")),
                timeout: 180, range: nil),
            Check(name: "the user guest is gone", kind: guestCheck, timeout: 180, range: nil),
        ]
        // Whoever may use the first virtual host, and that over AMQP, is let in.
        if let user = users.first, let permission = user.permissions.first {
            checks.append(
                Check(
                    name: "\(user.name.value) is let in over AMQP",
                    kind: .client(
                        ClientCheck(
                            client: .amqp, port: hasPlain ? 5672 : 5671, transport: hasPlain ? .tcp : .tls,
                            settings: [
                                "user": .text(user.name.value), "password": .parameter(user.parameter),
                                "vhost": .text(permission.host),
                            ])), timeout: 180, range: nil))
        }
        return checks
    }
}
