/// The places in a text where values of parameters stand: `${NAME}`, `${NAME|FILTER}`. `$${` is `${` itself.
struct TemplateText: Sendable {
    struct Reference: Sendable, Equatable {
        var name: String
        var filter: String?
    }

    let references: [Reference]

    init(_ text: String) {
        var references: [Reference] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            let isEscaped = rest[..<start.lowerBound].last == "$"
            rest = rest[start.upperBound...]
            guard !isEscaped, let end = rest.firstIndex(of: "}") else { continue }
            let parts = rest[..<end].split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
            // Anything else between the braces is the text's own, as a shell's `${HOME:-/}`.
            guard TextRule.parameterName.accepts(String(parts[0])) else { continue }
            references.append(Reference(name: String(parts[0]), filter: parts.count > 1 ? String(parts[1]) : nil))
            rest = rest[end...].dropFirst()
        }
        self.references = references
    }
}
