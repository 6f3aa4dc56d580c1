import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import HostSystem
import Testing

@testable import PackageResolution

/// What needs no pip: reading requirements, pip's report and its complaints.
@Suite struct PythonTests {
    @Test func `requirements are read with comments, continued lines and markers`() {
        let text = """
            # the application
            Flask[async]>=3,<4 ; python_version > "3.10"  # web
            gunicorn \\
                >= 22

            typing.extensions==4.15.0 --hash=sha256:abc
            """
        let requirements = Requirements(SourceFile(path: "requirements.txt", text: text))
        #expect(requirements.diagnostics.isEmpty)
        #expect(requirements.requirements.map(\.name) == ["flask", "gunicorn", "typing-extensions"])
        #expect(requirements.requirements.map(\.line) == [2, 3, 6])
        #expect(requirements.range(of: "Typing_Extensions")?.start.line == 6)
    }

    @Test func `what a lock cannot keep is refused at its line`() {
        let text = """
            flask
            -r more.txt
            -e .
            --index-url=https://example.org/simple
            git+https://example.org/x.git
            x @ https://example.org/x-1.whl
            ./local
            ==3
            """
        let requirements = Requirements(SourceFile(path: "requirements.txt", text: text))
        #expect(
            PoolFixture.lines(requirements.diagnostics) == [
                "2: the option '-r' cannot be locked",
                "   hint: write its lines into this file",
                "3: the option '-e' cannot be locked",
                "   hint: give the application's own source as 'source'",
                "4: the option '--index-url' cannot be locked",
                "   hint: the index is the archive 'pypi' of the machine: --mirror pypi=URI, or pip's own configuration",
                "5: 'git+https://example.org/x.git' is not from a package index, so it has no wheel to lock",
                "   hint: name a project that the index has",
                "6: 'x @ https://example.org/x-1.whl' is not from a package index, so it has no wheel to lock",
                "   hint: name a project that the index has",
                "7: './local' is a path; only projects of a package index can be locked",
                "8: '==3' is no requirement",
                "   hint: write it as name, name==version or name>=version",
            ])
    }

    private static func report(_ items: String) -> [UInt8] {
        Array("{\"version\": \"1\", \"install\": [\(items)]}".utf8)
    }

    private static func item(_ name: String, _ url: String, _ archive: String, requested: Bool = false) -> String {
        """
        {"download_info": {"url": "\(url)", "archive_info": \(archive)}, "is_direct": false,
         "requested": \(requested), "metadata": {"metadata_version": "2.1", "name": "\(name)", "version": "1.0"}}
        """
    }

    @Test func `pip's report becomes wheels, sorted by name`() throws {
        let digest = String(repeating: "ab", count: 32)
        let bytes = Self.report(
            [
                Self.item(
                    "Zope.Interface", "https://x/z/zope_interface-1.0%2Blocal-cp313-cp313-linux_x86_64.whl",
                    "{\"hashes\": {\"sha256\": \"\(digest)\"}}"),
                // pip 23.0, of Debian 12, gives the hash alone.
                Self.item(
                    "Flask", "https://x/f/flask-1.0-py3-none-any.whl", "{\"hash\": \"sha256=\(digest)\"}",
                    requested: true),
            ].joined(separator: ","))
        let wheels = try PipReport.decode(bytes).wheels()
        #expect(wheels.map(\.name) == ["flask", "zope-interface"])
        #expect(wheels.map(\.isRequested) == [true, false])
        #expect(wheels[1].file == "zope_interface-1.0+local-cp313-cp313-linux_x86_64.whl")
        #expect(wheels[0].sha256.hex == digest)
    }

    @Test(arguments: [
        ("https://x/f/flask-1.0.tar.gz", "{\"hash\": \"sha256=\(String(repeating: "ab", count: 32))\"}"),
        ("https://x/f/flask-1.0-py3-none-any.whl", "{}"),
        ("https://x/f/flask-1.0-py3-none-any.whl", "{\"hash\": \"md5=00\"}"),
    ])
    func `a report without wheels or hashes is refused`(url: String, archive: String) throws {
        let report = try PipReport.decode(Self.report(Self.item("flask", url, archive)))
        #expect(throws: ResolutionError.self) { try report.wheels() }
        #expect(throws: ResolutionError.self) { try PipReport.decode(Array("Traceback".utf8)) }
    }

    @Test func `pip's complaints are understood`() {
        let unsatisfied =
            "ERROR: Could not find a version that satisfies the requirement foo>=2 (from bar) (from versions: 1.0)"
        #expect(PipFailure.unsatisfied(["x", unsatisfied]) == "foo>=2")
        #expect(PipFailure.unsatisfied(["ERROR: something else"]) == nil)
        let invalid = [
            "ERROR: Invalid requirement: 'flask=>1': Expected end", "    flask=>1",
            "         ^ (from line 12 of /run/x/requirements.txt)",
        ]
        #expect(PipFailure.invalidRequirement(invalid)?.line == 12)
        #expect(PipFailure.invalidRequirement(invalid)?.text == "'flask=>1'")
    }

    @Test func `held wheels that pip's reasons name are let go`() throws {
        let digest = Digest.of("x")
        let held = ["werkzeug", "click", "jinja2"].map {
            LockedWheel(name: $0, version: "1", file: "\($0)-1-py3-none-any.whl", sha256: digest, isRequested: false)
        }
        let lines = ["    The user requested (constraint) Werkzeug==1", "    flask 3 depends on Werkzeug>=3"]
        #expect(PythonResolver.released(held, by: lines).map(\.name) == ["click", "jinja2"])
        #expect(PythonResolver.released(held, by: ["ERROR: no idea"]).isEmpty)
    }

    @Test func `pip's configuration is read for what concerns the network`() {
        let text = "[global]\ncert = /etc/a.pem\nfind-links = /opt\n[install]\ncert: /etc/b.pem\n"
        #expect(PipSettings.value(of: "cert", in: text) == "/etc/b.pem")
        #expect(PipSettings.value(of: "proxy", in: text) == nil)
    }

    @Test func `an index page's links are made absolute`() throws {
        let page = """
            <a href="../../packages/a-1.whl#sha256=00">a-1.whl</a> <a href='//cdn/x/b-1.whl'>b-1.whl</a>
            <a href="https://other/c-1.whl?x=1&amp;y=2">c-1.whl</a> <a name="no">d</a>
            """
        let index = try SimpleIndex(page: page, contentType: "text/html", url: "https://host/simple/a/")
        #expect(
            index.files.map(\.url) == [
                "https://host/packages/a-1.whl", "https://cdn/x/b-1.whl", "https://other/c-1.whl?x=1&y=2",
            ])
        #expect(index.files.map(\.sha256) == ["00", nil, nil])
        #expect(SimpleIndex.normalized("Foo.__Bar--baz") == "foo-bar-baz")
        #expect(throws: HostError.self) {
            try SimpleIndex(page: "{}", contentType: "application/json", url: "https://h/")
        }
    }
}
