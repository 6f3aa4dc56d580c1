import ContentDigest
import Diagnostics
import Kickstart

/// The accounts that `rootpw`, `user`, `group` and `sshkey` describe together.
struct KickstartAccounts {
    private var users: [(name: String, map: NodeMap)] = []
    private var groups: [(name: String, map: NodeMap)] = []
    private var root: NodeMap?

    /// The account of the name, made where there is none yet.
    mutating func change(_ name: Located<String>, at range: SourceRange, _ change: (inout NodeMap) -> Void) {
        if name.value == "root" {
            var map = root ?? NodeMap(at: range)
            change(&map)
            root = map
        } else if let index = users.firstIndex(where: { $0.name == name.value }) {
            change(&users[index].map)
        } else {
            var map = NodeMap(at: range)
            map.set("name", text: name)
            change(&map)
            users.append((name.value, map))
        }
    }

    mutating func changeGroup(_ name: Located<String>, at range: SourceRange, _ change: (inout NodeMap) -> Void) {
        if let index = groups.firstIndex(where: { $0.name == name.value }) {
            change(&groups[index].map)
        } else {
            var map = NodeMap(at: range)
            map.set("name", text: name)
            change(&map)
            groups.append((name.value, map))
        }
    }

    func finish(_ spec: inout NodeMap) {
        for user in users { spec.append(user.map.node, to: "users") }
        if let root { spec.set("root", root.node) }
        for group in groups { spec.append(group.map.node, to: "groups") }
    }
}

extension KickstartCompiler {
    /// What other distributions call a group that Debian has under another name.
    private static let groupNames = ["wheel": "sudo"]

    mutating func compile(_ command: RootPasswordCommand) {
        let name = Located("root", at: place)
        if command.lock.value {
            accounts.change(name, at: place) { $0.set("password", .text("locked", place)) }
            applied("root's password is locked")
        } else if let password = command.password {
            guard let hash = hash(password, isHash: command.iscrypted.value, of: "root") else { return }
            accounts.change(name, at: place) { $0.set("password", .text(hash, place)) }
            applied(
                hash == "locked"
                    ? "root's password is locked: nothing has this hash"
                    : command.iscrypted.value ? "root's password, by its hash" : "root's password, hashed with yescrypt"
            )
        } else {
            noOp("it names no password; root's stays locked")
        }
        if command.allowSsh.value {
            if command.password == nil || command.lock.value {
                option("allow-ssh", isGiven: true, noOp: "root has no password to log in with")
            } else {
                accounts.change(name, at: place) { $0.set("ssh-password", true, at: place) }
            }
        }
    }

    mutating func compile(_ command: UserCommand) {
        guard command.name.value != "root" else {
            unsupported("root's account is there already", hint: "write 'rootpw' and 'sshkey --username=root'")
            return
        }
        var password = "locked"
        if let text = command.password, !command.lock.value {
            guard let hash = hash(text, isHash: command.iscrypted.value, of: command.name.value) else { return }
            password = hash
        }
        var groups: [Located<String>] = []
        for group in command.groups {
            // `name` or `name(gid)`.
            let text = group.value.filter { $0 != " " }
            let name = String(text.prefix { $0 != "(" })
            let own = Located(Self.groupNames[name] ?? name, at: group.range)
            groups.append(own)
            guard text.hasSuffix(")"), let number = Int(text.drop { $0 != "(" }.dropFirst().dropLast()) else {
                continue
            }
            accounts.changeGroup(own, at: place) { $0.set("gid", integer: Located(number, at: group.range)) }
        }
        let range = place
        accounts.change(command.name, at: place) { map in
            map.set("uid", integer: command.uid)
            map.set("gid", integer: command.gid)
            map.set("groups", texts: groups)
            map.set("password", .text(password, range))
            map.set("shell", text: command.shell)
            map.set("home", text: command.homedir)
            map.set("comment", text: command.gecos)
        }
        if let uid = command.uid?.value, uid < 1000 {
            accounts.change(command.name, at: place) { $0.set("system", true, at: command.uid?.range) }
        }
        let renamed = command.groups.filter { Self.groupNames[$0.value] != nil }
        applied(
            "users: \(command.name.value), "
                + (password == "locked"
                    ? "no password"
                    : command.iscrypted.value ? "password by its hash" : "password hashed with yescrypt")
                + renamed.map { "; \($0.value) is Debian's \(Self.groupNames[$0.value] ?? "")" }.joined())
    }

    mutating func compile(_ command: GroupCommand) {
        accounts.changeGroup(command.name, at: place) { $0.set("gid", integer: command.gid) }
        applied("groups: \(command.name.value)")
    }

    mutating func compile(_ command: SSHKeyCommand) {
        let key = SpecNode.text(command.sshkey.value, command.sshkey.range ?? place)
        accounts.change(command.username, at: place) { $0.append(key, to: "ssh-keys") }
        applied("a key that \(command.username.value) may log in with")
    }

    /// The hash itself, or the one of a plain text. Its salt comes from the account and the file's name, and not from the
    /// password, which a salt would give away to whoever tries words: the same file gives the same image.
    private mutating func hash(_ password: Located<String>, isHash: Bool, of account: String) -> String? {
        if isHash {
            if TextRule.password.accepts(password.value) { return password.value }
            // What is no hash of anything fits no password: `!!`, `*`, `thereisnopasswordanditslocked`.
            let isOld = password.value.hasPrefix("$") || password.value.count == 13
            guard isOld else { return "locked" }
            unsupported(
                "the hash of the password of '\(account)' is of a kind that is too weak, or cut",
                hint: "write one that 'mkpasswd --method=yescrypt' makes, or '--lock'")
            return nil
        }
        guard let hash = PasswordHash.yescrypt(password.value, salt: "\(account) of \(stem)") else {
            unsupported(
                "the password of '\(account)' cannot be hashed",
                hint: "write the hash that 'mkpasswd' prints, with --iscrypted")
            return nil
        }
        return hash
    }
}
