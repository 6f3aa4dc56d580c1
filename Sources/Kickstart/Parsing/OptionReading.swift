import Diagnostics

/// Turns the words of one option or argument into its value.
struct OptionReading {
    let option: OptionGrammar
    let dialect: Dialect

    /// - Parameter words: the value; for an option without one, the option itself; for a `*` argument any number.
    func read(_ words: [Located<String>], into values: inout OptionValues) throws(ArgumentProblem) {
        let range = words.first?.range
        switch option.kind {
        case .flag, .on: values.set(option.property, .flag(true), at: range)
        case .off: values.set(option.property, .flag(false), at: range)
        case .constant(let value): values.set(option.property, .text(value), at: range)
        case .append(let texts): values.append(option.property, .list(texts), at: range)
        case .strings:
            for word in words { values.append(option.property, .text(word.value), at: word.range) }
        case .lists:
            for word in words { values.append(option.property, .list(OptionReading.list(word.value)), at: word.range) }
        case .special(.ports):
            for word in words { values.append(option.property, .list(OptionReading.ports(word.value)), at: word.range) }
        default:
            guard option.count != .any else {
                values.remove(option.property)
                for word in words { values.append(option.property, try value(of: word), at: word.range) }
                return
            }
            for word in words { values.set(option.property, try value(of: word), at: word.range) }
        }
    }

    private func value(of word: Located<String>) throws(ArgumentProblem) -> OptionValue {
        let text = word.value
        switch option.kind {
        case .integer:
            guard let number = OptionReading.integer(text) else {
                throw wrong(word, "a whole number", example: nil)
            }
            return .integer(number)
        case .boolean:
            switch text.lowercased() {
            case "on", "yes", "true", "1": return .flag(true)
            case "off", "no", "false", "0": return .flag(false)
            default: throw wrong(word, "yes or no", example: nil)
            }
        case .list: return .list(OptionReading.list(text))
        case .choice(let choices):
            guard choices.contains(text) else { throw wrong(word, oneOf(choices), example: text, choices) }
            return .text(text)
        case .special(let kind): return try special(kind, word)
        default: return .text(text)
        }
    }

    private func special(_ kind: OptionGrammar.SpecialKind, _ word: Located<String>) throws(ArgumentProblem)
        -> OptionValue
    {
        let text = word.value
        switch kind {
        case .path: return .text(text.begins(with: "/") ? OptionReading.normalised(text) : text)
        case .partition: return .text(text.begins(with: "/dev/") ? text.dropping(5) : text)
        case .ports: return .list(OptionReading.ports(text))
        case .teamslaves: return .list(OptionReading.teamSlaves(text))
        case .autopartType:
            let hasThin = DialectSet("F20- R7-").contains(dialect)
            let names = ["lvm", "btrfs", "plain", "partition"] + (hasThin ? ["thinp"] : [])
            guard names.contains(text.lowercased()) else { throw wrong(word, oneOf(names), example: text, names) }
            return .text(text.lowercased() == "partition" ? "plain" : text.lowercased())
        case .btrfsLevel:
            let levels = [
                "raid0": "raid0", "0": "raid0", "raid1": "raid1", "1": "raid1", "raid10": "raid10", "10": "raid10",
                "single": "single",
            ]
            guard let level = levels[text.lowercased()] else {
                throw wrong(word, "raid0, raid1, raid10 or single", example: text, Array(levels.keys))
            }
            return .text(level)
        case .raidLevel:
            var levels = ["0", "1", "5", "6"]
            if DialectSet("F7- R5-").contains(dialect) { levels.append("10") }
            if DialectSet("F13- R6-").contains(dialect) { levels.append("4") }
            let level = text.uppercased().begins(with: "RAID") ? text.dropping(4) : text
            guard levels.contains(level) else { throw wrong(word, oneOf(levels.map { "RAID" + $0 }), example: nil) }
            return .text("RAID" + level)
        case .mdDevice:
            let keepsPrefix = DialectSet("F43- R10-").contains(dialect)
            let name = !keepsPrefix && text.begins(with: "md") ? text.dropping(2) : text
            if DialectSet("F3-18 R3-6").contains(dialect), OptionReading.integer(name) == nil {
                throw wrong(word, "md and a number", example: nil)
            }
            return .text(name)
        case .snapshotWhen:
            let names = ["post-install", "pre-install"]
            guard names.contains(text.lowercased()) else { throw wrong(word, oneOf(names), example: text, names) }
            return .text(text.lowercased())
        }
    }

    private func oneOf(_ names: [String]) -> String {
        names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    }

    private func wrong(
        _ word: Located<String>, _ wanted: String, example: String?, _ names: [String] = []
    ) -> ArgumentProblem {
        ArgumentProblem(
            "\(option.isPositional ? option.property : option.names[0]) has to be \(wanted), not '\(word.value)'",
            at: word.range, hint: example.flatMap { suggestion(for: $0, in: names) }, code: "option-value",
            concern: .vocabulary)
    }
}

extension OptionReading {
    /// As Python's `int()`: white space around it, a sign, single `_` between digits.
    static func integer(_ text: String) -> Int? {
        var digits = Substring(text.trimmed)
        let isNegative = digits.first == "-"
        if let sign = digits.first, sign == "-" || sign == "+" { digits = digits.dropFirst() }
        let groups = digits.split(separator: "_", omittingEmptySubsequences: false)
        guard groups.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }) else { return nil }
        return Int((isNegative ? "-" : "") + groups.joined())
    }

    /// Split at commas, trimmed, empty ones dropped.
    static func list(_ text: String) -> [String] {
        text.pieces(at: ",").map(\.trimmed).filter { !$0.isEmpty }
    }

    /// `22,80:tcp` is `22:tcp`, `80:tcp`.
    static func ports(_ text: String) -> [String] {
        text.pieces(at: ",").map(\.trimmed).map {
            $0.holds(":") ? $0 : $0 + ":tcp"
        }
    }

    /// `eth1,eth2'{"prio": 100}',eth3`: names, each with a JSON text behind it where it has one.
    static func teamSlaves(_ text: String) -> [String] {
        guard !text.isEmpty else { return [] }
        var parts = text.pieces(at: "'")
        if parts.count % 2 == 1 {
            if parts.last == "" { parts.removeLast() } else { parts.append("") }
        }
        return stride(from: 0, to: parts.count - 1, by: 2).flatMap { index -> [String] in
            var names = parts[index].pieces(at: ",")
            while names.first == "", names.count > 1 { names.removeFirst() }
            while names.last == "", names.count > 1 { names.removeLast() }
            guard let last = names.popLast() else { return [] }
            return names + [parts[index + 1].isEmpty ? last : "\(last)'\(parts[index + 1])'"]
        }
    }

    /// `os.path.normpath`: no empty and no `.` parts, `..` takes one away; two slashes at the beginning stay two.
    static func normalised(_ path: String) -> String {
        let slashes = path.utf8.prefix { $0 == 0x2F }.count
        var parts: [String] = []
        for part in path.pieces(at: "/") where part != "." && !part.isEmpty {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return (slashes == 2 ? "//" : "/") + parts.joined(separator: "/")
    }
}
