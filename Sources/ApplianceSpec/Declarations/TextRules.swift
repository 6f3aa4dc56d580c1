/// The strings of a spec, each with its rule. Patterns keep to what Swift, ECMA 262 and Python read alike: ASCII
/// classes, groups, counted repetition and look-ahead.
extension TextRule {
    static let line = TextRule("a line of text", #"^[^\n\r]+$"#, examples: ["A WSGI application"])
    static let anyText = TextRule("a text", "", examples: ["text"], longest: nil)
    static let nonEmpty = TextRule("a non-empty text", #"^[\s\S]"#, examples: ["text"], longest: nil)

    static let applianceName = TextRule(
        "a name", "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", examples: ["wsgi", "ticket-shop"]
    ) { _ in "lower-case letters, digits and hyphens, at most 63: it names the image's files" }

    static let version = TextRule(
        "a version", #"^[0-9]+(\.[0-9]+){0,3}([-+~][0-9A-Za-z.]+)*$"#, examples: ["1.0.0", "2026.11.21", "2.0-rc1"])

    private static let sizePattern = "[0-9]{1,15}([.][0-9]{1,6})? ?(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB|K|M|G|T)"

    static let size = TextRule("a size", "^\(sizePattern)$", examples: ["700 MB", "2 GiB"]) { sizeHint($0) }

    static let sizeOrShare = TextRule(
        "a size or share", "^(\(sizePattern)|[0-9]{1,3}%)$", id: "size", examples: ["20%", "500 MB"]
    ) { sizeHint($0) ?? ($0.hasSuffix(" percent") ? "write '\($0.prefix { $0.isNumber })%'" : nil) }

    static let sizeOrAuto = TextRule(
        "a size or auto", "^(auto|\(sizePattern))$", id: "size", examples: ["auto", "2 GiB"]
    ) { sizeHint($0) }

    private static func sizeHint(_ text: String) -> String? {
        text.allSatisfy(\.isNumber) ? "write a unit: '\(text) MB' or '\(text) MiB'" : nil
    }

    static let duration = TextRule(
        "a duration", "^[0-9]{1,7}([.][0-9]{1,3})? ?(ms|s|min|h)$", examples: ["30s", "2 min"]
    ) { text in
        text.allSatisfy(\.isNumber) ? "write a unit: '\(text)s'" : nil
    }

    static let mode = TextRule("a file mode", "^[0-7]{3,4}$", examples: ["0644", "0750"])

    static let packageName = TextRule(
        "a package name", "^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$", examples: ["nginx", "libc6:amd64"])

    static let packageRequest = TextRule(
        "a package request",
        "^(-[a-z0-9][a-z0-9+.-]+|[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?(=[0-9][A-Za-z0-9.+:~-]*|/[a-z][a-z0-9-]*)?"
            + #"|(?=.*[*?\[])[\[\]a-z0-9+.*?-]{2,})$"#,
        examples: ["nginx", "nginx=1.26.3-3", "nginx/trixie-backports", "libc6:amd64", "-nginx"]
    ) { text in
        text.contains(" ") || text.contains("(")
            ? "ask for one version as apt does: 'nginx=1.26.3-3'; for the one of a suite: 'nginx/trixie-backports'"
            : nil
    }

    /// A name, or a pattern as fnmatch(3) has it.
    static let packagePattern = TextRule(
        "a package pattern", #"^[\[\]a-z0-9+.*?-]+$"#, examples: ["nginx", "python3-*"])
    static let packageRemoval = TextRule(
        "a package name", #"^([a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?|(?=.*[*?\[])[\[\]a-z0-9+.*?-]{2,})$"#,
        examples: ["nginx", "libc6:amd64", "*-firmware"])
    static let language = TextRule("a language", "^[a-z]{2,3}([_@][A-Za-z]+)*$", examples: ["en", "pt_BR"])

    static let archiveName = TextRule("an archive name", "^[a-z][a-z0-9-]*$", examples: ["debian", "debian-security"])
    static let repositoryName = TextRule("a repository name", "^[a-z][a-z0-9-]*$", examples: ["grafana"])
    static let suite = TextRule("a suite", "^[A-Za-z0-9][A-Za-z0-9._/-]*$", examples: ["trixie-backports", "stable"])
    static let snapshotDate = TextRule(
        "a date", "^[0-9]{4}(-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?|[0-9]{4}T[0-9]{6}Z)$",
        examples: ["2026-11-20", "20261120T060000Z"]
    ) { text in
        text.count == 8 && text.allSatisfy(\.isNumber)
            ? "write '\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.suffix(2))'" : nil
    }

    static let component = TextRule("a component", "^[a-z0-9][a-z0-9/.-]*$", examples: ["main", "non-free-firmware"])
    static let repositoryURI = TextRule(
        "a repository URI", #"^(https?://[^\s/]+|file:/)[^\s]*$"#, examples: ["https://apt.example.org/debian"])

    static let relativePath = TextRule(
        "a path", #"^[^\n\r\x00]*[^\n\r\x00/][^\n\r\x00]*$"#, examples: ["hello", "../../Kickstarts/debian-13.ks"]
    ) { _ in "a path on this machine, relative to the file that names it" }

    static let imagePath = TextRule(
        "a path in the image", #"^(?!.*/[.][.]?(/|$))(/[^/\n\r\x00]+)+$"#, id: "image-path", examples: ["/etc/motd"]
    ) { text in
        if !text.hasPrefix("/") { return "it begins with '/'" }
        if text.count > 1, text.hasSuffix("/") { return "without the '/' at its end" }
        return "without '.', '..' and empty parts"
    }

    static let linkTarget = TextRule("a link target", #"^[^\n\r\x00]+$"#, examples: ["../sites-available/wsgi"])

    static let owner = TextRule(
        "an owner", "^[a-z_][a-z0-9_-]{0,31}(:[a-z_][a-z0-9_-]{0,31})?$", examples: ["www-data", "root:adm"])
    static let userName = TextRule("a user name", "^[a-z_][a-z0-9_-]{0,31}$", examples: ["admin", "www-data"])
    static let groupName = TextRule("a group name", "^[a-z_][a-z0-9_-]{0,31}$", examples: ["sudo", "adm"])
    static let gecos = TextRule("a comment", #"^[^:\n\r]*$"#, examples: ["Ada Lovelace"])

    static let sshKey = TextRule(
        "an SSH public key",
        "^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh[.]com"
            + "|sk-ecdsa-sha2-nistp256@openssh[.]com) [A-Za-z0-9+/]{40,}={0,3}( [^\\n\\r]*)?$",
        examples: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO3b… ada@example.org"], longest: 8192
    ) { text in
        if text.contains("PRIVATE KEY") { return "this is a private key: give the content of the '.pub' file" }
        if text.hasPrefix("ssh-dss") { return "DSA keys are refused by OpenSSH: make an ed25519 one" }
        return "the one line of a '.pub' file: 'ssh-ed25519 AAAA… name'"
    }

    static let password = TextRule(
        "a password", #"^(locked|\$(y|gy|7|6|5|2a|2b|2y)\$[./A-Za-z0-9$=,-]{20,})$"#,
        examples: ["locked", "$y$j9T$…"]
    ) { text in
        text.hasPrefix("$1$")
            ? "MD5 hashes are too weak: make one with 'mkpasswd --method=yescrypt'"
            : "a spec holds no plain password: write 'locked', or the hash that 'mkpasswd --method=yescrypt' prints"
    }

    static let unit = TextRule(
        "a unit name",
        #"^[A-Za-z0-9:_.@\\-]+[.](service|socket|timer|target|path|mount|automount|swap|slice|scope|device)$"#,
        examples: ["nginx.service", "wsgi.socket"]
    ) { text in
        text.contains(".") || text.contains(" ") || text.isEmpty ? nil : "did you mean '\(text).service'?"
    }

    static let target = TextRule("a target", #"^[A-Za-z0-9:_.@\\-]+[.]target$"#, examples: ["multi-user.target"])
    static let unitState = TextRule("a unit state", "^[a-z]+(-[a-z]+)*$", examples: ["active", "inactive"])

    static let hostName = TextRule(
        "a host name",
        "^(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$",
        examples: ["web-1", "www.example.org"])

    static let locale = TextRule(
        "a locale", "^(C|POSIX|[a-z]{2,3}_[A-Z]{2})([.][A-Za-z0-9-]+)?(@[a-z]+)?$",
        examples: ["C.UTF-8", "en_GB.UTF-8"])

    static let timezone = TextRule(
        "a time zone", "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$", examples: ["Etc/UTC", "Europe/Berlin"])

    static let kernelArgument = TextRule(
        "a kernel argument", #"^[!-~]+$"#, examples: ["quiet", "net.ifnames=0"]
    ) { text in
        text.contains(" ") ? "one argument for each item of the list" : nil
    }

    static let pythonModule = TextRule(
        "a WSGI module", #"^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*(\(\))?$"#,
        examples: ["hello:app", "shop.wsgi:application"]
    ) { text in
        text.contains(":") ? nil : "module and callable with a colon between: '\(text):app'"
    }

    static let urlPath = TextRule(
        "a URL path", "^/[A-Za-z0-9/._~%:@!&'()*+,=?-]*$", examples: ["/", "/healthz"]
    ) { text in
        text.hasPrefix("/") ? nil : "it begins with '/'"
    }

    static let urlPrefix = TextRule(
        "a URL prefix", "^(/[A-Za-z0-9._~-]+)+/?$", examples: ["/static"])

    static let variable = TextRule("a variable name", "^[A-Za-z_][A-Za-z0-9_]*$", examples: ["DEBUG"])
    static let variableValue = TextRule("a variable value", "", examples: ["production"], longest: 65536)
    static let header = TextRule("a header name", "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", examples: ["Accept"])
    static let virtualHost = TextRule("a virtual host", #"^[^\s\x00]{1,255}$"#, examples: ["/", "shop"])
    static let brokerPlugin = TextRule(
        "a plug-in", "^[a-z][a-z0-9_]*$", examples: ["rabbitmq_shovel", "rabbitmq_federation"])
    static let connectionName = TextRule(
        "a connection name", "^[A-Za-z][A-Za-z0-9_-]{0,62}$", examples: ["browser", "alice"])
    static let jsonPath = TextRule("a JSON path", "^[^.]+([.][^.]+)*$", examples: ["status", "items.0.name"])

    // MARK: First boot

    static let parameterName = TextRule(
        "a parameter name", "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", examples: ["admin-password", "port"], longest: 63
    ) { _ in "lower-case letters, digits and hyphens between them, at most 63" }
    static let scriptName = TextRule(
        "a script name", "^[a-z0-9][a-z0-9._-]{0,62}$", examples: ["migrate", "make-admin"])
    static let nonEmptyLine = TextRule("a line of text", #"^[^\n\r]+$"#, examples: ["small"])

    // MARK: Disks

    static let deviceName = TextRule("a disk name", "^[a-z][a-z0-9-]{0,30}$", examples: ["system", "vda"])
    static let volumeName = TextRule(
        "a volume name", "^(?![.]{1,2}$)[A-Za-z0-9_.+][A-Za-z0-9_.+-]{0,62}$", examples: ["vg0", "root"])
    static let mountPoint = TextRule(
        "a mount point", #"^(/|(?!.*/[.][.]?(/|$))(/[^/\s\x00\\]+)+)$"#, examples: ["/", "/srv/data"]
    ) { text in
        if text == "swap" || text == "none" { return "swap space has no 'mount', but `filesystem: swap`" }
        if !text.hasPrefix("/") { return "it begins with '/'" }
        if text.count > 1, text.hasSuffix("/") { return "without the '/' at its end" }
        return nil
    }

    static let mountOption = TextRule(
        "a mount option", #"^[^\s,#\\]+$"#, examples: ["noatime", "compress=zstd:3"]
    ) { text in
        text.contains(",") ? "one option for each item of the list" : nil
    }

    static let filesystemLabel = TextRule("a label", "^[A-Za-z0-9_.+-]{1,255}$", examples: ["root", "DATA"])
    static let subvolumePath = TextRule(
        "a subvolume", "^(?!(.*/)?[.][.]?(/|$))[A-Za-z0-9_.@+-]+(/[A-Za-z0-9_.@+-]+)*$", examples: ["root", "@home"])
    static let secretName = TextRule("a secret name", "^[a-z][a-z0-9-]{0,62}$", examples: ["disk", "luks-root"])
    static let cipher = TextRule("a cipher", "^[a-z0-9]+(-[a-z0-9:]+)*$", examples: ["aes-xts-plain64"])
}
