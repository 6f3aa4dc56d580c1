import ContentDigest
import Diagnostics
import Testing

@testable import FileTrees
@testable import HostSystem

@Suite struct DownloaderTests {
    static let size = 300_000

    /// Each of these misbehaves and then delivers; the number is how many requests that takes.
    @Test(arguments: [
        ("ok", 1), ("stop-once", 2), ("ignore-range", 2), ("changed", 2), ("wrong-range", 3), ("no-length", 2),
        ("twice-503", 3), ("other-once", 2), ("redirect", 2), ("reset-once", 2),
    ])
    func `the right bytes arrive from a mirror that misbehaves at first`(mode: String, requests: Int) async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture()
        let file = try await fixture.fetch(fixture.blob(mirror.url("\(mode)/\(Self.size)"), size: Self.size))
        #expect(try Files.read(file.path) == Mirror.content(Self.size))
        #expect(try await mirror.requests().count == requests)
        #expect(try fixture.partials == [])
        let last = try #require(fixture.log.bytes("download").last)
        #expect(last.completed == Int64(Self.size))
        #expect(last.total == Int64(Self.size))
        let transfers = fixture.log.transfers("download")
        #expect(Set(transfers.map(\.title)).count == 1)
        #expect(transfers.last?.completed == Int64(Self.size))
        #expect(transfers.last?.total == Int64(Self.size))
    }

    @Test func `a broken-off download goes on where it ended`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture()
        _ = try await fixture.fetch(fixture.blob(mirror.url("stop-once/\(Self.size)"), size: Self.size))
        let expected = [
            "GET /stop-once/\(Self.size) - -", "GET /stop-once/\(Self.size) bytes=\(Self.size / 2)- \"v1\"",
        ]
        #expect(try await mirror.requests() == expected)
    }

    @Test func `a later run goes on where an earlier one ended, from another mirror too`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture { $0.transfers.attempts = 1 }
        let request = fixture.blob(mirror.url("stop-always/\(Self.size)"), size: Self.size)
        await #expect(throws: HostError.self) { try await fixture.fetch(request) }
        #expect(try fixture.blobs == [])
        #expect(try fixture.partials.count == 2)

        let later = try Host(testing: "\(fixture.folder.path)/cache")
        let again = fixture.blob(mirror.url("ok/\(Self.size)"), size: Self.size)
        let file = try await later.downloader.fetch(again, step: "download")
        #expect(try Files.read(file.path) == Mirror.content(Self.size))
        let expected = "GET /ok/\(Self.size) bytes=\(Self.size / 2)- -"
        #expect(try await mirror.requests().last == expected)
    }

    @Test(.timeLimit(.minutes(2))) func `a transfer that stalls is given up and resumed`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture { $0.transfers.stallTime = .seconds(1) }
        let file = try await fixture.fetch(fixture.blob(mirror.url("stall-once/\(Self.size)"), size: Self.size))
        #expect(try Files.read(file.path) == Mirror.content(Self.size))
        #expect(try await mirror.requests().last?.contains("bytes=\(Self.size / 2)-") == true)
    }

    @Test(arguments: [
        ("stop-always", HostError.Code.download, "tried 3 times"),
        ("always-503", .download, "answers with HTTP 503 (tried 3 times)"),
        ("missing", .notFound, "does not exist (HTTP 404)"),
        ("forbidden", .download, "HTTP 403"),
        ("larger", .digestMismatch, "has 600000 bytes, not the expected 300000"),
        ("endless", .digestMismatch, "has more bytes than the 300000 that are accepted"),
        ("other", .digestMismatch, "is not what was expected"),
        ("loop", .download, "redirects"),
        ("local-redirect", .download, "file"),
        ("crash", .download, "tried 3 times"),
    ])
    func `a download that cannot succeed says why and from where, and leaves no blob`(
        mode: String, code: HostError.Code, message: String
    ) async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture { $0.transfers.attempts = 3 }
        let url = mirror.url("\(mode)/\(Self.size)")
        let error = await #expect(throws: HostError.self) {
            try await fixture.fetch(fixture.blob(url, size: Self.size))
        }
        #expect(error?.code == code)
        #expect(error?.message.lowercased().contains(message.lowercased()) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(url) == true, "\(error?.message ?? "")")
        #expect(try fixture.blobs == [])
    }

    @Test func `nobody listening is a passing fault`() async throws {
        let fixture = try DownloadFixture { $0.transfers.attempts = 2 }
        let error = await #expect(throws: HostError.self) {
            try await fixture.fetch(fixture.blob("http://127.0.0.1:9/x", size: 10))
        }
        #expect(error?.code == .download)
        #expect(error?.exitCode == .tryAgain)
        #expect(error?.message.contains("tried 2 times") == true)
    }

    @Test func `the next URL is tried when one does not have the file`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture()
        let request = fixture.blob(
            mirror.url("missing/1"), mirror.url("other/1"), "http://127.0.0.1:9/x", mirror.url("ok/5000"), size: 5000)
        let file = try await fixture.fetch(request)
        #expect(file.size == 5000)
        #expect(!file.wasCached)
    }

    /// Modes of the mirror, and whether the snapshot archive is asked then.
    @Test(arguments: [
        ("missing", true), ("gone", true), ("other", true), ("larger", true), ("ok", false), ("twice-503", false),
    ])
    func `a fallback is asked only for what is gone or has changed`(mode: String, isAsked: Bool) async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture()
        var request = fixture.blob(mirror.url("\(mode)/5000"), size: 5000)
        request.fallbacks = [mirror.url("missing/5001"), mirror.url("ok/5000/snapshot")]
        let file = try await fixture.fetch(request)
        #expect(file.size == 5000)
        #expect(file.source == (isAsked ? request.fallbacks[1] : request.urls[0]))
        #expect(try await mirror.requests().contains { $0.contains("5001") } == isAsked)
    }

    @Test func `a mirror that cannot be reached is no reason to ask a fallback`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture { $0.transfers.attempts = 2 }
        var request = fixture.blob("http://127.0.0.1:9/x", mirror.url("always-503/5000"), size: 5000)
        request.fallbacks = [mirror.url("ok/5000")]
        let error = await #expect(throws: HostError.self) { try await fixture.fetch(request) }
        #expect(error?.code == .download)
        #expect(try await mirror.requests().allSatisfy { !$0.contains("/ok/") })
    }

    @Test func `what is nowhere is told with all places and what helps`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture()
        var request = fixture.blob("file:///nowhere/x", mirror.url("missing/5000"), size: 5000)
        request.fallbacks = [mirror.url("missing/5001")]
        request.hint = "look elsewhere"
        let error = await #expect(throws: HostError.self) { try await fixture.fetch(request) }
        #expect(error?.code == .notFound)
        #expect(error?.hint == "look elsewhere")
        #expect(error?.notes.count == 4, "\(error?.notes ?? [])")
    }

    @Test func `what is in the store is not transferred, and is had offline too`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture()
        let request = fixture.blob(mirror.url("ok/5000"), size: 5000)
        _ = try await fixture.fetch(request)
        let offline = try Host(testing: "\(fixture.folder.path)/cache") { $0.offline = true }
        #expect(try await offline.downloader.fetch(request, step: "download").wasCached)
        let error = await #expect(throws: HostError.self) {
            try await offline.downloader.fetch(fixture.blob(mirror.url("ok/6000"), size: 6000), step: "download")
        }
        #expect(error?.message == "'the file' is not in the cache, and --offline forbids to download it")
        #expect(try await mirror.requests().count == 1)
    }

    @Test func `a corrupted blob is removed with a warning and fetched again`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture()
        let request = fixture.blob(mirror.url("ok/5000"), size: 5000)
        let path = try await fixture.fetch(request).path
        try Files.remove(path)
        try Files.write("rotten", to: path)
        #expect(try await !fixture.fetch(request).wasCached)
        #expect(try Files.read(path) == Mirror.content(5000))
        #expect(fixture.log.messages.contains { $0.contains("'\(path)' is corrupted") })
    }

    @Test func `many files come in parallel, and are returned in order`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture()
        let requests = (1...60).map { fixture.blob(mirror.url("ok/\($0 * 100)"), size: $0 * 100) }
        let files = try await fixture.host.downloader.fetch(requests, step: "many")
        #expect(files.map(\.size) == (1...60).map { Int64($0 * 100) })
        #expect(fixture.log.bytes("many").last?.completed == 183_000)
        #expect(fixture.log.bytes("many").last?.total == 183_000)
    }

    @Test func `cancelling ends at once, keeps what has arrived and leaves no blob`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture { $0.transfers.stallTime = .seconds(200) }
        let request = fixture.blob(mirror.url("stall-once/\(Self.size)"), size: Self.size)
        let task = Task { try await fixture.fetch(request) }
        #expect(try await eventually { fixture.log.bytes("download").contains { $0.completed > 0 } })
        try await Task.sleep(for: .milliseconds(100))
        let clock = ContinuousClock()
        let start = clock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        // The server would stall for five minutes.
        #expect(clock.now - start < .seconds(60))
        #expect(try fixture.blobs == [])
        let file = try await fixture.fetch(request)
        #expect(try Files.read(file.path) == Mirror.content(Self.size))
        #expect(try await mirror.requests().last?.contains("bytes=\(Self.size / 2)-") == true)
    }

    @Test func `a file without a digest is replaced at once; local files are read too`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture()
        let target = "\(fixture.folder.path)/InRelease"
        try Files.write("old", to: target)
        let file = try await fixture.fetch(
            DownloadRequest(mirror.url("stop-once/2000"), to: .file(target), title: "InRelease"))
        #expect(try Files.read(target) == Mirror.content(2000))
        #expect(file.digest == Digest.of(Mirror.content(2000)))

        _ = try await fixture.fetch(DownloadRequest("file://\(target)", to: .file("\(target).copy"), title: "copy"))
        #expect(try Files.read("\(target).copy") == Mirror.content(2000))
        let error = await #expect(throws: HostError.self) {
            try await fixture.fetch(
                DownloadRequest("file:///nonexistent", to: .file("\(target).none"), title: "gone"))
        }
        #expect(error?.code == .notFound)
        #expect(try Files.names(in: fixture.folder.path) == ["InRelease", "InRelease.copy", "cache"])
    }

    @Test func `the proxy and the certificates that the environment names are used`() async throws {
        let proxy = try Mirror()
        let fixture = try DownloadFixture()
        let digest = Digest.of(Mirror.content(1000)).hex
        let cache = "\(fixture.folder.path)/cache"
        let elsewhere = proxy.url("ok/1000").split(separator: "127.0.0.1:\(proxy.port)").joined(
            separator: "mirror.invalid")
        let proxied = try Worker(
            "fetch", cache, elsewhere, digest, "1000", environment: ["http_proxy": "http://127.0.0.1:\(proxy.port)"])
        #expect(proxied.line()?.hasSuffix(digest) == true)
        #expect(try await proxy.requests() == ["GET http://mirror.invalid/ok/1000 - -"])

        let certificate = "\(fixture.folder.path)/certificate.pem"
        let key = "\(fixture.folder.path)/key.pem"
        let names = ["-subj", "/CN=mirror", "-addext", "subjectAltName=IP:127.0.0.1"]
        try await fixture.host.runner.check(
            Command(
                "openssl",
                ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
                    + names + ["-keyout", key, "-out", certificate]), purpose: "make a certificate")
        let mirror = try Mirror(certificate: certificate, key: key)
        let request = fixture.blob(mirror.url("ok/2000"), size: 2000)
        let error = await #expect(throws: HostError.self) { try await fixture.fetch(request) }
        #expect(error?.message.contains("certificate") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("tried") == false)
        let trusting = try DownloadFixture { $0.environment = ["SSL_CERT_FILE": certificate] }
        #expect(try await trusting.fetch(request).size == 2000)
    }

    @Test func `a limit holds where no size is known`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture()
        let url = mirror.url("endless/1000")
        let request = DownloadRequest(url, to: .file("\(fixture.folder.path)/x"), title: "index", limit: 50_000)
        let error = await #expect(throws: HostError.self) { try await fixture.fetch(request) }
        #expect(error?.message == "'index' from \(url) has more bytes than the 50000 that are accepted")
        #expect(!Files.exists("\(fixture.folder.path)/x"))
    }

    @Test func `two builds that want the same file transfer it once`() async throws {
        let mirror = try Mirror()
        let fixture = try DownloadFixture()
        let other = try Host(testing: "\(fixture.folder.path)/cache")
        let request = fixture.blob(mirror.url("ok/\(Self.size)"), size: Self.size)
        async let first = fixture.fetch(request)
        async let second = other.downloader.fetch(request, step: "other")
        let files = try await [first, second]
        #expect(files.filter(\.wasCached).count == 1)
        #expect(try await mirror.requests().count == 1)
    }
}
