/// A check that speaks a protocol of messages, by a library that is made for it.
package struct ClientCheck: Sendable {
    package enum Client: String, Sendable {
        case amqp, stomp, mqtt, websocket, stun, turn
    }

    package enum Transport: String, Sendable { case tcp, tls, udp }

    package var client: Client
    /// The guest's port; also in a step that goes on with an open connection.
    package var port: Int
    package var transport: Transport
    /// Under which its connection stays open for later steps.
    package var connection: String?
    /// Whether an earlier step opened that connection.
    package var isContinuation = false
    /// What the client is told besides: the keys of the spec, with their values.
    package var settings: [String: CheckValue]
}

/// A value that a check is given.
package indirect enum CheckValue: Sendable, Equatable {
    case text(String)
    case flag(Bool)
    case list([CheckValue])
    case map([String: CheckValue])
    /// What the parameter of that name is in the instance that is checked.
    case parameter(String)

    /// The parameters that it names.
    package var parameters: [String] {
        switch self {
        case .parameter(let name): [name]
        case .list(let values): values.flatMap(\.parameters)
        case .map(let members): members.values.flatMap(\.parameters)
        case .text, .flag: []
        }
    }
}

/// A UDP datagram from another machine of the guest's network.
package struct UDPCheck: Sendable {
    /// The guest's port.
    package var port: Int
    package var send: String
    /// What must come back; nil: it is only sent.
    package var expect: String?
}

extension Check.Kind {
    /// It, or the steps that it consists of.
    package var parts: [Check.Kind] {
        if case .steps(let steps) = self { steps.map(\.kind) } else { [self] }
    }

    /// The TCP port of the guest that it asks.
    package var tcpPort: Int? {
        switch self {
        case .http(let check): check.port
        case .tcp(let check): check.port
        case .client(let check): check.transport == .udp ? nil : check.port
        case .command, .unit, .bootTime, .udp, .reboot, .steps: nil
        }
    }

    /// The UDP port of the guest that it asks.
    package var udpPort: Int? {
        switch self {
        case .udp(let check): check.port
        case .client(let check): check.transport == .udp ? check.port : nil
        case .http, .tcp, .command, .unit, .bootTime, .reboot, .steps: nil
        }
    }

    /// The parameters whose values it is given.
    package var parameters: [String] {
        switch self {
        case .http(let check):
            (check.password?.parameters ?? []) + CheckValue.map(check.form).parameters
        case .client(let check): CheckValue.map(check.settings).parameters
        case .steps(let steps): steps.flatMap(\.kind.parameters)
        case .tcp, .udp, .command, .unit, .bootTime, .reboot: []
        }
    }
}
