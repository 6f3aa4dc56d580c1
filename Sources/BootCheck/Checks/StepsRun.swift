import ApplianceSpec
import FileTrees
import HostSystem

/// Steps in order, or the one step that a client's check is. What fails is tried again from the first step on: a message
/// that was published before anybody listened is lost.
struct StepsRun: Sendable {
    let steps: [Check.Step]
    let context: CheckContext
    /// For commands in the guest; nil where no step needs one.
    let shell: (any GuestShell)?

    /// Seconds, with KVM, that one step may take of the time of all.
    private static let stepLimit = 10.0
    /// The same for a step after a restart.
    private static let startLimit = 60.0

    init(_ kind: Check.Kind, context: CheckContext, shell: (any GuestShell)?) {
        steps = if case .steps(let steps) = kind { steps } else { [Check.Step(name: "", kind: kind)] }
        self.context = context
        self.shell = shell
    }

    func run(seconds: Double) async throws -> CheckOutcome {
        try await context.retry(for: seconds) { left in
            if let outcome = try await missing(limit: left) { return outcome }
            return try await ClientProcess.run(
                runner: context.runner, folder: "\(context.machine.folder)/clients"
            ) { process in
                try await attempt(process, limit: left)
            }
        }
    }

    /// What is wanting before a client is started in vain each second of the boot: a port on which nothing listens yet.
    private func missing(limit: Double) async throws -> CheckOutcome? {
        for port in Set(steps.compactMap(\.kind.tcpPort)).sorted() {
            guard let hostPort = context.machine.ports[port] else {
                return CheckOutcome(failed: "port \(port) is not forwarded", isFinal: true)
            }
            let socket: StreamSocket
            do {
                socket = try StreamSocket.loopback(port: hostPort)
            } catch {
                return CheckOutcome(failed: "\(error)")
            }
            defer { socket.close() }
            guard try await context.guestAccepts(port, patience: min(limit, 10 * context.scale)) else {
                return CheckOutcome(failed: "nothing listens on port \(port)")
            }
        }
        return nil
    }

    /// One attempt at all steps.
    private func attempt(_ process: ClientProcess, limit: Double) async throws -> CheckOutcome {
        let deadline = ContinuousClock().now + .seconds(limit)
        let session = HTTPSession()
        var done: [String] = []
        var hasRestarted = false
        for (index, step) in steps.enumerated() {
            let left = (deadline - ContinuousClock().now).inSeconds
            // A little less than the check has, so that what is found is what is reported.
            var seconds = max(0.5, min(left - 1, Self.stepLimit * context.scale))
            if case .reboot = step.kind {
                seconds = max(0.5, left - 1)
                hasRestarted = true
            } else if hasRestarted {
                // The services come up behind sshd.
                seconds = max(0.5, min(left - 1, Self.startLimit * context.scale))
            }
            var outcome: CheckOutcome
            do {
                outcome = try await take(step.kind, process, session, seconds: seconds)
            } catch let error as GuestUnreachable {
                outcome = CheckOutcome(failed: error.reason)
            }
            guard outcome.passed else {
                // The machine is not restarted again and again.
                if hasRestarted { outcome.isFinal = true }
                if steps.count > 1 {
                    outcome.detail = "step \(index + 1) of \(steps.count) (\(step.name)): \(outcome.detail)"
                    outcome.evidence = done + outcome.evidence
                }
                return outcome
            }
            done.append("step \(index + 1) (\(step.name)): \(outcome.detail)")
        }
        let last = done.last.map {
            steps.count > 1 ? "\(steps.count) steps; the last: " + Self.found($0) : Self.found($0)
        }
        return CheckOutcome(passed: last ?? "nothing to do", evidence: steps.count > 1 ? done : [])
    }

    /// What stands behind `step N (name): `.
    private static func found(_ line: String) -> String {
        line.firstRange(of: "): ").map { String(line[$0.upperBound...]) } ?? line
    }

    private func take(
        _ kind: Check.Kind, _ process: ClientProcess, _ session: HTTPSession, seconds: Double
    ) async throws -> CheckOutcome {
        switch kind {
        case .http(let check): return try await check.run(in: context, session: session, seconds: seconds)
        case .reboot:
            guard let shell else { return noShell }
            return try await RebootRun(shell: shell, context: context).run(seconds: seconds)
        case .tcp(let check): return try await check.run(in: context, seconds: seconds)
        case .udp(let check):
            guard let port = context.machine.udpPorts[check.port] else { return notForwarded(check.port) }
            return CheckOutcome(try await process.ask(check.request(hostPort: port, limit: seconds)))
        case .client(let check):
            let ports = check.transport == .udp ? context.machine.udpPorts : context.machine.ports
            guard let port = ports[check.port] else { return notForwarded(check.port) }
            let settings = try await context.json(of: .map(check.settings), limit: seconds)
            return CheckOutcome(
                try await process.ask(check.request(hostPort: port, settings: settings, limit: seconds)))
        case .command(let check):
            guard let shell else { return noShell }
            return try await check.run(on: shell, in: context, seconds: seconds)
        case .unit(let check):
            guard let shell else { return noShell }
            return try await check.run(on: shell, in: context, seconds: seconds)
        case .bootTime, .steps: return CheckOutcome(failed: "this is no step", isFinal: true)
        }
    }

    private func notForwarded(_ port: Int) -> CheckOutcome {
        CheckOutcome(failed: "port \(port) is not forwarded", isFinal: true)
    }

    private var noShell: CheckOutcome { CheckOutcome(failed: "there is no shell in the guest", isFinal: true) }
}

extension CheckOutcome {
    fileprivate init(_ answer: ClientProcess.Answer) {
        self =
            answer.passed
            ? CheckOutcome(passed: answer.detail, evidence: answer.evidence)
            : CheckOutcome(failed: answer.detail, evidence: answer.evidence, isFinal: answer.final)
    }
}
