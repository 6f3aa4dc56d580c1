import Diagnostics

/// A section that is being read.
struct OpenSection {
    enum Content {
        case script(ScriptSection)
        case packages(PackagesSection)
        case certificate(CertificateSection)
        case raw(RawSection)
        /// Of an unknown kind, or with a header that is wrong: read over.
        case skipped
    }

    let content: Content
    let heading: Heading
    /// Of all but packages.
    private var lines: [ScriptLine] = []
    private var entries: [PackageEntry] = []

    /// How a section begins.
    struct Heading {
        /// `%post`.
        let name: Located<String>
        /// The whole line.
        let line: String
        /// How many files are open there; it has to end before that one does.
        let depth: Int

        /// Whether blank lines and comments are part of the section.
        var takesAllLines: Bool { name.value != "%packages" }
    }

    static let names =
        ScriptSection.Kind.allCases.map(\.rawValue) + ["%packages", "%certificate", "%addon", "%anaconda"]

    /// - Parameter values: nil where the header is wrong.
    init(_ words: [Located<String>], _ heading: Heading, values: OptionValues?) {
        self.heading = heading
        let name = heading.name
        let end = words.last?.range?.end
        var range = name.range
        if let end { range?.end = end }
        guard let range, let values else {
            content = .skipped
            return
        }
        if let kind = ScriptSection.Kind(rawValue: name.value) {
            content = .script(
                ScriptSection(
                    kind: Located(kind, at: name.range),
                    interpreter: values.string("interpreter") ?? Located("/bin/sh"), log: values.string("log"),
                    erroronfail: values.flag("erroronfail"), nochroot: values.flag("nochroot"), lines: [],
                    range: range))
        } else if name.value == "%packages" {
            content = .packages(PackagesSection(flags: PackageFlags(values), entries: [], range: range))
        } else if name.value == "%certificate" {
            content = .certificate(
                CertificateSection(
                    filename: values.required("filename"), directory: values.string("dir"),
                    type: values.string("type"), lines: [], range: range))
        } else if OpenSection.names.contains(name.value) {
            content = .raw(RawSection(name: name, arguments: Array(words.dropFirst()), lines: [], range: range))
        } else {
            content = .skipped
        }
    }

    private init(_ content: Content, _ heading: Heading) {
        self.content = content
        self.heading = heading
    }

    mutating func add(_ line: SourceLine) throws(ArgumentProblem) {
        switch content {
        case .script, .certificate, .raw:
            // An included file may end without a line end; its last line is a line all the same.
            if let last = lines.indices.last, lines[last].lineEnd.isEmpty { lines[last].lineEnd = "\n" }
            lines.append(line.scriptLine)
        case .packages:
            if let entry = try PackageEntry(line) { entries.append(entry) }
        case .skipped: break
        }
    }

    /// The section as it is when its end is reached; nil for one that says nothing.
    func finished() throws(ArgumentProblem) -> KickstartDocument.Item? {
        let isBlank = lines.allSatisfy { $0.text.trimmed.isEmpty }
        switch content {
        case .script(var section):
            section.lines = lines
            // As with pykickstart, a script of blank lines is none.
            return isBlank ? nil : .script(section)
        case .packages(var section):
            section.entries = entries
            return .packages(section)
        case .certificate(var section):
            section.lines = lines
            guard !isBlank else {
                throw ArgumentProblem("this %certificate is empty", at: section.range, code: "empty-section")
            }
            return .certificate(section)
        case .raw(var section):
            section.lines = lines
            return .raw(section)
        case .skipped: return nil
        }
    }

    /// What goes on behind an `%end` that stood in an included file: the same kind of section, with the options that
    /// pykickstart has then.
    func reopened() -> OpenSection {
        switch content {
        case .script(let section):
            OpenSection(
                .script(
                    ScriptSection(
                        kind: section.kind, interpreter: Located("/bin/sh"), log: nil, erroronfail: Located(false),
                        nochroot: Located(false), lines: [], range: section.range)), heading)
        case .packages, .raw: OpenSection(content, heading)
        case .certificate, .skipped: OpenSection(.skipped, heading)
        }
    }
}

extension PackageEntry {
    /// A line of `%packages`: cut at the first `#`, trimmed. Nil where nothing is left.
    init?(_ line: SourceLine) throws(ArgumentProblem) {
        let trimmed = (line.text.pieces(at: "#", most: 2).first ?? "").trimmed
        guard !trimmed.isEmpty else { return nil }
        let indent = line.text.unicodeScalars.prefix(while: \.isSpace).count
        let range = line.file.range(line: line.number, column: indent + 1, length: trimmed.unicodeScalars.count)
        func empty(_ what: String) -> ArgumentProblem {
            ArgumentProblem("this names no \(what)", at: range, code: "package-entry")
        }

        isExcluded = trimmed.begins(with: "-")
        let name = isExcluded ? trimmed.dropping(1) : trimmed
        if name.begins(with: "@^") {
            guard name.unicodeScalars.count > 2 else { throw empty("environment") }
            kind = Located(.environment(name.dropping(2)), at: range)
        } else if name.begins(with: "@") {
            let group = name.dropping(1)
            // An exclusion has no options: pykickstart takes all of it for the name.
            kind = Located(
                isExcluded
                    ? PackageEntry.group(group, .mandatoryAndDefault)
                    : try PackageEntry.group(line, group, range),
                at: range)
            guard !kind.value.groupName.isEmpty else { throw empty("group") }
        } else {
            guard !name.trimmed.isEmpty else { throw empty("package") }
            kind = Located(.package(name), at: range)
        }
    }

    /// `name --nodefaults`, whose name may hold spaces.
    private static func group(
        _ line: SourceLine, _ text: String, _ range: SourceRange
    ) throws(ArgumentProblem) -> Kind {
        guard let grammar = GrammarTable.commands["@"] else { return .group(text, .mandatoryAndDefault) }
        let words = text.words.map { Located($0, at: range) }
        let parsed = try ArgumentParser.parse(words, of: Located("@", at: range), as: grammar, in: .newest)
        let isMandatory = parsed.values.flag("nodefaults").value
        let isAll = parsed.values.flag("optional").value
        if isMandatory, isAll {
            throw ArgumentProblem(
                "only one of --nodefaults and --optional can be given", at: range, code: "option-conflict")
        }
        if let unknown = parsed.extras.first(where: { $0.value.begins(with: "--") }) {
            throw ArgumentProblem(
                "a group has no option '\(unknown.value)'", at: range, hint: "its options are --nodefaults --optional",
                code: "unknown-option")
        }
        let name = parsed.extras.map(\.value).joined(separator: " ")
        return group(name, isMandatory ? .mandatory : isAll ? .all : .mandatoryAndDefault)
    }

    /// A name with a `:` is that of a module.
    private static func group(_ name: String, _ extent: GroupExtent) -> Kind {
        let parts = name.pieces(at: ":", most: 2)
        guard parts.count == 2 else { return .group(name, extent) }
        let stream = parts[1].pieces(at: "/", most: 2)
        return .module(name: parts[0], stream: stream[0], profile: stream.count == 2 ? stream[1] : nil)
    }
}
