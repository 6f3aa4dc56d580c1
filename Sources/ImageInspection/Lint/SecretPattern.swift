/// What a token begins with (`bytes`), and how many characters of which kind follow at least.
struct SecretPattern: Sendable {
    var code: String
    var what: String
    let bytes: [UInt8]
    var length: Int
    var characters: @Sendable (UInt8) -> Bool

    private init(
        code: String, what: String, start: String, length: Int, characters: @escaping @Sendable (UInt8) -> Bool
    ) {
        self.code = code
        self.what = what
        bytes = Array(start.utf8)
        self.length = length
        self.characters = characters
    }

    static let all: [SecretPattern] = [
        SecretPattern(code: "aws-key", what: "an access key of AWS", start: "AKIA", length: 16, characters: isUpper),
        SecretPattern(code: "aws-key", what: "a temporary key of AWS", start: "ASIA", length: 16, characters: isUpper),
        SecretPattern(code: "github-token", what: "a token of GitHub", start: "ghp_", length: 36, characters: isWord),
        SecretPattern(code: "github-token", what: "a token of GitHub", start: "gho_", length: 36, characters: isWord),
        SecretPattern(code: "github-token", what: "a token of GitHub", start: "ghs_", length: 36, characters: isWord),
        SecretPattern(
            code: "github-token", what: "a token of GitHub", start: "github_pat_", length: 22, characters: isWord),
        SecretPattern(code: "github-token", what: "a token of GitHub", start: "ghu_", length: 36, characters: isWord),
        SecretPattern(code: "github-token", what: "a token of GitHub", start: "ghr_", length: 36, characters: isWord),
        SecretPattern(
            code: "gitlab-token", what: "a runner's token of GitLab", start: "glrt-", length: 20, characters: isWord),
        SecretPattern(code: "gitlab-token", what: "a token of GitLab", start: "glpat-", length: 20, characters: isWord),
        SecretPattern(code: "slack-token", what: "a token of Slack", start: "xoxb-", length: 20, characters: isWord),
        SecretPattern(code: "slack-token", what: "a token of Slack", start: "xoxp-", length: 20, characters: isWord),
        SecretPattern(code: "google-key", what: "an API key of Google", start: "AIza", length: 35, characters: isWord),
        SecretPattern(code: "pypi-token", what: "a token of PyPI", start: "pypi-AgE", length: 40, characters: isWord),
        SecretPattern(code: "npm-token", what: "a token of npm", start: "npm_", length: 36, characters: isWord),
        SecretPattern(code: "stripe-key", what: "a key of Stripe", start: "sk_live_", length: 24, characters: isWord),
        SecretPattern(code: "vault-token", what: "a token of Vault", start: "hvs.", length: 24, characters: isWord),
        SecretPattern(
            code: "huggingface-token", what: "a token of Hugging Face", start: "hf_", length: 34, characters: isWord),
        SecretPattern(
            code: "anthropic-key", what: "a key of Anthropic", start: "sk-ant-", length: 32, characters: isWord),
        SecretPattern(code: "openai-key", what: "a key of OpenAI", start: "sk-proj-", length: 32, characters: isWord),
        SecretPattern(
            code: "azure-key", what: "the key of a storage account of Azure", start: "AccountKey=", length: 80,
            characters: isBase64),
        SecretPattern(
            code: "private-key", what: "a private key of PuTTY", start: "PuTTY-User-Key-File-", length: 8,
            characters: { _ in true }),
        SecretPattern(
            code: "digitalocean-token", what: "a token of DigitalOcean", start: "dop_v1_", length: 64,
            characters: isWord),
        SecretPattern(code: "slack-token", what: "a token of Slack", start: "xapp-", length: 20, characters: isWord),
        SecretPattern(
            code: "slack-token", what: "a webhook of Slack", start: "hooks.slack.com/services/T", length: 30,
            characters: { isWord($0) || $0 == 47 }),
        SecretPattern(
            code: "google-key", what: "a secret of Google's OAuth", start: "GOCSPX-", length: 24, characters: isWord),
        SecretPattern(
            code: "google-key", what: "an access token of Google", start: "ya29.", length: 60, characters: isWord),
        SecretPattern(code: "stripe-key", what: "a key of Stripe", start: "rk_live_", length: 24, characters: isWord),
        SecretPattern(
            code: "sendgrid-key", what: "a key of SendGrid", start: "SG.", length: 60,
            characters: { isWord($0) || $0 == 46 }),
        SecretPattern(
            code: "docker-token", what: "a token of Docker Hub", start: "dckr_pat_", length: 24, characters: isWord),
        SecretPattern(
            code: "tailscale-key", what: "a key of Tailscale", start: "tskey-", length: 20, characters: isWord),
        SecretPattern(
            code: "grafana-token", what: "a token of Grafana", start: "glsa_", length: 32, characters: isWord),
        SecretPattern(
            code: "private-key", what: "a key of age", start: "AGE-SECRET-KEY-1", length: 40, characters: isUpper),
        SecretPattern(
            code: "digitalocean-token", what: "a token of DigitalOcean", start: "doo_v1_", length: 64,
            characters: isWord),
    ]

    static func isUpper(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (48...57).contains(byte) }
    static func isBase64(_ byte: UInt8) -> Bool { isWord(byte) || [43, 47, 61].contains(byte) }
    static func isWord(_ byte: UInt8) -> Bool {
        isUpper(byte) || (97...122).contains(byte) || byte == 95 || byte == 45
    }
}
