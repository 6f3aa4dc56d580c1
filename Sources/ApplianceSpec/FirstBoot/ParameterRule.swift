import FoundationEssentials

/// What a parameter's value has to look like. `stonebake-firstboot` judges by the same rules, and a test holds the two
/// against each other.
package struct ParameterRule: Sendable {
    private let parameter: Parameter

    package init(_ parameter: Parameter) { self.parameter = parameter }

    /// The patterns by kind, in the dialect that Swift and Python share.
    static let patterns: [Parameter.Kind: String] = [
        .hostname:
            "(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
        .email: #"[^\s@"<>()]+@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"#,
        .url: #"https?://[^\s/?#]+[^\s]*"#,
    ]

    /// What is wrong with a value; nil: nothing. It does not repeat the value, which may be a secret.
    package func problem(with text: String) -> String? {
        switch parameter.kind {
        case .integer, .port: return integerProblem(text)
        case .boolean: return text == "true" || text == "false" ? nil : "true or false is wanted"
        case .choice:
            return parameter.choices.contains(text)
                ? nil : "one of \(parameter.choices.joined(separator: ", ")) is wanted"
        case .address:
            return Self.isAddress(text) ? nil : "an IPv4 or IPv6 address is wanted"
        case .string, .password, .text, .hostname, .email, .url: return textProblem(text)
        }
    }

    private func integerProblem(_ text: String) -> String? {
        guard text.utf8.count <= 20, matches("-?[0-9]+", text), let number = Int(text) else {
            return "a whole number is wanted"
        }
        let least = parameter.minimum ?? (parameter.kind == .port ? 1 : nil)
        let most = parameter.maximum ?? (parameter.kind == .port ? 65535 : nil)
        if let least, number < least { return "it is less than \(least)" }
        if let most, number > most { return "it is more than \(most)" }
        return nil
    }

    private func textProblem(_ text: String) -> String? {
        let count = text.unicodeScalars.count
        let most = parameter.maximumLength ?? (parameter.kind == .text ? 65536 : 1024)
        if count < parameter.minimumLength ?? 1 {
            return text.isEmpty ? "it is empty" : "it has fewer than \(parameter.minimumLength ?? 1) characters"
        }
        if count > most { return "it has more than \(most) characters" }
        if text.unicodeScalars.contains("\0") { return "it has a NUL character" }
        if parameter.kind != .text, text.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" }) {
            return "it has more than one line"
        }
        if let pattern = Self.patterns[parameter.kind], !matches(pattern, text) {
            return switch parameter.kind {
            case .hostname: "a host name is wanted"
            case .email: "an e-mail address is wanted"
            default: "an address that begins with http:// or https:// is wanted"
            }
        }
        if let pattern = parameter.pattern, !matches(pattern, text) { return "it does not match \(pattern)" }
        return nil
    }

    private func matches(_ pattern: String, _ text: String) -> Bool {
        guard let regex = try? Regex("(?:\(pattern))").matchingSemantics(.unicodeScalar) else { return false }
        return (try? regex.wholeMatch(in: text)) != nil
    }

    /// As inet_pton(3) reads it, without asking the C library.
    static func isAddress(_ text: String) -> Bool {
        if !text.contains(":") { return isIPv4(text) }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2, !text.contains(":::") else { return false }
        var count = 0
        for (index, half) in halves.enumerated() where !half.isEmpty {
            let groups = half.split(separator: ":", omittingEmptySubsequences: false)
            for (position, group) in groups.enumerated() {
                let isLast = index == halves.count - 1 && position == groups.count - 1
                if isLast, group.contains(".") {
                    guard isIPv4(String(group)) else { return false }
                    count += 2
                } else {
                    guard (1...4).contains(group.utf8.count), group.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
                        return false
                    }
                    count += 1
                }
            }
        }
        return halves.count == 2 ? count < 8 : count == 8
    }

    private static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.allSatisfy { $0.isASCII && $0.isNumber }
                    && (Int(part) ?? 256) < 256 && (part.count == 1 || part.first != "0")
            }
    }
}
