import Diagnostics
import Foundation
import Kickstart
import Testing

@testable import ApplianceSpec

/// Kickstart files as specs: by themselves, as bases, converted.
struct KickstartFrontTests {
    private static let base = """
        url --url=archive:debian/bookworm
        lang de_DE
        %include parts/packages.ks
        %post
        echo one
        %end

        """
    private static let files = [
        "bases/x.ks": base, "bases/parts/packages.ks": "%packages --exclude-weakdeps\ncurl\n%end\n",
    ]

    @Test func `a Kickstart is a spec, called as its file is`() throws {
        let workspace = try Workspace(["my_Image.ks": "url --url=archive:debian/trixie\n"])
        let (made, report) = workspace.compile("my_Image.ks")
        #expect(report.rendered(as: .text) == "")
        #expect(made?.name.value == "my-image")
        #expect(made?.version.value == "1.0.0")
    }

    @Test func `a YAML spec extends a Kickstart with what it includes, and has the last word`() throws {
        let made = try appliance(
            """
            stonebake: 1
            name: shop
            version: 2.0.0
            extends: bases/x.ks
            locale: en_GB.UTF-8
            packages: {install: [less]}
            scripts: [{run: "echo two"}]

            """, files: Self.files)
        #expect(made.name.value == "shop")
        #expect(made.distribution.release.value == "bookworm")
        #expect(made.system.locale == "en_GB.UTF-8")
        #expect(made.packages.install.map(\.value) == ["curl", "less"])
        #expect(!made.packages.recommends)
        #expect(made.scripts.map(\.text) == ["echo one\n", "echo two"])
        #expect(made.sources.map(\.path) == ["a.yaml", "bases/x.ks", "bases/parts/packages.ks"])
        #expect(made.packages.install[0].range?.description == "bases/parts/packages.ks:2:1")
    }

    @Test func `a base that is a Kickstart gives no name and no version`() throws {
        let text = try terminalText("stonebake: 1\nextends: bases/x.ks\n", files: Self.files)
        #expect(text.contains("a spec needs 'name'") && text.contains("a spec needs 'version'"))
    }

    @Test func `an error in a Kickstart is told at its own place`() throws {
        let text = try terminalText(
            "stonebake: 1\nname: a\nversion: 1.0.0\nextends: x.ks\n",
            files: [
                "x.ks":
                    "url --url=archive:debian/trixie\ntimezone Europe/Berlni\nraid / --level=1 --device=md0 raid.1 raid.2\n"
            ])
        #expect(text.contains("x.ks:2:10: error: there is no time zone 'Europe/Berlni'"))
        #expect(text.contains("x.ks:3:1: error: software RAID is of no use in an image"))
    }

    @Test func `an error of the language is an error of the spec`() throws {
        let text = try terminalText(
            "stonebake: 1\nname: a\nversion: 1.0.0\nextends: x.ks\n",
            files: ["x.ks": "url --url=archive:debian/trixie\nlnag en_US\n"])
        #expect(text.contains("x.ks:2:1: error"))
    }

    /// Everything that can be said comes through YAML unchanged.
    @Test func `a spec that is written as YAML reads as the same tree`() throws {
        let scripts = [
            "true\n", "a\n\n  b\n", "  deep\nflat", "tab\there\n", "cr\r\nlf\n", "two\n\n\n", "ü 😀 \u{7}\n", "\n", " ",
        ]
        for script in scripts {
            let yaml = SpecNode(
                content: .map([
                    .init(key: Located("run"), value: .text(script, SourceFile(path: "x", text: "").range(line: 1))),
                    .init(
                        key: Located("list"),
                        value: SpecNode(
                            content: .list([.text(script, SourceFile(path: "x", text: "").range(line: 1))]),
                            range: SourceFile(path: "x", text: "").range(line: 1))),
                ]), range: SourceFile(path: "x", text: "").range(line: 1))
            let text = SpecYAML(paths: HostPaths(workingDirectory: "/"), folder: "/").text(yaml)
            let (read, report) = YAMLReader.read(SourceFile(path: "y", text: text))
            #expect(report.diagnostics.isEmpty, "\(text)")
            #expect(read?["run"]?.string == script, "\(text)")
            #expect(read?["list"]?.items.first?.string == script, "\(text)")
        }
        for word in [
            "yes", "1.0", "~", "null", "0x10", "a: b", "- a", "#x", "a #b", "{", "@a", "%b", "=", "|", "", "true",
            "/a b",
        ] {
            let node = SpecNode(
                content: .map([
                    .init(key: Located("k"), value: .text(word, SourceFile(path: "x", text: "").range(line: 1)))
                ]),
                range: SourceFile(path: "x", text: "").range(line: 1))
            let text = SpecYAML(paths: HostPaths(workingDirectory: "/"), folder: "/").text(node)
            #expect(YAMLReader.read(SourceFile(path: "y", text: text)).root?["k"]?.string == word, "\(text)")
        }
    }

    @Test func `a path in an included file is converted to one from the file itself`() throws {
        let workspace = try Workspace([
            "x.ks": "url --url=archive:debian/trixie\n%include parts/repo.ks\n",
            "parts/repo.ks":
                "repo --name=vendor --baseurl=apt+https://apt.example.org/debian?suite=stable&signed-by=vendor.gpg\n",
            "parts/vendor.gpg": "a keyring",
        ])
        let (yaml, _) = SpecCompiler(workingDirectory: workspace.path).yaml("x.ks")
        let text = try #require(yaml)
        #expect(text.contains("signed-by: parts/vendor.gpg"))
        try workspace.write("a.yaml", Data(text.utf8))
        let (left, right) = (workspace.compile("x.ks").appliance, workspace.compile("a.yaml").appliance)
        #expect(left?.repositories.map(\.signedBy) == right?.repositories.map(\.signedBy))
        #expect(left?.repositories.first?.signedBy?.hasSuffix("/parts/vendor.gpg") == true)
    }

    /// The files that people write, beside the checkout where they are.
    private static let corpus: [String] = {
        let environment = ProcessInfo.processInfo.environment
        let folder =
            environment["STONEBAKE_KICKSTART_CORPUS"]
            ?? URL(filePath: repository).deletingLastPathComponent().path + "/shared/kickstart-corpus"
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        let own = FileManager.default.enumerator(atPath: repository + "/Kickstarts")?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".ks") }.map { "\(folder)/\($0)" }.sorted()
            + own.filter { $0.hasSuffix(".ks") }.map { "\(repository)/Kickstarts/\($0)" }.sorted()
    }()

    @Test func `nothing of a real file is dropped: each statement and each section has its outcome`() throws {
        #expect(Self.corpus.count >= 2)
        for path in Self.corpus {
            let compiler = SpecCompiler(workingDirectory: "/")
            let document = try #require(compiler.readKickstart(path).document)
            let outcomes = compiler.explainKickstart(path).outcomes
            let places = Set(outcomes.map { "\($0.range.file.path):\($0.range.start.line)" })
            var wanted: [SourceRange?] = document.commands.map(\.range) + document.scripts.map(\.range)
            wanted += document.certificates.map(\.range) + document.rawSections.map(\.range)
            wanted += document.missingIncludes.map(\.path.range)
            wanted += document.packages.packages.map(\.range) + document.packages.excludedPackages.map(\.range)
            wanted += document.packages.groups.map(\.range) + document.packages.excludedGroups.map(\.range)
            for range in wanted.compactMap({ $0 }) {
                #expect(places.contains("\(range.file.path):\(range.start.line)"), "\(range)")
            }
            for outcome in outcomes {
                #expect(!outcome.text.isEmpty && (outcome.status != .unsupported || outcome.hint?.isEmpty == false))
            }
        }
    }

    @Test func `with --allow-unsupported a real file has warnings and no error about what it asks for`() throws {
        for path in Self.corpus {
            let compiler = SpecCompiler(workingDirectory: "/", reading: SpecReading(allowsUnsupported: true))
            let errors = compiler.compile(path).report.diagnostics.filter { $0.severity == .error }
            #expect(!errors.contains { $0.code == "unsupported" }, "\(path): \(errors.map(\.message))")
        }
    }
}
