import Foundation
import Testing

/// `stonebake kickstart`, and a Kickstart where other commands take a spec.
@Suite(.trimsStore) struct `Kickstart files` {
    @Test(arguments: [
        (
            ["kickstart", "explain"],
            ["applied", "parts/system.ks:3", "→ locale: C.UTF-8", "no-op", "the base system is always there"]
        ),
        (["kickstart", "flatten"], ["url --url=archive:debian/trixie\n", "\nlang C.UTF-8\n", "\n@core\n%end\n"]),
        (["kickstart", "convert"], ["stonebake: 1\n", "  release: trixie\n", "name: debian-13\n"]),
        (["validate"], ["The spec is well formed.\n"]),
    ])
    func `are looked at`(arguments: [String], expected: [String]) throws {
        let run = try self.run(arguments + ["Kickstarts/debian-13.ks"])
        #expect(run.status == 0, "\(run.error)")
        for text in expected { #expect(run.output.contains(text), "\(run.output)") }
        #expect(run.error.isEmpty)
    }

    private func run(_ arguments: [String]) throws -> StonebakeProcess.Outcome {
        let process = try StonebakeProcess(arguments)
        try process.process.run()
        return try process.wait()
    }

    private let wrong = """
        url --url=archive:debian/trixie
        raid / --level=1 --device=md0 raid.01 raid.02
        %pre
        true
        %end

        """

    @Test func `that ask for what cannot be done are refused with what to write, or warned of`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(wrong, to: "x.ks")
        let refused = try run(["validate", file.path])
        #expect(refused.status == 1)
        #expect(
            refused.error.contains("x.ks:2:1: error: software RAID")
                || refused.output.contains("x.ks:2:1: error: software RAID"))
        let explained = try run(["kickstart", "explain", file.path])
        #expect(explained.status == 1)
        #expect(explained.output.contains("1 applied, 0 no-op, 2 errors."), "\(explained.output)")
        let allowed = try run(["validate", file.path, "--allow-unsupported"])
        #expect(allowed.status == 0)
        #expect((allowed.error + allowed.output).contains("x.ks:2:1: warning: software RAID"))
    }

    @Test func `are read as one version of the language where that is asked for`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("url --url=archive:debian/trixie\nmouse ps2\n", to: "x.ks")
        #expect(try run(["validate", file.path]).status == 0)
        let removed = try run(["validate", file.path, "--dialect", "f45"])
        #expect(removed.status == 1)
        #expect((removed.error + removed.output).contains("x.ks:2:1: error"))
        #expect(try run(["validate", file.path, "--dialect", "f99"]).status == 2)
    }

    /// The root is made by one, and the other finds every step in the store: the same digests, so the same bytes.
    @Test func `build to the same bytes as their YAML, with scripts in the image and beside it`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        try ready.copyBases(beside: folder.url.appendingPathComponent("x"))
        let file = try folder.write(
            """
            %include Kickstarts/debian-13.ks
            rootpw --lock
            user --name=ada --uid=1500 --groups=wheel --password=nine-lives-of-a-cat
            group --name=crew --gid=1800
            bootloader --timeout=3
            firstboot --disable
            %packages --exclude-weakdeps --excludedocs
            %end
            %post --log=/root/post.log
            getent passwd ada
            %end
            %post --nochroot
            test ! -w /etc && echo beside >"$INSTALL_ROOT/etc/beside"
            %end
            %addon stonebake
            targets: [raw]
            %end

            """, to: "small.ks")
        let images = folder.url.appendingPathComponent("Images")
        let first = try ready.build(file, into: images)
        #expect(first.status == 0, "\(first.error)")
        #expect(FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("small.lock").path))
        let yaml = try run(["kickstart", "convert", file.path])
        #expect(yaml.status == 0, "\(yaml.error)")
        let converted = try folder.write(yaml.output, to: "converted/appliance.yaml")
        let again = folder.url.appendingPathComponent("Again")
        let second = try ready.build(
            converted, into: again, "--locked", "--lock", folder.url.appendingPathComponent("small.lock").path)
        #expect(second.status == 0, "\(second.error)")
        for step in ["configure the appliance", "assemble the disk", "write raw"] {
            #expect(second.error.contains("✓ \(step) cached"), "\(second.error)")
        }
        let sums = try [images, again].map {
            try String(contentsOf: $0.appendingPathComponent("small-1.0.0/SHA256SUMS"), encoding: .utf8)
        }
        #expect(sums[0] == sums[1])
    }
}
