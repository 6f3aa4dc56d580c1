import Foundation
import Testing

/// `stonebake catalogue`, over specs and over what builds and tests leave behind.
struct CatalogueCommandTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["broker", "shop", "wrong"] {
            let broken = name == "wrong" ? "packges: []\n" : ""
            try write(
                "stonebake: 1\nname: \(name)\nversion: 1.2.0\nsummary: A \(name) | of ours\n"
                    + "distribution: {name: debian, release: trixie}\n\(broken)",
                to: "Appliances/\(name)/appliance.yaml")
        }
        try write("not a folder of an appliance", to: "Appliances/drafts/README.md")
        try write(
            """
            {"seconds": 21.5, "builtAt": 1795000000, "artifacts": [
              {"target": "raw", "file": "shop-1.2.0.raw", "size": 900000000, "sha256": "00"},
              {"target": "qcow2", "file": "shop-1.2.0.qcow2", "size": 210000000, "sha256": "00"}]}
            """, to: "Images/shop-1.2.0/report.json")
    }

    private func write(_ text: String, to path: String) throws {
        let url = folder.url.appendingPathComponent(path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// What `stonebake test` writes, with one check that ended so.
    private func writeTest(of name: String, state: String) throws {
        let picture = folder.url.appendingPathComponent("screen.png")
        try Data([0x89, 0x50, 0x4E, 0x47]).write(to: picture)
        try write(
            """
            [{"appliance": "\(name)", "image": "x", "firmware": "bios", "accelerator": "tcg", "acceleratorReason": "",
              "qemu": "10.0.2", "timeScale": 5, "seconds": 61, "console": [], "consoleLog": "c.log",
              "screenshot": "\(picture.path)", "bootTime": {"kernel": 4, "initramfs": 2.5, "userspace": 20},
              "checks": [{"name": "the <page>", "kind": "http", "state": "\(state)", "seconds": 30, "limit": 300,
                "detail": "status 200", "evidence": []}]}]
            """, to: "Images/\(name)-1.2.0/test/report.json")
    }

    private func run(_ arguments: String...) throws -> StonebakeProcess.Outcome {
        let run = try StonebakeProcess(["catalogue"] + arguments, in: folder.url)
        try run.process.run()
        return try run.wait()
    }

    @Test func `lists every appliance with version, size and last result, also one that does not compile`() throws {
        try writeTest(of: "shop", state: "passed")
        let run = try run()
        #expect(run.status == 0, "\(run.error)")
        #expect(
            run.output == """
                  appliance  version      size   build    boot       last result
                  broker       1.2.0         –       –       –         not built
                  shop         1.2.0  210.0 MB  21.5 s  26.5 s   passed, 1 check
                  wrong            –         –       –       –  does not compile
                  wrong: unknown key 'packges' in a spec; see stonebake validate Appliances/wrong

                """)
    }

    @Test func `writes a page with the screenshots, JUnit, and the table of a document`() throws {
        try writeTest(of: "shop", state: "failed")
        try write("# Ours\n<!-- catalogue -->\nold\n<!-- end -->\nrest\n", to: "ours.md")
        let run = try run("--html", "c.html", "--junit", "c.xml", "--markdown", "ours.md", "--require-passed")
        #expect(run.status == 1)
        #expect(run.output.contains("  shop: the <page>: status 200\n"), "\(run.output)")
        let page = try text("c.html")
        #expect(page.contains("<td class=\"failed\">failed</td><td>the &lt;page&gt;</td>"))
        #expect(
            page.contains("<p>0 of 3 appliances are proven. Built 2026-11-18, booted with QEMU 10.0.2, emulated.</p>"))
        #expect(page.contains("<td class=\"n\">210.0 MB</td><td class=\"n\">21.5 s</td><td class=\"n\">26.5 s</td>"))
        #expect(page.contains("<td class=\"unknown\">not built</td>"))
        #expect(page.contains("src=\"data:image/png;base64,iVBORw==\""))
        let junit = try text("c.xml")
        #expect(junit.contains("<testsuites name=\"stonebake\" tests=\"3\" failures=\"3\" "))
        #expect(junit.contains("<testcase classname=\"broker.boot\" name=\"it was booted\""))
        let document = try text("ours.md")
        #expect(document.hasPrefix("# Ours\n<!-- catalogue -->\n| appliance | version |"))
        #expect(document.contains("| [`shop`](../Appliances/shop/README.md) | 1.2.0 | A shop \\| of ours | 210.0 MB |"))
        #expect(document.hasSuffix("with QEMU 10.0.2, tcg.\n<!-- end -->\nrest\n"))
        #expect(!document.contains("old"))
    }

    @Test func `with some of them alone, a document keeps the rows of the others`() throws {
        try writeTest(of: "shop", state: "passed")
        let old = "| [`wrong`](../x/README.md) | 0.9.0 | as it was | – | – | – | passed |"
        try write(
            "<!-- catalogue -->\n\(old)\n| [`shop`](x) | old |\n| [`a`](x) | b |\n\nMade earlier.\n<!-- end -->\n",
            to: "ours.md")
        let run = try run("--only", "shop", "--markdown", "ours.md", "--junit", "c.xml", "--require-passed")
        #expect(run.status == 0, "\(run.output)\(run.error)")
        #expect(!run.output.contains("broker"))
        #expect(try text("c.xml").contains("<testsuites name=\"stonebake\" tests=\"1\" failures=\"0\" "))
        let rows = try text("ours.md").split(separator: "\n").filter { $0.hasPrefix("| [") }
        #expect(rows.map { $0.prefix(9) } == ["| [`a`](x", "| [`shop`", "| [`wrong"])
        #expect(rows.last.map(String.init) == old)
        #expect(try !text("ours.md").contains("old |") && !text("ours.md").contains("Made earlier"))
        let unknown = try self.run("--only", "shp")
        #expect(unknown.status == 69)
        #expect(unknown.error.contains("no appliance in 'Appliances' is called 'shp'"))
        #expect(unknown.error.contains("did you mean 'shop'?"))
    }

    @Test func `a record tells a checkout without images what the last test found, of the same version`() throws {
        try writeTest(of: "shop", state: "passed")
        #expect(try run("--record").status == 0)
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent("Images"))
        let known = try run()
        #expect(
            known.output.contains("shop         1.2.0  210.0 MB  21.5 s  26.5 s  passed, 1 check*\n"), "\(known.output)"
        )
        #expect(known.output.contains("  * not built here: as the last test of the catalogue found it, 2026-11-18\n"))
        // It proves nothing.
        #expect(try run("--require-passed").status == 1)
        let json = try run("--format", "json").output
        #expect(json.contains("\"recorded\": {") && json.contains("\"result\": \"not-built\""), "\(json)")
        // Of some appliances alone: the others stay in the record.
        #expect(try run("--only", "broker", "--record").status == 0)
        #expect(try text("Appliances/catalogue.json").contains("passed, 1 check"))
        let spec = try text("Appliances/shop/appliance.yaml")
        try write(spec.replacingOccurrences(of: "1.2.0", with: "1.2.1"), to: "Appliances/shop/appliance.yaml")
        #expect(try !run().output.contains("passed"))
    }

    @Test func `a test from before the last build does not count`() throws {
        try writeTest(of: "shop", state: "passed")
        let report = folder.url.appendingPathComponent("Images/shop-1.2.0/report.json")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: 60)], ofItemAtPath: report.path)
        let run = try run("--format", "json")
        #expect(run.output.contains("\"result\": \"not-tested\""), "\(run.output)")
    }

    @Test func `says what is wrong with a folder or a document`() throws {
        let nowhere = try run("Applances")
        #expect(nowhere.status == 69)
        #expect(nowhere.error.contains("error: there is no folder 'Applances'"))
        #expect(try run("Images").error.contains("no folder in 'Images' holds an appliance.yaml"))
        try write("nothing\n", to: "ours.md")
        #expect(try run("--markdown", "ours.md").error.contains("'ours.md' has no place for the table"))
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: folder.url.appendingPathComponent(path), encoding: .utf8)
    }
}
