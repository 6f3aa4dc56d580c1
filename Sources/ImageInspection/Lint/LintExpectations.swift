import Diagnostics

/// What the author of a spec has asked for, so that it is no mistake of the image: told as a warning, or not at all.
package struct LintExpectations: Sendable, Equatable {
    /// Accounts whose password the spec gives.
    package var passwords: Set<String>
    package var users: Set<String>
    /// Accounts that the spec gives keys.
    package var hasKeys: Bool
    package var hasHostname: Bool
    /// Paths that the spec writes itself, without a slash in front.
    package var files: Set<String>

    package init(
        passwords: Set<String> = [], users: Set<String> = [], hasKeys: Bool = false, hasHostname: Bool = false,
        files: Set<String> = []
    ) {
        self.passwords = passwords
        self.users = users
        self.hasKeys = hasKeys
        self.hasHostname = hasHostname
        self.files = files
    }

    /// The findings that are left: what was asked for is left out where it is harmless, and a warning where it is not.
    package func apply(to findings: [LintFinding]) -> [LintFinding] {
        findings.compactMap { finding in
            var finding = finding
            let names = finding.message.split(separator: "'").map(String.init)
            switch finding.code {
            case "user-account", "login-shell": return names.contains(where: users.contains) ? nil : finding
            case "authorized-keys": return hasKeys ? nil : finding
            case "hostname": return hasHostname ? nil : finding
            case "password-hash", "empty-password":
                if names.contains(where: passwords.contains) { finding.severity = .warning }
                return finding
            default:
                // A file that the spec names was put there on purpose.
                if files.contains(where: { finding.message.hasPrefix("/\($0)") }) {
                    finding.severity = min(finding.severity, .warning)
                }
                return finding
            }
        }
    }
}
