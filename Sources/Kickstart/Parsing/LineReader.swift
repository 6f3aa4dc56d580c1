import Diagnostics

/// Reads single lines, commands and section headers, as a dialect or the union of all does.
struct LineReader {
    /// Nil: the union.
    let dialect: Dialect?
    var report = DiagnosticReport()
    /// The first line of each command so far.
    private var seen: [String: SourceRange] = [:]
    /// What the lines of a command have set so far.
    private var earlier: [String: OptionValues] = [:]
    /// The names that things got: `part /`, `user admin`.
    private var named: [String: SourceRange] = [:]

    init(dialect: Dialect?) { self.dialect = dialect }

    // MARK: Commands

    /// The command that a line says; nil where it is refused, which is in the report then.
    mutating func command(_ words: [Located<String>], on line: SourceLine) -> KickstartCommand? {
        guard let name = words.first else { return nil }
        do throws(ArgumentProblem) {
            let grammar = try grammar(for: name)
            let first = grammar.name
            defer { if seen[first] == nil { seen[first] = name.range } }
            if try isIgnored(grammar, name) { return .deprecated }
            try checkConflicts(grammar, name)
            let values = try values(grammar, name, words, line)
            remember(first, values)
            warnOfRepetition(first, values, name)
            return KickstartCommand(first, values)
        } catch {
            report.add(error.diagnostic)
            return nil
        }
    }

    private func grammar(for name: Located<String>) throws(ArgumentProblem) -> CommandGrammar {
        guard let grammar = GrammarTable.commands[name.value], grammar.isCommand else {
            throw ArgumentProblem(
                "there is no command '\(name.value)'", at: name.range,
                hint: suggestion(for: name.value, in: GrammarTable.commandNames)
                    ?? (name.value.begins(with: "#") ? nil : "scripts stand between %post and %end"),
                code: "unknown-command")
        }
        guard let dialect, !grammar.dialects.contains(dialect) || grammar.removed.contains(dialect) else {
            return grammar
        }
        let known = Dialect.all.filter { grammar.dialects.contains($0) && !grammar.removed.contains($0) }
        let isRemoved = grammar.removed.contains(dialect)
        throw ArgumentProblem(
            "'\(name.value)' \(isRemoved ? "has been removed from" : "does not exist in") \(dialect)", at: name.range,
            hint: dialect.hint(known), code: isRemoved ? "removed-command" : "unknown-command")
    }

    private mutating func isIgnored(_ grammar: CommandGrammar, _ name: Located<String>) throws(ArgumentProblem) -> Bool
    {
        guard let dialect, grammar.deprecated.contains(dialect) else { return false }
        report.add(
            Diagnostic(
                .warning, code: "deprecated-command", "'\(name.value)' is deprecated in \(dialect), and has no effect",
                at: name.range))
        return true
    }

    private func checkConflicts(_ grammar: CommandGrammar, _ name: Located<String>) throws(ArgumentProblem) {
        let dialect = dialect ?? grammar.variants.first ?? .newest
        for (other, dialects) in grammar.conflicts where dialects.contains(dialect) {
            guard let place = seen[other] else { continue }
            throw ArgumentProblem(
                "'\(name.value)' and '\(other)' cannot be used in the same file", at: name.range,
                hint: "there is '\(other)' at \(place)", code: "command-conflict")
        }
    }

    private mutating func remember(_ name: String, _ values: OptionValues) {
        switch name {
        case "snapshot":
            earlier[name, default: OptionValues()].append("names", .text(values.required("name").value), at: nil)
        case "multipath":
            earlier[name, default: OptionValues()].append("devices", .text(values.required("device").value), at: nil)
        default: earlier[name, default: OptionValues()].merge(values)
        }
    }

    /// Names that should be there once: pykickstart only warns, too.
    private mutating func warnOfRepetition(_ command: String, _ values: OptionValues, _ name: Located<String>) {
        let properties = [
            "part": ["mountPoint"], "logvol": ["vgname", "name"], "volgroup": ["name"], "raid": ["device"],
            "user": ["name"], "group": ["name"], "repo": ["name"],
        ]
        guard let key = properties[command]?.map({ values.required($0).value }), key != ["swap"] else { return }
        let place = properties[command]?.last.flatMap { values.place($0) } ?? name.range
        let identity = ([command] + key).joined(separator: "\u{0}")
        if let first = named[identity] {
            report.add(
                Diagnostic(
                    .warning, code: "repeated-name", "there is '\(name.value) \(key.joined(separator: "/"))' already",
                    at: place, notes: [Diagnostic.Note("here", at: first)]))
        } else {
            named[identity] = place
        }
    }

    // MARK: Section headers

    /// The options of a section's header; nil where they are refused, which is in the report then.
    mutating func header(_ words: [Located<String>], on line: SourceLine) -> OptionValues? {
        guard let name = words.first, let grammar = GrammarTable.commands[name.value] else { return OptionValues() }
        do throws(ArgumentProblem) {
            let values = try values(grammar, name, words, line)
            if grammar.name == "%packages" { try checkPackages(values, name) }
            if grammar.name == "%certificate", values.string("dir") == nil, values.string("type") == nil {
                throw ArgumentProblem("%certificate needs --dir or --type", at: name.range, code: "missing-option")
            }
            return values
        } catch {
            report.add(error.diagnostic)
            return nil
        }
    }

    private func checkPackages(_ values: OptionValues, _ name: Located<String>) throws(ArgumentProblem) {
        for (property, option) in [("nobase", "--nobase"), ("nocore", "--nocore")] {
            guard values.flag("default").value, values.flag(property).value else { continue }
            throw ArgumentProblem(
                "only one of --default and \(option) can be given", at: values.place(property), code: "option-conflict")
        }
    }

    // MARK: Dialects

    private mutating func values(
        _ grammar: CommandGrammar, _ name: Located<String>, _ words: [Located<String>], _ line: SourceLine
    ) throws(ArgumentProblem) -> OptionValues {
        if let dialect {
            let reading = try read(grammar, name, words, line, in: dialect)
            for option in reading.deprecated {
                report.add(
                    Diagnostic(
                        .warning, code: "deprecated-option",
                        "'\(option.value)' is deprecated in \(dialect), and has no effect", at: option.range))
            }
            return reading.values
        }
        // The union: the newest dialect that knows the words of the line. What it says of them holds.
        var first: ArgumentProblem?
        for dialect in grammar.variants {
            do throws(ArgumentProblem) {
                return try read(grammar, name, words, line, in: dialect).values
            } catch {
                first = first ?? error
                guard error.concern == .vocabulary else { break }
            }
        }
        throw first ?? ArgumentProblem("there is no command '\(name.value)'", at: name.range, code: "unknown-command")
    }

    private func read(
        _ grammar: CommandGrammar, _ name: Located<String>, _ words: [Located<String>], _ line: SourceLine,
        in dialect: Dialect
    ) throws(ArgumentProblem) -> (values: OptionValues, deprecated: [Located<String>]) {
        var arguments = Array(words.dropFirst())
        if grammar.name == "realm" { arguments = Array(try ShellWords(line, comments: false).words.dropFirst()) }
        var parsed = ParsedArguments()
        if ["realm", "auth", "authselect", "deviceprobe"].contains(grammar.name) {
            parsed.extras = arguments
        } else {
            parsed = try ArgumentParser.parse(arguments, of: name, as: grammar, in: dialect)
        }
        var reading = CommandReading(
            dialect: dialect, name: name, rest: line.rest(behind: name), values: parsed.values, extras: parsed.extras,
            earlier: earlier[grammar.name] ?? OptionValues(), isBare: words.count == 1)
        try CommandRules.apply(grammar, to: &reading)
        return (reading.values, parsed.deprecated)
    }
}

extension SourceLine {
    /// What stands behind a word, without white space around it.
    func rest(behind word: Located<String>) -> Located<String> {
        guard let end = word.range?.end.column else { return Located("") }
        let scalars = Array(text.unicodeScalars)
        let start = scalars[min(end - 1, scalars.count)...].firstIndex { !$0.isSpace } ?? scalars.count
        var rest = String.UnicodeScalarView()
        rest.append(contentsOf: scalars[start...])
        let trimmed = String(rest).trimmed
        return Located(
            trimmed, at: file.range(line: number, column: start + 1, length: trimmed.unicodeScalars.count))
    }
}
