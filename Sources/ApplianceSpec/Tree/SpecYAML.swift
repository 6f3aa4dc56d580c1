import Diagnostics

/// A spec's tree as YAML that reads as the same tree.
struct SpecYAML {
    let paths: HostPaths
    /// What paths on this machine are made relative to.
    let folder: String

    /// Keys whose values are paths relative to the file that holds them.
    private static let pathKeys: Set = ["signed-by", "source", "requirements"]

    func text(_ root: SpecNode) -> String {
        root.members.filter { $0.key.value != "extends" }.map { member in
            entry(member.key.value, member.value, indent: "")
        }.joined()
    }

    private func entry(_ key: String, _ node: SpecNode, indent: String) -> String {
        let name = indent + scalar(key) + ":"
        switch node.content {
        case .scalar: return "\(name) \(value(node, of: key, indent: indent))\n"
        case .list(let items) where items.isEmpty: return "\(name) []\n"
        case .map(let members) where members.isEmpty: return "\(name) {}\n"
        case .list(let items):
            if items.allSatisfy(\.isShort) {
                let line = "\(name) [\(items.map { inline($0, of: key) }.joined(separator: ", "))]\n"
                if line.count <= 100 { return line }
            }
            return "\(name)\n" + items.map { item($0, of: key, indent: indent + "  ") }.joined()
        case .map(let members):
            return "\(name)\n"
                + members.map { entry($0.key.value, $0.value, indent: indent + "  ") }.joined()
        }
    }

    private func item(_ node: SpecNode, of key: String, indent: String) -> String {
        switch node.content {
        case .scalar: return "\(indent)- \(value(node, of: key, indent: indent))\n"
        case .list(let items) where items.isEmpty: return "\(indent)- []\n"
        case .map(let members) where members.isEmpty: return "\(indent)- {}\n"
        case .list(let items):
            return "\(indent)-\n" + items.map { item($0, of: key, indent: indent + "  ") }.joined()
        case .map(let members):
            let lines = members.map { entry($0.key.value, $0.value, indent: indent + "  ") }.joined()
            return "\(indent)- " + lines.dropFirst(indent.count + 2)
        }
    }

    /// Behind a key or a dash: one line, or a literal block.
    private func value(_ node: SpecNode, of key: String, indent: String) -> String {
        guard case .scalar(let scalar) = node.content, scalar.kind == .string, scalar.text.contains("\n"),
            Self.isBlock(scalar.text)
        else { return inline(node, of: key) }
        let keeps = scalar.text.hasSuffix("\n")
        let lines = (keeps ? String(scalar.text.dropLast()) : scalar.text).split(
            separator: "\n", omittingEmptySubsequences: false)
        // Without the number, a first line that begins with spaces would say how deep the block is.
        let depth = lines[0].isEmpty || lines[0].hasPrefix(" ") ? "2" : ""
        return "|\(depth)\(keeps ? "" : "-")\n"
            + lines.map { $0.isEmpty ? "" : "\(indent)  \($0)" }.joined(separator: "\n")
    }

    /// Whether a literal block reads as just this text: printable, and with at most one newline at its end.
    private static func isBlock(_ text: String) -> Bool {
        guard !text.hasSuffix("\n\n"), text != "\n" else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            scalar == "\n" || scalar == "\t" || (scalar.value >= 0x20 && scalar.value < 0x7F)
                || (scalar.value >= 0xA0 && scalar.value < 0xD800)
        } && !text.contains("\u{2028}") && !text.contains("\u{2029}")
    }

    private func inline(_ node: SpecNode, of key: String) -> String {
        switch node.content {
        case .list(let items): return "[\(items.map { inline($0, of: key) }.joined(separator: ", "))]"
        case .map(let members):
            return
                "{\(members.map { "\(scalar($0.key.value)): \(inline($0.value, of: $0.key.value))" }.joined(separator: ", "))}"
        case .scalar(let value) where value.kind != .string: return value.text
        case .scalar(let value):
            guard Self.pathKeys.contains(key), !value.text.hasPrefix("/") else { return scalar(value.text) }
            return scalar(relative(paths.absolute(value.text, in: paths.folder(of: node.range.file))))
        }
    }

    /// From `folder`.
    private func relative(_ path: String) -> String {
        let (from, to) = (folder.split(separator: "/"), path.split(separator: "/"))
        let common = zip(from, to).prefix { $0 == $1 }.count
        let steps = [Substring](repeating: "..", count: from.count - common) + to[common...]
        return steps.joined(separator: "/")
    }

    /// Plain where that reads as the same string, else in double quotes.
    private func scalar(_ text: String) -> String {
        let first = text.unicodeScalars.first.map { ("a"..."z").contains($0) || ("A"..."Z").contains($0) || $0 == "/" }
        let plain = text.unicodeScalars.allSatisfy { scalar in
            ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                || "/._+-@=".unicodeScalars.contains(scalar)
        }
        if first == true, plain, SpecNode.Scalar(plain: text).kind == .string,
            !["yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        {
            return text
        }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value >= 0x20 && scalar.value < 0x7F: quoted.unicodeScalars.append(scalar)
            case _
            where scalar.value >= 0xA0 && scalar.value < 0xD800 && scalar.value != 0x2028 && scalar.value != 0x2029:
                quoted.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16)
                let width = scalar.value > 0xFFFF ? 8 : 4
                quoted += (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
            }
        }
        return quoted + "\""
    }
}

extension SpecNode {
    fileprivate var isShort: Bool {
        guard case .scalar(let scalar) = content else { return false }
        return !scalar.text.contains("\n")
    }
}
