import Foundation
import Testing

/// What the machine and the network do to a build: each ends in a clear message, with an exit status that scripts can
/// use, and leaves nothing half done.
@Suite(.serialized) struct `A build on a machine with faults` {
    @Test func `stops with 75 when the mirror breaks off in the middle, and goes on with a better one`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let store = try ready.storeWithDownloadsOnly(in: folder)
        try ready.removeBlob(of: "nginx-light", in: store)
        let mirror = try BreakingMirror()
        let images = folder.url.appendingPathComponent("Images")
        let run = try StonebakeProcess.run(
            "build", ready.spec.path, "--locked", "--output", images.path, "--mirror", "debian=\(mirror.address)",
            "--mirror", "debian-security=\(mirror.address)", environment: ["STONEBAKE_CACHE": store.path])
        #expect(run.status == 75, "\(run.error)")
        #expect(run.error.contains("nginx-light"))
        #expect(run.error.contains("The whole log:"))
        #expect(Leftovers(store: store).runs.isEmpty)
        #expect(Leftovers(store: store).processesGone(within: 3))
    }

    @Test func `finds a corrupted download and fetches it again`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let blob = try ready.blob(of: "nginx-light", in: ready.store)
        var content = try Data(contentsOf: blob)
        content[content.count / 2] ^= 0xFF
        try FileManager.default.removeItem(at: blob)
        try content.write(to: blob)
        // One package more, so that the step that uses it runs again.
        let spec = try folder.write(
            "stonebake: 1\nextends: \(ready.spec.path)/appliance.yaml\npackages: {install: [hello]}\n", to: "more.yaml")
        let images = folder.url.appendingPathComponent("Images")
        let run = try ready.build(spec, into: images)
        #expect(run.status == 0, "\(run.error)")
        #expect(run.error.contains("is corrupted"))
        #expect(try Data(contentsOf: blob) != content)
    }

    @Test func `of two at once, one makes each step and both have the images`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let spec = try ready.changedCopy(in: folder)
        let builds = try (0..<2).map { number in
            try StonebakeProcess(
                ["build", spec.path, "--output", folder.url.appendingPathComponent("Images\(number)").path],
                environment: ["STONEBAKE_CACHE": ready.store.path])
        }
        for build in builds { try build.process.run() }
        let runs = try builds.map { try $0.wait() }
        for run in runs { #expect(run.status == 0, "\(run.error)") }
        for step in ["configure the appliance", "assemble the disk"] {
            let cached = runs.filter {
                $0.error.contains("✓ \(step) cached") || $0.error.contains("waiting for another build")
            }
            #expect(!cached.isEmpty, "\(step): \(runs.map(\.error))")
        }
        let sums = try (0..<2).map { number in
            try String(
                contentsOf: folder.url.appendingPathComponent("Images\(number)/wsgi-1.0.0/SHA256SUMS"), encoding: .utf8)
        }
        #expect(sums[0] == sums[1])
    }

    @Test(arguments: [
        ("ro", Int32(69), "Read-only file system"),
        ("size=64m", 75, "No space left on device"),
    ])
    func `says what is wrong with the output folder and leaves nothing in it`(
        option: String, status: Int32, reason: String
    ) async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let output = folder.url.appendingPathComponent("mount")
        try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
        // The mount lives in a namespace of its own; what is left in it is listed before it goes.
        let script = """
            mount -t tmpfs -o "$1" none "$2" || exit 99
            "$3" build "$4" --output "$2"; status=$?
            find "$2" -type f
            exit $status
            """
        let run = try Tool.run(
            [
                "STONEBAKE_CACHE=\(ready.store.path)", "unshare", "--map-root-user", "--mount", "sh", "-c", script,
                "sh",
                option, output.path, StonebakeProcess.executable.path, ready.spec.path,
            ], in: folder.url)
        #expect(run.status == status, "\(run.error)")
        #expect(run.error.contains(reason))
        #expect(run.output.isEmpty)
    }

    @Test func `refuses a stale lock with --locked and names what changed; without it, renews the lock`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let copy = try ready.changedCopy(in: folder)
        let file = copy.appendingPathComponent("appliance.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        try Data((text + "packages: {install: [hello]}\n").utf8).write(to: file)
        let run = try StonebakeProcess.run(
            "build", copy.path, "--locked", environment: ["STONEBAKE_CACHE": ready.store.path])
        #expect(run.status == 1)
        #expect(run.error.contains("is stale: packages.install changed"))
        #expect(run.error.contains("hint: renew it: stonebake lock"))
    }

    @Test func `works without a network when everything is in the store, and says so when it is not`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let arguments = ["build", ready.spec.path, "--locked", "--output", folder.url.appendingPathComponent("o").path]
        let offline = try Tool.run(
            [
                "STONEBAKE_CACHE=\(ready.store.path)", "unshare", "--map-root-user", "--net",
                StonebakeProcess.executable.path,
            ]
                + arguments, in: folder.url)
        #expect(offline.status == 0, "\(offline.error)")
        let store = try ready.storeWithDownloadsOnly(in: folder)
        try ready.removeBlob(of: "nginx-light", in: store)
        let process = try StonebakeProcess(arguments + ["--offline"], environment: ["STONEBAKE_CACHE": store.path])
        try process.process.run()
        let refused = try process.wait()
        #expect(refused.status != 0)
        #expect(refused.error.contains("offline"), "\(refused.error)")
    }
}
