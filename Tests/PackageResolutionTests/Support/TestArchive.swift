import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import FoundationEssentials
import HostSystem

@testable import PackageResolution

/// A small signed archive on disk, a host whose mirror it is, and what tests ask of both.
struct TestArchive: Sendable {
    /// 2026-11-01 00:00 UTC; the host's clock in these tests is an hour later.
    static let date: Int64 = 1_793_491_200
    static let keyProvider = SigningKeyProvider()

    let folder: TemporaryFolder
    let key: SigningKey
    var allowExpired = false
    var offline = false
    var now = TestArchive.date + 3600

    init() async throws {
        folder = try TemporaryFolder()
        key = try await Self.keyProvider.key()
    }

    func remove() { folder.remove() }

    var mirror: String { "\(folder.path)/mirror" }

    /// A suite as it is published.
    struct Suite {
        var name = "stable"
        var codename: String?
        var date = TestArchive.date
        var validFor: Int64? = 7 * 86400
        /// By component: the text of its index.
        var components: [String: String] = [:]
        /// Index file by suffix ("", ".xz", ".gz", ".zst").
        var compression = ""
        var byHash = true
        var canonical = true
        var architectures = "amd64"
        var extra = ""

        init(_ text: String = "") { components = ["main": text] }

        func with(_ change: (inout Suite) -> Void) -> Suite {
            var copy = self
            change(&copy)
            return copy
        }
    }

    /// Writes and signs a suite, replacing what was there.
    func publish(_ suite: Suite) async throws {
        let base = "\(mirror)/dists/\(suite.name)"
        var lines: [String] = []
        for (component, text) in suite.components.sorted(by: { $0.key < $1.key }) {
            let relative = "\(component)/binary-amd64/Packages\(suite.compression)"
            let plain = "\(folder.path)/Packages"
            try Files.write(PoolFixture.completed(text), to: plain)
            let bytes = try await compressed(plain, suite.compression)
            let digest = Digest.of(bytes)
            lines.append(" \(digest.hex) \(bytes.count) \(relative)")
            let target = "\(base)/\(relative)"
            try Files.makeFolder("\(Files.folder(of: target))/by-hash/SHA256")
            if suite.canonical { try Files.write(bytes, to: target) }
            if suite.byHash {
                try Files.write(bytes, to: "\(Files.folder(of: target))/by-hash/SHA256/\(digest.hex)")
            }
        }
        let release = """
            Suite: \(suite.name)
            Codename: \(suite.codename ?? suite.name)
            Date: \(Self.rfc(suite.date))
            \(suite.validFor.map { "Valid-Until: \(Self.rfc(suite.date + $0))" } ?? "Label: none")
            Acquire-By-Hash: \(suite.byHash ? "yes" : "no")
            Architectures: \(suite.architectures)
            Components: \(suite.components.keys.sorted().joined(separator: " "))
            \(suite.extra.isEmpty ? "Origin: tests" : suite.extra)
            SHA256:
            \(lines.joined(separator: "\n"))

            """
        try Files.write(release, to: "\(folder.path)/Release")
        try Files.makeFolder(base)
        try await key.sign("\(folder.path)/Release", to: "\(base)/InRelease")
    }

    private func compressed(_ path: String, _ suffix: String) async throws -> [UInt8] {
        let tools = [".xz": "xz", ".gz": "gzip", ".zst": "zstd"]
        guard let tool = tools[suffix] else { return try Files.read(path) }
        let command = Command(tool, ["-c", path]).with { $0.output = .capture(limit: 64 << 20) }
        return try await CommandRunner(progress: .silent).check(command, purpose: "compress an index").output
    }

    private static func rfc(_ seconds: Int64) -> String {
        // `1 Nov 2026 00:00 UTC`, with the weekday and the seconds that the format wants.
        let words = ReleaseFile.text(seconds).split(separator: " ")
        return "Sun, \(words[0]) \(words[1]) \(words[2]) \(words[3]):00 UTC"
    }

    func host(_ progress: ProgressSink = .silent) throws -> Host {
        try Host(testing: "\(folder.path)/cache", progress: progress) { options in
            options.mirrors = ["test": "file://\(mirror)"]
            options.allowExpired = allowExpired
            options.offline = offline
            let now = now
            options.now = { now }
        }
    }

    func repository(_ suite: String = "stable", components: [String] = ["main"], priority: Int? = nil) -> Repository {
        let range = PoolFixture.spec.range(line: 10)
        return Repository(
            id: "test/\(suite)", origin: .archive("test"), suite: Located(suite, at: range), components: components,
            signedBy: key.keyring, priority: priority, range: range)
    }

    /// Resolves and returns the lock.
    func lock(
        _ install: [String], from repositories: [Repository]? = nil, previous: Lockfile? = nil,
        update: UpdatePolicy = .all, progress: ProgressSink = .silent
    ) async throws -> Lockfile {
        let request = ResolutionRequest(
            architecture: .amd64, repositories: repositories ?? [repository()], base: [],
            install: install.enumerated().map { Located($1, at: PoolFixture.spec.range(line: $0 + 1)) }, remove: [],
            recommends: false, tools: [], toolRepositories: [], python: nil)
        let host = try host(progress)
        let spec = LockedSpec(name: "test", version: "1", inputs: request.inputs())
        let lock = try await PackageResolver(host: host).resolve(
            request, spec: spec, previous: previous, update: update)
        try await host.close()
        return lock
    }

    /// The refusal as lines; see `PoolFixture.lines`.
    func refusal(_ install: [String], from repositories: [Repository]? = nil) async throws -> [String] {
        do {
            let lock = try await lock(install, from: repositories)
            return ["no refusal: \(lock.packages.map(\.name))"]
        } catch let error as any Failure {
            return PoolFixture.lines(error.diagnostics)
        }
    }
}

/// One key for all tests of the process; it goes when the process ends.
actor SigningKeyProvider {
    private var made: Task<SigningKey, any Error>?

    func key() async throws -> SigningKey {
        if let made { return try await made.value }
        let task = Task {
            let key = try await SigningKey.make()
            removeAtExit(key.home)
            return key
        }
        made = task
        return try await task.value
    }
}
