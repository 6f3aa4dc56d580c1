import ApplianceSpec
import FoundationEssentials
import Glibc
import Synchronization
import Testing

@testable import BootCheck
@testable import FileTrees
@testable import HostSystem

/// `run` at a terminal of its own, and what is left when Stonebake is killed.
@Suite(.serialized) struct RunTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `a person logs in at the console, sees the ports, and leaves with Ctrl-a x`() async throws {
        let host = try Host(testing: folder.path + "/store")
        let guest = try await TestGuest.shared.value
        let terminal = try PseudoTerminal()
        let before = terminal.settings
        var request = RunRequest(
            image: "test guest", name: "test", memory: .mebibytes(512), ports: [.init(guest: 80)],
            consoleLog: folder.path + "/console.log")
        request.kernel = guest.settings(mode: "serve", more: "test.shell=yes")
        let announced = Mutex<RunningGuest?>(nil)
        let console = ConsoleTerminal(input: terminal.far, output: terminal.far)
        #expect(console.isInteractive)
        let run = Task { [request] in
            try await BootChecker(host: host).run(request, terminal: console) { guest in
                announced.withLock { $0 = guest }
            }
        }
        #expect(try await terminal.shows("Ctrl-a x ends the machine", seconds: 60))
        #expect(terminal.settings != before)
        #expect(try await terminal.shows("testguest login: ", seconds: 240))
        terminal.type("echo $((6 * 7))-\(getpid())\r")
        #expect(try await terminal.shows("42-\(getpid())", seconds: 60))

        let running = try #require(announced.withLock { $0 })
        #expect(running.ports.keys.sorted() == [22, 80])
        #expect(running.text.contains("ssh -i "))
        let page = try await HTTPClient(environment: [:]).send(
            HTTPRequest("http://127.0.0.1:\(running.ports[80] ?? 0)/"))
        #expect(page.text.contains("Hello"))

        terminal.type("\u{1}x")
        try await run.value
        #expect(terminal.settings == before)
        #expect(try qemus().isEmpty)
        #expect(try Files.readText(folder.path + "/console.log").contains("testguest login: "))
        try await host.close()
    }

    @Test func `QEMU dies with a Stonebake that is killed, and the next run sweeps its files`() async throws {
        // A boot sector that loops: `jmp .`
        let image = folder.path + "/loop.raw"
        var sector: [UInt8] = [0xeb, 0xfe] + [UInt8](repeating: 0, count: 508) + [0x55, 0xaa]
        sector += [UInt8](repeating: 0, count: (1 << 20) - 512)
        try Files.write(sector, to: image)
        let store = folder.path + "/store"
        let executable = try Host(testing: store).executable
        var process = pid_t()
        let words = ["env", "STONEBAKE_CACHE=\(store)", executable, "test", image, "--quiet"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for word in arguments { free(word) } }
        try #require(posix_spawnp(&process, "env", nil, nil, &arguments, environ) == 0)
        var waited = 0
        while try qemus().isEmpty, waited < 600 {
            try await Task.sleep(for: .milliseconds(100))
            waited += 1
        }
        #expect(try qemus().count == 1)
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        waited = 0
        while try !qemus().isEmpty, waited < 50 {
            try await Task.sleep(for: .milliseconds(100))
            waited += 1
        }
        #expect(try qemus().isEmpty)
        let host = try Host(testing: store)
        try await host.sweepDeadRuns()
        // This host's own run goes with it.
        try await host.close()
        #expect(try Files.names(in: store + "/runs").isEmpty)
    }

    @Test func `an overlay names its image and is as large as was asked`() async throws {
        let image = folder.path + "/image.raw"
        try Files.write([UInt8](repeating: 0, count: 1 << 20), to: image)
        let runner = CommandRunner(progress: .silent)
        let machine = MachineFolder(path: folder.path, runner: runner)
        let overlay = folder.path + "/kept.qcow2"
        try await machine.makeOverlay(of: image, format: nil, size: .mebibytes(64), at: overlay)
        let info = try await runner.check(
            Command("qemu-img", ["info", "--output=json", overlay]).with { $0.output = .capture(limit: 1 << 16) },
            purpose: "look at the overlay")
        let value = try JSONValue(parsing: info.output)
        #expect(value["backing-filename"]?.string == image)
        #expect(value["backing-filename-format"]?.string == "raw")
        #expect(value["virtual-size"]?.integer == 64 << 20)
    }

    /// The lines of the QEMUs that belong to this test.
    private func qemus() throws -> [String] {
        try Files.names(in: "/proc").compactMap { name in
            guard Int(name) != nil, let line = try? Files.readText("/proc/\(name)/cmdline"),
                line.hasPrefix("qemu-system"), line.contains("logfile=\(folder.path)")
            else { return nil }
            return line
        }
    }
}

/// Both ends of a terminal: what a person sees and types, and what a program has as its standard input.
private final class PseudoTerminal: Sendable {
    let near: Int32
    let far: Int32
    private let seen = Mutex<[UInt8]>([])

    init() throws {
        var (near, far): (Int32, Int32) = (-1, -1)
        try #require(openpty(&near, &far, nil, nil, nil) == 0)
        self.near = near
        self.far = far
        _ = fcntl(near, F_SETFL, fcntl(near, F_GETFL) | O_NONBLOCK)
    }

    deinit {
        close(near)
        close(far)
    }

    /// Input and local modes: whether keys go through at once.
    var settings: [UInt32] {
        var settings = termios()
        tcgetattr(far, &settings)
        return [settings.c_iflag, settings.c_oflag, settings.c_lflag]
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(near, bytes, bytes.count)
    }

    /// Waits until the text has been shown.
    func shows(_ text: String, seconds: Double) async throws -> Bool {
        let deadline = ContinuousClock().now + .seconds(seconds)
        while ContinuousClock().now < deadline {
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = read(near, &chunk, chunk.count)
            let found = seen.withLock { seen in
                if count > 0 { seen += chunk[..<count] }
                return seen.firstRange(of: Array(text.utf8)) != nil
            }
            if found { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }
}
