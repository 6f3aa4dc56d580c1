import Diagnostics
import Kickstart

/// A Kickstart document to the tree that a YAML spec is read as: what `extends` merges, what is validated and decoded, and
/// what `kickstart convert` prints. Each statement is applied, needs nothing to be done, or is refused with what to write
/// instead; `outcomes` has one for every statement and section, in the order of the file.
struct KickstartCompiler {
    let document: KickstartDocument
    /// Whether what cannot be done is left out with a warning.
    let allowsUnsupported: Bool
    /// Whether it is no base of another spec.
    let isNamed: Bool
    /// The name of the file without its folder and ending: what salts are made from, and appliances called.
    let stem: String

    var root: NodeMap
    var outcomes: [KickstartOutcome] = []
    var report = DiagnosticReport()

    // What is put together from several statements.
    var accounts = KickstartAccounts()
    var storage = KickstartStorage()
    var scriptCount = 0
    /// What `%addon stonebake` says, which is merged last.
    var ownSections: [SpecNode] = []
    /// `%pre` scripts that partition, as layouts by partition name.
    var prePartitions: [String: PartedPartition] = [:]

    /// The statement that is being compiled.
    var place: SourceRange
    var subject = ""
    /// The number of its item in the document.
    var order = 0

    init(_ document: KickstartDocument, allowsUnsupported: Bool, isNamed: Bool = true) {
        self.document = document
        self.isNamed = isNamed
        self.allowsUnsupported = allowsUnsupported
        place = document.file.range(line: 1).hiding(document.commands.flatMap(\.command.secrets))
        root = NodeMap(at: place)
        let name = HostPaths.name(of: document.file.path)
        stem = name.hasSuffix(".ks") ? String(name.dropLast(3)) : name
    }

    mutating func compile() {
        root.set("stonebake", .integer(SpecDeclarations.languageVersion, place))
        prePartitions = PartedPartition.all(in: document.scripts.filter { $0.kind.value == .pre })
        prepareStorage()
        let last = lastOfEachScalar
        for (number, item) in document.items.enumerated() {
            order = number
            switch item {
            case .command(let statement):
                begin(statement)
                if statement.command.isReplaced, let later = last[statement.command.settingName], later.number != number
                {
                    note(.noOp, "line \(later.line) says it again, and the last one counts")
                } else {
                    compile(statement)
                }
            case .script(let script):
                begin(script.kind.value.rawValue, script.range)
                compile(script)
            case .packages(let section):
                begin("%packages", section.range)
                note(.applied, "packages: what follows, merged with other sections")
            case .certificate(let section):
                begin("%certificate", section.range)
                compile(section)
            case .raw(let section):
                begin("\(section.name.value) \(section.arguments.first?.value ?? "")", section.range)
                compile(section)
            case .missingInclude(let include):
                let range = include.path.range ?? place
                begin("%include \(include.path.value)", range)
                unsupported(
                    "there is no file '\(include.path.value)'"
                        + (document.scripts.contains { $0.kind.value == .pre } ? ", unless %pre made it" : ""),
                    hint:
                        "nothing runs before a build: write what it would hold into the file, or name one that is there",
                    at: range)
            }
        }
        compilePackages()
        accounts.finish(&root)
        compileStorage()
        for node in ownSections {
            let merged = root.node.merged(with: node)
            root = NodeMap(at: root.range)
            for member in merged.members { root.set(member.key.value, member.value, at: member.key.range) }
        }
        takeStandardBase()
        outcomes = outcomes.enumerated().sorted { left, right in
            (left.element.order, left.element.range.start.line, left.offset)
                < (right.element.order, right.element.range.start.line, right.offset)
        }.map(\.element)
        for outcome in outcomes where outcome.status == .unsupported && !outcome.isReportedLater {
            report.add(outcome.diagnostic(allowsUnsupported ? .warning : .error))
        }
    }

    /// A file for another distribution, of which all that can be done is to be done.
    private mutating func takeStandardBase() {
        let rpm = root["rpm-repositories"]?.items.first
        guard allowsUnsupported, root["distribution"] == nil, isNamed || rpm != nil else { return }
        let range = rpm?.range ?? root.range
        var map = NodeMap(at: range)
        map.set("name", text: Located("debian", at: range))
        map.set("release", text: Located(SpecDeclarations.releases[0], at: range))
        root.set("distribution", map.node)
        begin("distribution", range)
        applied("distribution: debian \(SpecDeclarations.releases[0]), because no line names one that can be built")
    }

    /// Of commands that replace what they said before, the last.
    private var lastOfEachScalar: [String: (number: Int, line: Int)] {
        var last: [String: (number: Int, line: Int)] = [:]
        for (number, item) in document.items.enumerated() {
            guard case .command(let statement) = item, statement.command.isReplaced else { continue }
            last[statement.command.settingName] = (number, statement.range.start.line)
        }
        return last
    }

    // MARK: Outcomes

    private mutating func begin(_ statement: CommandStatement) {
        begin(statement.shownText, statement.range.hiding(statement.command.secrets))
    }

    private mutating func begin(_ subject: String, _ range: SourceRange) {
        self.subject = subject.count > 72 ? subject.prefix(71) + "…" : subject
        place = range
    }

    mutating func note(_ status: KickstartOutcome.Status, _ text: String) {
        add(KickstartOutcome(status: status, subject: subject, text: text, range: place))
    }

    /// At the place of its item, also where it is told later.
    mutating func add(_ outcome: KickstartOutcome) {
        var outcome = outcome
        outcome.order = order
        outcomes.append(outcome)
    }

    mutating func applied(_ text: String) { note(.applied, text) }
    mutating func noOp(_ reason: String) { note(.noOp, reason) }

    mutating func unsupported(
        _ message: String, hint: String, at range: SourceRange? = nil, isReportedLater: Bool = false
    ) {
        var outcome = KickstartOutcome(
            status: .unsupported, subject: subject, text: message, hint: hint, range: range ?? place)
        outcome.isReportedLater = isReportedLater
        add(outcome)
    }

    /// An option of the statement that needs nothing to be done.
    mutating func option(_ name: String, isGiven: Bool, noOp reason: String) {
        guard isGiven else { return }
        add(KickstartOutcome(status: .noOp, subject: "  --\(name)", text: reason, range: place))
    }

    /// An option of the statement that cannot be done.
    mutating func option(_ name: String, refused range: SourceRange?, isGiven: Bool, _ message: String, hint: String) {
        guard isGiven else { return }
        add(
            KickstartOutcome(
                status: .unsupported, subject: "  --\(name)", text: message, hint: hint, range: range ?? place))
    }
}

extension KickstartCommand {
    /// Whether a later line of the same command takes the place of an earlier one.
    var isScalar: Bool {
        switch self {
        case .partition, .volumeGroup, .logicalVolume, .raid, .btrfs, .mount, .snapshot, .repository, .module, .user,
            .group, .sshKey, .sshPassword, .network, .timeSource, .driverDisk, .device, .dmraid, .multipath, .iscsi,
            .fcoe,
            .zfcp, .nvdimm, .deprecated:
            false
        default: true
        }
    }

    /// Whether a later line that sets the same takes its place: of two partitions for one mount point too, the last one
    /// counts, which is how files that include one another change a size.
    var isReplaced: Bool {
        if case .partition(let command) = self { return command.mountPoint.value.hasPrefix("/") }
        return isScalar
    }

    /// What it sets, the same for two lines of which the last one counts: the name of the case.
    var settingName: String {
        if case .partition(let command) = self { return "part \(command.mountPoint.value)" }
        let text = "\(self)"
        return String(text.prefix { $0 != "(" })
    }
}

extension CommandStatement {
    /// The words, with what is secret left out.
    var shownText: String {
        let secrets = Set(command.secrets.map(\.value))
        let words = arguments.map { argument -> String in
            var word = argument.value
            for secret in secrets where !secret.isEmpty && word.contains(secret) {
                word = word.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***")
            }
            return word
        }
        return ([name.value] + words).joined(separator: " ")
    }
}

extension KickstartCommand {
    /// What no output may show.
    var secrets: [Located<String>] {
        switch self {
        case .rootPassword(let command): [command.password].compactMap { $0 }
        case .user(let command): [command.password].compactMap { $0 }
        case .sshPassword(let command): [command.password]
        case .partition(let command): [command.passphrase, command.hwPassphrase].compactMap { $0 }
        case .logicalVolume(let command): [command.passphrase].compactMap { $0 }
        case .raid(let command): [command.passphrase].compactMap { $0 }
        case .autoPart(let command): [command.passphrase, command.hwPassphrase].compactMap { $0 }
        case .bootloader(let command): [command.password].compactMap { $0 }
        case .vnc(let command): [command.password].compactMap { $0 }
        case .rdp(let command): [command.password].compactMap { $0 }
        case .iscsi(let command): [command.password, command.reversePassword].compactMap { $0 }
        case .network(let command): [command.wepkey, command.wpakey].compactMap { $0 }
        default: []
        }
    }
}

extension SourceRange {
    /// The same place in a text in which the secrets are stars, for messages that quote the line.
    func hiding(_ secrets: [Located<String>]) -> SourceRange {
        let secrets = secrets.map(\.value).filter { !$0.isEmpty }
        guard !secrets.isEmpty else { return self }
        var lines = file.lines
        guard lines.indices.contains(start.line - 1) else { return self }
        for secret in secrets {
            let stars = String(repeating: "*", count: secret.unicodeScalars.count)
            lines[start.line - 1] = lines[start.line - 1].split(
                separator: secret, omittingEmptySubsequences: false
            ).joined(separator: stars)
        }
        let copy = SourceFile(path: file.path, text: lines.joined(separator: "\n"))
        return SourceRange(file: copy, start: start, end: end)
    }
}
