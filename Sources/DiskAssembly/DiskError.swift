package import Diagnostics

/// What can go wrong between a tree and a verified disk.
package struct DiskError: Failure, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The disk that the spec asks for does not hold the tree, or breaks its budget.
        case size = "disk-size"
        /// The tree lacks what its firmware needs to boot it.
        case bootFiles = "boot-files-missing"
        /// The tree's archive cannot be understood.
        case badTree = "bad-tree"
        /// The kernel in /boot that libguestfs would start cannot be read, or there is none.
        case hostKernel = "host-kernel"
        /// libguestfs could not start its appliance, or lost it.
        case appliance = "libguestfs-failed"
        /// The appliance came to a halt: it did not answer for minutes. Emulated ones do so now and then.
        case stalled = "libguestfs-stalled"
        /// The disk was written, and is not what it should be.
        case verification = "disk-verification-failed"
    }

    package var code: Code
    /// One sentence, in the user's terms.
    package var message: String
    package var hint: String?
    package var notes: [String]
    /// Errors at their places in the spec; they are shown in place of the message.
    package var report: DiagnosticReport?

    package init(
        _ code: Code, _ message: String, hint: String? = nil, notes: [String] = [], report: DiagnosticReport? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.notes = notes
        self.report = report
    }

    package var description: String { message }

    package var diagnostics: [Diagnostic] {
        report?.diagnostics ?? [
            Diagnostic(code: code.rawValue, message, hint: hint, notes: notes.map { .init($0) })
        ]
    }

    package var exitCode: ExitCode {
        switch code {
        case .size, .bootFiles: .inputWrong
        case .hostKernel, .appliance: .unavailable
        case .stalled: .tryAgain
        case .badTree, .verification: .defect
        }
    }
}
