import Diagnostics

// Checks by clients of a protocol of messages, and steps in order.
extension SpecDecoder {
    /// The keys that say how a connection is opened: they belong to the step that opens it.
    private static let openingKeys = [
        "port", "tls", "transport", "path", "headers", "subprotocols", "user", "password", "vhost", "version",
        "refused",
    ]
    /// The keys that say what is done with it.
    private static let doingKeys = ["subscribe", "publish", "send", "expect"]

    /// Each client, in the order of the reference.
    private static let clients: [ClientCheck.Client] = [.amqp, .stomp, .mqtt, .websocket, .stun, .turn]

    private static func client(_ node: SpecNode) -> (ClientCheck.Client, SpecNode.Member)? {
        for client in clients {
            if let member = node.member(client.rawValue) { return (client, member) }
        }
        return nil
    }

    mutating func clientCheck(_ node: SpecNode, standardPort: Int) -> (Check.Kind, String)? {
        guard let (client, member) = Self.client(node) else { return nil }
        let keys = member.value
        checkKeys(of: client, member)
        let settings = keys.members.filter { !["port", "tls", "transport", "connection"].contains($0.key.value) }
        let check = ClientCheck(
            client: client, port: keys["port"]?.integer ?? Self.port(of: client, keys, standardPort),
            transport: Self.transport(of: client, keys), connection: keys.text("connection")?.value,
            settings: Dictionary(settings.map { ($0.key.value, checkValue($0.value)) }) { _, last in last })
        return (.client(check), Self.name(of: check, keys))
    }

    /// A value, or the name of the parameter that has it.
    func checkValue(_ node: SpecNode) -> CheckValue {
        if let name = node.text("parameter") { return .parameter(name.value) }
        switch node.content {
        case .list(let items): return .list(items.map(checkValue))
        case .map(let members):
            return .map(Dictionary(members.map { ($0.key.value, checkValue($0.value)) }) { _, last in last })
        case .scalar(let scalar): return scalar.boolean.map(CheckValue.flag) ?? .text(scalar.text)
        }
    }

    /// The connection that a step opens or goes on with.
    static func connection(of node: SpecNode) -> String? { client(node)?.1.value["connection"]?.string }

    /// The port that the check asks for, and where that is said; nil where nothing has to listen.
    func portAsked(of node: SpecNode, standardPort: Int) -> (Int, SourceRange?)? {
        if let member = node.member("udp"), member.value["expect"] == nil { return nil }
        for key in ["http", "tcp", "udp"] {
            guard let member = node.member(key) else { continue }
            if let port = member.value["port"] { return port.integer.map { ($0, port.range) } }
            let isTLS = member.value["tls"]?.boolean ?? false
            return key == "http" ? (isTLS ? 443 : standardPort, member.key.range) : nil
        }
        guard let (client, member) = Self.client(node) else { return nil }
        if let port = member.value["port"] { return port.integer.map { ($0, port.range) } }
        return (Self.port(of: client, member.value, standardPort), member.key.range)
    }

    private static func isOpening(_ key: String) -> Bool { openingKeys.contains(key) }

    private static func transport(of client: ClientCheck.Client, _ keys: SpecNode) -> ClientCheck.Transport {
        if client == .stun || client == .turn { return keys.choice("transport") ?? .udp }
        return keys["tls"]?.boolean == true ? .tls : .tcp
    }

    /// IANA's port of the protocol, or what RabbitMQ's plug-in listens on.
    private static func port(of client: ClientCheck.Client, _ keys: SpecNode, _ standardPort: Int) -> Int {
        let isTLS = transport(of: client, keys) == .tls
        switch client {
        case .amqp: return isTLS ? 5671 : 5672
        case .stomp: return keys["path"] != nil ? 15674 : isTLS ? 61614 : 61613
        case .mqtt: return keys["path"] != nil ? 15675 : isTLS ? 8883 : 1883
        case .websocket: return isTLS ? 443 : standardPort
        case .stun, .turn: return isTLS ? 5349 : 3478
        }
    }

    /// `publish and expect over amqp`.
    private static func name(of check: ClientCheck, _ keys: SpecNode) -> String {
        var client = check.client.rawValue
        if keys.text("version")?.value == "1.0" { client += " 1.0" }
        if keys["path"] != nil, check.client != .websocket { client += " over websocket" }
        if check.transport == .tls { client += " over TLS" }
        if check.client == .stun || check.client == .turn, check.transport == .tcp { client += " over tcp" }
        if check.settings["refused"] != nil {
            return "\(client) refuses " + (keys.text("user")?.value ?? "whoever gives no name")
        }
        let deeds = doingKeys.filter { keys[$0] != nil }
        if deeds.isEmpty { return client }
        let text =
            deeds.count == 1 ? deeds[0] : deeds.dropLast().joined(separator: ", ") + " and " + deeds[deeds.count - 1]
        return "\(client): \(text)" + (check.connection.map { " (\($0))" } ?? "")
    }

    // MARK: - Steps

    mutating func stepsCheck(_ node: SpecNode, standardPort: Int) -> (Check.Kind, String)? {
        var opened: [String: (client: ClientCheck.Client, check: ClientCheck, range: SourceRange?)] = [:]
        var steps: [Check.Step] = []
        for item in node.items {
            guard let (kind, name) = checkKind(item, standardPort: standardPort) else { continue }
            guard case .client(var check) = kind, let connection = check.connection,
                let (_, member) = Self.client(item)
            else {
                steps.append(Check.Step(name: name, kind: kind))
                continue
            }
            if let first = opened[connection] {
                goOn(with: connection, first.client, opened: first.range, member, check.client)
                check.isContinuation = true
                check.port = first.check.port
                check.transport = first.check.transport
            } else {
                opened[connection] = (check.client, check, member.value["connection"]?.range ?? member.key.range)
            }
            steps.append(Check.Step(name: name, kind: .client(check)))
        }
        guard steps.count == node.items.count, !steps.isEmpty else { return nil }
        let names = steps.map(\.name)
        return (
            .steps(steps), names.count > 2 ? "\(names[0]), …, \(names[names.count - 1])" : names.joined(separator: ", ")
        )
    }

    private mutating func goOn(
        with connection: String, _ opener: ClientCheck.Client, opened: SourceRange?, _ member: SpecNode.Member,
        _ client: ClientCheck.Client
    ) {
        let note = Diagnostic.Note("it is opened here", at: opened)
        if opener != client {
            fail(
                "conflicting-connection",
                "the connection '\(connection)' is of \(opener.rawValue), not of \(client.rawValue)",
                member.key.range, notes: [note])
            return
        }
        for key in member.value.members where Self.isOpening(key.key.value) {
            fail(
                "conflicting-connection",
                "the connection '\(connection)' is open already: '\(key.key.value)' belongs to the step that opens it",
                key.key.range, notes: [note])
        }
        if !member.value.members.contains(where: { Self.doingKeys.contains($0.key.value) }) {
            let deeds = client == .websocket ? "'send' or 'expect'" : "'subscribe', 'publish' or 'expect'"
            fail(
                "empty-step", "this step does nothing with the connection '\(connection)'", member.key.range,
                hint: "say \(deeds)", notes: [note])
        }
    }

    // MARK: - What has to fit together

    /// A password needs a name, but for where the password alone says who it is.
    mutating func checkLogin(_ keys: SpecNode) {
        if let password = keys.member("password"), keys["user"] == nil {
            fail("missing-key", "a password needs 'user'", password.key.range)
        }
        if let user = keys.member("user"), keys["password"] == nil, keys["secret"] == nil {
            fail("missing-key", "'user' needs a password", user.key.range)
        }
    }

    private mutating func checkKeys(of client: ClientCheck.Client, _ member: SpecNode.Member) {
        let keys = member.value
        checkLogin(keys)
        if let refused = keys.member("refused") {
            for key in keys.members where Self.doingKeys.contains(key.key.value) || key.key.value == "connection" {
                fail(
                    "conflicting-keys", "whom the server refuses has no '\(key.key.value)'", key.key.range,
                    notes: [.init("'refused' is here", at: refused.key.range)])
            }
        }
        if client == .amqp { checkAMQP(keys) }
        if client == .turn { checkTURN(member) }
        // Without a subscription nothing arrives, but over a WebSocket; one that is open may have one.
        let hasSource = keys["subscribe"] != nil || keys["connection"] != nil || client == .websocket
        if let expect = keys.member("expect"), !hasSource {
            fail(
                "missing-key", "nothing arrives without 'subscribe'", expect.key.range,
                hint: "say what is listened to: subscribe: …")
        }
    }

    private mutating func checkAMQP(_ keys: SpecNode) {
        // Of a connection that is open the version was said where it was opened.
        let isNew = keys["version"]?.string == "1.0"
        let isKnown = keys["version"] != nil || keys["connection"] == nil
        for key in ["subscribe", "publish"] {
            guard let member = keys.member(key) else { continue }
            let map = member.value
            let others = map.members.filter { ["queue", "exchange", "routing-key"].contains($0.key.value) }
            if map["address"] == nil, others.isEmpty {
                let wanted = isNew ? "'address'" : "'queue' or 'exchange'"
                fail("missing-key", "'\(key)' needs \(wanted)", member.key.range)
                continue
            }
            guard isKnown else { continue }
            if isNew {
                for other in others {
                    fail(
                        "conflicting-keys", "AMQP 1.0 has no '\(other.key.value)'", other.key.range,
                        hint: "say the address: '/queues/NAME' or '/exchanges/NAME/KEY'")
                }
            } else if let address = map.member("address") {
                fail(
                    "conflicting-keys", "AMQP 0-9-1 has no 'address'", address.key.range,
                    hint: "say 'queue', or 'exchange' and 'routing-key'; or version: \"1.0\"")
            }
            if key == "publish", let queue = map.member("queue") {
                for other in map.members where ["exchange", "routing-key"].contains(other.key.value) {
                    fail(
                        "conflicting-keys", "a message goes to a queue or to an exchange, not to both", other.key.range,
                        notes: [.init("'queue' is here", at: queue.key.range)])
                }
            }
        }
    }

    private mutating func checkTURN(_ member: SpecNode.Member) {
        let keys = member.value
        if let secret = keys.member("secret"), let password = keys.member("password") {
            fail(
                "conflicting-keys", "a turn check has 'secret' or 'password', not both", secret.key.range,
                notes: [.init("'password' is here", at: password.key.range)])
        }
        if keys["secret"] == nil, keys["password"] == nil, keys["user"] == nil {
            fail(
                "missing-key", "a turn check needs 'user' and 'password', or 'secret'", member.key.range)
        }
    }
}
