package import Diagnostics

/// `rootpw`: the password of root.
package struct RootPasswordCommand: Sendable {
    /// A secret.
    package var password: Located<String>?
    package var iscrypted: Located<Bool>
    package var lock: Located<Bool>
    package var allowSsh: Located<Bool>

    init(_ values: OptionValues) {
        password = values.string("password")
        iscrypted = values.flag("iscrypted")
        lock = values.flag("lock")
        allowSsh = values.flag("allowSsh")
    }
}

/// `user`: an account.
package struct UserCommand: Sendable {
    package var groups: [Located<String>]
    package var homedir: Located<String>?
    package var iscrypted: Located<Bool>
    package var name: Located<String>
    /// A secret.
    package var password: Located<String>?
    package var shell: Located<String>?
    package var uid: Located<Int>?
    package var lock: Located<Bool>
    package var gecos: Located<String>?
    package var gid: Located<Int>?

    init(_ values: OptionValues) {
        groups = values.list("groups")
        homedir = values.string("homedir")
        iscrypted = values.flag("iscrypted")
        name = values.required("name")
        password = values.string("password")
        shell = values.string("shell")
        uid = values.integer("uid")
        lock = values.flag("lock")
        gecos = values.string("gecos")
        gid = values.integer("gid")
    }
}

/// `group`: a group.
package struct GroupCommand: Sendable {
    package var name: Located<String>
    package var gid: Located<Int>?

    init(_ values: OptionValues) {
        name = values.required("name")
        gid = values.integer("gid")
    }
}

/// `sshkey`: a public key for an account, or with another key of the account one more.
package struct SSHKeyCommand: Sendable {
    package var username: Located<String>
    package var sshkey: Located<String>

    init(_ values: OptionValues) {
        username = values.required("username")
        sshkey = values.required("sshkey")
    }
}

/// `sshpw`: an account of the installer's own ssh server. The words of the password are joined by a space.
package struct SSHPasswordCommand: Sendable {
    /// A secret.
    package var password: Located<String>
    package var username: Located<String>
    package var iscrypted: Located<Bool>
    package var lock: Located<Bool>
    package var sshkey: Located<Bool>

    init(_ values: OptionValues) {
        password = values.required("password")
        username = values.required("username")
        iscrypted = values.flag("iscrypted")
        lock = values.flag("lock")
        sshkey = values.flag("sshkey")
    }
}
