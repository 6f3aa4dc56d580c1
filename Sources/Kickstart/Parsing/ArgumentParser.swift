import Diagnostics

/// What the words behind a command say.
struct ParsedArguments {
    var values = OptionValues()
    /// Words that nothing took.
    var extras: [Located<String>] = []
    /// Deprecated options that stand there: they have no effect.
    var deprecated: [Located<String>] = []
}

/// Reads words as Python's argparse does, since that is the grammar that Kickstart files are written for: `--o=v` or
/// `--o v`, an unambiguous beginning of an option, `--` before what is no option, positional arguments as early as they
/// fit (so that a `*` argument that meets an option has taken all that it gets).
///
/// Source: `argparse.py` of Python 3.11, `_parse_known_args` and what it calls.
struct ArgumentParser {
    private let dialect: Dialect
    private let words: [Located<String>]
    /// Where the command itself stands, for what is missing.
    private let command: Located<String>
    private let options: [OptionGrammar]
    private var positionals: [OptionGrammar]
    private var parsed = ParsedArguments()
    private var seen: Set<String> = []

    private enum WordKind {
        case argument, option, separator
    }

    /// An option word: what it names (nil: nothing that is known), and the value behind `=`.
    private struct Match {
        var option: OptionGrammar?
        var name: String
        var value: String?
    }

    private var kinds: [WordKind] = []
    private var matches: [Int: Match] = [:]

    private init(_ grammar: CommandGrammar, _ command: Located<String>, _ words: [Located<String>], in dialect: Dialect)
    {
        self.dialect = dialect
        self.words = words
        self.command = command
        let all = grammar.options(in: dialect)
        options = all.filter { !$0.isPositional }
        positionals = all.filter(\.isPositional)
    }

    /// - Throws: `ArgumentProblem` at the first word that does not fit.
    static func parse(
        _ words: [Located<String>], of command: Located<String>, as grammar: CommandGrammar, in dialect: Dialect
    ) throws(ArgumentProblem) -> ParsedArguments {
        var parser = ArgumentParser(grammar, command, words, in: dialect)
        try parser.classify()
        try parser.consume()
        try parser.requireAll()
        return parser.parsed
    }

    // MARK: Words

    private mutating func classify() throws(ArgumentProblem) {
        for (index, word) in words.enumerated() {
            if kinds.contains(.separator) {
                kinds.append(.argument)
            } else if word.value == "--" {
                kinds.append(.separator)
            } else if let match = try match(word) {
                kinds.append(.option)
                matches[index] = match
            } else {
                kinds.append(.argument)
            }
        }
    }

    /// The option that a word is; nil for an argument.
    private func match(_ word: Located<String>) throws(ArgumentProblem) -> Match? {
        let text = word.value
        guard text.begins(with: "-"), text.unicodeScalars.count > 1 else { return nil }
        if let option = option(named: text) { return Match(option: option, name: text) }
        var name = text
        var value: String?
        if let equals = text.unicodeScalars.firstIndex(of: "=") {
            name = String(text.unicodeScalars[..<equals])
            value = String(text.unicodeScalars[text.unicodeScalars.index(after: equals)...])
            if let option = option(named: name) { return Match(option: option, name: name, value: value) }
        }
        if text.begins(with: "--") {
            let candidates = options.flatMap(\.names).filter { $0.begins(with: name) }
            if candidates.count > 1 {
                throw ArgumentProblem(
                    "'\(name)' could be \(candidates.joined(separator: ", "))", at: word.range,
                    hint: "write the option in full", code: "ambiguous-option", concern: .vocabulary)
            }
            if let full = candidates.first, let option = option(named: full) {
                return Match(option: option, name: full, value: value)
            }
        }
        // No command has options that look like numbers, so that a negative number is an argument; and what holds a space
        // was quoted, which options are not.
        if ArgumentParser.isNegativeNumber(text) || text.holds(" ") { return nil }
        return Match(option: nil, name: name, value: value)
    }

    private func option(named name: String) -> OptionGrammar? {
        options.last { $0.names.contains(name) }
    }

    /// `-5`, `-1.5`, `-.5`.
    private static func isNegativeNumber(_ text: String) -> Bool {
        let parts = text.dropping(1).pieces(at: ".")
        let areDigits = parts.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        guard areDigits, parts.count <= 2, let last = parts.last else { return false }
        return !last.isEmpty
    }

    // MARK: Options and arguments

    private mutating func consume() throws(ArgumentProblem) {
        var index = 0
        if let last = matches.keys.max() {
            while index <= last {
                guard let next = (index...last).first(where: { matches[$0] != nil }) else { break }
                if index != next {
                    let end = try consumePositionals(from: index)
                    if end > index {
                        index = end
                        continue
                    }
                    parsed.extras += words[index..<next]
                    index = next
                }
                index = try consumeOption(at: index)
            }
        }
        let end = try consumePositionals(from: index)
        parsed.extras += words[end...]
    }

    /// Returns the index behind the option and its value.
    private mutating func consumeOption(at index: Int) throws(ArgumentProblem) -> Int {
        guard let match = matches[index], let option = match.option else {
            parsed.extras.append(words[index])
            return index + 1
        }
        if option.isDeprecated { parsed.deprecated.append(Located(match.name, at: words[index].range)) }
        seen.insert(option.names[0])
        if let value = match.value {
            guard option.takesValue else {
                throw ArgumentProblem(
                    "'\(match.name)' takes no value", at: words[index].range, hint: "write \(match.name) alone",
                    code: "option-value", concern: .vocabulary)
            }
            try take(option, [Located(value, at: words[index].range)])
            return index + 1
        }
        guard option.takesValue else {
            try take(option, [Located(match.name, at: words[index].range)])
            return index + 1
        }
        let following = index + 1
        if following < words.count, kinds[following] == .argument {
            try take(option, [words[following]])
            return following + 1
        }
        guard option.count == .optional else {
            throw ArgumentProblem(
                "'\(match.name)' needs a value", at: words[index].range, hint: "\(match.name)=VALUE",
                code: "option-value", concern: .vocabulary)
        }
        parsed.values.set(option.property, .flag(true), at: words[index].range)
        return following
    }

    /// Gives the words from an index on to as many positional arguments as they are enough for.
    private mutating func consumePositionals(from start: Int) throws(ArgumentProblem) -> Int {
        let end = kinds[start...].firstIndex(of: .option) ?? words.count
        for count in stride(from: positionals.count, to: 0, by: -1) {
            guard let lengths = ArgumentParser.fit(positionals[..<count].map(\.count), to: kinds[start..<end]) else {
                continue
            }
            var index = start
            for (positional, length) in zip(positionals, lengths) {
                var taken = Array(words[index..<(index + length)])
                index += length
                if let separator = taken.firstIndex(where: { $0.value == "--" }) { taken.remove(at: separator) }
                seen.insert(positional.names[0])
                try take(positional, taken)
            }
            positionals.removeFirst(count)
            return index
        }
        return start
    }

    /// How many words each positional argument gets, the first ones as many as possible; nil when they are too few.
    private static func fit(_ counts: [OptionGrammar.Count], to kinds: ArraySlice<WordKind>) -> [Int]? {
        guard let first = counts.first else { return [] }
        let rest = Array(counts.dropFirst())
        let dashes = kinds.prefix { $0 == .separator }.count
        var candidates: [Int] = []
        switch first {
        case .any:
            candidates = Array(0...kinds.count)
        case .one, .optional:
            let behind = kinds.dropFirst(dashes)
            if behind.first == .argument {
                let trailing = behind.dropFirst().prefix { $0 == .separator }.count
                candidates = (0...trailing).map { dashes + 1 + $0 }
            }
            if first == .optional { candidates = Array(0...dashes) + candidates }
        }
        for length in candidates.reversed() {
            if let others = fit(rest, to: kinds.dropFirst(length)) { return [length] + others }
        }
        return nil
    }

    private mutating func take(_ option: OptionGrammar, _ values: [Located<String>]) throws(ArgumentProblem) {
        try OptionReading(option: option, dialect: dialect).read(values, into: &parsed.values)
    }

    private mutating func requireAll() throws(ArgumentProblem) {
        let missing = (options + positionals).filter { $0.isRequired && !seen.contains($0.names[0]) }
        guard missing.isEmpty else {
            let names = missing.map { $0.isPositional ? $0.property : $0.names[0] }
            throw ArgumentProblem(
                "'\(command.value)' needs \(names.joined(separator: " and "))", at: command.range,
                code: "missing-option", concern: .vocabulary)
        }
        for option in options {
            guard let fallback = option.fallback, !parsed.values.contains(option.property) else { continue }
            try take(option, [Located(fallback)])
        }
    }
}
