package import Diagnostics

/// What becomes of one statement of a Kickstart file, or of one of its options.
package struct KickstartOutcome: Sendable {
    package enum Status: String, Sendable, CaseIterable {
        /// It is part of the appliance.
        case applied
        /// Nothing has to be done for it; the text says why.
        case noOp = "no-op"
        /// It cannot be done; the hint says what to write instead.
        case unsupported = "error"
    }

    package var status: Status
    /// The statement, without secrets: `part /boot --size=500`.
    package var subject: String
    /// What it becomes, or the reason.
    package var text: String
    /// What to write instead.
    package var hint: String?
    package var range: SourceRange
    /// Whether decoding the appliance reports it as well.
    var isReportedLater = false
    /// Where it stands among the others.
    var order = 0

    /// For the report.
    func diagnostic(_ severity: Diagnostic.Severity) -> Diagnostic {
        Diagnostic(severity, code: "unsupported", text, at: range, hint: hint)
    }
}
