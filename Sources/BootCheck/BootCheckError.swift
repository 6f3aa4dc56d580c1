package import Diagnostics

/// What keeps a boot check from being done. That an image does not boot, or that a check fails, is no error but the
/// content of a `BootReport`.
package struct BootCheckError: Failure, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The image is not there, or QEMU cannot read it.
        case image = "image-unreadable"
        /// No firmware files for what was asked.
        case firmware = "firmware-missing"
        /// QEMU ended or never answered before the guest ran.
        case machine = "machine-failed"
        /// QEMU's monitor answered with an error, or not at all.
        case monitor = "monitor-failed"
    }

    package var code: Code
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
        case .image: .inputWrong
        case .firmware: .unavailable
        case .machine, .monitor: .tryAgain
        }
    }
}
