import Diagnostics
import Yams

/// YAML text to a tree: the one place that knows Yams. Everything that YAML allows and a spec does not (several
/// documents, tags of one's own, keys that are not strings, merge keys) is an error here.
struct YAMLReader {
    private let file: SourceFile
    private let extents: ScalarExtent
    private var report = DiagnosticReport()
    private var nodeCount = 0
    /// Keys that were masked to get past Yams' check for duplicates: what stood there, by its place.
    private var maskedKeys: [SourcePosition: String] = [:]

    /// An alias can stand for ten others, each for ten more; no spec has this many values.
    private static let nodeLimit = 100_000
    private static let duplicateLimit = 100
    /// libyaml itself stops at 1000 levels of indentation, which a thread's stack may not have room for.
    private static let depthLimit = 64

    /// The root of the file's only document; nil when it cannot be read, and the report says why.
    static func read(_ file: SourceFile) -> (root: SpecNode?, report: DiagnosticReport) {
        var reader = YAMLReader(file: file, extents: ScalarExtent(file))
        let root = reader.readRoot()
        return (root, reader.report)
    }

    private init(file: SourceFile, extents: ScalarExtent) {
        self.file = file
        self.extents = extents
    }

    private mutating func readRoot() -> SpecNode? {
        guard checkCharacters(), checkDepth() else { return nil }
        guard let root = compose() else { return nil }
        guard case .mapping = root else {
            let found = node(root, depth: 0)
            fail("wrong-type", "a spec is a map of keys and values, not \(found?.kindName ?? "this")", found?.range)
            return nil
        }
        return node(root, depth: 0)
    }

    /// Composes the document; again for each duplicate key, with the first one masked, so that one duplicate does
    /// not hide every other error of the file.
    private mutating func compose() -> Node? {
        var lines = file.lines.map { Array($0.unicodeScalars) }
        for attempt in 0...Self.duplicateLimit {
            let text = String(String.UnicodeScalarView(lines.joined(separator: ["\n"])))
            do {
                // Nothing is resolved there: types are ours. The encoding is named because Yams' default asks the
                // environment for one, and prints.
                guard let root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() else {
                    fail(
                        "empty-file", "the file is empty", file.range(line: 1),
                        hint: "a spec begins with 'stonebake: 1'")
                    return nil
                }
                return root
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let mark = SourcePosition(line: context.mark.line, column: context.mark.column)
                guard attempt < Self.duplicateLimit, let mask = Unicode.Scalar(0xE000 + attempt),
                    let key = Self.mask(mark, keys: keys, with: mask, in: &lines)
                else {
                    fail("duplicate-key", "the key '\(keys.first ?? "")' is given twice", range(at: mark, length: 1))
                    return nil
                }
                maskedKeys[mark] = key
            } catch let error as YamlError {
                report(error)
                return nil
            } catch {
                fail("yaml-syntax", "\(error)", file.range(line: 1))
                return nil
            }
        }
        return nil
    }

    /// Overwrites the first character of the key at the mark, which leaves every place in the file as it was. Returns
    /// the key, nil where there is nothing to overwrite.
    private static func mask(
        _ mark: SourcePosition, keys: [String], with mask: Unicode.Scalar, in lines: inout [[Unicode.Scalar]]
    ) -> String? {
        guard lines.indices.contains(mark.line - 1) else { return nil }
        let line = lines[mark.line - 1]
        var index = mark.column - 1
        if line.indices.contains(index), line[index] == "\"" || line[index] == "'" { index += 1 }
        guard line.indices.contains(index) else { return nil }
        let rest = line[index...]
        guard let key = keys.first(where: { !$0.isEmpty && rest.starts(with: $0.unicodeScalars) }) else { return nil }
        lines[mark.line - 1][index] = mask
        return key
    }

    private mutating func node(_ node: Node, depth: Int) -> SpecNode? {
        nodeCount += 1
        guard nodeCount <= Self.nodeLimit else {
            // Said once: all that follows is too much as well.
            guard nodeCount == Self.nodeLimit + 1 else { return nil }
            fail("too-large", "more values than a spec can have; is an alias nested in itself?", file.range(line: 1))
            return nil
        }
        guard depth <= Self.depthLimit else {
            fail("too-deep", "nested too deeply", range(at: position(node.mark), length: 1))
            return nil
        }
        switch node {
        case .scalar(let scalar): return self.scalar(scalar)
        case .sequence(let sequence):
            let start = extents.skipProperties(from: position(sequence.mark))
            let items = sequence.compactMap { self.node($0, depth: depth + 1) }
            let replaces = collectionTag(sequence.tag, standard: .seq, at: position(sequence.mark))
            return SpecNode(content: .list(items), range: range(from: start, around: items), replaces: replaces)
        case .mapping(let mapping):
            let start = extents.skipProperties(from: position(mapping.mark))
            let members = members(of: mapping, depth: depth)
            let replaces = collectionTag(mapping.tag, standard: .map, at: position(mapping.mark))
            return SpecNode(
                content: .map(members), range: range(from: start, around: members.map(\.value)), replaces: replaces)
        case .alias(let alias):
            fail("yaml-syntax", "this alias cannot be followed", range(at: position(alias.mark), length: 1))
            return nil
        }
    }

    private mutating func members(of mapping: Node.Mapping, depth: Int) -> [SpecNode.Member] {
        var members: [SpecNode.Member] = []
        var firsts: [String: SourceRange] = [:]
        for (keyNode, valueNode) in mapping {
            guard case .scalar(let scalar) = keyNode, var key = self.scalar(scalar) else {
                fail("wrong-type", "a key must be a string", range(at: position(keyNode.mark), length: 1))
                continue
            }
            guard case .scalar(let content) = key.content else { continue }
            var name = content.text
            if let masked = maskedKeys[key.range.start] {
                name = masked
                key.range.end.column = key.range.start.column + masked.unicodeScalars.count
            }
            if name == "<<" {
                fail("unknown-key", "merge keys ('<<') are not part of YAML 1.2", key.range, hint: "use 'extends'")
                continue
            }
            if let first = firsts[name] {
                report.add(
                    Diagnostic(
                        code: "duplicate-key", "the key '\(name)' is given twice", at: key.range,
                        notes: [.init("first given here", at: first)]))
                continue
            }
            firsts[name] = key.range
            guard var value = self.node(valueNode, depth: depth + 1) else { continue }
            // Nothing was written, so the key is what can be pointed at.
            if case .scalar(let scalar) = value.content, scalar.kind == .null, scalar.text.isEmpty {
                value.range = key.range
            }
            members.append(SpecNode.Member(key: Located(name, at: key.range), value: value))
        }
        return members
    }

    private mutating func scalar(_ scalar: Node.Scalar) -> SpecNode? {
        let style: ScalarExtent.Style =
            switch scalar.style {
            case .singleQuoted: .singleQuoted
            case .doubleQuoted: .doubleQuoted
            case .literal, .folded: .block
            case .plain, .any: .plain
            }
        let extent = extents.extent(of: scalar.string, style: style, from: position(scalar.mark))
        let range = SourceRange(file: file, start: extent.start, end: extent.end)
        let implicit = style == .plain ? SpecNode.Scalar(plain: scalar.string) : SpecNode.Scalar(quoted: scalar.string)
        switch scalar.tag.description {
        case "", "!": return SpecNode(content: .scalar(implicit), range: range)
        case Tag.Name.str.rawValue:
            return SpecNode(content: .scalar(SpecNode.Scalar(quoted: scalar.string)), range: range)
        case let tag:
            failTag(tag, at: position(scalar.mark))
            return nil
        }
    }

    /// Whether the collection is tagged `!replace`; any other tag but YAML's own is an error.
    private mutating func collectionTag(_ tag: Tag, standard: Tag.Name, at start: SourcePosition) -> Bool {
        switch tag.description {
        case "", "!", standard.rawValue: return false
        case "!replace": return true
        case let tag:
            failTag(tag, at: start)
            return false
        }
    }

    private mutating func failTag(_ tag: String, at start: SourcePosition) {
        let name = Self.short(tag)
        fail(
            "unknown-tag", "the tag '\(name)' is not known", range(at: start, length: name.unicodeScalars.count),
            hint: "the tags of a spec are '!replace' (on a list or map) and '!!str'")
    }

    private static func short(_ tag: String) -> String {
        let prefix = "tag:yaml.org,2002:"
        return tag.hasPrefix(prefix) ? "!!" + tag.dropFirst(prefix.count) : tag
    }

    private func position(_ mark: Mark?) -> SourcePosition {
        mark.map { SourcePosition(line: $0.line, column: $0.column) } ?? SourcePosition(line: 1, column: 1)
    }

    private func range(at start: SourcePosition, length: Int) -> SourceRange {
        file.range(line: start.line, column: start.column, length: length)
    }

    private func range(from start: SourcePosition, around children: [SpecNode]) -> SourceRange {
        let end = children.map(\.range.end).max() ?? start
        let least = SourcePosition(line: start.line, column: start.column + 1)
        return SourceRange(file: file, start: start, end: max(end, least))
    }

    private mutating func fail(_ code: String, _ message: String, _ range: SourceRange?, hint: String? = nil) {
        report.add(Diagnostic(code: code, message, at: range, hint: hint))
    }
}

extension YAMLReader {
    /// Characters that YAML does not allow, and line ends that editors do not count as such.
    private mutating func checkCharacters() -> Bool {
        var isFine = true
        for (index, line) in file.lines.enumerated() {
            for (column, scalar) in line.unicodeScalars.enumerated() {
                let isBad =
                    switch scalar.value {
                    case 0x09, 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
                        0x10000...0x10FFFF:
                        false
                    default: true
                    }
                guard isBad else { continue }
                let digits = String(scalar.value, radix: 16, uppercase: true)
                let code = String(repeating: "0", count: max(4 - digits.count, 0)) + digits
                fail(
                    "bad-character", "the character U+\(code) is not allowed in a spec",
                    range(at: SourcePosition(line: index + 1, column: column + 1), length: 1))
                isFine = false
            }
        }
        return isFine
    }

    /// Yams recurses: brackets, or dashes at the start of a line, without end would overflow the stack before any limit
    /// of ours is asked.
    private mutating func checkDepth() -> Bool {
        let limit = 200
        var brackets = 0
        for (index, line) in file.lines.enumerated() {
            let dashes = line.unicodeScalars.prefix { "-? \t".unicodeScalars.contains($0) }.count {
                $0 == "-" || $0 == "?"
            }
            var column = 1
            for scalar in line.unicodeScalars where brackets <= limit {
                switch scalar {
                case "[", "{": brackets += 1
                case "]", "}": brackets = max(brackets - 1, 0)
                default: break
                }
                column += 1
            }
            guard brackets > limit || dashes > limit else { continue }
            let place = SourcePosition(line: index + 1, column: brackets > limit ? column - 1 : 1)
            fail("too-deep", "nested too deeply", range(at: place, length: 1))
            return false
        }
        return true
    }

    private mutating func report(_ error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = SourcePosition(line: min(mark.line, file.lines.count), column: mark.column)
            let line = file.lines.indices.contains(place.line - 1) ? file.lines[place.line - 1] : ""
            let isTab = line.prefix { $0 == " " || $0 == "\t" }.contains("\t")
            let isSecondDocument = problem.contains("another document")
            // Where libyaml was when it began what it could not finish; of no use at the same place.
            let notes = context.flatMap { context -> [Diagnostic.Note]? in
                let start = position(context.mark)
                return start == place ? nil : [Diagnostic.Note(context.text, at: range(at: start, length: 1))]
            }
            report.add(
                Diagnostic(
                    code: isSecondDocument ? "several-documents" : "yaml-syntax",
                    isSecondDocument ? "a spec is one YAML document, and here a second one starts" : problem,
                    at: range(at: place, length: 1),
                    hint: isTab ? "YAML is indented with spaces, not with tabs" : nil,
                    notes: isSecondDocument ? [] : notes ?? []))
        default:
            fail("yaml-syntax", "\(error)", file.range(line: 1))
        }
    }
}
