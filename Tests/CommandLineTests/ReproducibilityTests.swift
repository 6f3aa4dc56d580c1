import Foundation
import Testing

/// The same lock and spec give the same bytes: three specs with different packages, built a second time with the time,
/// the locale, the umask, the order of directories, the host's name, the number of processors and all paths varied.
@Suite(.serialized, .trimsStore) struct `A build that is verified to be reproducible` {
    /// All that a second build varies on any machine that `make test` has set up.
    private static let varied = [
        "the locale: ", "the time zone: ", "the umask: ", "the number of processors: 1 in place of ",
        "the clock: 400 days",
        "the order of directories: reversed", "the host's name: ", "the build path, the store, the output folder: ",
    ]

    private static func expectSame(_ status: Int32, _ output: String, _ error: String) {
        #expect(status == 0, "\(error)")
        #expect(output.contains("Built twice, and the same bytes came out:"), "\(output)\(error)")
        for line in varied { #expect(output.contains(line), "\(line)") }
        #expect(!output.contains("Not varied on this machine"))
    }

    private func spec(_ name: String, _ text: String, _ ready: BuildFixture.Ready, in folder: TemporaryFolder) throws
        -> URL
    {
        let base = folder.url.appendingPathComponent("specs")
        if !FileManager.default.fileExists(atPath: base.path) {
            try ready.copySpecs(to: base)
        }
        let head =
            "stonebake: 1\nname: \(name)\nversion: 1.0.0\nsummary: A test\nextends: ../../Kickstarts/debian-13.ks\n"
        return try folder.write(head + text, to: "specs/\(name)/appliance.yaml").deletingLastPathComponent()
    }

    @Test func `has the same bytes: the WSGI application with its wheels`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let images = folder.url.appendingPathComponent("Images")
        let run = try ready.build(ready.spec, into: images, "--locked", "--verify-reproducible")
        Self.expectSame(run.status, run.output, run.error)
        #expect(!FileManager.default.fileExists(atPath: images.appendingPathComponent("wsgi-1.0.0/second-build").path))
        #expect(Leftovers(store: ready.store).runs.isEmpty)
    }

    /// Packages whose scripts make certificates, caches of fonts, users and databases.
    @Test func `has the same bytes: services with many maintainer scripts`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let spec = try spec(
            "services",
            """
            packages: {install: [nginx, redis-server, fontconfig, fonts-dejavu, ssl-cert, postgresql]}
            users: [{name: deploy, groups: [www-data, redis]}]
            targets: [raw, qcow2]
            """, ready, in: folder)
        let run = try ready.build(
            spec, into: folder.url.appendingPathComponent("Images"), "--verify-reproducible")
        Self.expectSame(run.status, run.output, run.error)
    }

    /// A minimal system with users, files and scripts; by an ordinary user, where root runs the tests.
    @Test func `has the same bytes: a minimal system, built by an ordinary user`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let spec = try spec(
            "minimal",
            """
            users: [{name: alice, password: locked}]
            files: [{path: /etc/motd, content: "Hello\\n"}]
            scripts:
              - {name: pages, run: "mkdir -p /srv/pages; for i in a b c; do echo $i >/srv/pages/$i; done"}
              - {name: what a sandbox pins, run: "{ hostname; uname -n; umask; echo $TZ $LC_ALL; pwd; } >/srv/pinned"}
            targets: [raw, qcow2]
            """, ready, in: folder)
        // Locked by root, in whose store the indexes are; the user has the downloads.
        let images = folder.url.appendingPathComponent("Images")
        let first = try ready.build(spec, into: images)
        #expect(first.status == 0, "\(first.error)")
        let user = try OrdinaryUser()
        let manager = FileManager.default
        let specs = user.home.appendingPathComponent("specs")
        try manager.copyItem(at: spec.deletingLastPathComponent(), to: specs)
        try ready.copyBases(beside: specs)
        let store = user.home.appendingPathComponent(".cache/stonebake")
        try manager.createDirectory(at: store, withIntermediateDirectories: true)
        _ = try Tool.run(
            "cp", "-a", ready.store.appendingPathComponent("blobs").path, store.appendingPathComponent("blobs").path)
        let program = try user.install().path
        try user.ownHome()
        let run = try user.run(
            program, "build", "specs/minimal", "--locked", "--offline", "--verify-reproducible")
        Self.expectSame(run.status, run.output, run.error)
        // Three builds now: root's, the user's, and the user's varied one.
        #expect(
            try String(contentsOf: user.home.appendingPathComponent("Images/minimal-1.0.0/SHA256SUMS"), encoding: .utf8)
                == String(contentsOf: images.appendingPathComponent("minimal-1.0.0/SHA256SUMS"), encoding: .utf8))
    }

    /// What no sandbox can pin is found; each in a file of its own, as only the first one is named.
    @Test func `is refused when scripts depend on clock, chance, order or processors, and the first file is named`()
        async throws
    {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let spec = try spec(
            "guilty",
            """
            scripts:
              - {name: year, run: "date +%Y >/srv/a-year"}
              - {name: chance, run: "bash -c 'echo $RANDOM$RANDOM$RANDOM' >/srv/b-chance"}
              - {name: order, run: "ls -U /etc >/srv/c-order"}
              - {name: processors, run: "nproc >/srv/d-processors"}
              - {name: mode, run: "touch /srv/e-mode; test $(nproc) = 1 || chmod 600 /srv/e-mode"}
              - {name: name, run: "touch /srv/f-$(date +%Y)"}
              - {name: pinned, run: "{ hostname; umask; date +%Z; } >/srv/g-pinned"}
            targets: [qcow2]
            """, ready, in: folder)
        let images = folder.url.appendingPathComponent("Images")
        let run = try ready.build(spec, into: images, "--verify-reproducible")
        #expect(run.status == 1, "\(run.output)\(run.error)")
        #expect(run.error.contains("error: the two builds differ: /srv/a-year  (content from byte "), "\(run.error)")
        #expect(run.error.contains("in the second build: "))
        #expect(run.error.contains("varied: the clock"))
        // Both are kept, and the difference is all there.
        let first = images.appendingPathComponent("guilty-1.0.0")
        let second = first.appendingPathComponent("second-build")
        let diff = try StonebakeProcess.run(
            "diff", first.path, second.appendingPathComponent("guilty-1.0.0.qcow2").path, "--format", "json",
            environment: ["STONEBAKE_CACHE": ready.store.path])
        #expect(diff.status == 1, "\(diff.error)")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(diff.output.utf8)) as? [String: Any])
        let files = try #require(json["files"] as? [[String: Any]])
        let paths = Set(files.compactMap { $0["path"] as? String })
        #expect(
            paths.isSuperset(of: ["/srv/a-year", "/srv/b-chance", "/srv/c-order", "/srv/d-processors", "/srv/e-mode"]))
        #expect(paths.count { $0.hasPrefix("/srv/f-") } == 2)
        #expect(!paths.contains("/srv/g-pinned") && paths.count == 7)
    }
}
