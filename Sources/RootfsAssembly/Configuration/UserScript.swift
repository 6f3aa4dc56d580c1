import ApplianceSpec
import Diagnostics
import HostSystem

/// The shell commands that make one user of the spec, with the image's own shadow tools.
enum UserScript {
    static func script(for user: UserEntry) -> String {
        let name = quoted(user.name.value)
        var lines = ["set -e"]
        for group in user.groups {
            lines.append("getent group \(quoted(group)) >/dev/null || groupadd --system \(quoted(group))")
        }
        if let gid = user.gid { lines.append("getent group \(gid) >/dev/null || groupadd --gid \(gid) \(name)") }
        lines += [
            "if getent passwd \(name) >/dev/null; then",
            "    :" + changes(user).map { "\n    usermod \($0) \(name)" }.joined(),
            "else",
            "    useradd \(creation(user).joined(separator: " ")) \(name)",
            "fi",
        ]
        for group in user.groups { lines.append("usermod --append --groups \(quoted(group)) \(name)") }
        switch user.password {
        // `!` and not an empty field: no password fits.
        case .locked: lines.append("usermod --password '!' \(name)")
        case .hashed(let hash): lines.append("usermod --password \(quoted(hash)) \(name)")
        }
        if !user.sshKeys.isEmpty { lines += keys(user) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func creation(_ user: UserEntry) -> [String] {
        var options = [user.gid.map { "--no-user-group --gid \($0)" } ?? "--user-group"]
        if user.isSystem { options.append("--system") }
        options.append(user.isSystem ? "--no-create-home" : "--create-home")
        if let uid = user.uid { options.append("--uid \(uid)") }
        options.append("--shell \(quoted(user.shell ?? (user.isSystem ? "/usr/sbin/nologin" : "/bin/bash")))")
        if let home = user.home { options.append("--home-dir \(quoted(home))") }
        options.append("--comment \(quoted(user.gecos ?? ""))")
        return options
    }

    /// For a user whom a package or the base system has made already.
    private static func changes(_ user: UserEntry) -> [String] {
        var changes: [String] = []
        if let uid = user.uid { changes.append("--uid \(uid)") }
        if let gid = user.gid { changes.append("--gid \(gid)") }
        if let shell = user.shell { changes.append("--shell \(quoted(shell))") }
        if let home = user.home { changes.append("--home \(quoted(home))") }
        if let gecos = user.gecos { changes.append("--comment \(quoted(gecos))") }
        return changes
    }

    private static func keys(_ user: UserEntry) -> [String] {
        let name = quoted(user.name.value)
        return [
            "home=$(getent passwd \(name) | cut -d: -f6)",
            "group=$(id -g \(name))",
            "install -d -m 0755 \"$(dirname \"$home\")\"",
            "test -d \"$home\" || install -d -m 0700 -o \(name) -g \"$group\" \"$home\"",
            "install -d -m 0700 -o \(name) -g \"$group\" \"$home/.ssh\"",
            "printf '%s\\n' \(user.sshKeys.map(quoted).joined(separator: " ")) >>\"$home/.ssh/authorized_keys\"",
            "chmod 0600 \"$home/.ssh/authorized_keys\"",
            "chown \(name):\"$group\" \"$home/.ssh/authorized_keys\"",
        ]
    }

    private static func quoted(_ text: String) -> String { Command.quoted(text) }
}
