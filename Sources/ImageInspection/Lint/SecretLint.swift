import CLinux
import HostSystem

/// Looks for what must not be given away with an image: private keys, tokens, credentials.
struct SecretLint {
    let tree: ImageTree
    let cancelled: CancellationFlag

    private static let source = "OWASP, Secrets Management Cheat Sheet; gitleaks' rules"
    /// Where people and installations put things; what packages bring elsewhere is public.
    private static let folders = [
        "etc/", "root/", "home/", "opt/", "srv/", "usr/local/", "var/lib/", "var/www/", "var/opt/", "var/spool/",
        "tmp/", "boot/",
    ]
    private static let skipped = ["var/lib/dpkg/", "var/lib/apt/", "var/cache/", "etc/ssl/certs/", "usr/share/"]
    private static let limit: Int64 = 2 << 20

    /// What a text begins with, and how many characters of which kind follow at least.
    private struct Pattern {
        var code: String
        var what: String
        var start: String
        var length: Int
        var characters: @Sendable (UInt8) -> Bool
    }

    private static let patterns: [Pattern] = [
        Pattern(code: "aws-key", what: "an access key of AWS", start: "AKIA", length: 16, characters: isUpper),
        Pattern(code: "aws-key", what: "a temporary key of AWS", start: "ASIA", length: 16, characters: isUpper),
        Pattern(code: "github-token", what: "a token of GitHub", start: "ghp_", length: 36, characters: isWord),
        Pattern(code: "github-token", what: "a token of GitHub", start: "gho_", length: 36, characters: isWord),
        Pattern(code: "github-token", what: "a token of GitHub", start: "ghs_", length: 36, characters: isWord),
        Pattern(code: "github-token", what: "a token of GitHub", start: "github_pat_", length: 22, characters: isWord),
        Pattern(code: "gitlab-token", what: "a token of GitLab", start: "glpat-", length: 20, characters: isWord),
        Pattern(code: "slack-token", what: "a token of Slack", start: "xoxb-", length: 20, characters: isWord),
        Pattern(code: "slack-token", what: "a token of Slack", start: "xoxp-", length: 20, characters: isWord),
        Pattern(code: "google-key", what: "an API key of Google", start: "AIza", length: 35, characters: isWord),
        Pattern(code: "pypi-token", what: "a token of PyPI", start: "pypi-AgE", length: 40, characters: isWord),
        Pattern(code: "npm-token", what: "a token of npm", start: "npm_", length: 36, characters: isWord),
        Pattern(code: "stripe-key", what: "a key of Stripe", start: "sk_live_", length: 24, characters: isWord),
        Pattern(code: "vault-token", what: "a token of Vault", start: "hvs.", length: 24, characters: isWord),
        Pattern(
            code: "huggingface-token", what: "a token of Hugging Face", start: "hf_", length: 34, characters: isWord),
        Pattern(code: "anthropic-key", what: "a key of Anthropic", start: "sk-ant-", length: 32, characters: isWord),
        Pattern(code: "openai-key", what: "a key of OpenAI", start: "sk-proj-", length: 32, characters: isWord),
        Pattern(
            code: "azure-key", what: "the key of a storage account of Azure", start: "AccountKey=", length: 80,
            characters: isBase64),
        Pattern(
            code: "private-key", what: "a private key of PuTTY", start: "PuTTY-User-Key-File-", length: 8,
            characters: { _ in true }),
        Pattern(
            code: "digitalocean-token", what: "a token of DigitalOcean", start: "dop_v1_", length: 64,
            characters: isWord),
    ]

    private static func isUpper(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (48...57).contains(byte) }
    private static func isBase64(_ byte: UInt8) -> Bool { isWord(byte) || [43, 47, 61].contains(byte) }
    private static func isWord(_ byte: UInt8) -> Bool {
        isUpper(byte) || (97...122).contains(byte) || byte == 95 || byte == 45
    }

    func check(_ found: inout LintFindings) throws {
        for file in tree.files where file.kind == .file && file.size > 0 {
            let name = String(file.path.split(separator: "/").last ?? "")
            try named(file, name, &found)
            guard file.size <= Self.limit, isLookedInto(file.path, name) else { continue }
            try cancelled.check()
            guard let bytes = try tree.bytes(file.path, limit: Int(Self.limit)) else { continue }
            scan(bytes, file.path, &found)
        }
    }

    private func isLookedInto(_ path: String, _ name: String) -> Bool {
        if Self.skipped.contains(where: path.hasPrefix) { return false }
        // Tests and documentation of a library hold keys that are everybody's.
        let isLibrary = path.contains("/site-packages/") || path.contains("/node_modules/")
        if isLibrary,
            ["/test", "/fixtures/", "/example", "/docs/"].contains(where: path.contains) || name.hasSuffix(".py")
                || name.hasSuffix(".pyc")
        {
            return false
        }
        if Self.folders.contains(where: path.hasPrefix) { return true }
        return name == ".env" || name.hasSuffix(".key") || name.hasPrefix("id_")
    }

    /// Files that are known by their names.
    private func named(_ file: FileRecord, _ name: String, _ found: inout LintFindings) throws {
        func tell(_ code: String, _ what: String) {
            found.error(
                code, "/\(file.path) holds \(what)", why: "who has the image has it", source: Self.source,
                remedy: "remove it, and make the credential invalid")
        }
        func contents() throws -> String { try tree.text(file.path) ?? "" }
        switch name {
        case ".git-credentials": tell("git-credentials", "credentials of Git")
        case ".netrc", "_netrc": if try contents().contains("password") { tell("netrc", "passwords for servers") }
        case ".vault-token": tell("vault-token", "a token of Vault")
        case ".pgpass": tell("pgpass", "passwords of PostgreSQL")
        case ".npmrc": if try contents().contains("_authToken") { tell("npm-token", "a token of npm") }
        case ".pypirc": if try contents().contains("password") { tell("pypi-token", "a password for a package index") }
        case "credentials" where file.path.hasSuffix(".aws/credentials"): tell("aws-credentials", "credentials of AWS")
        case "application_default_credentials.json": tell("google-credentials", "credentials of Google Cloud")
        case "accessTokens.json", "msal_token_cache.json": tell("azure-credentials", "tokens of Azure")
        case "config.json" where file.path.hasSuffix(".docker/config.json"):
            if try contents().contains("\"auth\"") { tell("docker-credentials", "credentials of a registry") }
        case "config" where file.path.hasSuffix(".kube/config"): tell("kube-credentials", "credentials of Kubernetes")
        case "config" where file.path.hasSuffix(".git/config"):
            // https://user:token@host
            for line in try contents().split(separator: "\n") where line.contains("url") {
                let parts = line.split(separator: "//", maxSplits: 1)
                // A token can stand alone before the @; a short name there is a user's.
                if parts.count == 2, let end = parts[1].firstIndex(of: "@"), !parts[1][..<end].contains("/"),
                    parts[1][..<end].contains(":") || parts[1][..<end].utf8.count >= 20
                {
                    tell("git-credentials", "credentials of Git in an address")
                }
            }
        default: break
        }
    }

    private func scan(_ bytes: [UInt8], _ path: String, _ found: inout LintFindings) {
        if !path.hasPrefix("etc/ssh/ssh_host_"), hasPrivateKey(bytes) {
            found.error(
                "private-key", "/\(path) holds a private key",
                why: "who has the image has it, and every machine of it uses the same",
                source: Self.source, remedy: "remove it; make keys at the first boot, or take them from a parameter")
        }
        for pattern in Self.patterns where contains(bytes, pattern) {
            found.error(
                pattern.code, "/\(path) holds \(pattern.what)", why: "who has the image has it", source: Self.source,
                remedy: "remove it, and make the token invalid")
        }
    }

    /// A PEM block with something in it: a mention of one is none.
    private func hasPrivateKey(_ bytes: [UInt8]) -> Bool {
        var position = 0
        while let start = place(of: "-----BEGIN ", in: bytes, from: position) {
            position = start + 11
            let head = String(decoding: bytes[start..<min(start + 64, bytes.count)], as: UTF8.self)
            guard let end = head.firstRange(of: "PRIVATE KEY") else { continue }
            let body = start + head.utf8.distance(from: head.startIndex, to: end.upperBound)
            // Up to its end: behind the dashes that close the first line.
            let behind = min(body + 5, bytes.count)
            let close = place(of: "-----", in: bytes, from: behind) ?? bytes.count
            let rest = bytes[behind..<min(close, behind + 400)]
            if rest.filter({ Self.isWord($0) || $0 == 43 || $0 == 47 }).count >= 64 { return true }
        }
        return false
    }

    private func contains(_ bytes: [UInt8], _ pattern: Pattern) -> Bool {
        var position = 0
        while let start = place(of: pattern.start, in: bytes, from: position) {
            position = start + pattern.start.utf8.count
            // Part of a longer word is something else.
            if start > 0, Self.isWord(bytes[start - 1]) { continue }
            let end = position + pattern.length
            guard end <= bytes.count, bytes[position..<end].allSatisfy(pattern.characters) else { continue }
            // What an example shows has one character all along.
            guard Set(bytes[position..<end]).count > 5 else { continue }
            return true
        }
        return false
    }

    /// memmem(3), as nothing of Swift's is as quick.
    private func place(of text: String, in bytes: [UInt8], from start: Int) -> Int? {
        guard start < bytes.count else { return nil }
        let needle = Array(text.utf8)
        return bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress,
                let hit = sb_find(base + start, buffer.count - start, needle, needle.count)
            else { return nil }
            return UnsafeRawPointer(hit) - base
        }
    }
}
