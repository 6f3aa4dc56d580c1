package import Diagnostics

/// Why a request cannot be resolved.
package struct ResolutionError: Failure, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// No package of that name in the repositories that the spec uses.
        case unknownPackage = "unknown-package"
        /// A request that apt would not understand: `foo==1`.
        case badRequest = "bad-request"
        /// The packages asked for cannot be installed together.
        case unsatisfiable
        /// The repository has no such suite, component or architecture.
        case unknownSuite = "unknown-suite"
        case unknownComponent = "unknown-component"
        case unknownArchitecture = "unknown-architecture"
        /// Release metadata that has expired.
        case expired = "expired-release"
        /// Release metadata that is older than what was seen before.
        case rolledBack = "rolled-back-release"
        /// Release metadata that is not what its repository should serve, or not signed by the key it should be.
        case badRelease = "bad-release"
        /// A `Packages` index that cannot be read, or lacks what a lock needs.
        case badIndex = "bad-index"
        /// The mirror changed while it was read, twice.
        case unstableMirror = "unstable-mirror"
        /// A Python requirement that pip refuses or that has no wheel.
        case badRequirement = "bad-requirement"
        /// `--offline`, and the store lacks what is needed.
        case offline
    }

    package var code: Code
    package var diagnostics: [Diagnostic]
    /// The diagnostics, by their index, that are about a name that no repository has.
    var unknownNames: [Int: String] = [:]

    package init(_ code: Code, _ message: String, at range: SourceRange? = nil, hint: String? = nil) {
        self.code = code
        diagnostics = [Diagnostic(code: code.rawValue, message, at: range, hint: hint)]
    }

    /// Several inputs are wrong; the first one's code stands for all.
    package init(_ code: Code, _ diagnostics: [Diagnostic]) {
        self.code = code
        self.diagnostics = diagnostics
    }

    package var description: String { diagnostics.map(\.message).joined(separator: "; ") }

    package var exitCode: ExitCode {
        switch code {
        case .unstableMirror, .expired, .rolledBack: .tryAgain
        case .offline: .unavailable
        default: .inputWrong
        }
    }
}
