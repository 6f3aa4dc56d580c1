import Diagnostics

/// Why a line is refused.
struct ArgumentProblem: Error {
    /// Whether an older dialect may know the words of the line: what the union of dialects asks.
    enum Concern {
        /// An option, a value, a number of arguments that this dialect does not have.
        case vocabulary
        /// The options are known, and do not go together.
        case meaning
    }

    var message: String
    var range: SourceRange?
    var hint: String?
    var code: String
    var concern: Concern

    init(
        _ message: String, at range: SourceRange?, hint: String? = nil, code: String = "kickstart-syntax",
        concern: Concern = .meaning
    ) {
        self.message = message
        self.range = range
        self.hint = hint
        self.code = code
        self.concern = concern
    }

    var diagnostic: Diagnostic { Diagnostic(code: code, message, at: range, hint: hint) }
}
