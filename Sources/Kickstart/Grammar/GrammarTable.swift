/// Commands, options and the dialects that have them, as a text that people can read and a test can compare with
/// pykickstart's own parsers. A command's line is followed by its own, indented:
///
///     command part|partition in F3-            # names, and where it exists (everywhere when it is not said)
///       deprecated in F40-                     # ignored there, whatever its arguments are
///       removed in F45-
///       conflicts autopart mount in F20- R7-
///       --fstype|--type string in F4-          # names, kind, where it exists
///       --name string required
///       --nolvm const:plain > type             # sets the property `type`
///       --location choice:mbr,none = mbr       # the value without the option
///       partitions string*                     # an argument; `?` none or one, `*` any number
///
/// Dialects are ranges of Fedora (F) and RHEL (R) releases: `DialectSet`.
enum GrammarTable {
    static let commands: [String: CommandGrammar] = {
        var found: [String: CommandGrammar] = [:]
        for grammar in [storage, sources, system, installer, sections].flatMap({ parse($0).commands }) {
            var grammar = grammar
            grammar.findVariants()
            for name in grammar.names { found[name] = grammar }
        }
        return found
    }()

    /// Words that can begin a line, for suggestions.
    static let commandNames = commands.filter(\.value.isCommand).keys.sorted()

    /// What a text says, and its lines that say nothing (a test wants none).
    static func parse(_ text: String) -> (commands: [CommandGrammar], wrong: [String]) {
        var commands: [CommandGrammar] = []
        var wrong: [String] = []
        for line in text.split(separator: "\n") {
            var words = line.split(separator: " ")
            let dialects = takeDialects(&words)
            guard let first = words.first, let dialects else {
                wrong.append(String(line))
                continue
            }
            if first == "command", words.count == 2 {
                commands.append(
                    CommandGrammar(names: words[1].split(separator: "|").map(String.init), dialects: dialects))
            } else if !commands.isEmpty, commands[commands.count - 1].take(words, in: dialects) {
                continue
            } else {
                wrong.append(String(line))
            }
        }
        return (commands, wrong)
    }

    /// Takes `in F9- R6-` off the end; all dialects where it is not there; nil where it is wrong.
    private static func takeDialects(_ words: inout [Substring]) -> DialectSet? {
        guard let start = words.firstIndex(of: "in") else { return .all }
        let ranges = words[(start + 1)...]
        guard !ranges.isEmpty, ranges.allSatisfy({ DialectSet.range($0) != nil }) else { return nil }
        words.removeSubrange(start...)
        return DialectSet(words: Array(ranges))
    }
}

extension CommandGrammar {
    /// Takes an indented line; false where it does not understand it.
    fileprivate mutating func take(_ words: [Substring], in dialects: DialectSet) -> Bool {
        switch words[0] {
        case "deprecated": deprecated = dialects
        case "removed": removed = dialects
        case "conflicts": conflicts += words.dropFirst().map { (String($0), dialects) }
        default:
            guard let option = OptionGrammar(words, in: dialects) else { return false }
            options.append(option)
        }
        return true
    }
}

extension OptionGrammar {
    fileprivate init?(_ words: [Substring], in dialects: DialectSet) {
        guard words.count >= 2 else { return nil }
        var kind = words[1]
        let count: Count = kind.hasSuffix("*") ? .any : kind.hasSuffix("?") ? .optional : .one
        if count != .one { kind = kind.dropLast() }
        guard let parsed = OptionGrammar.kind(String(kind)) else { return nil }
        let names = words[0].split(separator: "|").map(String.init)
        self.init(
            names: names, kind: parsed, count: count, property: OptionGrammar.camelCase(names[0]), dialects: dialects)
        var rest = words.dropFirst(2)
        while let word = rest.popFirst() {
            switch word {
            case "required": isRequired = true
            case "deprecated": isDeprecated = true
            case ">":
                guard let property = rest.popFirst() else { return nil }
                self.property = String(property)
            case "=":
                guard let value = rest.popFirst() else { return nil }
                fallback = String(value)
            default: return nil
            }
        }
        if isPositional, count == .one { isRequired = true }
    }

    private static func kind(_ text: String) -> Kind? {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch parts.first {
        case "flag": return .flag
        case "on": return .on
        case "off": return .off
        case "string": return .string
        case "int": return .integer
        case "bool": return .boolean
        case "list": return .list
        case "lists": return .lists
        case "strings": return .strings
        case "const": return parts.count == 2 ? .constant(parts[1]) : nil
        case "append": return parts.count == 2 ? .append(parts[1].split(separator: ",").map(String.init)) : nil
        case "choice": return parts.count == 2 ? .choice(parts[1].split(separator: ",").map(String.init)) : nil
        default: return SpecialKind(rawValue: text).map { .special($0) }
        }
    }

    /// `--luks-version`: `luksVersion`.
    private static func camelCase(_ name: String) -> String {
        let words = name.split { $0 == "-" || $0 == "_" }
        return words.dropFirst().reduce(String(words.first ?? "")) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }
}
