import Diagnostics

/// A line whose options are known, on its way to what its command says.
struct CommandReading {
    let dialect: Dialect
    /// The command as written.
    let name: Located<String>
    /// The line behind the command, quotes and all.
    let rest: Located<String>
    var values: OptionValues
    var extras: [Located<String>]
    /// What earlier lines of the same command have set.
    var earlier: OptionValues
    /// Whether there is no word behind the command.
    var isBare: Bool

    func isIn(_ dialects: String) -> Bool { DialectSet(dialects).contains(dialect) }

    /// Whether an option has a value that Python holds for true.
    func has(_ property: String) -> Bool { CommandReading.isTrue(values, property) }

    func has(_ property: String, orEarlier: Bool) -> Bool {
        has(property) || (orEarlier && CommandReading.isTrue(earlier, property))
    }

    private static func isTrue(_ values: OptionValues, _ property: String) -> Bool {
        if let flag = values.bool(property) { return flag.value }
        if let number = values.integer(property) { return number.value != 0 }
        if let text = values.string(property) { return !text.value.isEmpty }
        return !values.list(property).isEmpty
    }

    func text(_ property: String) -> String? { values.string(property)?.value }

    func problem(_ message: String, at property: String? = nil, hint: String? = nil) -> ArgumentProblem {
        ArgumentProblem(
            message, at: property.flatMap { values.place($0) } ?? name.range, hint: hint, code: "option-conflict")
    }

    /// For a number of arguments, or a command's own option: an older dialect may have it.
    func vocabularyProblem(_ message: String, at range: SourceRange? = nil, hint: String? = nil) -> ArgumentProblem {
        ArgumentProblem(message, at: range ?? name.range, hint: hint, code: "command-arguments", concern: .vocabulary)
    }

    /// Refuses two options that exclude each other.
    func refuse(_ first: String, with second: String, _ names: String) throws(ArgumentProblem) {
        if has(first), has(second) { throw problem("only one of \(names) can be given", at: second) }
    }

    /// Takes the extras, none of which may look like an option.
    mutating func takeExtras(_ grammar: CommandGrammar) throws(ArgumentProblem) -> [Located<String>] {
        if extras.contains(where: { $0.value.begins(with: "-") }) { try CommandRules.refuseExtras(self, grammar) }
        defer { extras = [] }
        return extras
    }
}

/// What pykickstart's commands do behind argparse: which options go together, and what their values become.
/// Source: the `parse` methods of `pykickstart/commands/*.py`, 3.74.
enum CommandRules {
    static func apply(_ grammar: CommandGrammar, to reading: inout CommandReading) throws(ArgumentProblem) {
        switch grammar.name {
        case "part": try partition(&reading, grammar)
        case "volgroup": try volumeGroup(&reading, grammar)
        case "logvol": try logicalVolume(&reading, grammar)
        case "raid": try raid(&reading, grammar)
        case "btrfs": try btrfs(&reading, grammar)
        case "mount": try mount(&reading, grammar)
        case "snapshot": try snapshot(reading, grammar)
        case "autopart": try autopart(reading)
        case "clearpart": clearpart(&reading)
        case "ignoredisk": try ignoreDisk(reading)
        case "bootloader", "lilo": try bootloader(&reading)
        case "zfcp": try zfcp(reading)
        case "nvdimm": try nvdimm(reading)
        case "url", "repo", "timesource": try exclusive(reading, grammar.name)
        case "harddrive": try hardDrive(reading)
        case "ostreesetup": try ostreeSetup(&reading)
        case "ostreecontainer": fallBack(&reading, "remote", to: "stateroot")
        case "bootc": fallBack(&reading, "targetImgref", to: "sourceImgref")
        case "install", "upgrade": try rootDevice(reading)
        case "updates": try updates(&reading)
        case "driverdisk": try driverDisk(&reading)
        case "rootpw": try rootPassword(reading)
        case "sshpw": try sshPassword(&reading)
        case "keyboard": try keyboard(&reading)
        case "timezone": try timeZone(&reading)
        case "langsupport": try languageSupport(&reading, grammar)
        case "mouse": try oneWord(&reading, grammar, "mouse")
        case "device": try device(&reading, grammar)
        case "key": try key(&reading, grammar)
        case "network": try network(&reading)
        case "services": try services(reading)
        case "logging": try logging(reading)
        case "rhsm": try rhsm(reading)
        case "eula": try eula(reading)
        case "realm": try realm(&reading)
        case "text": try displayMode(reading)
        case "rescue": try reading.refuse("nomount", with: "romount", "--nomount and --romount")
        case "vnc": vnc(&reading)
        case "dmraid": lastComponent(&reading, "name")
        case "multipath": try multipath(reading)
        // Before Fedora 6 nothing behind these was looked at, and before Fedora 9 nothing behind zerombr.
        case "reboot": if reading.isIn("F3-5 R3-4") { reading.extras = [] }
        case "zerombr": if reading.isIn("F3-8 R3-5") { reading.extras = [] }
        case "auth", "authselect":
            reading.values.set("text", .text(reading.rest.value), at: reading.rest.range)
            reading.extras = []
        case "deviceprobe":
            reading.values.set(
                "text", .text(reading.extras.map(\.value).joined(separator: " ")), at: reading.rest.range)
            reading.extras = []
        case "method":
            throw reading.vocabularyProblem(
                "'method' is no command of its own", hint: "write url, nfs, harddrive, cdrom or liveimg")
        default: break
        }
        if !reading.extras.isEmpty { try refuseExtras(reading, grammar) }
    }

    /// The first word that nothing took, with the option that was probably meant.
    static func refuseExtras(_ reading: CommandReading, _ grammar: CommandGrammar) throws(ArgumentProblem) -> Never {
        let extra = reading.extras.first { $0.value.begins(with: "-") } ?? reading.extras.first ?? reading.name
        let written = extra.value.pieces(at: "=", most: 2).first ?? extra.value
        guard written.begins(with: "-") else {
            throw ArgumentProblem(
                "'\(reading.name.value)' does not take the argument '\(extra.value)'", at: extra.range,
                hint: "options begin with --; a value with spaces needs quotes", code: "command-arguments",
                concern: .vocabulary)
        }
        let names = grammar.options(in: reading.dialect).filter { !$0.isPositional }.flatMap(\.names)
        let elsewhere = grammar.options.filter { $0.names.contains(written) }
        let known = Dialect.all.filter { dialect in elsewhere.contains { $0.dialects.contains(dialect) } }
        let hint =
            reading.dialect.hint(known) ?? suggestion(for: written, in: names)
            ?? (names.isEmpty ? "it has no options" : "its options are \(names.sorted().joined(separator: " "))")
        throw ArgumentProblem(
            "'\(reading.name.value)' has no option '\(written)'"
                + (known.isEmpty ? "" : " in \(reading.dialect)"),
            at: extra.range, hint: hint, code: "unknown-option", concern: .vocabulary)
    }
}
