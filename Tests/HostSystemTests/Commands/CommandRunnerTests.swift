import Foundation
import Synchronization
import Testing

@testable import FileTrees
@testable import HostSystem

@Suite struct CommandRunnerTests {
    let log = EventLog()
    var runner: CommandRunner { CommandRunner(progress: log.sink) }

    func shell(_ script: String, _ change: (inout Command) -> Void = { _ in }) -> Command {
        Command("sh", ["-c", script]).with(change)
    }

    @Test func `standard output is captured, standard error goes to the log`() async throws {
        let result = try await runner.run(shell("echo out; echo err >&2; exit 3") { $0.output = .capture(limit: 100) })
        #expect(result.status == .exited(3))
        #expect(result.text == "out\n")
        #expect(result.tail == ["err"])
        #expect(log.lines == ["$ sh -c 'echo out; echo err >&2; exit 3'", "err"])
    }

    @Test func `a signal is told apart from a status`() async throws {
        #expect(try await runner.run(shell("kill -USR1 $$")).status == .signalled(SIGUSR1))
    }

    @Test func `a failure shows the command, its last lines and how to run it again`() async throws {
        let error = await #expect(throws: HostError.self) {
            try await runner.check(
                shell("for i in $(seq 30); do echo line $i; done; exit 2") { $0.environment = ["A": "b c"] },
                purpose: "count")
        }
        #expect(error?.message == "count: 'sh' ended with status 2")
        #expect(error?.notes.first == "line 11")
        #expect(error?.notes.dropLast().last == "line 30")
        #expect(
            error?.notes.last
                == "to run it again: A='b c' sh -c 'for i in $(seq 30); do echo line $i; done; exit 2'")
    }

    @Test func `a program that is not there, or is none, is named`() async throws {
        let missing = await #expect(throws: HostError.self) { try await runner.run(Command("no-such-program", [])) }
        #expect(missing?.code == .toolMissing)
        #expect(missing?.message == "'no-such-program' is not installed")
        // Where a folder in PATH may not be searched, too (root may search all).
        let closed = try TemporaryFolder()
        chmod(closed.path, 0)
        let hidden = Command("no-such-program", []).with { $0.environment = ["PATH": "\(closed.path):/usr/bin"] }
        let unfound = await #expect(throws: HostError.self) { try await runner.run(hidden) }
        #expect(unfound?.code == .toolMissing)
        let folder = await #expect(throws: HostError.self) { try await runner.run(Command("/etc/passwd", [])) }
        #expect(folder?.message.contains("cannot run '/etc/passwd'") == true, "\(folder?.message ?? "")")
        // A program that itself ends with 127 was found.
        #expect(try await runner.run(shell("exit 127")).status == .exited(127))
    }

    @Test func `input comes from a text, a file, a descriptor or a closure`() async throws {
        let folder = try TemporaryFolder()
        let text = String(repeating: "0123456789\n", count: 100_000)
        try Files.write(text, to: "\(folder.path)/input")
        let descriptor = open("\(folder.path)/input", O_RDONLY)
        defer { close(descriptor) }
        let inputs: [Command.Input] = [
            .text(text), .file("\(folder.path)/input"), .descriptor(descriptor),
            .stream { input in
                for _ in 0..<100 { try input.write(Array(repeating: UInt8(ascii: "x"), count: 11_000)) }
            },
        ]
        for input in inputs {
            let result = try await runner.run(
                Command("wc", ["-c"]).with {
                    $0.input = input
                    $0.output = .capture(limit: 100)
                })
            #expect(result.text == "1100000\n")
        }
        let nothing = try await runner.run(Command("wc", ["-c"]).with { $0.output = .capture(limit: 100) })
        #expect(nothing.text == "0\n")
    }

    @Test func `a command may stop reading early; a writer that fails ends the command`() async throws {
        let early = try await runner.run(
            shell("head -c 5; exit 4") {
                $0.input = .stream { input in
                    while true { try input.write([UInt8](repeating: 65, count: 10_000)) }
                }
                $0.output = .capture(limit: 10)
            })
        #expect(early.text == "AAAAA")
        #expect(early.status == .exited(4))
        let command = shell("cat >/dev/null; sleep 600") {
            $0.input = .stream { _ in throw HostError(.archive, "no more") }
        }
        let error = await #expect(throws: HostError.self) { try await runner.run(command) }
        #expect(error?.message == "no more")
    }

    @Test func `large output, bytes that are no UTF-8 and a line without end are all taken`() async throws {
        let large = try await runner.run(
            shell("head -c 20000000 /dev/zero") { $0.output = .capture(limit: 20_000_000) })
        #expect(large.output.count == 20_000_000)

        let invalid = try await runner.run(shell(#"printf 'a\377b\nc\r\n\nlast'"#))
        #expect(invalid.tail == ["a\u{FFFD}b", "c", "", "last"])

        let endless = try await runner.run(shell("head -c 10000000 /dev/zero | tr '\\0' x"))
        #expect(endless.tail.count == 20)
        #expect(
            log.lines.dropFirst().reduce(0) { $0 + $1.utf8.filter { $0 == UInt8(ascii: "x") }.count } > 10_000_000 - 1)
        #expect(log.lines.allSatisfy { $0.utf8.count <= LineSplitter.limit })
    }

    @Test func `more output than is expected is an error`() async throws {
        let error = await #expect(throws: HostError.self) {
            try await runner.run(shell("head -c 1001 /dev/zero") { $0.output = .capture(limit: 1000) })
        }
        #expect(error?.message == "'sh' printed more than was expected")
    }

    @Test func `output goes to a file, or line by line to who wants it`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/out"
        _ = try await runner.run(shell("echo one; echo two >&2") { $0.output = .file(path) })
        #expect(try Files.readText(path) == "one\n")
        let error = await #expect(throws: HostError.self) {
            try await runner.run(shell("echo") { $0.output = .file("\(folder.path)/none/out") })
        }
        #expect(error?.message.hasPrefix("cannot write '\(folder.path)/none/out'") == true)

        let lines = Mutex<[String]>([])
        let result = try await runner.run(
            shell("echo one; echo err >&2; printf two") {
                $0.output = .lines { line in lines.withLock { $0.append(line) } }
            })
        #expect(lines.withLock { $0 } == ["one", "two"])
        #expect(result.tail == ["err"])
    }

    @Test func `the environment is changed as said, and the locale is fixed`() async throws {
        setenv("STONEBAKE_TEST_GONE", "1", 1)
        let result = try await runner.run(
            shell("echo $A-${STONEBAKE_TEST_GONE-none}-$LC_ALL; pwd") {
                $0.environment = ["A": "x", "STONEBAKE_TEST_GONE": nil]
                $0.workingDirectory = "/usr"
                $0.output = .capture(limit: 100)
            })
        #expect(result.text == "x-none-C.UTF-8\n/usr\n")
        let error = await #expect(throws: HostError.self) {
            try await runner.run(shell("true") { $0.workingDirectory = "/nonexistent" })
        }
        #expect(error?.message == "cannot run 'sh' in '/nonexistent'")
    }

    @Test func `no open file is inherited, though it is not marked to be closed`() async throws {
        let descriptor = open("/etc/passwd", O_RDONLY)
        defer { close(descriptor) }
        let result = try await runner.run(
            Command("ls", ["-l", "/proc/self/fd"]).with { $0.output = .capture(limit: 10_000) })
        #expect(!result.text.contains("/etc/passwd"))
        #expect(result.text.split(separator: "\n").count <= 5, "\(result.text)")
    }

    @Test(.timeLimit(.minutes(2))) func `a time-out ends the command`() async throws {
        let error = await #expect(throws: HostError.self) {
            try await runner.run(shell("sleep 600") { $0.timeout = .milliseconds(200) })
        }
        #expect(error?.message.contains("did not end within 0.2 seconds") == true)
    }
}

/// What is left of a command and its children when it is no longer wanted: nothing.
@Suite struct CommandEndTests {
    let runner = CommandRunner(progress: .silent)

    /// A script whose processes can be found by their working folder.
    private func processes(in folder: String) throws -> [String] {
        try Files.names(in: "/proc").filter { $0.allSatisfy(\.isNumber) }.filter { pid in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) == folder
        }
    }

    @Test(arguments: [
        "sleep 600", "sleep 600 & sleep 600 & wait", "trap '' TERM; while :; do sleep 0.05; done",
        // The first process obeys, the one that it started does not.
        "(trap '' TERM; while :; do sleep 0.05; done) & sleep 600",
    ])
    func `cancelling ends a command with all that it started`(script: String) async throws {
        let folder = try TemporaryFolder()
        let path = URL(filePath: folder.path).resolvingSymlinksInPath().path
        let command = Command("sh", ["-c", script]).with { $0.workingDirectory = path }
        let task = Task { try await runner.run(command) }
        #expect(try await eventually { try !processes(in: path).isEmpty })
        let clock = ContinuousClock()
        let start = clock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        #expect(clock.now - start < .seconds(60))
        #expect(try await eventually { try processes(in: path).isEmpty })
    }

    @Test func `what a command leaves in its process group ends with it`() async throws {
        let folder = try TemporaryFolder()
        let path = URL(filePath: folder.path).resolvingSymlinksInPath().path
        let command = Command("sh", ["-c", "sleep 600 >/dev/null 2>&1 & true"]).with { $0.workingDirectory = path }
        #expect(try await runner.run(command).succeeded)
        #expect(try await eventually { try processes(in: path).isEmpty })
    }

    @Test func `a command dies with the process that runs it, SIGKILL included`() async throws {
        let worker = try Worker("run", "sh", "-c", "echo $$; exec sleep 600")
        let pid = try #require(worker.line().flatMap { Int32($0) })
        #expect(Foundation.kill(pid, 0) == 0)
        worker.kill(SIGKILL)
        #expect(try await eventually { Foundation.kill(pid, 0) != 0 })
    }
}

@Suite struct CommandTests {
    @Test func `a command is shown as one would type it`() {
        let command = Command("mke2fs", ["-L", "my disk", "it's", "", "a=b"]).with {
            $0.environment = ["B": "2", "A": "1 2", "TZ": nil]
            $0.workingDirectory = "/srv/a b"
        }
        #expect(
            command.shellLine == #"cd '/srv/a b' && env -u TZ A='1 2' B=2 mke2fs -L 'my disk' 'it'\''s' '' a=b"#)
    }
}
