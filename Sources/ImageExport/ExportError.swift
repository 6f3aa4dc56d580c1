package import Diagnostics

/// What can go wrong while images are written for a deployer.
package struct ExportError: Failure, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The output folder is on a full disk.
        case noSpace = "no-space"
        /// The output folder cannot be written to.
        case readOnly = "read-only"
        /// qemu-img failed for another reason.
        case conversion = "conversion-failed"
    }

    package var code: Code
    /// One sentence naming the file.
    package var message: String
    package var hint: String?
    package var notes: [String]

    package init(_ code: Code, _ message: String, hint: String? = nil, notes: [String] = []) {
        self.code = code
        self.message = message
        self.hint = hint
        self.notes = notes
    }

    package var description: String { message }

    package var diagnostics: [Diagnostic] {
        [Diagnostic(code: code.rawValue, message, hint: hint, notes: notes.map { .init($0) })]
    }

    package var exitCode: ExitCode {
        switch code {
        case .noSpace: .tryAgain
        case .readOnly: .unavailable
        case .conversion: .defect
        }
    }
}
