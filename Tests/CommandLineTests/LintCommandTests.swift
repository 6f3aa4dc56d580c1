import Foundation
import Testing

/// `stonebake lint` on images that are not ours, in each of its forms; and a build that lint stops.
@Suite(.serialized, .trimsStore) struct `The lint command` {
    /// A disk of other people's tools: MBR, ext4, a key in /srv, a token in a compose file.
    private static func disk(in folder: TemporaryFolder) throws {
        let script = """
            mkdir -p tree/etc tree/srv/app tree/opt/stack tree/boot
            echo ID=other >tree/etc/os-release
            echo 0123456789abcdef0123456789abcdef >tree/etc/machine-id
            openssl genpkey -algorithm ed25519 -out tree/srv/app/site.pem
            printf 'services:\\n  web:\\n    environment:\\n      KEY: AKIA%s\\n' Q4WZ7RT2YU9IOP3A >tree/opt/stack/compose.yaml
            truncate -s 64M theirs.raw
            echo 'start=2048, type=83, bootable' | sfdisk -q theirs.raw
            mke2fs -q -F -t ext4 -d tree -E offset=1048576 theirs.raw 60M
            qemu-img convert -O vpc -o subformat=fixed theirs.raw theirs.vhd
            qemu-img convert -O qcow2 theirs.raw theirs.qcow2
            tar -C tree -czf tree.tar.gz .
            """
        let made = try Tool.run(["sh", "-euc", script], in: folder.url)
        #expect(made.status == 0, "\(made.error)")
    }

    @Test func `says of a stranger's image what fails, why, who says so and what helps, and ends with 1`() throws {
        let folder = try TemporaryFolder()
        try Self.disk(in: folder)
        let text = try StonebakeProcess.run("lint", "theirs.vhd", "--target", "azure", in: folder.url)
        #expect(text.status == 1)
        // The container's mistakes do not hide those in it.
        for code in ["vhd-unaligned", "private-key", "aws-key", "machine-id", "no-kernel", "no-fstab"] {
            #expect(text.output.contains("[\(code)]"), "\(code): \(text.output)")
        }
        #expect(text.output.contains("/srv/app/site.pem holds a private key"))
        for word in ["hint: ", "note: why: ", "note: source: Microsoft Learn"] { #expect(text.output.contains(word)) }

        let json = try StonebakeProcess.run("lint", "theirs.qcow2", "--format", "json", in: folder.url)
        #expect(json.status == 1)
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any], "\(json.output)")
        let diagnostics = try #require(report["diagnostics"] as? [[String: Any]])
        let key = try #require(diagnostics.first { $0["code"] as? String == "aws-key" })
        #expect(key["severity"] as? String == "error")
        #expect((key["message"] as? String)?.contains("/opt/stack/compose.yaml holds an access key of AWS") == true)
        #expect((key["hint"] as? String)?.isEmpty == false)
        let notes = try #require(key["notes"] as? [[String: Any]]).compactMap { $0["message"] as? String }
        #expect(notes.contains { $0.hasPrefix("why: ") } && notes.contains { $0.hasPrefix("source: ") })

        let sarif = try StonebakeProcess.run("lint", "tree.tar.gz", "--format", "sarif", in: folder.url)
        #expect(sarif.status == 1)
        let log = try #require(try JSONSerialization.jsonObject(with: Data(sarif.output.utf8)) as? [String: Any])
        #expect(log["version"] as? String == "2.1.0")
        let results = try #require((log["runs"] as? [[String: Any]])?.first?["results"] as? [[String: Any]])
        let rules = Set(results.compactMap { $0["ruleId"] as? String })
        #expect(rules.isSuperset(of: ["private-key", "aws-key", "machine-id"]))
        // A tree boots nothing.
        #expect(!rules.contains("no-kernel"))
    }

    /// What an image names in an archive is no more opened than beside it; and what is no image is a finding too.
    @Test(arguments: [
        ("qemu-img create -q -f qcow2 -F raw -b \"$PWD/secret\" x.qcow2; gzip x.qcow2", "x.qcow2.gz", "external-file"),
        (
            "qemu-img create -q -f qcow2 -F raw -b \"$PWD/secret\" x.qcow2; tar -cf x.tar x.qcow2", "x.tar",
            "external-file"
        ),
        (
            "printf '# Disk DescriptorFile\\nversion=1\\nRW 2048 FLAT \"%s/secret\" 0\\n' \"$PWD\" >x.vmdk; tar -cf x.tar x.vmdk",
            "x.tar", "external-file"
        ),
        (
            "printf '# Disk DescriptorFile\\nversion=1\\nRW 2048 FLAT \"%s/secret\" 0\\n' \"$PWD\" >x.vmdk", "x.vmdk",
            "vmdk-external"
        ),
        ("truncate -s 10T x.raw", "x.raw", "not-an-image"),
        ("head -c 4096 /dev/urandom >x.raw", "x.raw", "not-an-image"),
        ("qemu-img create -q -f qcow2 x.qcow2 100T", "x.qcow2", "unreadable-image"),
        (
            "mkdir -p t/etc; echo ID=x >t/etc/os-release; : >t/y; tar -cf x.tar -C t . --transform 's,^./y,../../y,' -P",
            "x.tar",
            "unsafe-path"
        ),
    ])
    func `images that would harm whoever opens them are told of, each in JSON too, and nothing is left`(
        script: String, image: String, code: String
    ) throws {
        let folder = try TemporaryFolder()
        let secret =
            "mkdir -p tree/etc tree/root/.aws; echo ID=x >tree/etc/os-release; echo x >tree/root/.aws/credentials\n"
        let made = try Tool.run(
            ["sh", "-euc", secret + "mke2fs -q -F -t ext4 -d tree secret 8M\n" + script], in: folder.url)
        #expect(made.status == 0, "\(made.error)")
        let store = folder.url.appendingPathComponent("store")
        let run = try StonebakeProcess.run(
            "lint", image, "--format", "json", in: folder.url, environment: ["STONEBAKE_CACHE": store.path])
        #expect(run.status == 1, "\(run.error)")
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], "\(run.output)")
        let diagnostics = try #require(report["diagnostics"] as? [[String: Any]])
        let finding = try #require(diagnostics.first { $0["code"] as? String == code }, "\(run.output)")
        #expect((finding["hint"] as? String)?.isEmpty == false)
        #expect((finding["notes"] as? [[String: Any]])?.count == 2)
        // What the other file holds was not read.
        #expect(!run.output.contains("aws-credentials"))
        let runs =
            (try? FileManager.default.contentsOfDirectory(atPath: store.appendingPathComponent("runs").path)) ?? []
        #expect(runs.isEmpty)
    }

    @Test func `warnings alone end with 0, and with 1 where they are denied`() throws {
        let folder = try TemporaryFolder()
        let script = """
            mkdir -p tree/etc tree/var/log; echo ID=other >tree/etc/os-release; echo x >tree/var/log/syslog
            tar -C tree -cf tree.tar .
            """
        #expect(try Tool.run(["sh", "-euc", script], in: folder.url).status == 0)
        let run = try StonebakeProcess.run("lint", "tree.tar", in: folder.url)
        #expect(run.status == 0)
        #expect(run.output.contains("[leftover-logs]"))
        #expect(try StonebakeProcess.run("lint", "tree.tar", "--deny", "warnings", in: folder.url).status == 1)
    }

    @Test func `deploy-help prints the commands with the names of the files that are there`() throws {
        let folder = try TemporaryFolder()
        let made = try Tool.run(
            [
                "sh", "-euc",
                "mkdir out; qemu-img create -q -f qcow2 out/db-2.1-openstack.qcow2 3G; truncate -s 1M 'out/my disk.vhd'",
            ],
            in: folder.url)
        #expect(made.status == 0)
        let named = try StonebakeProcess.run("deploy-help", "out/db-2.1-openstack.qcow2", in: folder.url)
        #expect(named.status == 0)
        #expect(named.output.contains("openstack image create"))
        #expect(named.output.contains("--file out/db-2.1-openstack.qcow2"))
        #expect(named.output.contains("--min-disk 3"))
        let script = try StonebakeProcess.run(
            "deploy-help", "out/my disk.vhd", "--target", "azure", "--script", in: folder.url)
        #expect(script.output.hasPrefix("#!/bin/sh\n"))
        #expect(script.output.contains("--file 'out/my disk.vhd'"))
        let unknown = try StonebakeProcess.run("deploy-help", "out", in: folder.url)
        #expect(unknown.status != 0 && unknown.error.contains("--target"))
    }

    @Test func `a build fails on lint's errors, and on its warnings where they are denied, and leaves no image`()
        async throws
    {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let spec = try ready.changedCopy(in: folder)
        let file = spec.appendingPathComponent("appliance.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let script = """

            scripts:
              - name: what somebody forgets
                run: |
                  install -d -m 0700 /root/.ssh
                  echo ssh-ed25519 AAAA somebody >/root/.ssh/authorized_keys

            """
        try Data((text + script).utf8).write(to: file)
        let images = folder.url.appendingPathComponent("Images")
        let denied = try ready.build(spec, into: images, "--deny", "warnings")
        #expect(denied.status == 1)
        #expect(denied.error.contains("[authorized-keys]"), "\(denied.error)")
        #expect(Self.files(below: images).isEmpty)
        let told = try ready.build(spec, into: images)
        #expect(told.status == 0, "\(told.error)")
        #expect(told.error.contains("[authorized-keys]"))

        try Data((text + script + "      openssl genpkey -algorithm ed25519 -out /srv/site.pem\n").utf8).write(to: file)
        let failed = try ready.build(spec, into: folder.url.appendingPathComponent("Other"))
        #expect(failed.status == 1)
        #expect(failed.error.contains("/srv/site.pem holds a private key [private-key]"), "\(failed.error)")
        #expect(Self.files(below: folder.url.appendingPathComponent("Other")).isEmpty)
    }

    private static func files(below folder: URL) -> [String] {
        (try? FileManager.default.subpathsOfDirectory(atPath: folder.path))?.filter {
            $0.contains(".") && !$0.hasSuffix("1.0.0")
        }
            ?? []
    }
}
