import Diagnostics

extension CommandRules {
    static func network(_ reading: inout CommandReading) throws(ArgumentProblem) {
        if reading.isIn("R7"), let name = reading.values.string("interfacename") {
            if let wrong = wrongInterfaceName(name.value) { throw reading.problem(wrong, at: "interfacename") }
        }
        if let options = reading.values.string("bridgeopts"), !options.value.isEmpty {
            if !reading.has("bridgeslaves") {
                throw reading.problem("--bridgeopts needs --bridgeslaves", at: "bridgeopts")
            }
            for option in options.value.pieces(at: ",") {
                let parts = option.pieces(at: "=", most: 2)
                guard parts.count == 2, !parts[1].isEmpty, !parts[1].holds("=") else {
                    throw reading.problem(
                        "'\(option)' is no bridge option", at: "bridgeopts", hint: "--bridgeopts=KEY=VALUE,KEY=VALUE")
                }
            }
        }
        if reading.has("bindto"), reading.has("vlanid"), !reading.has("bondopts") {
            throw reading.problem("a VLAN cannot be bound to a MAC address", at: "bindto")
        }
        if reading.isIn("F39- R9-"), !reading.has("device") {
            let options = [
                ("ipv4DnsSearch", "--ipv4-dns-search"), ("ipv6DnsSearch", "--ipv6-dns-search"),
                ("ipv4IgnoreAutoDns", "--ipv4-ignore-auto-dns"), ("ipv6IgnoreAutoDns", "--ipv6-ignore-auto-dns"),
            ]
            for (property, name) in options where reading.has(property) {
                throw reading.problem("\(name) needs --device", at: property)
            }
        }
    }

    /// Why a name that looks like that of a VLAN cannot be one (RHEL 7).
    private static func wrongInterfaceName(_ name: String) -> String? {
        var identifier: Int?
        if let dot = name.firstIndex(of: ".") {
            if name[..<dot] == "vlan" { return "a VLAN's name cannot begin with 'vlan.'" }
            identifier = OptionReading.integer(String(name[name.index(after: dot)...]))
            if identifier == nil { return "behind the '.' of an interface's name a VLAN id has to follow" }
        }
        if name.begins(with: "vlan") {
            identifier = OptionReading.integer(name.dropping(4))
            if identifier == nil { return "behind 'vlan' a VLAN id has to follow" }
        }
        guard let identifier, !(0...4095).contains(identifier) else { return nil }
        return "a VLAN id is between 0 and 4095"
    }

    /// `realm join`, whose options are getopt's and not argparse's.
    static func realm(_ reading: inout CommandReading) throws(ArgumentProblem) {
        if reading.earlier.contains("realm") {
            throw reading.problem("a machine joins one realm", hint: "there is a 'realm join' above")
        }
        guard let command = reading.extras.first else { throw reading.vocabularyProblem("realm needs a command: join") }
        guard command.value == "join" else {
            throw reading.vocabularyProblem(
                "'realm \(command.value)' is not supported", at: command.range, hint: "realm join REALM")
        }
        let words = Array(reading.extras.dropFirst())
        for word in words { reading.values.append("arguments", .text(word.value), at: word.range) }
        reading.extras = []
        let realms = try realmsToJoin(words, reading)
        guard realms.count == 1, let realm = realms.first else {
            throw reading.vocabularyProblem("'realm join' takes one realm", at: realms.last?.range)
        }
        reading.values.set("realm", .text(realm.value), at: realm.range)
    }

    private static func realmsToJoin(
        _ words: [Located<String>], _ reading: CommandReading
    ) throws(ArgumentProblem) -> [Located<String>] {
        let withValue = [
            "client-software", "server-software", "membership-software", "one-time-password", "computer-ou",
        ]
        let all = withValue + ["no-password"]
        var rest = words[...]
        while let word = rest.first, word.value.begins(with: "-"), word.value != "-" {
            rest = rest.dropFirst()
            if word.value == "--" { break }
            let parts = word.value.dropping(2).pieces(at: "=", most: 2)
            let name = parts.first ?? ""
            let candidates = all.contains(name) ? [name] : all.filter { $0.begins(with: name) }
            guard word.value.begins(with: "--"), candidates.count == 1, let option = candidates.first else {
                throw ArgumentProblem(
                    "'realm join' has no option '\(word.value)'", at: word.range,
                    hint: suggestion(for: name, in: all).map { $0 }
                        ?? "its options are \(all.map { "--" + $0 }.joined(separator: " "))",
                    code: "unknown-option", concern: .vocabulary)
            }
            let takesValue = withValue.contains(option)
            if takesValue, parts.count == 1 {
                guard !rest.isEmpty else {
                    throw ArgumentProblem(
                        "--\(option) needs a value", at: word.range, code: "option-value", concern: .vocabulary)
                }
                rest = rest.dropFirst()
            } else if !takesValue, parts.count == 2 {
                throw ArgumentProblem(
                    "--\(option) takes no value", at: word.range, code: "option-value", concern: .vocabulary)
            }
        }
        return Array(rest)
    }
}
