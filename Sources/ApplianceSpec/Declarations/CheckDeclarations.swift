extension SpecDeclarations {
    static let check = Record(
        name: "a check",
        fields: [
            Field("name", .text(.line), "What reports call it.", standard: "made from the check: `GET /`"),
            Field(
                "timeout", .text(.duration), "How long it may take, waiting for the service included.",
                standard: "60s"),
        ] + kinds(inSteps: false) + [
            Field("boot-time", .record(bootTime), "The time that booting takes, by systemd-analyze."),
            Field(
                "steps", .list(of: .record(step), atLeast: 1),
                "Several of these in order: publish, then expect. Connections may stay open from one step to another."),
        ],
        exactlyOne: kinds(inSteps: false).map(\.key) + ["boot-time", "steps"])

    /// One after the other, in `steps`.
    static let step = Record(
        name: "a step", fields: kinds(inSteps: true), exactlyOne: kinds(inSteps: true).map(\.key))

    /// What may be checked by itself and as one step of several.
    private static func kinds(inSteps: Bool) -> [Field] {
        [
            Field("http", .record(http), "An HTTP request and what must come back."),
            Field("tcp", .record(tcp), "A TCP connection."),
            Field("udp", .record(udp), "A UDP datagram, and what must come back where something must."),
        ] + clientKinds(inSteps: inSteps) + [
            Field("command", .record(command), "A command in the guest, as root."),
            Field("unit", .record(unit), "The state of a systemd unit."),
        ]
            + (inSteps
                ? [
                    Field(
                        "reboot", .flag,
                        "`true`: the machine restarts, and the next step comes when it is up. Checks with it come last."
                    )
                ] : [])
    }

    private static let http = Record(
        name: "an http check",
        fields: [
            Field(
                "method", .choice(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]), "The method.",
                standard: "GET"),
            Field(
                "port", .integer(1...65535), "The guest's port.",
                standard: "443 with `tls`; where the application listens, else 80"),
            tls("HTTPS"),
            Field("path", .text(.urlPath), "The path.", standard: "/"),
            checkUser, checkPassword,
            Field("headers", .map(keys: .header, values: .text(.line)), "Headers that are sent."),
            Field("body", .text(.anyText), "The body that is sent."),
            Field(
                "form", .map(keys: .line, values: .either([.text(.anyText), .record(parameterValue)])),
                "The page's form is filled in with these fields and sent, its hidden ones too: a text, or `{parameter: NAME}`. "
                    + "The steps of one check share their cookies."),
            Field("status", .integer(100...599), "The status that must come back.", standard: "200"),
            Field(
                "contains", .either([.text(.nonEmpty), .list(of: .text(.nonEmpty))]),
                "What the body must contain."),
            Field(
                "json", .map(keys: .jsonPath, values: .anything),
                "Members that the body must have as JSON: a dotted path and the value."),
        ])

    private static let tcp = Record(
        name: "a tcp check",
        fields: [
            Field("port", .integer(1...65535), "The guest's port.", need: .inEachFile),
            Field("send", .text(.anyText), "Sent once connected."),
            Field("expect", .text(.nonEmpty), "What must come back."),
        ])

    private static let command = Record(
        name: "a command check",
        fields: [
            Field("run", .text(.nonEmpty), "The command, for /bin/sh.", need: .inEachFile),
            Field("status", .integer(0...255), "The exit status it must have.", standard: "0"),
            Field(
                "contains", .either([.text(.nonEmpty), .list(of: .text(.nonEmpty))]),
                "What its output must contain."),
        ])

    private static let unit = Record(
        name: "a unit check",
        fields: [
            Field("name", .text(.unit), "The unit.", need: .inEachFile),
            Field("state", .text(.unitState), "The state it must be in.", standard: "active"),
        ])

    private static let bootTime = Record(
        name: "a boot-time check",
        fields: [
            Field("at-most", .text(.duration), "The most that it may take.", need: .inEachFile)
        ])
}
