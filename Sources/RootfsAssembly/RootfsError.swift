package import Diagnostics

/// What the author of a spec can mend: their own script, unit, user or file did not work in the image.
package struct RootfsError: Failure, CustomStringConvertible {
    package enum Code: String, Sendable {
        case script = "script-failed"
        case service = "service-failed"
        case user = "user-failed"
        case file = "file-failed"
        case setting = "setting-failed"
        case python = "python-failed"
        /// The finished tree is not as it must be: packages broken by the spec's own changes.
        case inconsistent = "inconsistent-packages"
    }

    package let code: Code
    private let diagnostic: Diagnostic

    package init(
        _ code: Code, _ message: String, at range: SourceRange? = nil, hint: String? = nil, notes: [String] = []
    ) {
        self.code = code
        diagnostic = Diagnostic(
            code: code.rawValue, message, at: range, hint: hint, notes: notes.map { .init($0) })
    }

    package var description: String { diagnostic.message }
    package var diagnostics: [Diagnostic] { [diagnostic] }
    package var exitCode: ExitCode { .inputWrong }
}
