import Diagnostics
import Foundation
import Testing

@testable import ApplianceSpec

struct ExtendsTests {
    @Test func `maps merge, lists append, scalars override`() throws {
        let merged = try appliance(
            minimal(
                "extends: base.yaml\npackages: {install: [vim], recommends: true}\nkernel-arguments: [quiet]\ncpus: 4\n"
            ),
            files: [
                "base.yaml": """
                stonebake: 1
                packages: {install: [curl], remove: [rsyslog], recommends: false}
                kernel-arguments: [net.ifnames=0]
                cpus: 8
                memory: 4 GiB
                """
            ])
        #expect(merged.packages.install.map(\.value) == ["curl", "vim"])
        #expect(merged.packages.remove.map(\.value) == ["rsyslog"])
        #expect(merged.packages.recommends)
        #expect(merged.system.kernelArguments == ["net.ifnames=0", "quiet"])
        #expect(merged.cpus == 4)
        #expect(merged.memory == .mebibytes(4096))
        #expect(merged.packages.install.compactMap(\.range?.file.path) == ["base.yaml", "a.yaml"])
        #expect(merged.sources.map(\.path) == ["a.yaml", "base.yaml"])
    }

    @Test func `!replace on a list or a map takes the base's place`() throws {
        let base = "stonebake: 1\npackages: {install: [curl], recommends: true}\nkernel-arguments: [debug]\n"
        let list = try appliance(
            minimal("extends: base.yaml\nkernel-arguments: !replace [quiet]\n"), files: ["base.yaml": base])
        #expect(list.system.kernelArguments == ["quiet"])
        #expect(list.packages.install.map(\.value) == ["curl"])
        let map = try appliance(
            minimal("extends: base.yaml\npackages: !replace {install: [vim]}\n"), files: ["base.yaml": base])
        #expect(map.packages.install.map(\.value) == ["vim"])
        #expect(!map.packages.recommends)
        let none = try appliance(
            minimal("extends: base.yaml\nkernel-arguments: !replace []\n"), files: ["base.yaml": base])
        #expect(none.system.kernelArguments == [])
    }

    @Test func `a minus takes an inherited package out, whatever version was asked for`() throws {
        let files = ["base.yaml": "stonebake: 1\npackages: {install: [curl=7.88.1-10, vim, nano]}\n"]
        let merged = try appliance(minimal("extends: base.yaml\npackages: {install: [-curl, less]}\n"), files: files)
        #expect(merged.packages.install.map(\.value) == ["vim", "nano", "less"])
    }

    @Test func `several bases merge in the order in which they are named`() throws {
        let merged = try appliance(
            minimal("extends: [one.yaml, two.yaml]\n"),
            files: [
                "one.yaml": "stonebake: 1\ncpus: 1\nkernel-arguments: [one]\nhostname: one\n",
                "two.yaml": "stonebake: 1\ncpus: 2\nkernel-arguments: [two]\n",
            ])
        #expect(merged.cpus == 2)
        #expect(merged.system.hostname == "one")
        #expect(merged.system.kernelArguments == ["one", "two"])
    }

    @Test func `a base that is reached twice is merged once`() throws {
        let merged = try appliance(
            minimal("extends: [left.yaml, sub/right.yaml]\nkernel-arguments: [top]\n"),
            files: [
                "left.yaml": "stonebake: 1\nextends: root.yaml\nkernel-arguments: [left]\n",
                "sub/right.yaml": "stonebake: 1\nextends: ../root.yaml\nkernel-arguments: [right]\n",
                "root.yaml": "stonebake: 1\nkernel-arguments: [root]\n",
            ])
        #expect(merged.system.kernelArguments == ["root", "left", "right", "top"])
    }

    @Test func `a circle is reported with its chain`() throws {
        let text = try terminalText(
            minimal("extends: b.yaml\n"),
            files: ["b.yaml": "stonebake: 1\nextends: [c.yaml]\n", "c.yaml": "stonebake: 1\nextends: a.yaml\n"])
        #expect(
            text == """
                c.yaml:2:10: error: specs extend one another in a circle: a.yaml -> b.yaml -> c.yaml -> a.yaml [extends-cycle]
                   2 | extends: a.yaml
                     |          ^~~~~~
                  note: a.yaml:5:10: a.yaml extends b.yaml
                  note: b.yaml:2:11: b.yaml extends c.yaml
                  note: c.yaml:2:10: c.yaml extends a.yaml

                """)
    }

    @Test func `a spec that extends itself is a circle too`() throws {
        let text = try terminalText(minimal("extends: ./a.yaml\n"))
        #expect(text.contains("a.yaml -> a.yaml [extends-cycle]"))
    }

    @Test func `the errors of all files come at once, each in its own`() throws {
        let workspace = try Workspace([
            "a.yaml": minimal("extends: bases/one.yaml\ncpsu: 2\n"),
            "bases/one.yaml": "stonebake: 1\nextends: two.yaml\nfiles: [{path: /etc/x, source: nothing}]\n",
            "bases/two.yaml": "stonebake: 1\nmemory: much\n",
        ])
        let places = workspace.compile().report.sorted.map { "\($0.range?.description ?? "") \($0.code)" }
        #expect(
            places == ["a.yaml:6:1 unknown-key", "bases/two.yaml:2:9 bad-size", "bases/one.yaml:3:32 file-not-found"])
    }

    @Test func `a path is relative to the file that names it`() throws {
        let merged = try appliance(
            minimal("extends: bases/one.yaml\n"),
            files: [
                "bases/one.yaml": "stonebake: 1\nfiles: [{path: /etc/x, source: x.txt}]\n", "bases/x.txt": "right",
                "x.txt": "wrong",
            ])
        guard case .source(let path) = merged.files.first?.content else {
            Issue.record("\(merged.files)")
            return
        }
        #expect(path.hasSuffix("/bases/x.txt"))
    }

    @Test func `what is required may come from a base`() throws {
        let workspace = try Workspace([
            "a.yaml": "stonebake: 1\nextends: base.yaml\nname: a\nversion: 1.0.0\n",
            "base.yaml": "stonebake: 1\ndistribution: {name: debian}\n",
        ])
        #expect(
            workspace.compile().report.rendered(as: .text) == """
                base.yaml:2:16: error: a distribution needs 'release' [missing-key]
                   2 | distribution: {name: debian}
                     |                ^~~~
                  hint: The release's code name.

                """)
    }

    @Test func `a later file may replace what a base puts into the image`() throws {
        let merged = try appliance(
            minimal("extends: base.yaml\nfiles: [{path: /etc/motd, content: mine}]\n"),
            files: ["base.yaml": "stonebake: 1\nfiles: [{path: /etc/motd, content: theirs}]\n"])
        #expect(merged.files.map(\.path.value) == ["/etc/motd", "/etc/motd"])
    }

    @Test(arguments: [
        (Data([0xFF, 0xFE, 0x61]), "not-utf8"), (Data(), "empty-file"),
        (Data("\u{FEFF}# nothing\n".utf8), "empty-file"),
    ])
    func `a file that is no text is refused`(content: Data, code: String) throws {
        let workspace = try Workspace()
        try workspace.write("a.yaml", content)
        #expect(workspace.compile().report.sorted.map(\.code) == [code])
    }

    @Test(arguments: [("nothing.yaml", "file-not-found"), ("folder.yaml", "not-a-file"), ("pipe.yaml", "not-a-file")])
    func `what is no file is refused`(name: String, code: String) async throws {
        let workspace = try Workspace(["folder.yaml/x": ""])
        #expect(try await run("mkfifo", workspace.path + "/pipe.yaml").0 == 0)
        #expect(workspace.compile(name).report.sorted.map(\.code) == [code])
    }

    @Test func `the working directory decides how paths are shown`() throws {
        let workspace = try Workspace(["sub/a.yaml": minimal("cpus: 0\n")])
        let report = SpecCompiler(workingDirectory: workspace.path + "/sub").compile(workspace.path + "/sub/a.yaml")
            .report
        #expect(report.sorted.first?.range?.description == "a.yaml:5:7")
        let other = SpecCompiler(workingDirectory: workspace.path + "/sub/../other").compile("../sub/a.yaml").report
        #expect(other.sorted.first?.range?.description == workspace.path + "/sub/a.yaml:5:7")
    }

    @Test func `a file that is not UTF-8 says in which line`() throws {
        let workspace = try Workspace()
        try workspace.write("a.yaml", Data("stonebake: 1\nname: caf".utf8) + Data([0xE9, 0x0A]))
        #expect(
            workspace.compile().report.rendered(as: .text)
                == "error: 'a.yaml' is not UTF-8 text: see line 2 [not-utf8]\n")
    }
}
