/// Passwords and keys in texts: settings, environment files, user data. What is a comment, or stands for a value, is none.
struct SecretTexts {
    private let path: String
    private let isAccounts: Bool
    private let isWireless: Bool
    private let isUserData: Bool
    private let isEnvironment: Bool

    init(path: String, name: String) {
        self.path = path
        // The account files themselves; `AccountLint` has what is in /etc/shadow.
        isAccounts = ["etc/shadow", "etc/passwd", "etc/group", "etc/gshadow"].contains(path)
        isWireless =
            name.hasPrefix("wpa_supplicant") || path.holds("NetworkManager/system-connections/")
            || path.hasPrefix("etc/netplan/") || path.hasPrefix("var/lib/iwd/") || path.hasPrefix("etc/iwd/")
        isUserData =
            path.hasPrefix("var/lib/cloud/") || path.hasPrefix("etc/cloud/")
            || ["user-data", "vendor-data", "autoinstall-user-data"].contains(name)
        isEnvironment =
            name == ".env" || name.hasPrefix(".env.") || name.hasSuffix(".env") || path == "etc/environment"
            || ["etc/default/", "etc/systemd/system/", "etc/profile", "etc/environment.d/", "etc/sysconfig/"]
                .contains(where: path.hasPrefix)
            || [".bashrc", ".profile", ".bash_profile", ".zshrc", ".zshenv", "environment", "openrc"].contains(name)
    }

    func check(_ bytes: [UInt8], _ found: inout LintFindings) {
        // A text has no NUL; libraries and databases are not read line by line.
        guard !bytes.prefix(4096).contains(0) else { return }
        var told: Set<String> = []
        let isEachLineJudged = isWireless || isUserData || isEnvironment
        let candidates = isEachLineJudged ? [bytes[...]] : SecretTraces.lines(of: bytes)
        for candidate in candidates {
            let text = String(decoding: candidate, as: UTF8.self)
            for line in text.split(whereSeparator: \.isNewline) { check(line, &told, &found) }
        }
    }

    private func check(_ raw: Substring, _ told: inout Set<String>, _ found: inout LintFindings) {
        guard raw.utf8.count < 4096 else { return }
        let line = raw.drop { $0 == " " || $0 == "\t" }
        guard let first = line.first, !["#", ";", "/", "*"].contains(first) else { return }
        guard let hit = judge(String(line)), told.insert(hit.code).inserted else { return }
        if hit.isCertain {
            found.error(
                hit.code, "/\(path) holds \(hit.what)", why: "who has the image has it", source: SecretLint.source,
                remedy: "remove it, and make it invalid")
        } else {
            found.warning(
                hit.code, "/\(path) seems to hold \(hit.what)", why: "who has the image has it",
                source: SecretLint.source, remedy: "take it from a parameter at the first boot")
        }
    }

    private struct Hit {
        var code: String
        var what: String
        var isCertain: Bool
    }

    private func judge(_ line: String) -> Hit? {
        if let hash = passwordHash(line) { return hash }
        if isAccounts { return nil }
        if value(of: "aws_secret_access_key", in: line).map({ $0.utf8.count == 40 && !isPlaceholder($0) }) == true {
            return Hit(code: "aws-key", what: "a secret key of AWS", isCertain: true)
        }
        if line.contains("client-key-data:"), line.utf8.count > 200 {
            return Hit(code: "kube-credentials", what: "a client's key for Kubernetes", isCertain: true)
        }
        if line.contains("\"private_key_id\":") {
            return Hit(code: "google-credentials", what: "a service account's key of Google Cloud", isCertain: true)
        }
        if isWireless, let key = value(of: "psk", in: line) ?? value(of: "password", in: line), !isPlaceholder(key) {
            return Hit(code: "wireless-key", what: "a network's key", isCertain: true)
        }
        if isUserData,
            let word = ["plain_text_passwd", "password", "passwd"].lazy.compactMap({ value(of: $0, in: line) }).first,
            !isPlaceholder(word), !word.hasPrefix("$")
        {
            return Hit(code: "plain-password", what: "a password in the clear", isCertain: true)
        }
        if let hit = address(line) { return hit }
        return isEnvironment ? assignment(line) : nil
    }

    // MARK: Rules

    /// Methods of crypt(5), and how long their hashes are at least.
    static let methods: [(start: String, length: Int)] = [
        ("$6$", 86), ("$5$", 43), ("$y$", 43), ("$gy$", 43), ("$7$", 43), ("$2y$", 53), ("$2b$", 53), ("$2a$", 53),
        ("$apr1$", 22), ("$1$", 22),
    ]

    /// `$6$salt$hash`, of any method of crypt(5) that has a name.
    private func passwordHash(_ line: String) -> Hit? {
        guard path != "etc/shadow", line.contains("$") else { return nil }
        for (start, length) in Self.methods {
            guard let place = line.firstRange(of: start) else { continue }
            let hash = line[place.lowerBound...].prefix {
                $0.isASCII && ($0.isLetter || $0.isNumber || "$./,=-".contains($0))
            }
            let last = hash.split(separator: "$").last ?? ""
            if last.utf8.count >= length, Set(last).count > 8 {
                return Hit(code: "password-hash", what: "the hash of a password", isCertain: true)
            }
        }
        return nil
    }

    /// `scheme://user:password@host`.
    private func address(_ line: String) -> Hit? {
        guard let place = line.firstRange(of: "://") else { return nil }
        let rest = line[place.upperBound...].prefix { !" \"'<>,)|".contains($0) }
        guard let end = rest.lastIndex(of: "@") else { return nil }
        let parts = rest[..<end].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].contains("/"), !parts[1].contains("/"), !isPlaceholder(String(parts[1]))
        else {
            return nil
        }
        return Hit(code: "url-password", what: "an address with a password", isCertain: false)
    }

    /// `DB_PASSWORD=…` of an environment.
    private func assignment(_ line: String) -> Hit? {
        var line = Substring(line)
        for word in ["export ", "Environment="] where line.hasPrefix(word) { line = line.dropFirst(word.count) }
        line = line.drop { $0 == "\"" || $0 == "'" }
        let parts = line.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let name = parts[0].uppercased()
        let words = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY"]
        guard words.contains(where: name.hasSuffix) || name.hasSuffix("SECRET_KEY"),
            name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
        else { return nil }
        let value = unquoted(parts[1])
        guard value.utf8.count >= 6, !isPlaceholder(value) else { return nil }
        return Hit(code: "environment-secret", what: "a secret, \(parts[0])", isCertain: false)
    }

    /// Behind `key=`, `key: `, `"key": `.
    private func value(of key: String, in line: String) -> String? {
        let lowered = line.drop { "-\"' ".contains($0) }
        guard lowered.lowercased().hasPrefix(key) else { return nil }
        let rest = lowered.dropFirst(key.utf8.count).drop { "\"' \t".contains($0) }
        guard let sign = rest.first, sign == "=" || sign == ":" else { return nil }
        let value = unquoted(rest.dropFirst())
        return value.isEmpty ? nil : value
    }

    private func unquoted(_ text: Substring) -> String {
        let value = text.drop { $0 == " " || $0 == "\t" }
        if let quote = value.first, quote == "\"" || quote == "'" {
            return String(value.dropFirst().prefix { $0 != quote })
        }
        return String(value.prefix { !$0.isWhitespace && $0 != "\"" && $0 != "'" })
    }

    /// What stands for a secret: a variable, a path, a word of an example.
    private func isPlaceholder(_ value: String) -> Bool {
        guard let first = value.first, !"$%{<*[/@".contains(first), !value.hasSuffix("EXAMPLE") else { return true }
        let words: Set<String> = [
            "password", "passwd", "pass", "secret", "token", "changeme", "none", "null", "true", "false", "xxx",
            "example",
            "yes", "no", "your-password", "mypassword", "required", "optional",
        ]
        return words.contains(value.lowercased()) || Set(value).count < 3
    }
}
