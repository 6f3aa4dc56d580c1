import ContentDigest

/// Accounts: who may log in, and by which password.
struct AccountLint {
    let tree: ImageTree

    /// What is tried first by those who look for machines, and what tutorials set.
    private static let commonPasswords = [
        "", "password", "root", "admin", "debian", "ubuntu", "changeme", "toor", "123456", "vagrant", "secret",
    ]

    func check(_ found: inout LintFindings) throws {
        let shadow = try tree.lines("etc/shadow").map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
        for fields in shadow where fields.count >= 2 {
            let (name, hash) = (fields[0], fields[1])
            if hash.isEmpty {
                found.error(
                    "empty-password", "'\(name)' has no password, and needs none", why: "anybody logs in",
                    source: LintSource.debian, remedy: "lock it: passwd --lock \(name)")
                continue
            }
            guard !hash.hasPrefix("!"), !hash.hasPrefix("*"), hash.hasPrefix("$") || hash.utf8.count == 13 else {
                continue
            }
            if let known = ([name] + Self.commonPasswords).first(where: { PasswordHash.matches($0, hash) }) {
                found.error(
                    "default-password", "the password of '\(name)' is '\(known)'",
                    why: "it is tried within minutes of the first boot",
                    source: LintSource.debian, remedy: "lock it: passwd --lock \(name); give keys through cloud-init")
            } else {
                found.error(
                    "password-hash", "'\(name)' has a password",
                    why: "its hash is given away with the image, and the same on every machine",
                    source: LintSource.debian, remedy: "lock it: passwd --lock \(name); give keys through cloud-init")
            }
        }
        for line in try tree.lines("etc/passwd") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 7, let number = Int(fields[2]) else { continue }
            if fields[1].isEmpty {
                found.error(
                    "empty-password", "'\(fields[0])' has no password, and needs none", why: "anybody logs in",
                    source: LintSource.debian, remedy: "lock it: passwd --lock \(fields[0])")
            }
            if number == 0, fields[0] != "root" {
                found.error(
                    "second-root", "'\(fields[0])' is root too", why: "it is how intruders stay",
                    source: LintSource.debian,
                    remedy: "remove the account")
            }
            if number >= 1000, number != 65534 {
                found.warning(
                    "user-account", "the account '\(fields[0])' (\(number)) is in the image",
                    why: "the cloud's own user may get another number",
                    source: LintSource.debian, remedy: "leave it to cloud-init, unless the spec wants it")
            }
            let shells = ["/bin/bash", "/bin/sh", "/bin/zsh", "/bin/dash", "/usr/bin/bash"]
            if number > 0, number < 1000, shells.contains(fields[6]), fields[0] != "sync" {
                found.warning(
                    "login-shell", "the system account '\(fields[0])' has a login shell",
                    why: "nobody needs to log in by it",
                    source: LintSource.debian, remedy: "usermod --shell /usr/sbin/nologin \(fields[0])")
            }
        }
        for file in tree.files where file.path.hasSuffix(".ssh/authorized_keys") && file.size > 0 {
            found.warning(
                "authorized-keys", "/\(file.path) lets somebody in",
                why: "who has that key can log in to every machine of the image",
                source: LintSource.debian, remedy: "give keys through cloud-init")
        }
    }
}
