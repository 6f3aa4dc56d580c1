import FoundationEssentials
import Testing

@testable import FileTrees
@testable import HostSystem

/// Throw-away keys and what they sign.
struct KeyFixture {
    let folder: TemporaryFolder
    let host: Host
    private let home: String

    init() throws {
        folder = try TemporaryFolder()
        host = try Host(testing: "\(folder.path)/cache")
        home = "\(folder.path)/gnupg"
        try Files.makeFolder(home, mode: 0o700)
    }

    /// Makes a key for a name and returns its fingerprint's last 16 digits; `expiry` as gpg takes it.
    func makeKey(_ name: String, expiry: String = "0", at time: String? = nil) async throws -> String {
        let faked = time.map { ["--faked-system-time", $0] } ?? []
        try await gpg(faked + ["--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", expiry])
        let list = try await gpg(["--with-colons", "--list-keys", name]).text
        let line = try #require(list.split(separator: "\n").first { $0.hasPrefix("pub:") })
        return String(line.split(separator: ":", omittingEmptySubsequences: false)[4])
    }

    func keyring(_ names: String..., armored: Bool = false) async throws -> String {
        let path = "\(folder.path)/keyring-\(UUID().uuidString).\(armored ? "asc" : "gpg")"
        try await gpg((armored ? ["--armor"] : []) + ["--output", path, "--export"] + names)
        return path
    }

    func sign(_ text: String, by names: [String], at time: String? = nil) async throws -> String {
        let path = "\(folder.path)/InRelease-\(UUID().uuidString)"
        try Files.write(text, to: "\(path).txt")
        let faked = time.map { ["--faked-system-time", $0] } ?? []
        try await gpg(
            faked + names.flatMap { ["--local-user", $0] } + ["--output", path, "--clearsign", "\(path).txt"])
        return path
    }

    @discardableResult
    func gpg(_ arguments: [String]) async throws -> CommandResult {
        try await host.runner.check(
            Command("gpg", ["--homedir", home, "--batch", "--no-tty", "--yes"] + arguments).with {
                $0.output = .capture(limit: 1 << 20)
            }, purpose: "use gpg")
    }

    func close() async throws {
        _ = try await host.runner.run(Command("gpgconf", ["--homedir", home, "--kill", "all"]))
    }

    func verify(_ path: String, _ keyrings: String...) async throws -> String {
        try await SignatureVerifier(host: host).verifyInline(inRelease: path, keyrings: keyrings)
    }
}

@Suite struct SignatureTests {
    static let text = "Origin: Test\nSuite: trixie\n- dash at the start\nDate: Sat, 21 Nov 2026 00:00:00 UTC\n"

    @Test func `what a known key has signed is returned, and nothing around it`() async throws {
        let keys = try KeyFixture()
        _ = try await keys.makeKey("one@example")
        _ = try await keys.makeKey("two@example")
        let one = try await keys.keyring("one@example")
        let armored = try await keys.keyring("one@example", armored: true)
        let path = try await keys.sign(Self.text, by: ["one@example"])
        #expect(try await keys.verify(path, one) == Self.text)
        #expect(try await keys.verify(path, armored) == Self.text)
        let around = "\(path)-around"
        try Files.write("Evil: yes\n\n\(try Files.readText(path))\nEvil: yes\n", to: around)
        let found = try? await keys.verify(around, one)
        #expect(found == nil || found == Self.text)
        // During a change of keys a file has signatures by both; one known key is enough.
        let both = try await keys.sign(Self.text, by: ["one@example", "two@example"])
        #expect(try await keys.verify(both, one) == Self.text)
        #expect(try Files.names(in: "\(keys.folder.path)/cache/runs").count <= 2)
        try await keys.close()
    }

    @Test func `a wrong, an expired and a revoked key, a changed text and no signature are told apart`() async throws {
        let keys = try KeyFixture()
        let known = try await keys.makeKey("known@example")
        let stranger = try await keys.makeKey("stranger@example")
        let expired = try await keys.makeKey("expired@example", expiry: "seconds=864000", at: "20200101T000000")
        let keyring = try await keys.keyring("known@example", "expired@example")

        let foreign = try await keys.sign(Self.text, by: ["stranger@example"])
        try await expect(keys, foreign, keyring, "is signed with the key \(stranger), not in the keyring")
        let old = try await keys.sign(Self.text, by: ["expired@example"], at: "20200102T000000")
        try await expect(keys, old, keyring, "is signed with the key \(expired), which has expired")

        let good = try await keys.sign(Self.text, by: ["known@example"])
        let changed = "\(good)-changed"
        try Files.write(
            try Files.readText(good).split(separator: "trixie").joined(separator: "sid"), to: changed)
        try await expect(
            keys, changed, keyring,
            "was changed after it was signed: the signature by the key \(known) does not match")

        let plain = "\(keys.folder.path)/plain"
        try Files.write(Self.text, to: plain)
        try await expect(keys, plain, keyring, "has no valid signature")
        let cut = "\(keys.folder.path)/cut"
        let lines = try Files.readText(good).split(separator: "\n", omittingEmptySubsequences: false)
        try Files.write(lines.dropLast(5).joined(separator: "\n"), to: cut)
        try await expect(keys, cut, keyring, "has no valid signature")
        try Files.write("", to: cut)
        try await expect(keys, cut, keyring, "has no valid signature")
        try await keys.close()
    }

    private func expect(
        _ keys: KeyFixture, _ path: String, _ keyring: String, _ problem: String,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let error = await #expect(throws: HostError.self, sourceLocation: location) {
            try await keys.verify(path, keyring)
        }
        #expect(error?.code == .signature, sourceLocation: location)
        #expect(error?.message == "'\(path)' \(problem)", sourceLocation: location)
    }

    @Test func `a keyring that is not there is a missing tool`() async throws {
        let keys = try KeyFixture()
        let error = await #expect(throws: HostError.self) {
            try await keys.verify("/etc/passwd", "/usr/share/keyrings/debian-archive-nothing.gpg")
        }
        #expect(error?.code == .toolMissing)
        #expect(error?.hint == "sudo apt-get install debian-archive-keyring")
    }

    @Test func `the distribution's own keyring is read`() async throws {
        let keys = try KeyFixture()
        _ = try await keys.makeKey("stranger@example")
        let path = try await keys.sign(Self.text, by: ["stranger@example"])
        let error = await #expect(throws: HostError.self) {
            try await keys.verify(path, "/usr/share/keyrings/debian-archive-keyring.gpg")
        }
        #expect(error?.code == .signature)
        try await keys.close()
    }
}
