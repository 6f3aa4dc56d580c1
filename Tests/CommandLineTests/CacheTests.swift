import Foundation
import Testing

/// The content store, as people handle it.
@Suite(.serialized, .trimsStore) struct `The cache` {
    /// A store of the test's own with the fixture's downloads and results: hard links, so that it costs nothing.
    private func stonebake(_ arguments: String..., store: URL) throws -> StonebakeProcess.Outcome {
        let process = try StonebakeProcess(arguments, environment: ["STONEBAKE_CACHE": store.path])
        try process.process.run()
        return try process.wait()
    }

    /// The file in the result that was made last: an older program may have left others.
    private func newest(_ file: String, in store: URL) throws -> String {
        let found = try Tool.run("find", "\(store.path)/entries", "-path", "*/content/\(file)", "-type", "f").output
        let dated = try found.split(separator: "\n").map { path in
            let record = (String(path).components(separatedBy: "/content/").first ?? "") + "/record.json"
            let date = try FileManager.default.attributesOfItem(atPath: record)[.modificationDate] as? Date
            return (date ?? .distantPast, String(path))
        }
        return try #require(dated.max { $0.0 < $1.0 }?.1, "nothing in the store has '\(file)'")
    }

    @Test func `keeps what the locks need that were built from it, so that they build without a network`() async throws
    {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let store = try ready.storeCopy(in: folder)
        let spec = try ready.changedCopy(in: folder)
        // From here on the store knows this lock, beside the fixture's own.
        #expect(try stonebake("mirror", spec.path, "\(folder.url.path)/m", "--locked", store: store).status == 0)
        let images = folder.url.appendingPathComponent("Images").path
        let run = try stonebake("cache", "gc", "--max-size", "1 MB", "--older-than", "0s", store: store)
        #expect(run.status == 0, "\(run.error)")
        #expect(run.output.contains("removed base "), "\(run.output)")
        #expect(run.output.contains("locks need them (--all removes them)"), "\(run.output)")
        #expect(run.output.contains("the store is larger than 1.0 MB still"))
        for digest in try ready.lockedFiles().values {
            #expect(FileManager.default.fileExists(atPath: store.path + "/blobs/sha256/\(digest.prefix(2))/\(digest)"))
        }
        let build = try stonebake("build", spec.path, "--locked", "--offline", "--output", images, store: store)
        #expect(build.status == 0, "\(build.error)")

        // A lock that is gone needs nothing any more.
        try FileManager.default.removeItem(at: spec.appendingPathComponent("appliance.lock"))
        let all = try stonebake("cache", "gc", "--max-size", "0 B", "--all", store: store)
        #expect(all.status == 0, "\(all.error)")
        let list = try stonebake("cache", "ls", store: store)
        #expect(list.output.contains("0 step results (0 B), 0 downloads (0 B)"), "\(list.output)")
    }

    /// What lies in the store of each kind of step, and what becomes of it behind its back.
    @Test(arguments: [
        ("tree/usr/bin/sudo", "base ", "✓ install the base system"),
        ("tree/opt/wsgi/app/hello.py", "configuration ", "✓ configure the appliance"),
        ("disk.raw", "disk ", "✓ assemble the disk"),
    ])
    func `finds a flipped bit in a kept result with unchanged times, and the build makes it again`(
        file: String, title: String, step: String
    ) async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        // One result of each kind: in the store of all tests the newest may be another spec's.
        let store = try ready.storeWithDownloadsOnly(in: folder)
        let first = folder.url.appendingPathComponent("First").path
        let made = try stonebake("build", ready.spec.path, "--locked", "--output", first, store: store)
        #expect(made.status == 0, "\(made.error)")
        let path = try newest(file, in: store)
        let flip = """
            import os, sys
            import shutil
            before = os.stat(sys.argv[1])
            # A file of its own: the link's other name belongs to the store of all tests.
            shutil.copyfile(sys.argv[1], sys.argv[1] + ".copy")
            shutil.copymode(sys.argv[1], sys.argv[1] + ".copy")
            os.rename(sys.argv[1] + ".copy", sys.argv[1])
            with open(sys.argv[1], "r+b") as file:
                place = min(1 << 14, before.st_size // 2)
                file.seek(place); byte = file.read(1)[0]
                file.seek(place); file.write(bytes([byte ^ 16]))
            os.utime(sys.argv[1], ns=(before.st_atime_ns, before.st_mtime_ns))
            """
        #expect(try Tool.run("python3", "-c", flip, path).status == 0)
        let verify = try stonebake("cache", "verify", store: store)
        #expect(verify.status == 1, "\(verify.error)")
        let told = verify.output.split(separator: "\n").filter { $0.contains("the content of '\(file)' has changed") }
        #expect(told.count == 1, "\(verify.output)")
        #expect(told.first?.hasPrefix(title) == true && told.first?.hasSuffix("; removed") == true, "\(verify.output)")
        #expect(try stonebake("cache", "verify", store: store).status == 0)
        if title != "disk " {
            // What stands under a result that is there is not asked for.
            let entry = try #require(try newest("disk.raw", in: store).components(separatedBy: "/content/").first)
            try FileManager.default.removeItem(atPath: entry)
        }
        let images = folder.url.appendingPathComponent("Images")
        let build = try stonebake("build", ready.spec.path, "--locked", "--output", images.path, store: store)
        #expect(build.status == 0, "\(build.error)")
        #expect(build.error.contains(step) && !build.error.contains("\(step) cached"), "\(build.error)")
        #expect(
            try String(contentsOf: images.appendingPathComponent("wsgi-1.0.0/SHA256SUMS"), encoding: .utf8)
                == String(contentsOf: ready.images.appendingPathComponent("SHA256SUMS"), encoding: .utf8))
    }

    @Test func `lets two appliances that are built at once make their base once`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let store = try ready.storeWithDownloadsOnly(in: folder)
        let first = try ready.changedCopy(in: folder)
        let second = folder.url.appendingPathComponent("other")
        try FileManager.default.copyItem(at: first.deletingLastPathComponent(), to: second)
        let spec = second.appendingPathComponent("wsgi")
        // Another appliance, with the same base.
        for name in ["appliance.yaml", "appliance.lock"] {
            let file = spec.appendingPathComponent(name)
            let text = try String(contentsOf: file, encoding: .utf8)
            let renamed = text.replacingOccurrences(of: "name: wsgi\n", with: "name: shop\n")
                .replacingOccurrences(of: "\"name\": \"wsgi\"", with: "\"name\": \"shop\"")
            try Data(renamed.utf8).write(to: file)
        }
        let builds = try [first, spec].map { spec in
            try StonebakeProcess(
                ["build", spec.path, "--locked", "--output", "\(folder.url.path)/Images"],
                environment: ["STONEBAKE_CACHE": store.path])
        }
        for build in builds { try build.process.run() }
        let runs = try builds.map { try $0.wait() }
        for run in runs { #expect(run.status == 0, "\(run.error)") }
        for step in ["unpack the build tools", "install the base system"] {
            let made = runs.filter { $0.error.contains("✓ \(step)") && !$0.error.contains("✓ \(step) cached") }
            #expect(made.count == 1, "\(step): \(runs.map(\.error))")
        }
        let list = try stonebake("cache", "ls", store: store).output
        let rows = list.split(separator: "\n").map { $0.drop { $0 == " " } }
        #expect(rows.count { $0.hasPrefix("base ") } == 1, "\(list)")
        #expect(rows.count { $0.hasPrefix("disk ") } == 2, "\(list)")
        #expect(FileManager.default.fileExists(atPath: "\(folder.url.path)/Images/shop-1.0.0/SHA256SUMS"))
    }
}
