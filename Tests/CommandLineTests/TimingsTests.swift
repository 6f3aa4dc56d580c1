import Foundation
import Testing

/// `build --timings` on real builds.
@Suite(.serialized, .trimsStore) struct `The timings of a build` {
    private struct Timings: Decodable {
        struct Span: Decodable {
            var id: Int
            var parent: Int?
            var kind: String
            var title: String
            var step: String?
            var outcome: String
            var start: Double
            var seconds: Double
            var cpuSeconds: Double
            var isCritical: Bool
        }
        struct Segment: Decodable {
            var span: Int
            var start: Double
            var seconds: Double
        }
        struct Load: Decodable { var busy: Double }
        var seconds: Double
        var cpuSeconds: Double
        var cpus: Int
        var spans: [Span]
        var criticalPath: [Segment]
        var load: [Load]

        init(_ file: URL) throws {
            self = try JSONDecoder().decode(Timings.self, from: Data(contentsOf: file))
        }
    }

    @Test func `show steps, packages, cores and the critical path, as a table, a page and JSON`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        // Everything but the downloads is to be done.
        let store = try ready.storeWithDownloadsOnly(in: folder)
        let images = folder.url.appendingPathComponent("Images")
        let run = try StonebakeProcess.run(
            "build", ready.spec.path, "--locked", "--output", images.path, "--timings",
            environment: ["STONEBAKE_CACHE": store.path])
        #expect(run.status == 0, "\(run.error)")
        for text in ["Where the time went:", "┃ build wsgi-1.0.0", "The critical path (┃)", "The slowest packages:"] {
            #expect(run.output.contains(text), "\(run.output)")
        }
        let result = images.appendingPathComponent("wsgi-1.0.0")
        let page = try String(contentsOf: result.appendingPathComponent("timings.html"), encoding: .utf8)
        #expect(page.contains("<svg") && page.contains("install the base system"))

        let timings = try Timings(result.appendingPathComponent("timings.json"))
        let steps = timings.spans.filter { $0.kind == "step" }.compactMap(\.step)
        #expect(
            Set(steps).isSuperset(of: ["tools", "base", "initramfs", "packages", "python", "configuration", "disk"]))
        let base = try #require(timings.spans.first { $0.step == "base" })
        #expect(base.isCritical && base.cpuSeconds > 1 && base.cpuSeconds < base.seconds * Double(timings.cpus) * 1.1)
        let items = timings.spans.filter { $0.kind == "item" }.map(\.title)
        #expect(items.contains("set up nginx-light") && items.contains("set up systemd"))
        #expect(items.contains { $0.hasPrefix("preinst of ") })
        // Without gaps, from the start to the end.
        var time = 0.0
        for segment in timings.criticalPath {
            #expect(abs(segment.start - time) < 0.005)
            time = segment.start + segment.seconds
        }
        #expect(abs(time - timings.seconds) < 0.01)
        // What was measured of spans agrees with what the kernel counted of the whole.
        #expect(timings.load.count > Int(timings.seconds * 5))
        let parts = timings.spans.filter { $0.parent == 0 }.reduce(0) { $0 + $1.cpuSeconds }
        #expect(
            parts > timings.cpuSeconds * 0.6 && parts < timings.cpuSeconds * 1.1, "\(parts) of \(timings.cpuSeconds)")
        #expect(timings.load.allSatisfy { $0.busy >= 0 && $0.busy <= Double(timings.cpus) + 0.001 })
    }

    @Test func `of a build with nothing to do say cached, into the file that was asked for`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let images = folder.url.appendingPathComponent("Images")
        for name in ["timings.svg", "timings.json", "timings.html"] {
            let file = folder.url.appendingPathComponent(name)
            let run = try ready.build(ready.spec, into: images, "--locked", "--timings-file", file.path)
            #expect(run.status == 0, "\(run.error)")
            #expect(run.output.contains("cached"))
            #expect(run.output.contains("The timeline: \(file.path)"))
            #expect(FileManager.default.fileExists(atPath: file.path))
        }
        let timings = try Timings(folder.url.appendingPathComponent("timings.json"))
        let base = try #require(timings.spans.first { $0.step == "base" })
        #expect(base.outcome == "cached" && base.seconds < 0.1)
        let left = try FileManager.default.contentsOfDirectory(
            atPath: images.appendingPathComponent("wsgi-1.0.0").path)
        #expect(!left.contains { $0.hasPrefix("timings") })
    }

    @Test func `show that a disk is hashed for a raw image alone, which is right also when it is asked for later`()
        async throws
    {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let images = folder.url.appendingPathComponent("Images")
        // A disk that no store has.
        let mark = UUID().uuidString
        func build(_ targets: String) throws -> [String] {
            let text = """
                stonebake: 1
                name: later
                version: 1.0.0
                summary: A raw image that is asked for later
                extends: \(ready.base)
                scripts: [{name: mark, run: echo \(mark) >/etc/mark}]
                targets: [\(targets)]
                """
            let spec = try folder.write(text, to: "appliance.yaml")
            let timings = folder.url.appendingPathComponent("timings.json")
            let run = try ready.build(spec, into: images, "--timings-file", timings.path)
            #expect(run.status == 0, "\(run.error)")
            let sums = try Tool.run(
                "sh", "-c", "cd \(images.path)/later-1.0.0 && sha256sum --check --strict SHA256SUMS")
            #expect(sums.status == 0, "\(sums)")
            for target in targets.split(separator: ", ") {
                #expect(sums.output.contains("later-1.0.0.\(target): OK"), "\(sums)")
            }
            return try Timings(timings).spans.filter { $0.outcome != "cached" }.map(\.title)
        }
        let first = try build("qcow2")
        #expect(first.contains("assemble the disk") && first.contains("write qcow2"), "\(first)")
        #expect(!first.contains("digest of the disk"), "\(first)")
        let second = try build("qcow2, raw")
        #expect(!second.contains("assemble the disk") && second.contains("write raw"), "\(second)")
    }

    @Test func `of a build that fails are written all the same`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let copy = try ready.changedCopy(in: folder)
        let file = copy.appendingPathComponent("appliance.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        try Data((text + "scripts: [{name: break, run: 'exit 3'}]\n").utf8).write(to: file)
        let images = folder.url.appendingPathComponent("Images")
        let run = try ready.build(copy, into: images, "--locked", "--timings")
        #expect(run.status == 1, "\(run.error)")
        #expect(run.output.contains("configure the appliance (failed)"), "\(run.output)")
        let timings = try Timings(images.appendingPathComponent("wsgi-1.0.0/timings.json"))
        #expect(timings.spans.first { $0.step == "configuration" }?.outcome == "failed")
        #expect(timings.spans.first?.outcome == "failed")
    }

    @Test func `go to no file of another kind`() throws {
        let run = try StonebakeProcess.run("build", "Appliances/wsgi", "--timings-file", "timings.png")
        #expect(run.status == 2)
        #expect(run.error.contains("does not end in .html, .svg or .json"))
    }
}
