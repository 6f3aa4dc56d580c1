/// One thing to tell the author of an input: what is wrong, where, and what helps.
package struct Diagnostic: Sendable {
    package enum Severity: String, Sendable, Codable, Comparable {
        case note, warning, error

        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .error: 2
            }
        }
    }

    package var severity: Severity
    /// A stable name for scripts and SARIF, in kebab case: `unknown-key`, `unsatisfiable`.
    package var code: String
    /// One sentence without a full stop, in the author's terms: `unknown key 'packges'`.
    package var message: String
    package var range: SourceRange?
    /// What to do about it: `did you mean 'packages'?`
    package var hint: String?
    /// Facts that belong to it, each with a place of its own where it has one (the chain of an extends cycle).
    package var notes: [Note]

    package struct Note: Sendable {
        package var message: String
        package var range: SourceRange?

        package init(_ message: String, at range: SourceRange? = nil) {
            self.message = message
            self.range = range
        }
    }

    package init(
        _ severity: Severity = .error, code: String, _ message: String, at range: SourceRange? = nil,
        hint: String? = nil, notes: [Note] = []
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.range = range
        self.hint = hint
        self.notes = notes
    }
}

/// What validators collect; only the driver decides to stop.
package struct DiagnosticReport: Sendable {
    package private(set) var diagnostics: [Diagnostic] = []

    package init(_ diagnostics: [Diagnostic] = []) {
        self.diagnostics = diagnostics
    }

    package mutating func add(_ diagnostic: Diagnostic) {
        diagnostics.append(diagnostic)
    }

    package mutating func append(_ other: DiagnosticReport) {
        diagnostics += other.diagnostics
    }

    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}
