import Foundation
import Testing

/// What `plan` and `build --explain` say of a step that runs. Every kind of change is tried in BuildPlanningTests.
@Suite(.serialized, .trimsStore) struct `The reason that a step runs` {
    private func plan(_ spec: URL, in folder: URL, store: URL) throws -> String {
        let run = try StonebakeProcess.run(
            "plan", spec.path, "--offline", in: folder, environment: ["STONEBAKE_CACHE": store.path])
        #expect(run.status == 0, "\(run.error)")
        return run.output
    }

    @Test func `is named by the path from the working directory, and --explain says the same`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let spec = try ready.changedCopy(in: folder)
        let images = folder.url.appendingPathComponent("Images")
        #expect(try ready.build(spec, into: images, "--locked").status == 0)
        let hello = spec.appendingPathComponent("hello/hello.py")
        try Data("\n# changed\n".utf8).append(to: hello)
        let style = spec.appendingPathComponent("static/style.css")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: style.path)
        try Data("new\n".utf8).write(to: spec.appendingPathComponent("hello/new.txt"))

        let text = try plan(spec, in: folder.url, store: ready.store)
        for line in [
            "runs: Appliances/wsgi/hello/hello.py changed\n", " Appliances/wsgi/hello/new.txt added\n",
            " Appliances/wsgi/static/style.css changed (it may be executed now)\n",
            "runs: follows from 'configure the appliance'\n",
        ] { #expect(text.contains(line), "\(text)") }
        // From the spec's own folder it is another path.
        #expect(try plan(spec, in: spec, store: ready.store).contains("runs: hello/hello.py changed\n"))

        let process = try StonebakeProcess(
            ["build", "Appliances/wsgi", "--locked", "--explain", "--output", images.path], in: folder.url,
            environment: ["STONEBAKE_CACHE": ready.store.path])
        try process.process.run()
        let run = try process.wait()
        #expect(run.status == 0, "\(run.error)")
        #expect(run.error.contains("runs: Appliances/wsgi/hello/hello.py changed"), "\(run.error)")

        try FileManager.default.removeItem(at: spec.appendingPathComponent("hello/new.txt"))
        #expect(
            try plan(spec, in: folder.url, store: ready.store).contains("runs: Appliances/wsgi/hello/new.txt removed\n")
        )
    }

    /// Two specs with one name: each is compared with its own past.
    @Test func `is not another appliance of the same name`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let (one, other) = (try TemporaryFolder(), try TemporaryFolder())
        let first = try ready.changedCopy(in: one)
        let second = try ready.changedCopy(in: other)
        let images = one.url.appendingPathComponent("Images")
        // Never built: the last of that name is all there is, and that is said.
        let never = try plan(first, in: one.url, store: ready.store)
        #expect(never.contains("which another spec built"), "\(never)")
        #expect(try ready.build(first, into: images, "--locked").status == 0)
        #expect(try ready.build(second, into: images, "--locked").status == 0)
        let file = first.appendingPathComponent("appliance.yaml")
        try Data("kernel-arguments: [debug]\n".utf8).append(to: file)
        let text = try plan(first, in: one.url, store: ready.store)
        #expect(text.contains("runs: kernel-arguments changed\n"), "\(text)")
        #expect(!text.contains("hello.py") && !text.contains("another spec"), "\(text)")
    }

    private func steps(_ plan: String) -> [Substring] { plan.split(separator: "\n").filter { $0.hasPrefix("  ") } }

    @Test func `is that the result is gone, or that there never was one`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let spec = try ready.changedCopy(in: folder)
        let empty = try plan(spec, in: folder.url, store: folder.url.appendingPathComponent("empty"))
        #expect(
            steps(empty).count == 9 && steps(empty).allSatisfy { $0.hasSuffix("runs: never built here") }, "\(empty)")

        // A store of its own, from which everything is then removed.
        let store = folder.url.appendingPathComponent("store")
        _ = try Tool.run("mkdir", "-p", store.path)
        for name in ["facts", "newest"] {
            _ = try Tool.run("cp", "-a", ready.store.appendingPathComponent(name).path, store.path)
        }
        let gone = try plan(ready.spec, in: folder.url, store: store)
        #expect(
            steps(gone).count == 9
                && steps(gone).allSatisfy { $0.hasSuffix("runs: its result is no longer in the store") }, "\(gone)")
    }
}

extension Data {
    fileprivate func append(to file: URL) throws {
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: self)
    }
}
