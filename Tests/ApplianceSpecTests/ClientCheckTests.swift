import Testing

@testable import ApplianceSpec

/// Checks by clients of a protocol, and steps in order: what a spec's keys come to.
@Suite struct ClientCheckTests {
    private func checks(_ text: String, ports: String = "1") throws -> [Check] {
        try appliance(minimal("ports: [\(ports)]\nchecks:\n\(text)")).checks.dropLast()
    }

    @Test(arguments: [
        ("amqp: {}", 5672, "tcp"), ("amqp: {tls: true}", 5671, "tls"), ("stomp: {}", 61613, "tcp"),
        ("stomp: {tls: true}", 61614, "tls"), ("stomp: {path: /ws}", 15674, "tcp"), ("mqtt: {}", 1883, "tcp"),
        ("mqtt: {tls: true}", 8883, "tls"), ("mqtt: {path: /ws}", 15675, "tcp"), ("websocket: {}", 80, "tcp"),
        ("websocket: {tls: true}", 443, "tls"), ("stun: {}", 3478, "udp"), ("stun: {transport: tcp}", 3478, "tcp"),
        ("turn: {secret: s, transport: tls}", 5349, "tls"),
    ])
    func `each protocol has its port and transport`(check: String, port: Int, transport: String) throws {
        let checks = try checks("- \(check)\n", ports: "\(port)")
        guard case .client(let client) = checks[0].kind else {
            Issue.record("\(checks)")
            return
        }
        #expect(client.port == port)
        #expect(client.transport.rawValue == transport)
        #expect((checks[0].kind.tcpPort == nil) == (transport == "udp"))
        #expect((checks[0].kind.udpPort == nil) == (transport != "udp"))
    }

    @Test func `a step that goes on with a connection has that connection's port`() throws {
        let checks = try checks(
            """
            - steps:
              - websocket: {connection: a, port: 1, tls: true}
              - amqp: {port: 1, user: ada, password: x, publish: {exchange: e, message: m}}
              - websocket: {connection: a, expect: m}

            """)
        guard case .steps(let steps) = checks[0].kind, case .client(let first) = steps[0].kind,
            case .client(let last) = steps[2].kind
        else {
            Issue.record("\(checks)")
            return
        }
        #expect(!first.isContinuation && last.isContinuation)
        #expect((last.port, last.transport) == (1, .tls))
        #expect(last.settings == ["expect": .text("m")])
        #expect(checks[0].name == "websocket over TLS, …, websocket: expect (a)")
        #expect(checks[0].kind.parts.compactMap(\.tcpPort) == [1, 1, 1])
    }

    @Test func `values reach the client as the spec has them, and parameters by their names`() throws {
        let text = """
            parameters: [{name: secret-word, type: password}]
            ports: [1]
            checks:
              - stomp:
                  port: 1
                  user: ada
                  password: {parameter: secret-word}
                  publish: {destination: /queue/a, message: "1"}
                  subscribe: /queue/a
                  expect: ["1"]

            """
        let check = try #require(try appliance(minimal(text)).checks.first)
        guard case .client(let client) = check.kind else {
            Issue.record("\(check)")
            return
        }
        #expect(
            client.settings == [
                "user": .text("ada"), "password": .parameter("secret-word"), "subscribe": .text("/queue/a"),
                "publish": .map(["destination": .text("/queue/a"), "message": .text("1")]),
                "expect": .list([.text("1")]),
            ])
        #expect(check.kind.parameters == ["secret-word"])
    }
}
