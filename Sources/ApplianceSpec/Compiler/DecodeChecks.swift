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

    private func checkKind(_ node: SpecNode, standardPort: Int) -> (Check.Kind, String)? {
        if let http = node["http"] {
            let method = http.text("method")?.value ?? "GET"
            let path = http.text("path")?.value ?? "/"
            let json = http["json"]?.members.map { ($0.key.value, $0.value.json.compactText) } ?? []
            let headers = http["headers"]?.members.compactMap { member in
                member.value.string.map { (member.key.value, $0) }
            }
            let check = HTTPCheck(
                method: method, port: http["port"]?.integer ?? standardPort, path: path,
                headers: Dictionary(headers ?? []) { _, last in last }, body: http.text("body")?.value,
                status: http["status"]?.integer ?? 200, contains: http.oneOrMoreTexts("contains"),
                json: Dictionary(json) { _, last in last })
            return (.http(check), "\(method) \(path)")
        }
        if let tcp = node["tcp"] {
            guard let port = tcp["port"]?.integer else { return nil }
            let check = TCPCheck(port: port, send: tcp.text("send")?.value, expect: tcp.text("expect")?.value)
            return (.tcp(check), "tcp \(port)")
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
        return nil
    }

    /// What every appliance promises.
    func addStandardChecks(to appliance: inout Appliance) {
        let check = Check(
            name: "no unit has failed", kind: .unit(UnitCheck(unit: nil, state: "failed")), timeout: 60, range: nil)
        appliance.checks.append(check)
    }

    mutating func checkConsistency(of appliance: Appliance) {
        checkPorts(of: appliance)
        checkServices(appliance.services)
    }

    private mutating func checkPorts(of appliance: Appliance) {
        // Of an application with errors of its own it is not known where it listens.
        if root["application"] != nil, appliance.application == nil { return }
        let known = appliance.ports.sorted().map(String.init).joined(separator: ", ")
        for node in root.list("checks") {
            guard let port = (node["http"] ?? node["tcp"])?["port"] else {
                if let http = node.member("http"), !appliance.ports.contains(appliance.application?.port ?? 80) {
                    fail(
                        "nothing-listens", "nothing in this appliance listens on port 80", http.key.range,
                        hint: Self.portHint(80, known: known))
                }
                continue
            }
            guard let number = port.integer, (1...65535).contains(number), !appliance.ports.contains(number) else {
                continue
            }
            fail(
                "nothing-listens", "nothing in this appliance listens on port \(number)", port.range,
                hint: Self.portHint(number, known: known))
        }
        if let port = appliance.application?.port, let own = root.list("ports").first(where: { $0.integer == port }) {
            warn("listed-twice", "the application listens on port \(port) already", own.range)
        }
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
