import Diagnostics

/// Files that are known by their names to hold credentials.
struct SecretFiles {
    let tree: ImageTree

    /// What a file's path ends with, what it then has to hold (all of it; nothing for any content), and what that is.
    private struct Known {
        var path: String
        var holds: [String] = []
        var code: String
        var what: String
    }

    private static let known: [Known] = [
        Known(path: "/.git-credentials", holds: ["://"], code: "git-credentials", what: "credentials of Git"),
        Known(path: "/git/credentials", holds: ["://"], code: "git-credentials", what: "credentials of Git"),
        Known(path: "/.netrc", holds: ["password"], code: "netrc", what: "passwords for servers"),
        Known(path: "/_netrc", holds: ["password"], code: "netrc", what: "passwords for servers"),
        Known(path: "/.authinfo", holds: ["password"], code: "netrc", what: "passwords for servers"),
        Known(path: "etc/apt/auth.conf", holds: ["password"], code: "netrc", what: "passwords for package archives"),
        Known(path: "/.vault-token", code: "vault-token", what: "a token of Vault"),
        Known(path: "/.pgpass", holds: [":"], code: "pgpass", what: "passwords of PostgreSQL"),
        Known(path: "/.my.cnf", holds: ["password"], code: "mysql-credentials", what: "a password of MySQL"),
        Known(path: "/.mylogin.cnf", code: "mysql-credentials", what: "a password of MySQL"),
        Known(path: "/.npmrc", holds: ["_authToken"], code: "npm-token", what: "a token of npm"),
        Known(path: "/.npmrc", holds: ["_password"], code: "npm-token", what: "a password of npm"),
        Known(path: "/.yarnrc.yml", holds: ["npmAuthToken"], code: "npm-token", what: "a token of npm"),
        Known(path: "/.pypirc", holds: ["password"], code: "pypi-token", what: "a password for a package index"),
        Known(path: "/.cargo/credentials", holds: ["token"], code: "cargo-token", what: "a token of Cargo"),
        Known(path: "/.cargo/credentials.toml", holds: ["token"], code: "cargo-token", what: "a token of Cargo"),
        Known(path: "/.gem/credentials", code: "rubygems-key", what: "a key of RubyGems"),
        Known(path: "/.aws/credentials", code: "aws-credentials", what: "credentials of AWS"),
        Known(
            path: "/.aws/config", holds: ["aws_secret_access_key"], code: "aws-credentials", what: "credentials of AWS"),
        Known(path: "/.boto", holds: ["secret"], code: "aws-credentials", what: "credentials of AWS"),
        Known(path: "/.s3cfg", holds: ["secret_key"], code: "aws-credentials", what: "credentials of S3"),
        Known(path: "/.passwd-s3fs", code: "aws-credentials", what: "credentials of S3"),
        Known(path: "etc/passwd-s3fs", code: "aws-credentials", what: "credentials of S3"),
        Known(
            path: "/application_default_credentials.json", code: "google-credentials",
            what: "credentials of Google Cloud"),
        Known(path: "/gcloud/credentials.db", code: "google-credentials", what: "credentials of Google Cloud"),
        Known(path: "/gcloud/access_tokens.db", code: "google-credentials", what: "tokens of Google Cloud"),
        Known(path: "/accessTokens.json", code: "azure-credentials", what: "tokens of Azure"),
        Known(path: "/msal_token_cache.json", code: "azure-credentials", what: "tokens of Azure"),
        Known(path: "/msal_token_cache.bin", code: "azure-credentials", what: "tokens of Azure"),
        Known(path: "/service_principal_entries.json", code: "azure-credentials", what: "a secret of Azure"),
        Known(path: "/.azureauth", code: "azure-credentials", what: "a secret of Azure"),
        Known(
            path: "/openstack/clouds.yaml", holds: ["password"], code: "openstack-credentials",
            what: "a password of OpenStack"),
        Known(path: "/openstack/secure.yaml", code: "openstack-credentials", what: "a password of OpenStack"),
        Known(
            path: "/.docker/config.json", holds: ["\"auth\""], code: "docker-credentials",
            what: "credentials of a registry"),
        Known(path: "/.dockercfg", holds: ["\"auth\""], code: "docker-credentials", what: "credentials of a registry"),
        Known(
            path: "/containers/auth.json", holds: ["\"auth\""], code: "docker-credentials",
            what: "credentials of a registry"),
        Known(path: "/.kube/config", holds: ["user"], code: "kube-credentials", what: "credentials of Kubernetes"),
        Known(
            path: "/k3s.yaml", holds: ["client-key-data"], code: "kube-credentials", what: "credentials of Kubernetes"),
        Known(path: "/gh/hosts.yml", holds: ["oauth_token"], code: "github-token", what: "a token of GitHub"),
        Known(path: "/.config/hub", holds: ["oauth_token"], code: "github-token", what: "a token of GitHub"),
        Known(path: "/rclone.conf", holds: ["["], code: "rclone-credentials", what: "credentials of rclone"),
        Known(path: "/credentials.tfrc.json", holds: ["token"], code: "terraform-token", what: "a token of Terraform"),
        Known(path: "/.terraformrc", holds: ["token"], code: "terraform-token", what: "a token of Terraform"),
        Known(
            path: ".tfstate", holds: ["\"resources\""], code: "terraform-state",
            what: "Terraform's state, with what it made in the clear"),
        Known(
            path: "/.smbcredentials", holds: ["password"], code: "smb-credentials", what: "a password of a file server"),
        Known(path: "/.ansible/vault_pass", code: "ansible-vault", what: "Ansible's vault password"),
        Known(path: "/.vault_pass", code: "ansible-vault", what: "Ansible's vault password"),
        Known(path: "/.vault_pass.txt", code: "ansible-vault", what: "Ansible's vault password"),
        Known(path: ".keytab", code: "keytab", what: "a key of Kerberos"),
        Known(path: "/secring.gpg", code: "gpg-key", what: "private keys of GnuPG"),
    ]

    /// Whether it is one: nobody has to look into it then.
    func check(_ file: FileRecord, _ name: String, _ found: inout LintFindings) throws -> Bool {
        // Most files; before a string is made of each.
        guard !file.path.hasPrefix("usr/share/"), !file.path.hasPrefix("usr/lib/") else { return false }
        let path = "/" + file.path
        let before = found.findings.count
        func tell(_ code: String, _ what: String) {
            found.error(
                code, "\(path) holds \(what)", why: "who has the image has it", source: SecretLint.source,
                remedy: "remove it, and make the credential invalid")
        }
        for known in Self.known where path.hasSuffix(known.path) {
            let text = known.holds.isEmpty ? "" : try tree.text(file.path) ?? ""
            let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }.joined(separator: "\n")
            if known.holds.allSatisfy(lines.contains) { tell(known.code, known.what) }
        }
        if name.hasSuffix(".key"), path.contains("/.gnupg/private-keys-v1.d/") {
            tell("gpg-key", "a private key of GnuPG")
        }
        if path.hasPrefix("/var/lib/cloud/seed/"), ["user-data", "vendor-data"].contains(name) {
            found.warning(
                "cloud-init-seed", "\(path) is user data that every machine of the image takes",
                why: "it stands in the way of the platform's, and may hold what is one machine's",
                source: "cloud-init, NoCloud", remedy: "give user data to the instance, and remove the seed")
        }
        let isGit = name == "config" && path.contains("/.git/") || name == ".gitconfig" || path == "/etc/gitconfig"
        if isGit, try holdsCredentials(git: file.path) { tell("git-credentials", "credentials of Git in an address") }
        return found.findings[before...].contains { $0.severity == .error }
    }

    /// `https://user:token@host`, or a header with a token, as Actions' checkout leaves it.
    private func holdsCredentials(git path: String) throws -> Bool {
        for line in try tree.text(path)?.split(separator: "\n") ?? [] {
            if line.lowercased().contains("extraheader"), line.lowercased().contains("authorization:") { return true }
            let parts = line.split(separator: "//", maxSplits: 1)
            // A token can stand alone before the @; a short name there is a user's.
            if parts.count == 2, let end = parts[1].firstIndex(of: "@"), !parts[1][..<end].contains("/"),
                parts[1][..<end].contains(":") || parts[1][..<end].utf8.count >= 20
            {
                return true
            }
        }
        return false
    }
}
