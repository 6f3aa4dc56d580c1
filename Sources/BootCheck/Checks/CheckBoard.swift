import ApplianceSpec
import FileTrees
import HostSystem
import Synchronization

/// Where the checks of one boot note their results as they come.
final class CheckBoard: Sendable {
    let checks: [BoardCheck]
    private let scale: Double
    private let progress: ProgressSink
    private let state: Mutex<State>

    private struct State {
        var started: [String: ContinuousClock.Instant] = [:]
        var results: [String: BootReport.CheckResult] = [:]
        var outcomes: [String: CheckOutcome] = [:]
    }

    init(_ checks: [BoardCheck], scale: Double, progress: ProgressSink) {
        self.checks = checks
        self.scale = scale
        self.progress = progress
        state = Mutex(State())
    }

    /// Runs a check with the seconds that it may take, and notes how it ended.
    func record(_ check: BoardCheck, _ body: (_ seconds: Double) async throws -> CheckOutcome) async throws {
        let limit = check.timeout * scale
        let start = ContinuousClock().now
        state.withLock { $0.started[check.name] = start }
        let outcome = try await body(limit)
        let result = BootReport.CheckResult(
            name: check.name, kind: check.word, state: outcome.passed ? .passed : .failed,
            seconds: (ContinuousClock().now - start).inMilliseconds, limit: limit, detail: outcome.detail,
            evidence: outcome.evidence)
        state.withLock { state in
            state.results[check.name] = result
            state.outcomes[check.name] = outcome
        }
        progress.send(
            .message(
                .info,
                "\(outcome.passed ? "ok" : "FAILED"): \(check.name) (\(BootTime.text(result.seconds))): \(outcome.detail)"
            ))
    }

    /// The checks that failed, with how.
    var failed: [(check: BoardCheck, outcome: CheckOutcome)] {
        state.withLock { state in
            checks.compactMap { check in
                guard let outcome = state.outcomes[check.name], !outcome.passed else { return nil }
                return (check, outcome)
            }
        }
    }

    func add(_ journal: BootReport.Journal?, to check: BoardCheck) {
        state.withLock { $0.results[check.name]?.journal = journal }
    }

    /// All results in the order of the checks; those that had not ended when there was trouble were not run.
    func results(trouble: BootTrouble?) -> [BootReport.CheckResult] {
        state.withLock { state in
            checks.map { check in
                if let result = state.results[check.name] { return result }
                return BootReport.CheckResult(
                    name: check.name, kind: check.word, state: .notRun,
                    seconds: state.started[check.name].map { (ContinuousClock().now - $0).inMilliseconds } ?? 0,
                    limit: check.timeout * scale, detail: trouble?.kind.sentence ?? "not run")
            }
        }
    }
}

extension Duration {
    /// Seconds, no more exact than milliseconds, for reports.
    fileprivate var inMilliseconds: Double { (inSeconds * 1000).rounded() / 1000 }
}

/// A check as it is run: the appliance's own, or that it comes up at all.
struct BoardCheck: Sendable {
    enum Kind: Sendable {
        case http(HTTPCheck), tcp(TCPCheck), command(CommandCheck), unit(UnitCheck), bootTime(BootTimeCheck)
        case steps(Check.Kind)
        case comesUp
    }

    var name: String
    var kind: Kind
    /// Seconds with KVM.
    var timeout: Double

    init(name: String, kind: Kind, timeout: Double) {
        self.name = name
        self.kind = kind
        self.timeout = timeout
    }

    init(_ check: Check) {
        name = check.name
        timeout = check.timeout
        let kind = check.kind
        self.kind =
            switch kind {
            case .http(let check): .http(check)
            case .tcp(let check): .tcp(check)
            case .command(let check): .command(check)
            case .unit(let check): .unit(check)
            case .bootTime(let check): .bootTime(check)
            case .udp, .client, .reboot, .steps: .steps(kind)
            }
    }

    /// What the spec and the reports call the kind.
    var word: String {
        switch kind {
        case .http: "http"
        case .tcp: "tcp"
        case .command: "command"
        case .unit: "unit"
        case .bootTime: "boot-time"
        case .steps(.udp): "udp"
        case .steps(.client(let check)): check.client.rawValue
        case .steps: "steps"
        case .comesUp: "boot"
        }
    }

    /// Whether it restarts the machine: such a check comes last.
    var restarts: Bool {
        guard case .steps(let kind) = kind else { return false }
        return kind.parts.contains { if case .reboot = $0 { true } else { false } }
    }

    var needsShell: Bool {
        switch kind {
        case .command, .unit, .bootTime: true
        case .steps(let kind):
            kind.parts.contains { part in
                switch part {
                case .command, .unit, .reboot: true
                default: false
                }
            }
        case .http, .tcp, .comesUp: false
        }
    }
}

extension BootRequest {
    /// The appliance's checks; where it has none, that it comes up.
    var effectiveChecks: [BoardCheck] {
        checks.isEmpty
            ? [BoardCheck(name: "the appliance comes up", kind: .comesUp, timeout: 120)] : checks.map(BoardCheck.init)
    }
}
