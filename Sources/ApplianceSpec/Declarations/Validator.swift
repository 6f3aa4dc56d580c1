import Diagnostics

/// Checks one file's tree against the declarations: all that one file alone can get wrong. What is missing is looked
/// for in the merged tree, since a base may say it.
struct Validator {
    private(set) var report = DiagnosticReport()

    mutating func check(_ node: SpecNode, against record: Record) {
        guard case .map(let members) = node.content else {
            wrongType(node, expected: "a map", hint: hint(for: node, inPlaceOf: record))
            return
        }
        let keys = record.fields.map(\.key)
        for member in members {
            guard let field = record[member.key.value] else {
                fail(
                    "unknown-key", "unknown key '\(member.key.value)' in \(record.name)", member.key.range,
                    hint: suggestion(for: member.key.value, in: keys)
                        ?? (keys.count <= 8 ? "known keys: \(keys.joined(separator: ", "))" : nil))
                continue
            }
            check(member.value, against: field.shape)
        }
        for field in record.fields where field.need == .inEachFile && node[field.key] == nil {
            if node.hasMisspelt(field.key, of: record) { continue }
            fail("missing-key", "\(record.name) needs '\(field.key)'", node.firstRange, hint: field.doc)
        }
        checkAlternatives(node, members, record)
    }

    /// What was probably meant by a name, or by nothing, where a record belongs.
    private func hint(for node: SpecNode, inPlaceOf record: Record) -> String? {
        let needed = record.fields.filter { $0.need != .optional }
        if node.kindName == "nothing" {
            let isComplete = needed.isEmpty && record.exactlyOne.isEmpty
            return isComplete ? "write '{}' for one with the defaults" : nil
        }
        guard let text = node.scalarText, !text.isEmpty else { return nil }
        if record[text] != nil { return "write '\(text):', with its keys below" }
        guard needed.count == 1, case .text(let rule) = needed[0].shape, rule.accepts(text) else { return nil }
        return "write '{\(needed[0].key): \(text)}'"
    }

    /// Exactly one of the record's alternatives.
    private mutating func checkAlternatives(_ node: SpecNode, _ members: [SpecNode.Member], _ record: Record) {
        guard !record.exactlyOne.isEmpty else { return }
        let given = members.filter { record.exactlyOne.contains($0.key.value) }
        let names = record.exactlyOne.map { "'\($0)'" }.joined(separator: ", ")
        if given.isEmpty {
            // An unknown key is probably the misspelt one, and has been reported.
            guard members.allSatisfy({ record[$0.key.value] != nil }) else { return }
            let one = record.exactlyOne.count == 1 ? "" : "one of "
            fail("missing-key", "\(record.name) needs \(one)\(names)", node.firstRange)
        }
        for second in given.dropFirst() {
            report.add(
                Diagnostic(
                    code: "conflicting-keys", "\(record.name) has one of \(names), not two", at: second.key.range,
                    notes: [.init("'\(given[0].key.value)' is here", at: given[0].key.range)]))
        }
    }

    private mutating func check(_ node: SpecNode, against shape: Shape) {
        switch shape {
        case .anything: break
        case .text(let rule): checkText(node, rule)
        case .boolean: checkBoolean(node)
        case .flag:
            guard node.boolean != true else { return }
            wrongType(node, expected: "true", hint: "leave the key out for the opposite")
        case .integer(let range): checkInteger(node, range)
        case .choice(let words):
            guard let word = node.string else {
                let isUnquoted = node.scalarText.map(words.contains) ?? false
                wrongType(
                    node, expected: "one of \(words.joined(separator: ", "))",
                    hint: isUnquoted ? "write it in quotes: \"\(node.scalarText ?? "")\"" : nil)
                return
            }
            guard !words.contains(word) else { return }
            let all = words.joined(separator: ", ")
            let isLong = words.count > 8
            fail(
                "unknown-value", "'\(word)' is not " + (isLong ? "a known value" : "one of \(all)"), node.range,
                hint: suggestion(for: word, in: words) ?? (isLong ? "known values: \(all)" : nil))
        case .list(let item, let least):
            guard case .list(let items) = node.content else {
                wrongType(
                    node, expected: "a list", hint: node.scalarText.flatMap { $0.isEmpty ? nil : "write '[\($0)]'" })
                return
            }
            if items.count < least { fail("empty-list", "this list needs at least one item", node.range) }
            for node in items { check(node, against: item) }
        case .map(let rule, let values):
            guard case .map(let members) = node.content else {
                wrongType(node, expected: "a map")
                return
            }
            for member in members {
                if !rule.accepts(member.key.value) { broken(rule, member.key.value, member.key.range) }
                check(member.value, against: values)
            }
        case .record(let record): check(node, against: record)
        case .either(let shapes):
            guard let shape = shapes.first(where: { $0.takes(node) }) else {
                wrongType(node, expected: shapes.map(\.typeName).joined(separator: " or "))
                return
            }
            check(node, against: shape)
        }
    }

    private mutating func checkBoolean(_ node: SpecNode) {
        guard node.boolean == nil else { return }
        let hint: String? =
            switch node.scalarText?.lowercased() {
            case "yes", "on", "y": "write 'true'"
            case "no", "off", "n": "write 'false'"
            default: nil
            }
        wrongType(node, expected: "true or false", hint: hint)
    }

    private mutating func checkText(_ node: SpecNode, _ rule: TextRule) {
        guard let text = node.string else {
            let hint = node.scalarText.flatMap { text -> String? in
                if text.isEmpty { return nil }
                return rule.accepts(text) ? "write it in quotes: \"\(text)\"" : rule.hint?(text)
            }
            wrongType(node, expected: "a string (\(rule.name))", hint: hint)
            return
        }
        if !rule.accepts(text) { broken(rule, text, node.range) }
    }

    private mutating func checkInteger(_ node: SpecNode, _ range: ClosedRange<Int>) {
        guard case .scalar(let scalar) = node.content, scalar.kind == .integer || scalar.integer != nil else {
            let isQuotedNumber = node.string.map { Int($0) != nil } ?? false
            wrongType(node, expected: "a whole number", hint: isQuotedNumber ? "write it without quotes" : nil)
            return
        }
        guard let value = scalar.integer, range.contains(value) else {
            let limits =
                range.count == 1 ? "\(range.lowerBound)" : "between \(range.lowerBound) and \(range.upperBound)"
            fail("out-of-range", "\(scalar.text) is not \(limits)", node.range)
            return
        }
    }

    private mutating func broken(_ rule: TextRule, _ text: String, _ range: SourceRange?) {
        let shown = text.count > 60 ? text.prefix(57) + "…" : text[...]
        let line = shown.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "↵")
        let secret = rule.code == TextRule.password.code
        fail(
            rule.code, secret ? "this is not \(rule.name) that a spec can hold" : "'\(line)' is not \(rule.name)",
            range,
            hint: rule.hint?(text) ?? "for example " + rule.examples.map { "'\($0)'" }.joined(separator: " or "))
    }

    private mutating func wrongType(_ node: SpecNode, expected: String, hint: String? = nil) {
        fail("wrong-type", "expected \(expected), found \(node.kindName)", node.range, hint: hint)
    }

    private mutating func fail(_ code: String, _ message: String, _ range: SourceRange?, hint: String? = nil) {
        report.add(Diagnostic(code: code, message, at: range, hint: hint))
    }
}

extension SpecNode {
    /// The string, nil for anything else.
    var string: String? {
        guard case .scalar(let scalar) = content, scalar.kind == .string else { return nil }
        return scalar.text
    }

    var boolean: Bool? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar.boolean
    }

    var integer: Int? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar.integer
    }

    var items: [SpecNode] {
        guard case .list(let items) = content else { return [] }
        return items
    }

    var members: [Member] {
        guard case .map(let members) = content else { return [] }
        return members
    }

    /// The text of any scalar.
    var scalarText: String? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar.text
    }

    /// The first key of a map, so that a caret for what is missing does not underline all that is there.
    var firstRange: SourceRange {
        guard case .map(let members) = content else { return range }
        return members.first?.key.range ?? range
    }
}

extension Shape {
    /// Whether the node is of the kind of YAML value that this shape is about.
    fileprivate func takes(_ node: SpecNode) -> Bool {
        switch (self, node.content) {
        case (.anything, _), (.list, .list), (.map, .map), (.record, .map): true
        case (.text, .scalar(let scalar)), (.choice, .scalar(let scalar)): scalar.kind == .string
        case (.integer, .scalar(let scalar)): scalar.integer != nil || scalar.kind == .integer
        case (.boolean, .scalar(let scalar)), (.flag, .scalar(let scalar)): scalar.kind == .boolean
        default: false
        }
    }

    fileprivate var typeName: String {
        switch self {
        case .text(let rule): "a string (\(rule.name))"
        case .choice(let words): words.count == 1 ? "'\(words[0])'" : "one of \(words.joined(separator: ", "))"
        case .integer: "a whole number"
        case .boolean: "true or false"
        case .flag: "true"
        case .list: "a list"
        case .map, .record: "a map"
        case .either(let shapes): shapes.map(\.typeName).joined(separator: " or ")
        case .anything: "a value"
        }
    }
}
