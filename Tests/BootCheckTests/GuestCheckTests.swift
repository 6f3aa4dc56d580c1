import Synchronization
import Testing

@testable import ApplianceSpec
@testable import BootCheck
@testable import HostSystem

/// A guest that answers as a real one did: what systemd 257 printed for the same commands.
private final class RecordedShell: GuestShell {
    let name = "recorded"
    private let answers: Mutex<[(command: String, answers: [GuestResult])]>

    init(_ answers: [(command: String, answers: [GuestResult])]) {
        self.answers = Mutex(answers)
    }

    /// The answers to a command in turn, the last one again and again.
    func run(_ command: String, limit: Double) async throws -> GuestResult {
        try answers.withLock { answers in
            guard let index = answers.firstIndex(where: { command.contains($0.command) }) else {
                throw GuestUnreachable(reason: "nothing was recorded for '\(command)'")
            }
            let first = answers[index].answers[0]
            if answers[index].answers.count > 1 { answers[index].answers.removeFirst() }
            return first
        }
    }
}

@Suite struct GuestCheckTests {
    private static func ok(_ output: String) -> GuestResult { GuestResult(status: 0, output: output) }

    @Test func `no unit failed`() async throws {
        let shell = RecordedShell([
            ("is-system-running", [Self.ok("running\n")]), ("systemctl --failed", [Self.ok("")]),
        ])
        let outcome = try await UnitCheck(unit: nil, state: "active").attempt(on: shell, limit: 5)
        #expect(outcome == CheckOutcome(passed: "no unit failed; the system is running"))
    }

    @Test func `a failed unit is named and its journal is wanted`() async throws {
        let shell = RecordedShell([
            ("is-system-running", [GuestResult(status: 1, output: "degraded\n")]),
            ("systemctl --failed", [Self.ok("wsgi.service loaded failed failed The WSGI application\n")]),
        ])
        let outcome = try await UnitCheck(unit: nil, state: "active").attempt(on: shell, limit: 5)
        #expect(!outcome.passed && outcome.isFinal)
        #expect(outcome.detail == "failed: wsgi.service")
        #expect(outcome.unit == "wsgi.service")
    }

    @Test func `a system that is still starting is asked again`() async throws {
        let shell = RecordedShell([
            ("is-system-running", [GuestResult(status: 1, output: "starting\n")]),
            ("systemctl --failed", [Self.ok("")]),
        ])
        let outcome = try await UnitCheck(unit: nil, state: "active").attempt(on: shell, limit: 5)
        #expect(!outcome.passed && !outcome.isFinal)
    }

    @Test(arguments: [
        ("LoadState=loaded\nActiveState=active\nSubState=running\n", true, false),
        ("LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nResult=exit-code\n", false, false),
        ("LoadState=not-found\nActiveState=inactive\nSubState=dead\n", false, true),
    ])
    func `a unit's state`(output: String, passed: Bool, isFinal: Bool) async throws {
        let shell = RecordedShell([("systemctl show", [Self.ok(output)])])
        let outcome = try await UnitCheck(unit: "nginx.service", state: "active").attempt(on: shell, limit: 5)
        #expect(outcome.passed == passed)
        #expect(outcome.isFinal == isFinal)
    }

    @Test func `a boot time over its limit shows the slowest units`() async throws {
        let shell = RecordedShell([
            ("systemd-analyze time", [Self.ok("Startup finished in 2s (kernel) + 9.5s (userspace) = 11.5s")]),
            ("systemd-analyze blame", [Self.ok("8.1s cloud-init.service\n")]),
        ])
        let slow = try await BootTimeCheck(atMost: 10).attempt(on: shell, scale: 1, limit: 5)
        #expect(slow.detail == "too slow: 11.5 s of 10.0 s")
        #expect(slow.evidence == ["8.1s cloud-init.service"])
        let emulated = try await BootTimeCheck(atMost: 10).attempt(on: shell, scale: 5, limit: 5)
        #expect(emulated == CheckOutcome(passed: "11.5 s of 10.0 s × 5.0, emulated"))
    }

    @Test(
        arguments: [
            (200, "Hello", [String](), [String: String](), "status 200", true),
            (500, "Hello", [], [:], "status 500 instead of 200", false),
            (200, "Hello", ["Hello", "you"], [:], "the body does not hold 'you'", false),
            (200, #"{"state": "ready", "n": 2}"#, [], ["state": "\"ready\"", "n": "2.0"], "status 200", true),
            (200, #"{"state": "ready", "n": 2}"#, [], ["state": "ready"], "status 200", true),
            (
                200, #"{"state": "bad"}"#, [], ["state": "ready", "x.y": "1"],
                #"'state' is "bad" instead of "ready"; the JSON has no 'x.y'"#, false
            ),
            (200, "<html>", [], ["state": "ready"], "the body is not JSON", false),
        ] as [(Int, String, [String], [String: String], String, Bool)])
    func `an answer is compared with what is wanted`(
        status: Int, body: String, contains: [String], json: [String: String], detail: String,
        passed: Bool
    ) {
        let check = HTTPCheck(
            method: "GET", port: 80, path: "/", headers: [:], body: nil, status: 200, contains: contains, json: json)
        let outcome = check.judge(
            HTTPResponse(status: status, headers: [("server", "nginx")], body: Array(body.utf8)))
        #expect(outcome.detail == detail)
        #expect(outcome.passed == passed)
        #expect(outcome.evidence == ["HTTP status \(status)", "server: nginx", "", body])
    }

    @Test func `a request is what a client in the guest would send`() {
        let check = HTTPCheck(
            method: "POST", port: 8080, path: "login", headers: ["Accept": "text/html"], body: "a=1", status: 200,
            contains: [], json: [:])
        let request = check.request(hostPort: 40001, limit: 5)
        #expect(request.url == "http://127.0.0.1:40001/login")
        #expect(request.method == "POST")
        #expect(request.headers == ["Accept: text/html", "Host: localhost:8080"])
        #expect(request.body == Array("a=1".utf8))
    }
}
