package import Diagnostics

/// What can go wrong at the machine.
package struct HostError: Failure, CustomStringConvertible {
    package enum Code: String, Sendable {
        case commandFailed = "command-failed"
        case toolMissing = "tool-missing"
        case fileSystem = "file-system"
        case noSpace = "no-space"
        case readOnly = "read-only"
        case download = "download-failed"
        case notFound = "not-found"
        case digestMismatch = "digest-mismatch"
        case signature = "bad-signature"
        case archive = "bad-archive"
        case unsupported = "unsupported-host"
        case busy = "busy"
        case unknownArchive = "unknown-archive"
        /// `--offline`, and neither the store nor a mirror folder has it.
        case offline
    }

    package var code: Code
    /// One sentence, naming the subject: `cannot write '/srv/images/a.raw': No space left on device`.
    package var message: String
    package var hint: String?
    /// The last lines of a command's output, a log's path, the line to run it again.
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
        case .commandFailed, .archive, .digestMismatch, .signature: .inputWrong
        case .toolMissing, .fileSystem, .readOnly, .notFound, .unsupported, .unknownArchive, .offline: .unavailable
        case .download, .busy, .noSpace: .tryAgain
        }
    }
}
