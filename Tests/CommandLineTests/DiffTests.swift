import Foundation
import Testing

/// `stonebake diff`, as users call it.
@Suite(.trimsStore) struct `stonebake diff` {
    private func diff(_ arguments: String..., in folder: TemporaryFolder) throws -> StonebakeProcess.Outcome {
        let store = folder.url.appendingPathComponent("store").path
        let process = try StonebakeProcess(
            ["diff"] + arguments, in: folder.url, environment: ["STONEBAKE_CACHE": store])
        try process.process.run()
        return try process.wait()
    }

    /// Two small disks of somebody else's making: ext4 in a GPT, with packages in it.
    private func makeDisks(in folder: TemporaryFolder) throws {
        let script = """
            set -eu
            mkdir -p tree/etc tree/var/lib/dpkg
            echo one >tree/etc/motd
            echo same >tree/etc/same
            printf 'Package: nginx\\nStatus: install ok installed\\nArchitecture: all\\nVersion: 1.26\\n' \
                >tree/var/lib/dpkg/status
            make() {
                truncate -s 64M "$1"
                sgdisk --disk-guid="$2" --new=1:2048:122879 --change-name=1:root \
                    --partition-guid=1:aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee "$1" >/dev/null
                mke2fs -q -F -t ext4 -b 4096 -L root -U 22222222-2222-4333-8444-555555555555 \
                    -E hash_seed=22222222-2222-4333-8444-555555555555,offset=1048576 -d tree "$1" 14000
            }
            make a.raw 11111111-2222-4333-8444-555555555555
            qemu-img convert -O qcow2 -c a.raw a.qcow2
            qemu-img convert -O vmdk a.raw a.vmdk
            echo two >tree/etc/motd
            touch tree/etc/new
            chmod 600 tree/etc/new
            printf 'Package: nginx\\nStatus: install ok installed\\nArchitecture: all\\nVersion: 1.28\\n' \
                >tree/var/lib/dpkg/status
            make b.raw 11111111-2222-4333-8444-666666666666
            """
        let made = try Tool.run("sh", "-c", script, in: folder.url)
        #expect(made.status == 0, "\(made.error)")
    }

    @Test func `says that two formats of one disk are the same, with status 0`() throws {
        let folder = try TemporaryFolder()
        try makeDisks(in: folder)
        for other in ["a.raw", "a.qcow2", "a.vmdk"] {
            let run = try diff("a.raw", other, in: folder)
            #expect(run.status == 0, "\(run.error)")
            #expect(run.output.hasPrefix("The disks are the same, byte for byte.\n"))
        }
    }

    @Test func `shows table, filesystem, packages and files that differ, with status 1`() throws {
        let folder = try TemporaryFolder()
        try makeDisks(in: folder)
        let run = try diff("a.qcow2", "b.raw", in: folder)
        #expect(run.status == 1, "\(run.error)")
        for line in [
            "The images differ: ",
            "  disk id: 11111111-2222-4333-8444-555555555555 → 11111111-2222-4333-8444-666666666666",
            "  ~ nginx:all 1.26 → 1.28", "  ~ /etc/motd  (content from byte 0", "  + /etc/new  (0 B)",
        ] { #expect(run.output.contains(line), "\(line)\n\(run.output)") }
        #expect(!run.output.contains("/etc/same  (content"))
    }

    /// squashfs has no native reader.
    @Test func `reads other filesystems through libguestfs, in one launch for both disks`() throws {
        let folder = try TemporaryFolder()
        let script = """
            set -eu
            mkdir -p tree/etc
            echo one >tree/etc/motd
            ln tree/etc/motd tree/etc/issue
            ln -s motd tree/etc/link
            echo same >tree/etc/same
            mksquashfs tree a.img -quiet -no-progress
            echo two >tree/etc/motd
            chmod 600 tree/etc/same
            mksquashfs tree b.img -quiet -no-progress
            """
        let made = try Tool.run("sh", "-c", script, in: folder.url)
        #expect(made.status == 0, "\(made.error)")
        let run = try diff("a.img", "b.img", in: folder)
        #expect(run.status == 1, "\(run.error)")
        for line in [
            "~ /etc/motd  (content from byte 0", "~ /etc/issue  (content from byte 0", "~ /etc/same  (mode 0644 → 0600",
        ] {
            #expect(run.output.contains(line), "\(run.output)")
        }
        #expect(!run.output.contains("/etc/link"))
        #expect(run.error.components(separatedBy: "✓ read 2 filesystems through libguestfs").count == 2)
    }

    @Test func `writes JSON for scripts`() throws {
        let folder = try TemporaryFolder()
        try makeDisks(in: folder)
        let run = try diff("a.raw", "b.raw", "--format", "json", in: folder)
        #expect(run.status == 1)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        #expect(json["kind"] as? String == "images" && json["same"] as? Bool == false)
        let files = try #require(json["files"] as? [[String: Any]])
        let new = try #require(files.first { $0["path"] as? String == "/etc/new" })
        #expect(new["change"] as? String == "added" && new["sizeB"] as? Int == 0)
        let motd = try #require(files.first { $0["path"] as? String == "/etc/motd" })
        #expect(motd["contentOffset"] as? Int == 0)
    }

    @Test func `compares the locks of two builds, versions and sizes`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let lock = ready.spec.appendingPathComponent("appliance.lock")
        let text = try String(contentsOf: lock, encoding: .utf8)
        var json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        var packages = try #require(json["packages"] as? [[String: Any]])
        let index = try #require(packages.firstIndex { $0["name"] as? String == "nginx-light" })
        let version = try #require(packages[index]["version"] as? String)
        packages[index]["version"] = "99"
        let removed = try #require(packages.first { $0["name"] as? String == "dbus" })
        packages.removeAll { $0["name"] as? String == "dbus" }
        json["packages"] = packages
        try JSONSerialization.data(withJSONObject: json).write(to: folder.url.appendingPathComponent("b.lock"))
        #expect(try diff(lock.path, ready.spec.path, in: folder).status == 0)
        let run = try diff(lock.path, "b.lock", in: folder)
        #expect(run.status == 1, "\(run.error)")
        #expect(run.output.contains("~ nginx-light:all \(version) → 99"))
        #expect(run.output.contains("- dbus:amd64 \(removed["version"] as? String ?? "")"))
        let data = try diff(lock.path, "b.lock", "--format", "json", in: folder)
        let found = try #require(try JSONSerialization.jsonObject(with: Data(data.output.utf8)) as? [String: Any])
        #expect((found["packages"] as? [[String: Any]])?.count == 2)
    }

    @Test func `takes the folder of a build for its image`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let image = ready.images.appendingPathComponent("wsgi-1.0.0.qcow2").path
        let run = try diff(ready.images.path, image, in: folder)
        #expect(run.status == 0, "\(run.error)")
        #expect(run.output.contains("wsgi-1.0.0.raw (raw, "))
    }

    @Test(arguments: [
        (["a.raw", "nothing"], "there is no 'nothing'"),
        (["a.raw", "text"], "'text' is no disk image: it has neither a partition table nor a filesystem"),
        (["a.raw", "empty"], "'empty' is empty: it is no disk image"),
        (["a.raw", "folder"], "'folder' holds neither an image nor a lock"),
        (["a.raw", "other.json"], "the lock lacks 'format' here"),
    ])
    func `tells what cannot be compared, with status 2`(arguments: [String], message: String) throws {
        let folder = try TemporaryFolder()
        try makeDisks(in: folder)
        _ = try folder.write("no disk at all\n", to: "text")
        _ = try folder.write("", to: "empty")
        _ = try folder.write("", to: "folder/nothing")
        _ = try folder.write("{}\n", to: "other.json")
        let run = try diff(arguments[0], arguments[1], in: folder)
        #expect(run.status == 2)
        #expect(run.error.contains(message), "\(run.error)")
        #expect(run.output.isEmpty)
    }

    @Test func `refuses an image and a lock`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        try makeDisks(in: folder)
        let run = try diff("a.raw", ready.spec.path, in: folder)
        #expect(run.status == 2)
        #expect(run.error.contains("is an image and"), "\(run.error)")
    }
}
