import ApplianceSpec
import FileTrees
import FoundationEssentials
import Glibc
import HostSystem
import Testing

@testable import ApplianceSpec
@testable import BootCheck

/// Boots of a real guest. One at a time: an emulated one takes a processor for itself.
@Suite(.serialized) struct BootRealTests {
    let folder: TemporaryFolder
    let host: Host
    let guest: TestGuest

    init() async throws {
        folder = try TemporaryFolder()
        host = try Host(testing: folder.path + "/store")
        guest = try await TestGuest.shared.value
    }

    private func request(_ mode: String, more: String = "", checks: [Check] = []) -> BootRequest {
        var request = BootRequest(
            image: "test guest", name: "test", checks: checks, memory: .mebibytes(512), cpus: 2,
            output: folder.path + "/out")
        request.kernel = guest.settings(mode: mode, more: more)
        return request
    }

    private static func http(
        _ name: String, _ path: String, port: Int = 80, status: Int = 200, contains: [String] = [],
        json: [String: String] = [:], timeout: Double = 30
    ) -> Check {
        var check = httpCheck(path, port: port, status: status)
        check.contains = contains
        check.json = json
        return Check(name: name, kind: .http(check), timeout: timeout, range: nil)
    }

    private static func httpCheck(_ path: String, port: Int = 80, status: Int) -> HTTPCheck {
        HTTPCheck(
            method: "GET", port: port, path: path, headers: [:], body: nil, status: status, contains: [], json: [:])
    }

    private static func command(_ name: String, _ run: String, status: Int = 0, contains: [String] = []) -> Check {
        Check(
            name: name, kind: .command(CommandCheck(run: run, status: status, contains: contains)), timeout: 30,
            range: nil)
    }

    private static func tcp(_ name: String, port: Int, expect: String? = nil, timeout: Double = 30) -> Check {
        Check(name: name, kind: .tcp(TCPCheck(port: port, send: nil, expect: expect)), timeout: timeout, range: nil)
    }

    @Test func `checks over http, tcp and ssh pass, and the guest switches itself off`() async throws {
        let checks = [
            Self.http("GET /", "/", contains: ["Hello"]),
            Self.http("json", "/status.json", json: ["state": "ready", "workers.1.id": "2", "load": "1"]),
            Self.http("late", "/late.txt", contains: ["late"]),
            Self.http("seed", "/meta-data", contains: ["local-hostname: test"]),
            Self.tcp("greeting", port: 7000, expect: "1.0 greets"),
            Self.tcp("port", port: 80),
            Self.command("kernel", "uname -s && id -u", contains: ["Linux\n0"]),
            Self.command("status", "echo gone >&2; exit 3", status: 3, contains: ["gone"]),
        ]
        let report = try await BootChecker(host: host).check(request("serve", checks: checks))
        #expect(report.passed, "\(report.text)")
        #expect(report.checks.map(\.state) == Array(repeating: .passed, count: checks.count))
        #expect(report.page(of: "GET /") == ["<h1>Hello from the test guest</h1>"])
        #expect(report.shutdown?.isClean == true)
        let png = try Files.read(try #require(report.screenshot))
        #expect(png.starts(with: [0x89, 0x50, 0x4e, 0x47]))
        #expect(try Files.readText(report.consoleLog).contains("testguest login: "))
        try await expectNothingLeft()
    }

    @Test func `what came back is shown by checks that fail; commands go through the guest agent too`() async throws {
        let checks = [Self.http("missing", "/"), Self.http("closed", "/", port: 81), Self.tcp("nobody", port: 82)]
        let request = request("serve", more: "test.ssh=no", checks: checks)
        let (qemu, proof) = try await host.virtualization()
        let scratch = try host.scratch.newFolder("boot")
        let settings = try await BootChecker(host: host).prepare(
            request, in: scratch, qemu, proof.accelerator, log: folder.path + "/console.log")
        let host = host
        try await Machine.run(settings, folder: scratch, runner: host.runner) { machine in
            let context = CheckContext(
                machine: machine, http: HTTPClient(environment: [:]), scale: 1, runner: host.runner)
            let up = try await Self.httpCheck("/", status: 200).run(in: context, seconds: 300)
            #expect(up.passed, "\(up.detail)")

            let missing = try await Self.httpCheck("/nothing", status: 200).run(in: context, seconds: 3)
            #expect(missing.detail == "status 404 instead of 200")
            #expect(missing.evidence.first == "HTTP status 404")
            #expect(missing.evidence.contains { $0.contains("404 Not Found") })
            let closed = try await Self.httpCheck("/", port: 81, status: 200).run(in: context, seconds: 3)
            #expect(closed.detail.hasPrefix("no answer from port 81"), "\(closed.detail)")
            let silent = try await TCPCheck(port: 80, send: nil, expect: "SMTP").run(in: context, seconds: 3)
            #expect(silent.detail == "port 80 accepts but says nothing")
            let wrong = try await TCPCheck(port: 80, send: "nonsense\r\n\r\n", expect: "SMTP").run(
                in: context, seconds: 5)
            #expect(wrong.detail == "port 80 does not say 'SMTP'")
            #expect(wrong.evidence.first?.hasPrefix("HTTP/1") == true, "\(wrong.evidence)")
            let nobody = try await TCPCheck(port: 82, send: nil, expect: nil).run(in: context, seconds: 3)
            #expect(nobody.detail == "nothing listens on port 82")

            let shell = try await GuestDoor(machine: machine, runner: host.runner).open(limit: 120)
            #expect(shell.name == "guest agent")
            let agent = try await shell.run("cat /proc/version; echo error >&2; kill -9 $$", limit: 60)
            #expect(agent.output.contains("Linux version") && agent.output.contains("error"))
            #expect(agent.status == 137)
            let command = CommandCheck(run: "echo one; exit 4", status: 0, contains: ["two"])
            let failed = try await command.run(on: shell, in: context, seconds: 5)
            #expect(failed.detail == "status 4 instead of 0; the output does not hold 'two'")
            #expect(failed.evidence == ["$ echo one; exit 4", "one"])
        }
        #expect(try await qemus() == 0)
    }

    @Test(arguments: [
        ("panic", BootTrouble.Kind.kernelPanic), ("poweroff", .poweredOff), ("reboot", .rebootLoop),
    ])
    func `a guest that will never come up is recognised at once`(mode: String, kind: BootTrouble.Kind) async throws {
        let report = try await BootChecker(host: host).check(
            request(mode, checks: [Self.http("GET /", "/", timeout: 600)]))
        #expect(report.trouble?.kind == kind, "\(report.text)")
        #expect(report.checks.map(\.state) == [.notRun])
        #expect(!report.passed)
        let seen = try #require(report.trouble?.seconds)
        // Seconds after it was seen, not at the check's time limit.
        #expect(report.seconds < seen + 5)
        #expect(report.console.contains { $0.contains("test guest: \(mode)") })
        try await expectNothingLeft()
    }

    @Test func `Debian's initramfs shell is recognised`() async throws {
        var request = request("serve", checks: [Self.http("GET /", "/", timeout: 600)])
        request.kernel = .init(
            path: guest.kernel, initramfs: guest.debianInitramfs,
            commandLine: "console=ttyS0 quiet root=/dev/nowhere rootdelay=1")
        let report = try await BootChecker(host: host).check(request)
        #expect(report.trouble?.kind == .initramfsShell, "\(report.text)")
        #expect(report.console.contains { $0.contains("/dev/nowhere does not exist") })
    }

    @Test(arguments: [
        ("emergency.target", BootTrouble.Kind.emergencyShell), ("missing.target", .initFroze),
    ])
    func `a systemd that gives up is recognised`(target: String, kind: BootTrouble.Kind) async throws {
        var request = request("serve", checks: [Self.http("GET /", "/", timeout: 600)])
        request.kernel = .init(
            path: guest.kernel, initramfs: try await guest.systemdInitramfs(),
            commandLine: "console=ttyS0 systemd.unit=\(target)")
        let report = try await BootChecker(host: host).check(request)
        #expect(report.trouble?.kind == kind, "\(report.text)")
        let seen = try #require(report.trouble?.seconds)
        #expect(report.seconds < seen + 5)
    }

    @Test func `an empty disk is recognised by both firmwares`() async throws {
        let image = folder.path + "/empty.raw"
        try Files.write([UInt8](repeating: 0, count: 1 << 20), to: image)
        for firmware in [BootFirmware.bios, .uefi] {
            let request = BootRequest(
                image: image, name: "empty", memory: .mebibytes(256), firmware: firmware, output: folder.path + "/out")
            let report = try await BootChecker(host: host).check(request)
            let kinds: [BootTrouble.Kind] = firmware == .bios ? [.noBootableDevice] : [.noBootableDevice, .uefiShell]
            #expect(report.trouble.map { kinds.contains($0.kind) } == true, "\(report.text)")
        }
        #expect(try Files.read(image).allSatisfy { $0 == 0 })
        try await expectNothingLeft()
    }

    @Test func `cancelling ends QEMU and leaves nothing`() async throws {
        let host = host
        let request = request("silent", checks: [Self.http("GET /", "/", timeout: 600)])
        let task = Task { try await BootChecker(host: host).check(request) }
        var waited = 0
        while try await qemus() == 0, waited < 600 {
            try await Task.sleep(for: .milliseconds(100))
            waited += 1
        }
        #expect(try await qemus() == 1)
        try await Task.sleep(for: .seconds(1))
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        try await expectNothingLeft()
    }

    @Test(arguments: [1, 2])
    func `a QEMU that fails by itself is started once more, and only once`(failures: Int) async throws {
        let host = host
        let request = request("serve", checks: [Self.http("GET /", "/", timeout: 600)])
        let task = Task { try await BootChecker(host: host).check(request) }
        var killed: Set<String> = []
        for _ in 0..<600 where killed.count < failures {
            for name in try numbers() where !killed.contains(name) {
                // When the guest runs; and as QEMU ends where an assertion of its own does not hold.
                try await Task.sleep(for: .seconds(2))
                kill(try #require(Int32(name)), SIGABRT)
                killed.insert(name)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(killed.count == failures)
        let report = try await task.value
        #expect(report.passed == (failures == 1), "\(report.text)")
        #expect(report.trouble?.kind == (failures == 1 ? nil : .machineEnded))
        try await expectNothingLeft()
    }

    @Test func `an image that is not there, and one that is not what it says, are errors`() async throws {
        let checker = BootChecker(host: host)
        let output = folder.path + "/out"
        let missing = await #expect(throws: BootCheckError.self) {
            _ = try await checker.check(BootRequest(image: "/nonexistent.raw", name: "x", output: output))
        }
        #expect(missing?.code == .image)
        let path = folder.path + "/broken.qcow2"
        try Files.write("QFI\u{fb}", to: path)
        let broken = await #expect(throws: BootCheckError.self) {
            _ = try await checker.check(BootRequest(image: path, format: .qcow2, name: "x", output: output))
        }
        #expect(broken?.code == .image)
        try await expectNothingLeft()
    }

    private func qemus() async throws -> Int { try numbers().count }

    /// The processes of QEMUs whose console goes to this test's folder.
    private func numbers() throws -> [String] {
        try Files.names(in: "/proc").filter { name in
            guard Int(name) != nil, let line = try? Files.readText("/proc/\(name)/cmdline") else { return false }
            return line.hasPrefix("qemu-system") && line.contains("logfile=\(folder.path)")
        }
    }

    private func expectNothingLeft() async throws {
        #expect(try await qemus() == 0)
        for run in try Files.names(in: folder.path + "/store/runs") where !run.hasSuffix(".owner") {
            let left = try Files.names(in: folder.path + "/store/runs/\(run)").filter { $0.hasPrefix("scratch-boot") }
            #expect(left.isEmpty)
        }
    }
}
