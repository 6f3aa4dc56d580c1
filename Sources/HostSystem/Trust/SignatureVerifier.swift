import FileTrees

/// Verifies OpenPGP signatures with gpgv(1), which knows no web of trust: a signature is good when one of the keyrings
/// has its key.
package struct SignatureVerifier: Sendable {
    private let runner: CommandRunner
    private let scratch: ScratchFolder

    package init(host: Host) {
        runner = host.runner
        scratch = host.scratch
    }

    /// Verifies a clear-signed file (an InRelease) and returns the text that was signed, and nothing else of the file:
    /// what stands outside of the signed part is nobody's word.
    ///
    /// A file with several signatures is good when one of them is by a key in the keyrings and none is bad, as for apt.
    ///
    /// - Parameter keyrings: files, binary or armoured (.asc).
    /// - Throws: `HostError` (`signature`: no, a bad, or an expired signature, an unknown, expired or revoked key;
    ///   `toolMissing`: gpgv or a keyring is not there), `CancellationError`.
    package func verifyInline(inRelease path: String, keyrings: [String]) async throws -> String {
        for keyring in keyrings where !Files.exists(keyring) {
            throw HostError(
                .toolMissing, "the keyring '\(keyring)' does not exist",
                hint: Files.name(of: keyring).hasPrefix("debian-archive-")
                    ? "sudo apt-get install debian-archive-keyring" : "check 'signed-by'")
        }
        guard Files.exists(path) else { throw HostError(.notFound, "'\(path)' does not exist") }
        let folder = try scratch.newFolder("signature")
        defer { try? removeTree(folder) }
        var options = ["--status-fd", "1", "--output", "\(folder)/text"]
        for (index, keyring) in keyrings.enumerated() {
            options += ["--keyring", try binaryKeyring(keyring, aside: "\(folder)/keyring-\(index).gpg")]
        }
        var command = Command("gpgv", options + ["--", path])
        command.output = .capture(limit: 1 << 20)
        let result: CommandResult
        do {
            result = try await runner.run(command)
        } catch let error as HostError where error.code == .toolMissing {
            throw HostError(
                .toolMissing, "gpgv is not installed; it verifies the repositories' signatures",
                hint: "sudo apt-get install gpgv")
        }
        let lines = result.text.split(separator: "\n").map(String.init)
        if let problem = SignatureVerdict.problem(status: lines, succeeded: result.succeeded) {
            throw HostError(
                .signature, "'\(path)' \(problem)", hint: SignatureVerdict.hint(status: lines, keyrings: keyrings),
                notes: result.tail.filter { $0.hasPrefix("gpgv:") })
        }
        return try Files.readText("\(folder)/text")
    }

    /// gpgv reads binary keyrings alone, and looks up a name without a slash in its own home.
    private func binaryKeyring(_ path: String, aside: String) throws(HostError) -> String {
        let content = try Files.read(path)
        if let binary = ArmoredKeyring.decode(content) {
            try Files.write(binary, to: aside)
            return aside
        }
        return path.contains("/") ? path : "./\(path)"
    }
}
