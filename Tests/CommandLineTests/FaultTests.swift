import Foundation
import Testing

/// What the machine and the network do to a build: each ends in a clear message, with an exit status that scripts can
/// use, and leaves nothing half done.
@Suite(.serialized, .trimsStore) struct `A build on a machine with faults` {
    @Test func `stops with 75 when the mirror breaks off in the middle, and goes on with a better one`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let store = try ready.storeWithDownloadsOnly(in: folder)
        try ready.removeBlob(of: "nginx-light", in: store)
        let size = try Data(contentsOf: ready.blob(of: "nginx-light", in: ready.store)).count
        let mirror = try BreakingMirror(size: size)
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
        let store = try ready.storeWithDownloadsOnly(in: folder)
        let blob = try ready.blob(of: "nginx-light", in: store)
        let content = try Data(contentsOf: blob)
        var corrupted = content
        corrupted[corrupted.count / 2] ^= 0xFF
        // A file of its own: the other name of the link belongs to the store of all tests.
        try FileManager.default.removeItem(at: blob)
        try corrupted.write(to: blob)
        let run = try StonebakeProcess.run(
            "build", ready.spec.path, "--locked", "--output", folder.url.appendingPathComponent("Images").path,
            environment: ["STONEBAKE_CACHE": store.path])
        #expect(run.status == 0, "\(run.error)")
        #expect(run.error.contains("is corrupted"))
        #expect(try Data(contentsOf: blob) == content)
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
        let cached = runs.filter {
            $0.error.contains("✓ configure the appliance cached") || $0.error.contains("waiting for another build")
        }
        #expect(!cached.isEmpty, "\(runs.map(\.error))")
        // A disk is made so quickly that nobody is told of a wait for it; the logs say who made it.
        let logs = ready.store.appendingPathComponent("logs")
        let names = try FileManager.default.contentsOfDirectory(atPath: logs.path).filter { $0.contains("-build-") }
        let texts = try names.sorted().suffix(2).map {
            try String(contentsOf: logs.appendingPathComponent($0), encoding: .utf8)
        }
        let makers = texts.filter {
            $0.contains("the disk was written") || $0.contains("the disk is the last one with what has changed")
        }
        #expect(texts.count == 2 && makers.count == 1)
        let sums = try (0..<2).map { number in
            try String(
                contentsOf: folder.url.appendingPathComponent("Images\(number)/wsgi-1.0.0/SHA256SUMS"), encoding: .utf8)
        }
        #expect(sums[0] == sums[1])
    }

    @Test func `refuses an output folder that cannot be written to before it builds anything`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let run = try ready.buildOnMount("ro", in: folder, namespace: ["--map-root-user", "--mount"])
        #expect(run.status == 69, "\(run.error)")
        #expect(run.error.contains("Read-only file system"))
        #expect(run.output.isEmpty)
        #expect(!run.error.contains("write raw"))
    }

    /// Root can mount beside its own store; in an ordinary user's namespace the store's layers would have other owners. For
    /// everybody, `ImageExporterTests` fills the disk of an export.
    @Test(arguments: getuid() == 0 ? ["size=64m"] : [])
    func `stops with 75 when the output folder's disk is full, and leaves nothing in it`(option: String) async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let run = try ready.buildOnMount(option, in: folder, namespace: ["--mount"])
        #expect(run.status == 75, "\(run.error)")
        #expect(run.error.contains("No space left on device"))
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
        let arguments = [
            "build", ready.spec.path, "--locked", "--output", folder.url.appendingPathComponent("o").path,
        ]
        // A proxy that nobody answers at: the way to every mirror is cut.
        let cut = ["http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"]
        let cutOff = try StonebakeProcess(
            arguments, environment: ["STONEBAKE_CACHE": ready.store.path].merging(cut) { $1 })
        try cutOff.process.run()
        let offline = try cutOff.wait()
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
