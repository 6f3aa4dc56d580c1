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
        /// The image names a file beside it, which may be anybody's: it is not opened.
        case external = "external-file"
        /// What is compressed in a small file has no end.
        case unpacksTooLarge = "unpacks-too-large"
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

extension InspectionError {
    /// As `lint` tells it.
    package var finding: LintFinding {
        let why =
            switch code {
            case .notAnImage: "no platform starts it, and there is nothing to look at"
            case .damaged: "an importer refuses the file, or takes something else for its content"
            case .unknownFeature: "what nobody here can read was not looked at"
            case .external:
                "only this file is uploaded; and such a name can be that of any file of the machine that opens it"
            case .unpacksTooLarge: "it would fill the disk of whoever imports it"
            }
        let source =
            switch code {
            case .external: "Glance, format_inspector (CVE-2024-32498)"
            case .unpacksTooLarge: "CWE-409, decompression bombs"
            default: LintSource.images
            }
        return LintFinding(
            .error, code.rawValue, message, reason: why, source: source,
            remedy: hint ?? "make or download the image again")
    }
}
