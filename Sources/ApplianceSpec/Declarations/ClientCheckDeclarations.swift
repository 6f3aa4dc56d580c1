// The checks that speak a protocol of messages: AMQP, STOMP, MQTT, WebSocket, STUN and TURN.
extension SpecDeclarations {
    /// The kinds, as a check of their own, or (with the key `connection`) as one step of several.
    static func clientKinds(inSteps: Bool) -> [Field] {
        [
            Field("amqp", .record(amqp(inSteps)), "AMQP, 0-9-1 or 1.0: messages are published and received."),
            Field("stomp", .record(stomp(inSteps)), "STOMP 1.2, also over a WebSocket."),
            Field("mqtt", .record(mqtt(inSteps)), "MQTT 3.1.1."),
            Field("websocket", .record(websocket(inSteps)), "A WebSocket: texts are sent and received."),
            Field("stun", .record(stun), "A STUN server tells its client's address."),
            Field("turn", .record(turn), "A TURN server relays between two clients."),
        ]
    }

    /// The key `tls` of a check.
    static func tls(_ name: String) -> Field {
        Field(
            "tls", .boolean, "\(name). The certificate is not judged: an image makes it at its first boot.",
            standard: "false")
    }

    static let checkUser = Field("user", .text(.line), "The user's name.")
    static let checkPassword = Field(
        "password", .either([.text(.line), .record(parameterValue)]),
        "The user's password: a text, or `{parameter: NAME}` for the value that a parameter of the appliance has.")

    /// `{parameter: NAME}`.
    static let parameterValue = Record(
        name: "a parameter's value",
        fields: [Field("parameter", .text(.line), "The parameter's name.", need: .inEachFile)])

    private static func connection(_ inSteps: Bool) -> [Field] {
        guard inSteps else { return [] }
        return [
            Field(
                "connection", .text(.connectionName),
                "Of a step: the first with this name opens the connection, which stays open; later ones go on with it.")
        ]
    }

    private static let refused = Field(
        "refused", .flag, "`true`: the server must refuse to let this client in, and nothing else passes.")
    private static let expect = Field(
        "expect", .either([.text(.nonEmpty), .list(of: .text(.nonEmpty), atLeast: 1)]),
        "What one message that arrives must contain, each of these texts.")

    private static func port(_ standard: String) -> Field {
        Field("port", .integer(1...65535), "The guest's port.", standard: standard)
    }

    private static func amqp(_ inSteps: Bool) -> Record {
        Record(
            name: "an amqp check",
            fields: [
                Field(
                    "version", .choice(["0-9-1", "1.0"]), "The protocol's version; `\"1.0\"` needs its quotes.",
                    standard: "0-9-1"),
                port("5672; 5671 with `tls`"), tls("AMQPS"), checkUser, checkPassword,
                Field("vhost", .text(.line), "The virtual host.", standard: "/"),
                Field("subscribe", .record(amqpSubscription), "What is listened to, before anything is published."),
                Field("publish", .record(amqpMessage), "A message; the broker has to confirm that a queue took it."),
                expect, refused,
            ] + connection(inSteps))
    }

    private static let address = Field(
        "address", .text(.line), "Of AMQP 1.0, in place of the others: `/queues/NAME`, `/exchanges/NAME/KEY`.")

    private static let amqpSubscription = Record(
        name: "an amqp subscription",
        fields: [
            Field(
                "queue", .text(.line),
                "The queue. One that is not there is declared, for this connection alone.",
                standard: "one of its own, with `exchange`"),
            Field("exchange", .text(.line), "The exchange that the queue is bound to."),
            Field("routing-key", .text(.line), "The binding's key.", standard: "`#`"),
            address,
        ])

    private static let amqpMessage = Record(
        name: "an amqp message",
        fields: [
            Field("queue", .text(.line), "The queue that it is for, through the default exchange."),
            Field("exchange", .text(.line), "The exchange that it is given to."),
            Field("routing-key", .text(.line), "The message's key.", standard: "empty"),
            address,
            message,
        ])

    private static let message = Field("message", .text(.anyText), "The message's text.", need: .inEachFile)

    private static func stomp(_ inSteps: Bool) -> Record {
        Record(
            name: "a stomp check",
            fields: [
                port("61613; 61614 with `tls`; 15674 with `path`"), tls("STOMP over TLS"),
                Field("path", .text(.urlPath), "STOMP over a WebSocket at this path: `/ws` for web-stomp."),
                checkUser, checkPassword,
                Field("vhost", .text(.line), "The virtual host.", standard: "/"),
                Field("subscribe", .text(.line), "The destination that is listened to: `/queue/NAME`, `/topic/KEY`."),
                Field("publish", .record(stompMessage), "A message; the broker has to confirm it."),
                expect, refused,
            ] + connection(inSteps))
    }

    private static let stompMessage = Record(
        name: "a stomp message",
        fields: [
            Field("destination", .text(.line), "Where it is sent.", need: .inEachFile), message,
        ])

    private static func mqtt(_ inSteps: Bool) -> Record {
        Record(
            name: "an mqtt check",
            fields: [
                port("1883; 8883 with `tls`"), tls("MQTT over TLS"),
                Field("path", .text(.urlPath), "MQTT over a WebSocket at this path."),
                checkUser, checkPassword,
                Field("subscribe", .text(.line), "The topic filter that is listened to: `sensors/#`."),
                Field("publish", .record(mqttMessage), "A message, with quality of service 1."),
                expect, refused,
            ] + connection(inSteps))
    }

    private static let mqttMessage = Record(
        name: "an mqtt message",
        fields: [Field("topic", .text(.line), "Its topic.", need: .inEachFile), message])

    private static func websocket(_ inSteps: Bool) -> Record {
        Record(
            name: "a websocket check",
            fields: [
                port("443 with `tls`; where the application listens, else 80"), tls("`wss:`"),
                Field("path", .text(.urlPath), "The path.", standard: "/"),
                Field("headers", .map(keys: .header, values: .text(.line)), "Headers of the handshake."),
                Field("subprotocols", .list(of: .text(.line), atLeast: 1), "Offered; the server has to take one."),
                checkUser, checkPassword,
                Field(
                    "send", .either([.text(.nonEmpty), .list(of: .text(.nonEmpty), atLeast: 1)]),
                    "Texts that are sent, in order."),
                expect, refused,
            ] + connection(inSteps))
    }

    private static let transport = Field(
        "transport", .choice(["udp", "tcp", "tls"]), "How the server is reached.", standard: "udp")

    private static let stun = Record(
        name: "a stun check", fields: [port("3478; 5349 with `transport: tls`"), transport])

    private static let turn = Record(
        name: "a turn check",
        fields: [
            port("3478; 5349 with `transport: tls`"), transport,
            Field("user", .text(.line), "The user's name.", standard: "`stonebake`, with `secret`"), checkPassword,
            Field(
                "secret", .either([.text(.line), .record(parameterValue)]),
                "In place of a password: the secret that short-lived ones are made of (`static-auth-secret`)."),
            Field("refused", .flag, "`true`: the server must refuse to relay for this client."),
        ])

    static let udp = Record(
        name: "a udp check",
        fields: [
            Field(
                "port", .integer(1...65535),
                "The guest's port. Nothing has to listen there unless an answer is expected.",
                need: .inEachFile),
            Field("send", .text(.anyText), "The datagram.", need: .inEachFile),
            Field("expect", .text(.nonEmpty), "What must come back."),
        ])
}
