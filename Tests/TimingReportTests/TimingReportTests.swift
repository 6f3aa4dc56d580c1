import Foundation
import HostSystem
import Testing

@testable import TimingReport

@Suite struct TimingReportTests {
    /// A build with everything in it: packages, a cached step, a failure, a name that would break a page.
    private func report(failing: Bool = false) -> TimingReport {
        var sketch = Sketch()
        let run = sketch.add("build wsgi-1.0.0", 0, 10, kind: .run)
        sketch.add("unpack the build tools", 0.1, 0.1, in: run, kind: .step, outcome: .cached)
        let base = sketch.add("install the base system", 0.1, 8, in: run, kind: .step, key: "b", cpu: 1)
        let part = sketch.add("configure the packages", 1, 8, in: base)
        let dpkg = sketch.add("dpkg --configure -a", 1, 8, in: part, kind: .command, cpu: 6)
        sketch.add("set up alpha", 1, 3, in: dpkg, kind: .item)
        sketch.add("set up beta", 3, 7.9, in: dpkg, kind: .item)
        sketch.add("the script <b>&\"x\"\u{1B}", 8, 10, in: run, outcome: failing ? .failed : .done)
        sketch.add("too short", 9, 9.01, in: run)
        var load: [LoadSample] = []
        for number in 1...100 {
            let isIdle = number > 80 && number < 96
            let guests: Int64 = number == 50 ? 400_000_000 : 0
            load.append(
                LoadSample(
                    time: Double(number) / 10, busy: isIdle ? 0 : 0.8, machine: 1.5, memory: 200_000_000,
                    guestMemory: guests))
        }
        return TimingReport(sketch.recording(load: load))
    }

    @Test func `the text has every step, the critical path and the slowest packages`() {
        let expected = """
            Where the time went: 10.0 s on 2 processors; 7.0 s of processor time, 0.70 busy on average; others kept 0.8 busy meanwhile; nothing of it computed \
            for 1.5 s; at most 200 MB of memory and 400 MB for QEMU

                start   wall    CPU  cores   memory    what
                  0.0   10.0    7.0    0.7           ┃ build wsgi-1.0.0
                  0.1 cached                             unpack the build tools
                  0.1    7.9    7.0    0.9           ┃   install the base system
                  1.0    7.0    6.0    0.9           ┃     configure the packages
                  8.0    2.0    0.0    0.0           ┃   the script <b>&"x"· (failed)

            The critical path (┃), which decided when the build ended:
                  0.0    0.1    1 %  build wsgi-1.0.0 (around its parts)
                  0.1    0.9    9 %  install the base system (around its parts)
                  1.0    7.0   70 %  install the base system › configure the packages
                  8.0    2.0   20 %  the script <b>&"x"·

            The slowest packages:
                  3.0    4.9  set up beta (install the base system › configure the packages)
                  1.0    2.0  set up alpha (install the base system › configure the packages)
            """
        #expect(report(failing: true).text == expected)
    }

    @Test func `the page is well-formed, holds every figure as text, and asks nobody for anything`() throws {
        let page = report().html
        try expectWellFormed(
            page.replacing("<!DOCTYPE html>\n", with: "").replacing(
                #/<meta ([^>]*)>/#
            ) { "<meta \($0.output.1)/>" })
        for text in ["the script &lt;b&gt;&amp;&quot;x&quot;·", "set up beta", "<svg", "prefers-color-scheme: dark"] {
            #expect(page.contains(text))
        }
        for outside in ["http://", "https://", "src=", "url(", "@import", "<script", "<link"] {
            #expect(!page.contains(outside), "the page has '\(outside)'")
        }
    }

    @Test func `the drawing alone is well-formed SVG with a title and a description`() throws {
        let svg = report().svg
        try expectWellFormed(svg)
        #expect(svg.contains("xmlns=\"http://www.w3.org/2000/svg\""))
        #expect(svg.contains("<title id=\"timeline-title\">build wsgi-1.0.0</title>"))
        #expect(svg.contains("aria-labelledby=\"timeline-title timeline-text\""))
        #expect(svg.contains("nothing computed for 1.5 s"))
    }

    @Test func `the JSON holds all spans and is what its schema says`() throws {
        let text = try report(failing: true).json()
        let folder = FileManager.default.temporaryDirectory.appending(path: "timings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(text.utf8).write(to: folder.appending(path: "timings.json"))
        let schema = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/timings.schema.json")
        let script = """
            import json, sys, jsonschema
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            jsonschema.Draft202012Validator(schema).validate(json.load(open(sys.argv[2])))
            """
        let result = try run("python3", "-c", script, schema.path, folder.appending(path: "timings.json").path)
        #expect(result.status == 0, "\(result.output)")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let spans = try #require(object["spans"] as? [[String: Any]])
        #expect(spans.count == 9)
        #expect(spans[5]["title"] as? String == "set up alpha" && spans[5]["parent"] as? Int == 4)
        #expect(spans[7]["outcome"] as? String == "failed")
        #expect(object["idleSeconds"] as? Double == 1.5)
        let path = try #require(object["criticalPath"] as? [[String: Any]])
        #expect(path.compactMap { $0["seconds"] as? Double }.reduce(0, +) == 10)
    }

    @Test func `a recording that has nothing in it makes no trouble`() throws {
        let empty = TimingReport(Recording(spans: [], load: [], cpus: 1))
        #expect(empty.text.isEmpty)
        try expectWellFormed(empty.svg)
        _ = try empty.json()
        var sketch = Sketch()
        sketch.add("build", 0, 0, kind: .run)
        let instant = TimingReport(sketch.recording())
        try expectWellFormed(instant.svg)
        #expect(instant.text.hasPrefix("Where the time went: 0.0 s on 2 processors"))
    }

    private func expectWellFormed(_ text: String) throws {
        let parser = try run(
            "python3", "-c", "import sys, xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())", input: text)
        #expect(parser.status == 0, "\(parser.output.suffix(300))")
    }

    private func run(_ words: String..., input: String = "") throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        let (stdin, output) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
