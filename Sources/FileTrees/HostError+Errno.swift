internal import CLinux
internal import Glibc
package import SystemPackage

extension HostError {
    /// The error for a failed system call: `cannot write '/srv/a.raw': No space left on device`.
    package static func system(_ number: Errno, _ attempt: String, hint: String? = nil) -> HostError {
        let reason = String(cString: strerror(number.rawValue))
        return switch number {
        case .noSpace:
            HostError(.noSpace, "\(attempt): \(reason)", hint: hint ?? "free some space (`stonebake cache gc`)")
        case Errno(rawValue: EDQUOT): HostError(.noSpace, "\(attempt): \(reason)", hint: hint)
        case .readOnlyFileSystem: HostError(.readOnly, "\(attempt): \(reason)", hint: hint)
        default: HostError(.fileSystem, "\(attempt): \(reason)", hint: hint)
        }
    }

    /// The error for the system call that has just failed.
    package static func current(_ attempt: String) -> HostError { system(Errno(rawValue: sb_errno()), attempt) }
}
