import Foundation
import Testing

/// What is built again, and what is not; and that nobody can tell from the images.
@Suite(.serialized, .trimsStore) struct `A build that has less to do` {
    @Test func `after an edit makes what follows from it, without libguestfs, and the bytes of a cold build`()
        async throws
    {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let edited = try ready.changedCopy(in: folder)
        func build(_ spec: URL, _ store: URL, _ images: String) throws -> (run: StonebakeProcess.Outcome, sums: String)
        {
            let output = folder.url.appendingPathComponent(images)
            let run = try StonebakeProcess.run(
                "build", spec.path, "--locked", "--output", output.path, environment: ["STONEBAKE_CACHE": store.path])
            #expect(run.status == 0, "\(run.error)")
            let sums = output.appendingPathComponent("wsgi-1.0.0/SHA256SUMS")
            return (run, try String(contentsOf: sums, encoding: .utf8))
        }
        // What another suite built last may be further away than an edit.
        let other = try TemporaryFolder()
        let images = other.url.appendingPathComponent("Images")
        let before = try ready.build(try ready.changedCopy(in: other), into: images, "--locked")
        #expect(before.status == 0, "\(before.error)")
        // Cold first and then edited; edited first and then back: twice the same two images.
        let warm = try build(edited, ready.store, "warm")
        #expect(warm.run.error.contains("✓ install the base system cached"))
        #expect(warm.run.error.contains("✓ make the Python environment cached"))
        #expect(!warm.run.error.contains("✓ configure the appliance cached"))
        let log = try Self.newestLog(of: ready.store)
        #expect(log.contains("the disk is the last one with what has changed"))
        #expect(!log.contains("libguestfs' appliance was up"))
        #expect(log.contains("is taken from its qcow2"))

        let downloads = try ready.storeWithDownloadsOnly(in: folder)
        let cold = try build(edited, downloads, "cold")
        let coldLog = try Self.newestLog(of: downloads)
        #expect(coldLog.contains("libguestfs' appliance was up"))
        #expect(!coldLog.contains("trimmed appliance cannot be used"))
        #expect(!coldLog.contains("is taken from its qcow2"))
        #expect(cold.sums == warm.sums)
        let back = try build(ready.spec, downloads, "back")
        let first = ready.images.appendingPathComponent("SHA256SUMS")
        #expect(try back.sums == String(contentsOf: first, encoding: .utf8))
        #expect(back.sums != cold.sums)
    }

    @Test func `when nothing has changed writes nothing`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let images = ready.images.deletingLastPathComponent()
        func written() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: ready.images.path).filter { $0 != "report.json" }
                .sorted()
                .map { name in
                    let path = ready.images.appendingPathComponent(name).path
                    let attributes = try FileManager.default.attributesOfItem(atPath: path)
                    return "\(name) \(attributes[.systemFileNumber] ?? "") \(attributes[.modificationDate] ?? "")"
                }
        }
        let before = try written()
        let run = try ready.build(ready.spec, into: images)
        #expect(run.status == 0, "\(run.error)")
        for step in ["assemble the disk", "write raw", "write qcow2"] {
            #expect(run.error.contains("✓ \(step) cached"), "\(run.error)")
        }
        #expect(try written() == before)
    }

    @Test func `builds several appliances in one run, and the others when one of them fails`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        for (name, script) in [("one", "echo 1 >/etc/one"), ("two", "exit 7"), ("three", "echo 3 >/etc/three")] {
            let spec = folder.url.appendingPathComponent("\(name)/appliance.yaml")
            try FileManager.default.createDirectory(
                at: spec.deletingLastPathComponent(), withIntermediateDirectories: true)
            let text = """
                stonebake: 1
                name: \(name)
                version: 1.0.0
                summary: One of several
                extends: \(ready.base)
                scripts: [{name: mark, run: \(script)}]
                targets: [raw]
                """
            try Data(text.utf8).write(to: spec)
        }
        let images = folder.url.appendingPathComponent("Images")
        let specs = ["one", "two", "three"].map { folder.url.appendingPathComponent($0).path }
        let process = try StonebakeProcess(
            ["build"] + specs + ["--output", images.path], environment: ["STONEBAKE_CACHE": ready.store.path])
        try process.process.run()
        let run = try process.wait()
        #expect(run.status == 1, "\(run.error)")
        #expect(run.error.contains("two-1.0.0 was not built:"))
        #expect(run.error.contains("the script 'mark' failed"))
        #expect(run.output.split(separator: "\n").contains { $0.contains("one-1.0.0") && $0.contains("built in") })
        #expect(run.output.split(separator: "\n").contains { $0.contains("two-1.0.0") && $0.contains("failed") })
        for name in ["one", "three"] {
            let check = try Tool.run(
                "sh", "-c", "cd \(images.path)/\(name)-1.0.0 && sha256sum --check --quiet SHA256SUMS")
            #expect(check.status == 0, "\(check)")
        }
        #expect(!FileManager.default.fileExists(atPath: images.appendingPathComponent("two-1.0.0/SHA256SUMS").path))
        #expect(Leftovers(store: ready.store).runs.isEmpty)
    }

    @Test func `refuses two specs that make the same image`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let run = try StonebakeProcess.run(
            "build", ready.spec.path, ready.spec.appendingPathComponent("appliance.yaml").path,
            environment: ["STONEBAKE_CACHE": ready.store.path])
        #expect(run.status == 2)
        #expect(run.error.contains("would both be written as wsgi-1.0.0"))
    }

    private static func newestLog(of store: URL) throws -> String {
        let logs = store.appendingPathComponent("logs")
        let names = try FileManager.default.contentsOfDirectory(atPath: logs.path).filter { $0.contains("-build-") }
        let newest = try #require(names.max())
        return try String(contentsOf: logs.appendingPathComponent(newest), encoding: .utf8)
    }
}
