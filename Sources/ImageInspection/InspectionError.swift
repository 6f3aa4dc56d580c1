package import Diagnostics

/// Why an image cannot be looked at.
package struct InspectionError: Failure, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The file holds neither a partition table nor a filesystem.
        case notAnImage = "not-an-image"
        /// A structure of the disk contradicts itself, or ends too early.
        case damaged = "damaged-image"
        /// The filesystem uses something that the native readers do not know.
        case unknownFeature = "unknown-filesystem-feature"
    }

    package var code: Code
    /// One sentence, naming the image.
    package var message: String
    package var hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package var description: String { message }
    package var diagnostics: [Diagnostic] { [Diagnostic(code: code.rawValue, message, hint: hint)] }
    package var exitCode: ExitCode { .inputWrong }
}
