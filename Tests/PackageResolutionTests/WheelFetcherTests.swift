import ContentDigest
import FileTrees
import HostSystem
import Testing

/// Locked wheels from a package index, as JSON and as HTML.
@Suite struct WheelFetcherTests {
    private static let content = Array("PK wheel".utf8)
    private static let file = "Typing_Extensions-4.15.0-py3-none-any.whl"

    private func with(
        _ pages: (String) -> [(path: String, text: String)],
        _ body: (Host, WheelFetcher.Wheel) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let digest = Digest.of(Self.content)
        try Files.makeFolder("\(folder.path)/www/files")
        try Files.write(Self.content, to: "\(folder.path)/www/files/\(Self.file)")
        for page in pages(digest.hex) {
            let path = "\(folder.path)/www/simple/typing-extensions/\(page.path)"
            try Files.makeFolder(Files.folder(of: path))
            try Files.write(page.text, to: path)
        }
        let server = try await TestServer(folder: "\(folder.path)/www")
        let host = try Host(testing: "\(folder.path)/cache") { $0.mirrors = ["pypi": "\(server.url)/simple"] }
        do {
            try await body(host, .init(project: "Typing_Extensions", file: Self.file, sha256: digest))
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static func json(_ sha256: String, _ file: String = file) -> [(path: String, text: String)] {
        [
            (
                "index.json",
                """
                {"meta": {"api-version": "1.0"}, "name": "typing-extensions", "files": [
                  {"filename": "\(file)", "url": "../../files/\(file)", "hashes": {"sha256": "\(sha256)"}}
                ]}
                """
            )
        ]
    }

    @Test func `a wheel is found in a JSON index`() async throws {
        try await with({ Self.json($0) }) { host, wheel in
            let files = try await WheelFetcher(host: host).fetch([wheel], step: "wheels")
            #expect(try Files.read(files[0].path) == Self.content)
            #expect(files[0].digest == wheel.sha256)
        }
    }

    @Test func `a wheel is found in an HTML index`() async throws {
        try await with({ digest in
            let link =
                "<a data-x=\"1\" href=\"/files/\(Self.file)#sha256=\(digest)\" data-requires-python=\"&gt;=3.9\">"
            return [("index.html", "<!DOCTYPE html><html><body>\(link)\(Self.file)</a><br/></body></html>")]
        }) { host, wheel in
            let files = try await WheelFetcher(host: host).fetch([wheel], step: "wheels")
            #expect(try Files.read(files[0].path) == Self.content)
            // The store has it now: the index is not asked again.
            let offline = try Host(testing: host.store.root) { $0.offline = true }
            #expect(try await WheelFetcher(host: offline).fetch([wheel], step: "wheels")[0].wasCached)
        }
    }

    @Test func `a wheel that is another one under the same name is refused`() async throws {
        try await with({ _ in Self.json(String(repeating: "0", count: 64)) }) { host, wheel in
            await #expect(throws: HostError.self) { try await WheelFetcher(host: host).fetch([wheel], step: "wheels") }
        }
    }

    @Test func `a wheel or project that the index lost is named`() async throws {
        try await with({ Self.json($0, "other-1-py3-none-any.whl") }) { host, wheel in
            var lost = wheel
            lost.sha256 = Digest.of("something else")
            for (wheel, message) in [
                (lost, "the package index no longer has '\(Self.file)'"),
                (
                    WheelFetcher.Wheel(project: "nowhere", file: "nowhere-1-py3-none-any.whl", sha256: lost.sha256),
                    "the package index has no project 'nowhere', whose wheel is locked"
                ),
            ] {
                do {
                    _ = try await WheelFetcher(host: host).fetch([wheel], step: "wheels")
                    Issue.record("no error")
                } catch let error as HostError {
                    #expect(error.message == message)
                }
            }
        }
    }
}
