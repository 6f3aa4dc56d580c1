import Diagnostics

// Checks, and what has to fit together.
extension SpecDecoder {
    /// The checks of the spec, after the application's kind has said which port it listens on.
    mutating func checks(for appliance: Appliance) -> [Check] {
        let standardPort = appliance.application?.port ?? 80
        var names: [String: SourceRange?] = [:]
        for check in appliance.checks { names[check.name] = .some(nil) }
        return root.list("checks").compactMap { node in
            guard let (kind, standardName) = checkKind(node, standardPort: standardPort) else { return nil }
            let given = node.text("name")
            if let given, let first = names[given.value] {
                fail(
                    "duplicate-check", "there are two checks with the name '\(given.value)'", given.range,
                    notes: first.map { [.init("the first is here", at: $0)] } ?? [])
            }
            var name = given?.value ?? standardName
            var number = 1
            while given == nil, names[name] != nil {
                number += 1
                name = "\(standardName) (\(number))"
            }
            names[name] = node.range
            let timeout = node.text("timeout").flatMap { seconds(parsing: $0.value) } ?? 60
            if timeout <= 0 { fail("bad-duration", "a check needs time", node["timeout"]?.range) }
            return Check(name: name, kind: kind, timeout: timeout, range: node.range)
        }
    }

    /// The kind of the check, or of one step, and what it is called without a name of its own.
    mutating func checkKind(_ node: SpecNode, standardPort: Int) -> (Check.Kind, String)? {
        if let http = node["http"] { return httpCheck(http, standardPort: standardPort) }
        if let tcp = node["tcp"] {
            guard let port = tcp["port"]?.integer else { return nil }
            let check = TCPCheck(port: port, send: tcp.text("send")?.value, expect: tcp.text("expect")?.value)
            return (.tcp(check), "tcp \(port)")
        }
        if let udp = node["udp"] {
            guard let port = udp["port"]?.integer, let text = udp.text("send") else { return nil }
            return (.udp(UDPCheck(port: port, send: text.value, expect: udp.text("expect")?.value)), "udp \(port)")
        }
        if let command = node["command"] {
            guard let run = command.text("run")?.value else { return nil }
            let check = CommandCheck(
                run: run, status: command["status"]?.integer ?? 0, contains: command.oneOrMoreTexts("contains"))
            return (.command(check), run.split(separator: "\n").first.map(String.init) ?? run)
        }
        if let unit = node["unit"] {
            guard let name = unit.text("name")?.value else { return nil }
            let state = unit.text("state")?.value ?? "active"
            return (.unit(UnitCheck(unit: name, state: state)), "\(name) is \(state)")
        }
        if let bootTime = node["boot-time"] {
            guard let limit = bootTime.text("at-most").flatMap({ seconds(parsing: $0.value) }) else { return nil }
            return (.bootTime(BootTimeCheck(atMost: limit)), "boot time")
        }
        if node["reboot"] != nil { return (.reboot, "restart") }
        if let steps = node["steps"] { return stepsCheck(steps, standardPort: standardPort) }
        return clientCheck(node, standardPort: standardPort)
    }

    private mutating func httpCheck(_ http: SpecNode, standardPort: Int) -> (Check.Kind, String) {
        let method = http.text("method")?.value ?? "GET"
        let path = http.text("path")?.value ?? "/"
        let json = http["json"]?.members.map { ($0.key.value, $0.value.json.compactText) } ?? []
        let headers = http["headers"]?.members.compactMap { member in
            member.value.string.map { (member.key.value, $0) }
        }
        let tls = http["tls"]?.boolean ?? false
        var check = HTTPCheck(
            method: method, port: http["port"]?.integer ?? (tls ? 443 : standardPort), path: path,
            headers: Dictionary(headers ?? []) { _, last in last }, body: http.text("body")?.value,
            status: http["status"]?.integer ?? 200, contains: http.oneOrMoreTexts("contains"),
            json: Dictionary(json) { _, last in last })
        check.tls = tls
        check.user = http.text("user")?.value
        check.password = http["password"].map(checkValue)
        let fields = http["form"]?.members.map { ($0.key.value, checkValue($0.value)) } ?? []
        check.form = Dictionary(fields) { _, last in last }
        if !check.form.isEmpty {
            check.method = "POST"
            for key in ["method", "body"] where http[key] != nil && (key == "body" || method != "POST") {
                fail(
                    "conflicting-keys", "a form is sent as POST, with a body of its own", http.member(key)?.key.range,
                    notes: [.init("the form is here", at: http.member("form")?.key.range)])
            }
        }
        checkLogin(http)
        return (.http(check), "\(check.method) \(path)" + (tls ? " over TLS" : ""))
    }

    /// What every appliance promises.
    func addStandardChecks(to appliance: inout Appliance) {
        let check = Check(
            name: "no unit has failed", kind: .unit(UnitCheck(unit: nil, state: "failed")), timeout: 60, range: nil)
        appliance.checks.append(check)
    }

    mutating func checkConsistency(of appliance: Appliance) {
        checkPorts(of: appliance)
        checkParameters(of: appliance)
        checkServices(appliance.services)
    }

    private mutating func checkPorts(of appliance: Appliance) {
        // Of an application with errors of its own it is not known where it listens.
        if root["application"] != nil, appliance.application == nil { return }
        let known = appliance.ports.sorted().map(String.init).joined(separator: ", ")
        for node in root.list("checks") { checkPort(of: node, appliance, known: known) }
        if let port = appliance.application?.port, let own = root.list("ports").first(where: { $0.integer == port }) {
            warn("listed-twice", "the application listens on port \(port) already", own.range)
        }
    }

    /// A value that a check is given by a parameter needs one.
    private mutating func checkParameters(of appliance: Appliance) {
        if root["application"] != nil, appliance.application == nil { return }
        let names = appliance.parameters.map(\.name.value)
        for check in root.list("checks").flatMap({ [$0] + $0.list("steps") }) {
            for key in check.members.flatMap(\.value.members) where ["password", "secret"].contains(key.key.value) {
                guard let name = key.value.text("parameter"), !names.contains(name.value) else { continue }
                let known = names.isEmpty ? nil : "there are: \(names.sorted().joined(separator: ", "))"
                fail(
                    "unknown-parameter", "the appliance has no parameter '\(name.value)'", name.range,
                    hint: suggestion(for: name.value, in: names) ?? known)
            }
        }
    }

    private mutating func checkPort(of node: SpecNode, _ appliance: Appliance, known: String) {
        var opened: Set<String> = []
        for step in node.list("steps") {
            // One that goes on with a connection asks no port.
            if let connection = Self.connection(of: step), !opened.insert(connection).inserted { continue }
            checkPort(of: step, appliance, known: known)
        }
        guard let (port, range) = portAsked(of: node, standardPort: appliance.application?.port ?? 80),
            (1...65535).contains(port), !appliance.ports.contains(port)
        else { return }
        fail(
            "nothing-listens", "nothing in this appliance listens on port \(port)", range,
            hint: Self.portHint(port, known: known))
    }

    private static func portHint(_ port: Int, known: String) -> String {
        "these are listened on: \(known); where a service of your own listens, say 'ports: [\(port)]'"
    }

    private mutating func checkServices(_ services: ServiceSettings) {
        let settings = [("enabled", services.enable), ("disabled", services.disable), ("masked", services.mask)]
        for (index, (state, units)) in settings.enumerated() {
            for unit in unique(units, "unit", { $0 }) {
                for (otherState, others) in settings[(index + 1)...] {
                    guard let other = others.first(where: { $0.value == unit.value }) else { continue }
                    // An application's own units have no place; what the spec says has one.
                    fail(
                        "conflicting-services", "'\(unit.value)' is both \(state) and \(otherState)",
                        other.range ?? unit.range,
                        notes: unit.range.map { [.init("\(state) here", at: $0)] } ?? [
                            .init("\(state) by the application")
                        ])
                }
            }
        }
    }
}
