import Foundation
import Testing

/// What puts an appliance's state on a disk of its own, and what answers while it is not ready: as root of a namespace of
/// their own, for they mount, and listen below 1024.
@Suite struct DataAndPageTests {
    private static let programs = "\(repository)/Sources/ApplianceSpec/FirstBoot/Programs"

    /// Runs a shell script in new user, mount and network namespaces.
    private func inNamespace(_ script: String, _ arguments: String...) async throws -> (Int32, String) {
        try await run(
            "unshare",
            ["--user", "--map-root-user", "--mount", "--net", "sh", "-ec", script, "sh", Self.programs] + arguments)
    }

    /// `data.py`, with its functions at hand.
    private func python(_ program: String, _ arguments: String...) async throws -> (Int32, String) {
        let start = "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[1]); import data\n"
        return try await run("python3", ["-c", start + program, Self.programs] + arguments)
    }

    @Test func `data come from the image once, and are those of the disk under every later image`() async throws {
        let workspace = try Workspace()
        try workspace.write("state/files/a", Data("image 1".utf8))
        let (status, output) = try await inNamespace(
            #"""
            data="python3 $1/data.py $2/disk $2/state $2/more"
            mkdir "$2/disk"
            mount -t tmpfs tmpfs "$2/disk"
            # What a run left that was cut off.
            mkdir -p "$2/disk$2/state.stonebake-new/half"
            $data
            cat "$2/state/files/a"; echo
            echo written >"$2/state/files/b"
            test -d "$2/more" -a -d "$2/disk$2/more"
            # Again, as after a restart of the service: nothing is mounted twice.
            $data
            grep -c " $2/state " /proc/self/mountinfo
            # The next version of the image has its own first state.
            umount "$2/state" "$2/more"
            echo image 2 >"$2/state/files/a"
            $data
            cat "$2/state/files/a" "$2/state/files/b"
            ls -A "$2/disk$2"
            """#, workspace.path)
        #expect(status == 0, "\(output)")
        #expect(output == "image 1\n1\nimage 1written\nmore\nstate\n")
        #expect(try String(contentsOfFile: "\(workspace.path)/state/files/a", encoding: .utf8) == "image 2\n")
    }

    @Test func `the disk knows the accounts of the image that wrote it`() async throws {
        let workspace = try Workspace()
        let (status, output) = try await inNamespace(
            #"""
            mkdir "$2/disk"; mount -t tmpfs tmpfs "$2/disk"
            python3 "$1/data.py" "$2/disk"
            python3 -c '
            import json, pwd, sys
            record = json.load(open(sys.argv[1]))
            print(record["users"]["root"], record["groups"]["root"], len(record["users"]) == len({e.pw_name for e in pwd.getpwall()}))
            ' "$2/disk/.stonebake/accounts.json"
            echo '{"users": ' >"$2/disk/.stonebake/accounts.json"
            python3 "$1/data.py" "$2/disk"
            grep -c '"root": 0' "$2/disk/.stonebake/accounts.json"
            """#, workspace.path)
        #expect(status == 0, "\(output)")
        #expect(output == "0 0 True\n2\n")
    }

    @Test func `files follow their owner's name when the number is another one`() async throws {
        let workspace = try Workspace(["disk/folder/file": "x", "disk/other": "y"])
        let (status, output) = try await python(
            #"""
            import os
            top = sys.argv[2] + "/disk"
            os.symlink("nowhere", top + "/link")
            os.symlink("folder", top + "/folder-link")
            os.chmod(top + "/folder/file", 0o4750)
            me, group, made = os.getuid(), os.getgid(), []
            os.lchown = lambda path, uid, gid: (made.append((path[len(top):], uid, gid)), os.chmod(path, 0o750) if path.endswith("file") else None)
            before = {"shop": me, "gone": 4001, "same": 4002}
            now = {"shop": 5001, "new": 4001, "same": 4002}
            moved = data.changes(before, now)
            assert moved == {me: 5001}, moved
            data.renumber(top, moved, {})
            assert sorted(made) == sorted([(p, 5001, group) for p in ["", "/folder", "/folder/file", "/other", "/link", "/folder-link"]]), made
            # A change of owner takes away what runs as somebody else: it is given again.
            assert os.stat(top + "/folder/file").st_mode & 0o7777 == 0o4750
            made.clear()
            data.renumber(top, {me + 1: 7}, {group + 1: 7})
            assert not made, made
            # Two that swap their numbers both get their own.
            assert data.changes({"a": 1, "b": 2}, {"a": 2, "b": 1}) == {1: 2, 2: 1}
            print("right")
            """#, workspace.path)
        #expect(status == 0 && output == "right\n", "\(output)")
    }

    @Test func `without its disk nothing is put anywhere`() async throws {
        let workspace = try Workspace(["state/file": "x", "disk/none": ""])
        let (status, output) = try await run(
            "python3", "\(Self.programs)/data.py", "\(workspace.path)/disk", "\(workspace.path)/state")
        #expect(status == 1)
        #expect(output == "the disk for data is not there: nothing is mounted at \(workspace.path)/disk\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(workspace.path)/disk") == ["none"])
    }

    @Test func `the page answers on every port, for every method, with what is missing`() async throws {
        let state = #"""
            {"name": "shop", "version": "1.0.0", "problems": [
              {"parameter": "site", "message": "it is missing: <Its name>"}, {"parameter": "", "message": "a & b"}]}
            """#
        let workspace = try Workspace(["state.json": state])
        let asking = #"""
            import http.client, socket, sys, time
            def ask(host, port, method):
                for _ in range(100):
                    try:
                        connection = http.client.HTTPConnection(host, port, timeout=10)
                        connection.request(method, "/any?path", body="x" if method in ("POST", "PUT") else None)
                        return connection.getresponse()
                    except ConnectionRefusedError:
                        time.sleep(0.1)
                raise SystemExit("nobody listens")
            for host, port, method in (("127.0.0.1", 80, "GET"), ("127.0.0.1", 8080, "POST"), ("::1", 80, "DELETE"), ("127.0.0.1", 80, "HEAD")):
                answer = ask(host, port, method)
                body = answer.read().decode()
                print(method, answer.status, answer.getheader("Retry-After"), answer.getheader("Cache-Control"), answer.getheader("Server").strip(), len(body) > 0)
                if method == "GET":
                    print(body)
            """#
        let (status, output) = try await inNamespace(
            #"""
            ip link set lo up
            mount -t tmpfs tmpfs /run
            mkdir /run/stonebake
            cp "$2/state.json" /run/stonebake/
            python3 "$1/page.py" 80 8080 2>/dev/null & page=$!
            python3 -c "$3"
            kill "$page"
            """#, workspace.path, asking)
        #expect(status == 0, "\(output)")
        for line in [
            "GET 503 30 no-store stonebake True", "POST 503 30 no-store stonebake True",
            "DELETE 503 30 no-store stonebake True", "HEAD 503 30 no-store stonebake False",
            "<title>shop 1.0.0 is not ready</title>", "<li><b>site</b>: it is missing: &lt;Its name&gt;</li>",
            "<li>a &amp; b</li>", "stonebake-firstboot NAME=VALUE",
        ] { #expect(output.contains(line), "\(line): \(output)") }
    }
}
