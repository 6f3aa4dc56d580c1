/// Verifies OpenPGP signatures with gpgv(1), which knows no web of trust: a signature is good when one of the keyrings
/// has its key.
package struct SignatureVerifier: Sendable {
    private let runner: CommandRunner

    package init(runner: CommandRunner) {
        self.runner = runner
    }

    package init(host: Host) {
        self.init(runner: host.runner)
    }

    /// Verifies a clear-signed file (an InRelease) and returns the text that was signed, and nothing else of the file.
    ///
    /// - Parameter keyrings: files, binary or armoured (.asc).
    /// - Throws: `HostError` (`signature`, `toolMissing`), `CancellationError`.
    package func verifyInline(inRelease path: String, keyrings: [String]) async throws -> String {
        for keyring in keyrings where !Files.exists(keyring) {
            let hint =
                keyring.hasPrefix("/usr/share/keyrings/debian")
                ? "sudo apt-get install debian-archive-keyring" : "check the path"
            throw HostError(.toolMissing, "the keyring '\(keyring)' does not exist", hint: hint)
        }
        let command = Command("gpgv", ["--status-fd", "2", "--output", "-"] + keyrings.flatMap { ["--keyring", $0] } + ["--", path])
            .with { $0.output = .capture(limit: 16 << 20) }
        let result: CommandResult
        do {
            result = try await runner.run(command)
        } catch let error as HostError where error.code == .toolMissing {
            throw HostError(.toolMissing, "gpgv is not installed; it verifies signatures", hint: "sudo apt-get install gpgv")
        }
        guard result.succeeded else {
            throw HostError(.signature, "the signature of '\(path)' cannot be verified", notes: result.tail)
        }
        return result.text
    }
}
