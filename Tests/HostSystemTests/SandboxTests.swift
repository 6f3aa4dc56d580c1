import CLinux
import FoundationEssentials
import Glibc
import Testing

@testable import FileTrees
@testable import HostSystem
@testable import SandboxInside

/// A root made of the host's /usr: enough to run a shell in.
final class SandboxFixture: Sendable {
    let folder: String
    let sandbox: Sandbox

    init() throws {
        folder = try Files.newFolder(in: "/tmp", named: "stonebake-sandbox")
        for name in ["root", "upper", "root/usr", "root/etc", "root/var"] {
            try #require(mkdir("\(folder)/\(name)", 0o755) == 0)
        }
        for name in ["bin", "sbin", "lib", "lib64"] { symlink("usr/\(name)", "\(folder)/root/\(name)") }
        sandbox = Sandbox(host: try Host(testing: "\(folder)/cache"))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func shell(_ script: String, upper: Bool = true, _ change: (inout SandboxJob) -> Void = { _ in }) -> SandboxJob {
        let command = Command("/bin/sh", ["-c", script]).with { $0.output = .capture(limit: 1 << 20) }
        return SandboxJob(layers: ["\(folder)/root"], upper: upper ? "\(folder)/upper" : nil, command: command).with {
            $0.binds = [.init("/usr", at: "/usr")]
            change(&$0)
        }
    }
}

@Suite struct SandboxTests {
    @Test func `a command sees its own root, processes, host name, devices and environment, and nothing of the host's`()
        async throws
    {
        let fixture = try SandboxFixture()
        setenv("STONEBAKE_TEST_SECRET", "leaked", 1)
        let result = try await fixture.sandbox.check(
            fixture.shell(
                """
                echo "pid1 $(tr '\\0' ' ' </proc/1/cmdline | grep -c 'stonebake-worker')"
                echo "host $(cat /proc/sys/kernel/hostname)"
                echo "dev $(ls /dev | tr '\\n' ' ')"
                echo "root $(ls / | tr '\\n' ' ')"
                echo "secret ${STONEBAKE_TEST_SECRET-none} $SOURCE_DATE_EPOCH $HOME $TZ $LC_ALL $DEBIAN_FRONTEND"
                echo "id $(id -u):$(id -g) umask $(umask)"
                echo "sys $(ls /sys | wc -l) run $(ls /run)"
                echo data >/dev/null && head -c 4 /dev/zero | wc -c
                """
            ) { $0.timestamp = 1_700_000_000 },
            purpose: "look around")
        #expect(
            result.text == """
                pid1 1
                host localhost
                dev fd full null ptmx pts random shm stderr stdin stdout tty urandom zero 
                root bin dev etc lib lib64 proc run sbin sys tmp usr var 
                secret none 1700000000 /root UTC C.UTF-8 noninteractive
                id 0:0 umask 0022
                sys 0 run lock
                4

                """)
    }

    @Test func `what it writes is in the upper folder, and the layer below stays as it was`() async throws {
        let fixture = try SandboxFixture()
        try await fixture.sandbox.check(
            fixture.shell("echo new >/etc/file; rmdir /var; touch /run/gone /tmp/gone"), purpose: "write")
        #expect(try String(contentsOfFile: "\(fixture.folder)/upper/etc/file", encoding: .utf8) == "new\n")
        #expect(access("\(fixture.folder)/root/var", F_OK) == 0)
        #expect(access("\(fixture.folder)/root/etc/file", F_OK) != 0)
        #expect(access("\(fixture.folder)/upper/run/gone", F_OK) != 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: fixture.folder).sorted()
        #expect(left == ["cache", "root", "upper"])
    }

    @Test func `the next job sees what the last one left, deletions too`() async throws {
        let fixture = try SandboxFixture()
        try await fixture.sandbox.check(fixture.shell("rmdir /var && mkdir /etc/made"), purpose: "first")
        let layered = fixture.shell("ls -d /var /etc/made; touch /etc/x 2>&1", upper: false) {
            $0.layers.append("\(fixture.folder)/upper")
        }
        let result = try await fixture.sandbox.run(layered)
        #expect(result.text.contains("/etc/made\n"))
        #expect(!result.text.contains("/var\n"))
        #expect(result.text.contains("Read-only file system"))
    }

    @Test func `a command that needs no root has none, and nothing is mounted for it`() async throws {
        let fixture = try SandboxFixture()
        let script = """
            echo "root ${STONEBAKE_ROOT-none} $(id -u) $(cat /proc/sys/kernel/hostname)"
            grep -c \(fixture.folder) /proc/self/mounts; cat \(fixture.folder)/root/file
            """
        try Files.write("seen\n", to: "\(fixture.folder)/root/file")
        let job = fixture.shell(script, upper: false) {
            $0.layers = []
            $0.binds = []
            $0.chroot = false
        }
        #expect(try await fixture.sandbox.run(job).text == "root none 0 localhost\n0\nseen\n")
        // One that is to be in a root cannot do without.
        await #expect(throws: HostError.self) { try await fixture.sandbox.run(job.with { $0.chroot = true }) }
    }

    @Test func `without the network there is a loopback and nothing else`() async throws {
        let fixture = try SandboxFixture()
        let result = try await fixture.sandbox.check(
            fixture.shell("cut -d: -f1 -s /proc/net/dev | tr -d ' '; cat /proc/net/route | tail -n +2"), purpose: "list"
        )
        #expect(result.text == "lo\n")
    }

    @Test func `with the network the host's interfaces and resolver are there`() async throws {
        let fixture = try SandboxFixture()
        let result = try await fixture.sandbox.check(
            fixture.shell("cat /proc/net/dev; test -s /etc/resolv.conf") { $0.network = true }, purpose: "list")
        #expect(
            result.text == (try String(contentsOfFile: "/proc/net/dev", encoding: .utf8)) || result.text.contains("lo:")
        )
    }

    @Test func `input, output, exit status and signals pass through`() async throws {
        let fixture = try SandboxFixture()
        let text = String(repeating: "a line of input\n", count: 40_000)
        let echoed = try await fixture.sandbox.run(fixture.shell("cat") { $0.command.input = .text(text) })
        #expect(echoed.text == text)
        #expect(try await fixture.sandbox.run(fixture.shell("exit 7")).status == .exited(7))
        #expect(try await fixture.sandbox.run(fixture.shell("kill -9 $$")).status == .exited(137))
    }

    @Test func `a command that fails is told with its last lines`() async throws {
        let fixture = try SandboxFixture()
        let error = await #expect(throws: HostError.self) {
            try await fixture.sandbox.check(
                fixture.shell("echo before; echo the reason >&2; exit 3") { $0.command.output = .log },
                purpose: "configure the packages")
        }
        #expect(error?.message == "configure the packages: '/bin/sh' ended with status 3")
        #expect(error?.notes.prefix(2) == ["before", "the reason"])
    }

    @Test func `a link in the tree cannot lead a mount out of the root`() async throws {
        let fixture = try SandboxFixture()
        let outside = "\(fixture.folder)/outside"
        symlink(outside, "\(fixture.folder)/root/dev")
        symlink(outside, "\(fixture.folder)/root/opt")
        _ = try? await fixture.sandbox.run(
            fixture.shell("true") { $0.binds.append(.init("/etc/passwd", at: "/opt/passwd")) })
        #expect(access(outside, F_OK) != 0)
    }

    @Test func `processes that the command leaves behind end with it`() async throws {
        let fixture = try SandboxFixture()
        let mark = "86400.\(getpid())1"
        try await fixture.sandbox.check(fixture.shell("sleep \(mark) & exit 0"), purpose: "leave a process")
        #expect(processes(running: mark) == 0)
    }

    @Test func `cancelling ends everything inside within a second`() async throws {
        let fixture = try SandboxFixture()
        let mark = "86400.\(getpid())2"
        let (sandbox, job) = (fixture.sandbox, fixture.shell("trap '' TERM; sleep \(mark); sleep \(mark)"))
        let task = Task { try await sandbox.run(job) }
        try await waitUntil { processes(running: mark) > 0 }
        let start = ContinuousClock.now
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(ContinuousClock.now - start < .seconds(2))
        #expect(processes(running: mark) == 0)
    }

    @Test func `when its lifeline breaks, as when Stonebake is killed, everything inside ends`() async throws {
        // A shell stands for Stonebake: it holds the other end of the socket and is killed with SIGKILL.
        let fixture = try SandboxFixture()
        let mark = "86400.\(getpid())3"
        let job = try SandboxFixture.frame(fixture, script: "trap '' TERM HUP; sleep \(mark) & sleep \(mark)")
        let order = "\(fixture.folder)/order"
        try job.write(to: URL(filePath: order))
        let words =
            ["unshare"] + Sandbox.arguments(privateNetwork: true)
            + [fixture.sandbox.worker] + WorkerCommand.words(["sandbox"])
        // `sleep` after `cat` keeps the pipe's writing end open until it is killed together with the shell.
        let script = "(cat \(order); exec sleep 600) | " + words.map(Command.quoted).joined(separator: " ")
        let runner = CommandRunner(progress: .silent)
        let parent = Task {
            try await runner.run(Command("/bin/sh", ["-c", "echo $$ >\(order).pid; \(script)"]))
        }
        try await waitUntil { processes(running: mark) == 2 }
        #expect(try mounts(naming: fixture.folder) == 0)
        let group = try #require(Int32(try String(contentsOfFile: "\(order).pid", encoding: .utf8).dropLast()))
        // Only the writer is killed, so that nothing but the lifeline can tell the sandbox.
        let writer = try #require(children(of: group).first { name(of: $0).contains("sleep") })
        kill(writer, SIGKILL)
        let start = ContinuousClock.now
        try await waitUntil { processes(running: mark) == 0 }
        #expect(ContinuousClock.now - start < .seconds(1))
        _ = try? await parent.value
    }

    @Test func `a worker that is missing, or of another build, is told as such`() async throws {
        let fixture = try SandboxFixture()
        let stale = "\(fixture.folder)/\(WorkerCommand.program)"
        let host = try Host(testing: "\(fixture.folder)/cache") { $0.executable = "\(fixture.folder)/stonebake" }
        let missing = await #expect(throws: HostError.self) { try await Sandbox(host: host).run(fixture.shell("true")) }
        #expect(missing?.message == "'\(stale)' is missing")
        let worker = fixture.sandbox.worker
        try Files.write("#!/bin/sh\nshift; exec \(Command.quoted(worker)) 0.0.0-0 \"$@\"\n", to: stale, mode: 0o755)
        let refused = await #expect(throws: HostError.self) { try await Sandbox(host: host).run(fixture.shell("true")) }
        #expect(refused?.message == "'stonebake-worker' is of another build than 'stonebake'")
        try await host.close()
    }

    @Test(arguments: [
        ("a:1000:65536\n", true), ("1000:100000:65536\n", false), ("h3:100000:65536\n", true),
        ("77:100000:70000", true),
        ("h3:100000:1000\n", false), ("", false), ("h33:100000:65536\n", false),
    ])
    func `a user needs a range of 65536 subordinate ids`(text: String, expected: Bool) {
        #expect(SandboxRequirements.hasRange(text: text, user: text.hasPrefix("a") ? "a" : "h3", uid: 77) == expected)
    }
}

extension SandboxFixture {
    /// The order for a shell script, as the first process of a sandbox reads it.
    static func frame(_ fixture: SandboxFixture, script: String) throws -> Data {
        let mountPoint = "\(fixture.folder)/mount"
        mkdir(mountPoint, 0o755)
        var order = SandboxOrder(
            layers: [], upper: "\(fixture.folder)/root", mountPoint: mountPoint, executable: "/bin/sh",
            arguments: ["-c", script])
        order.binds = [.init("/usr", at: "/usr")]
        let bytes = Array(try JSONEncoder().encode(order))
        return Data((0..<8).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) } + bytes)
    }
}

/// How many processes of this machine have the mark among their arguments, as `sleep MARK`.
private func processes(running mark: String) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.filter { name in
        guard let pid = Int32(name) else { return false }
        return arguments(of: pid) == ["sleep", mark]
    }.count
}

private func arguments(of process: Int32) -> [String] {
    let data = (try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline"))) ?? Data()
    return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}

private func name(of process: Int32) -> String { arguments(of: process).first ?? "" }

private func children(of process: Int32) -> [Int32] {
    let path = "/proc/\(process)/task/\(process)/children"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return text.split(separator: " ").compactMap { Int32($0) }
}

private func mounts(naming text: String) throws -> Int {
    try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n").filter {
        $0.contains(text)
    }.count
}

/// Waits at most 20 s.
private func waitUntil(_ condition: () throws -> Bool) async throws {
    for _ in 0..<1000 {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("the condition did not come about")
}
