import Foundation
import Testing

/// The WSGI appliance, built from the real archive by the program as users run it.
@Suite(.serialized, .trimsStore) struct `The WSGI appliance` {
    @Test func `builds, and tells its steps, its ten largest packages and its images`() async throws {
        let ready = try await BuildFixture.shared.ready()
        for text in ["Steps:", "install the base system", "all together", "The ten largest packages:", "Images:"] {
            #expect(ready.output.contains(text))
        }
        let files = Set(try FileManager.default.contentsOfDirectory(atPath: ready.images.path))
        #expect(files.isSuperset(of: ["SHA256SUMS", "report.json", "wsgi-1.0.0.raw", "wsgi-1.0.0.qcow2"]))
        #expect(try Tool.run("sha256sum", "--check", "--quiet", "SHA256SUMS", in: ready.images).status == 0)
    }

    @Test func `is the same disk in both formats, and qemu-img finds no fault`() async throws {
        let images = try await BuildFixture.shared.ready().images
        #expect(
            try Tool.run("qemu-img", "compare", "wsgi-1.0.0.raw", "wsgi-1.0.0.qcow2", in: images).output
                == "Images are identical.\n")
        #expect(try Tool.run("qemu-img", "check", "wsgi-1.0.0.qcow2", in: images).status == 0)
        #expect(try Tool.run("sgdisk", "--verify", "wsgi-1.0.0.raw", in: images).output.contains("No problems found"))
    }

    @Test func `is not built twice, and comes out of the cache the same`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let images = folder.url.appendingPathComponent("out")
        let run = try ready.build(ready.spec, into: images)
        #expect(run.status == 0, "\(run.error)")
        for step in ["install the base system", "configure the appliance", "assemble the disk"] {
            #expect(run.error.contains("✓ \(step) cached"), "\(run.error)")
        }
        #expect(
            try String(contentsOf: images.appendingPathComponent("wsgi-1.0.0/SHA256SUMS"), encoding: .utf8)
                == String(contentsOf: ready.images.appendingPathComponent("SHA256SUMS"), encoding: .utf8))
    }

    @Test func `rebuilds what follows from a changed application file, and plan names it`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let spec = try ready.changedCopy(in: folder)
        let plan = try StonebakeProcess.run(
            "plan", spec.path, "--offline", environment: ["STONEBAKE_CACHE": ready.store.path])
        #expect(plan.status == 0, "\(plan.error)")
        let lines = plan.output.split(separator: "\n").map(String.init)
        func line(_ title: String) -> String { lines.first { $0.contains(title) } ?? "" }
        #expect(line("install the base system").hasSuffix("cached"))
        #expect(line("make the Python environment").hasSuffix("cached"))
        #expect(line("configure the appliance").contains("runs: \(spec.path)/hello/hello.py changed"), "\(plan.output)")
        #expect(line("assemble the disk").contains("runs: follows from 'configure the appliance'"), "\(plan.output)")
    }

    /// Root's bytes and an ordinary user's: the tree with its modes, owners, attributes and contents is one tar, and the
    /// disk is made from it, so that equal images say it all. The other way round where the tests are not run by root.
    @Test func `has the same bytes when an ordinary user builds it in another folder`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let user = try OrdinaryUser()
        let appliances = user.home.appendingPathComponent("specs")
        try ready.copySpecs(to: appliances)
        let program = try user.install()
        try user.ownHome()
        let run = try user.run(program.path, "build", "specs/wsgi", "--locked")
        #expect(run.status == 0, "\(run.output)\n\(run.error)")
        let sums = user.home.appendingPathComponent("Images/wsgi-1.0.0/SHA256SUMS")
        #expect(
            try String(contentsOf: sums, encoding: .utf8)
                == String(contentsOf: ready.images.appendingPathComponent("SHA256SUMS"), encoding: .utf8))
    }

    /// The compiler's optimiser has been caught at losing repositories (see Package.swift), so that the program that users
    /// run is compared with the one that the tests run. `make test` builds both.
    @Test func `is locked the same by the release build`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let spec = try ready.changedCopy(in: folder)
        let lock = spec.appendingPathComponent("appliance.lock")
        try FileManager.default.removeItem(at: lock)
        let program = StonebakeProcess.repository.appendingPathComponent(".build/release/stonebake")
        let run = try Tool.run("STONEBAKE_CACHE=\(ready.store.path)", program.path, "lock", spec.path)
        #expect(run.status == 0, "\(run.error)")
        #expect(
            try String(contentsOf: lock, encoding: .utf8)
                == String(contentsOf: ready.spec.appendingPathComponent("appliance.lock"), encoding: .utf8))
    }

    @Test func `boots with SeaBIOS into a disk that was enlarged, and apt works in it`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let image = folder.url.appendingPathComponent("larger.raw")
        _ = try Tool.run(
            "cp", "--sparse=always", ready.images.appendingPathComponent("wsgi-1.0.0.raw").path, image.path)
        _ = try Tool.run("truncate", "--size", "4G", image.path)
        let checks = """
              - http: {path: /, contains: Hello from Stonebake}
              - name: the root filesystem has grown
                command: {run: "test $(df --output=size -B1M / | tail -n 1) -gt 3500"}
              - name: dpkg has nothing to say
                command: {run: "test -z \\"$(dpkg --audit)\\" && dpkg --verify | grep -v ' c ' | head -n 1 | wc -l", contains: "0"}
              - name: the application's unit is hardened
                command: {run: "systemd-analyze security --threshold=30 wsgi.service >/dev/null"}
              - name: cloud-init has written the distribution's sources
                command: {run: "grep -q trixie-security /etc/apt/sources.list.d/debian.sources"}
              - name: apt updates, installs and removes
                command:
                  run: |
                    \(Self.aptProof.replacingOccurrences(of: "\n", with: "\n        "))
                  contains: "Status: install ok installed"
            """
        let run = try ready.test(image, checks: checks, firmware: "bios", in: folder)
        #expect(run.status == 0, "\(run.output)")
    }

    /// With a repository made in the guest: a boot check has no way out, and needs none.
    private static let aptProof = #"""
        set -e
        mkdir -p /var/tmp/repository/proof/DEBIAN && cd /var/tmp/repository
        printf 'Package: proof\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <n@localhost>\nDescription: x\n' \
            > proof/DEBIAN/control
        dpkg-deb --build proof proof.deb >/dev/null
        { cat proof/DEBIAN/control; echo 'Filename: ./proof.deb'; stat -c 'Size: %s' proof.deb
          echo "SHA256: $(sha256sum proof.deb | cut -d ' ' -f 1)"; } > Packages
        echo 'deb [trusted=yes] file:/var/tmp/repository ./' > sources.list
        echo "Dir::Etc { SourceList \"$PWD/sources.list\"; SourceParts \"-\"; }" > apt.conf
        export APT_CONFIG=$PWD/apt.conf
        apt-get -qq update
        apt-get -qq install proof >/dev/null
        dpkg --status proof
        apt-get -qq purge proof >/dev/null
        """#

    @Test(arguments: [
        ("uefi", "test -d /sys/firmware/efi"),
        ("uefi-secure-boot", "journalctl -k | grep -qi 'secure boot enabled'"),
    ])
    func `boots with OVMF, with Secure Boot too`(firmware: String, proof: String) async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let checks = """
              - http: {path: /, contains: Hello from Stonebake}
              - name: the firmware is what was asked for
                command: {run: "\(proof)"}
            """
        let image = ready.images.appendingPathComponent("wsgi-1.0.0.qcow2")
        let run = try ready.test(image, checks: checks, firmware: firmware, in: folder)
        #expect(run.status == 0, "\(run.output)")
    }
}
