import ApplianceSpec
import Diagnostics
import HostSystem

/// The shell commands for root's account and for groups, with the image's own shadow tools.
enum AccountScript {
    static func script(for group: GroupEntry) -> String {
        let name = Command.quoted(group.name.value)
        let number = group.gid.map { "--gid \($0)" } ?? ""
        return """
            set -e
            if getent group \(name) >/dev/null; then
                \(group.gid == nil ? ":" : "groupmod \(number) \(name)")
            else
                groupadd \(group.isSystem ? "--system" : "") \(number) \(name)
            fi

            """
    }

    static func script(for root: RootAccount) -> String {
        var lines = ["set -e"]
        switch root.password {
        case .hashed(let hash)?: lines.append("usermod --password \(Command.quoted(hash)) root")
        case .locked?: lines.append("usermod --password '!' root")
        case nil: break
        }
        if !root.sshKeys.isEmpty {
            lines += [
                "install -d -m 0700 /root/.ssh",
                "printf '%s\\n' \(root.sshKeys.map(Command.quoted).joined(separator: " ")) >>/root/.ssh/authorized_keys",
                "chmod 0600 /root/.ssh/authorized_keys",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
