/// How a run of Stonebake ends, for scripts: the sysexits(3) numbers where one fits.
package enum ExitCode: Int32, Sendable, CaseIterable {
    case done = 0
    /// The input is wrong, or a check failed.
    case inputWrong = 1
    case usage = 2
    /// A mirror, tool or permission that the machine should provide is missing (EX_UNAVAILABLE).
    case unavailable = 69
    /// A defect of Stonebake (EX_SOFTWARE).
    case defect = 70
    /// A passing fault: the same call may succeed later (EX_TEMPFAIL).
    case tryAgain = 75
}

/// What each target's error type conforms to, so that the driver can show it and choose the exit code without
/// knowing the target.
package protocol Failure: Error, Sendable {
    /// What went wrong in the user's terms; several where several inputs are wrong.
    var diagnostics: [Diagnostic] { get }
    var exitCode: ExitCode { get }
}
