import Diagnostics

extension CommandRules {
    /// url, repo and timesource take one of several options.
    static func exclusive(_ reading: CommandReading, _ command: String) throws(ArgumentProblem) {
        let options: [(property: String, name: String)]
        var isRequired = true
        switch command {
        case "url":
            guard reading.isIn("F18- R7-") else { return }
            options = [("url", "--url"), ("mirrorlist", "--mirrorlist"), ("metalink", "--metalink")]
        case "repo":
            options = [("baseurl", "--baseurl"), ("mirrorlist", "--mirrorlist"), ("metalink", "--metalink")]
            isRequired = !reading.isIn("F15- R7-")
        default:
            options = [("ntpServer", "--ntp-server"), ("ntpPool", "--ntp-pool"), ("ntpDisable", "--ntp-disable")]
        }
        let given = options.filter { reading.has($0.property) }
        if given.count > 1 {
            let names = given.map(\.name).joined(separator: " and ")
            throw reading.problem("only one of \(names) can be given", at: given.last?.property)
        }
        if isRequired, given.isEmpty {
            throw reading.problem("'\(command)' needs one of \(options.map(\.name).joined(separator: ", "))")
        }
    }

    static func hardDrive(_ reading: CommandReading) throws(ArgumentProblem) {
        guard reading.isIn("F3-32 R3-8") else { return }
        let isGiven = ["biospart", "partition"].filter {
            reading.values.contains($0) || reading.earlier.contains($0)
        }
        guard isGiven.count == 1 else { throw reading.problem("harddrive needs either --partition or --biospart") }
    }

    static func ostreeSetup(_ reading: inout CommandReading) throws(ArgumentProblem) {
        fallBack(&reading, "remote", to: "osname")
        let url = reading.values.required("url").value
        guard ["file:", "http:", "https:"].contains(where: { url.begins(with: $0) }) else {
            throw reading.problem("an ostree repository is at a file:, http: or https: URL", at: "url")
        }
    }

    static func fallBack(_ reading: inout CommandReading, _ property: String, to other: String) {
        guard !reading.has(property), let value = reading.values.string(other) else { return }
        reading.values.set(property, .text(value.value), at: nil)
    }

    static func rootDevice(_ reading: CommandReading) throws(ArgumentProblem) {
        if reading.text("rootDevice") == "" { throw reading.problem("--root-device is empty", at: "rootDevice") }
    }

    static func updates(_ reading: inout CommandReading) throws(ArgumentProblem) {
        let words = reading.values.list("updates")
        if words.count > 1 {
            throw reading.vocabularyProblem("'updates' takes one argument", at: words.last?.range)
        }
        guard !reading.values.contains("url") else { return }
        reading.values.set("url", .text(words.first?.value ?? "floppy"), at: words.first?.range)
    }

    static func driverDisk(_ reading: inout CommandReading) throws(ArgumentProblem) {
        let words = reading.values.list("partition")
        if words.count > 1 {
            throw reading.vocabularyProblem("'driverdisk' takes one partition", at: words.last?.range)
        }
        let given = (words.isEmpty ? 0 : 1) + ["source", "biospart"].filter { reading.has($0) }.count
        guard given == 1 else {
            throw reading.problem("driverdisk takes one of a partition, --source and --biospart")
        }
        if let word = words.first { reading.values.set("partition", .text(word.value), at: word.range) }
    }

    static func rootPassword(_ reading: CommandReading) throws(ArgumentProblem) {
        if reading.has("password") || (reading.isIn("F18- R7-") && reading.has("lock")) { return }
        throw reading.vocabularyProblem("rootpw needs a password, or --lock")
    }

    static func sshPassword(_ reading: inout CommandReading) throws(ArgumentProblem) {
        let words = reading.values.list("password")
        guard let first = words.first else { throw reading.vocabularyProblem("sshpw needs a password") }
        reading.values.set("password", .text(words.map(\.value).joined(separator: " ")), at: first.range)
    }

    static func services(_ reading: CommandReading) throws(ArgumentProblem) {
        if !reading.has("enabled", orEarlier: true), !reading.has("disabled", orEarlier: true) {
            throw reading.problem("services needs --enabled or --disabled")
        }
    }

    static func logging(_ reading: CommandReading) throws(ArgumentProblem) {
        if reading.has("port", orEarlier: true), !reading.has("host", orEarlier: true) {
            throw reading.problem("--port needs --host", at: "port")
        }
    }

    static func rhsm(_ reading: CommandReading) throws(ArgumentProblem) {
        if reading.values.list("activationKeys").contains(where: { $0.value.isEmpty }) {
            throw reading.problem("an activation key cannot be empty", at: "activationKeys")
        }
    }

    static func eula(_ reading: CommandReading) throws(ArgumentProblem) {
        if reading.extras.isEmpty, !reading.has("agreed") {
            throw reading.problem("eula needs --agreed")
        }
    }

    static func displayMode(_ reading: CommandReading) throws(ArgumentProblem) {
        if reading.name.value == "cmdline", reading.has("nonInteractive") {
            throw reading.problem("cmdline has no --non-interactive: it asks nothing", at: "nonInteractive")
        }
    }

    static func vnc(_ reading: inout CommandReading) {
        guard let connect = reading.values.string("connect"), !connect.value.isEmpty else { return }
        let parts = connect.value.pieces(at: ":")
        reading.values.set("host", .text(parts[0]), at: connect.range)
        if parts.count > 1 { reading.values.set("port", .text(parts[1]), at: connect.range) }
    }

    static func lastComponent(_ reading: inout CommandReading, _ property: String) {
        guard let value = reading.values.string(property) else { return }
        let last = value.value.pieces(at: "/").last ?? ""
        reading.values.set(property, .text(last), at: value.range)
    }
}
