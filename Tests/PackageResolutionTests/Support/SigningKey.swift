import Glibc
import HostSystem

/// A throw-away OpenPGP key: made once in a test process, gone with it.
struct SigningKey: Sendable {
    /// gpg's home: short, because its agent's socket lies there.
    let home: String
    /// The public key, as gpgv reads it.
    let keyring: String

    private static let runner = CommandRunner(progress: .silent)

    static func make() async throws -> SigningKey {
        let folder = try TemporaryFolder().path
        chmod(folder, 0o700)
        let key = SigningKey(home: folder, keyring: "\(folder)/key.gpg")
        let make = ["--quick-gen-key", "Stonebake tests <tests@example.org>", "ed25519", "sign", "never"]
        try await key.gpg(make)
        try await key.gpg(["--output", key.keyring, "--export"])
        return key
    }

    func sign(_ path: String, to target: String) async throws {
        try await gpg(["--output", target, "--clearsign", path])
    }

    /// Ends the agent, too: it notices that its home is gone.
    func remove() async {
        _ = try? await Self.runner.run(Command("gpgconf", ["--homedir", home, "--kill", "all"]))
        try? removeTree(home)
    }

    private func gpg(_ arguments: [String]) async throws {
        let options = [
            "--homedir", home, "--batch", "--yes", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback",
        ]
        try await Self.runner.check(Command("gpg", options + arguments), purpose: "gpg signs for the tests")
    }
}
