import ApplianceSpec
import FileTrees
import HostSystem
import Synchronization

/// The examination of one machine that runs: its checks, what explains those that failed, screenshot, shutdown.
struct BootExamination: Sendable {
    let machine: Machine
    let request: BootRequest
    let scale: Double
    let host: Host

    /// Lines of the console that a report holds.
    private static let consoleLines = 40
    /// Seconds that a guest with KVM may take to switch itself off.
    private static let shutdownLimit = 30.0

    private enum Event: Sendable {
        case trouble(BootTrouble)
        case done(BootTime?, BootReport.Shutdown, console: [String], screenshot: String?)
    }

    /// - Parameter screenshot: where the picture of the screen is written at the end.
    /// - Throws: `HostError`, `BootCheckError` when QEMU itself fails; `CancellationError`.
    func findings(screenshot path: String) async throws -> BootFindings {
        let watch = BootWatch(machine, passphrases: request.passphrases)
        let board = CheckBoard(request.effectiveChecks, scale: scale, progress: host.progress)
        let event = try await withThrowingTaskGroup(of: Event.self) { group in
            defer { group.cancelAll() }
            group.addTask { .trouble(try await watch.run()) }
            group.addTask {
                let time = try await self.runChecks(board, watch)
                let picture = try await self.screenshot(path)
                // What the checks left, not what the shutdown says.
                let console = watch.excerpt(Self.consoleLines)
                watch.expectEnd()
                return .done(time, try await self.shutDown(), console: console, screenshot: picture)
            }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
        var findings = BootFindings(checks: [], console: [], seconds: machine.seconds)
        switch event {
        case .trouble(let trouble):
            findings.trouble = trouble
            findings.console = watch.excerpt(Self.consoleLines)
            if machine.result == nil { findings.screenshot = try await screenshot(path) }
            if trouble.kind == .machineEnded { findings.crash = machine.crash }
        case .done(let time, let shutdown, let console, let picture):
            findings.bootTime = time
            findings.console = console
            findings.shutdown = shutdown
            findings.screenshot = picture
        }
        findings.checks = board.results(trouble: findings.trouble)
        return findings
    }

    /// Checks over the network run side by side; those that need a shell in the guest one after the other, for an
    /// emulated guest has no time to spare.
    private func runChecks(_ board: CheckBoard, _ watch: BootWatch) async throws -> BootTime? {
        let door = GuestDoor(machine: machine, runner: host.runner)
        let context = CheckContext(
            machine: machine, http: HTTPClient(environment: [:]), scale: scale, runner: host.runner,
            parameters: request.parameters, door: door)
        return try await door.served {
            try await self.runAll(board, watch, door, context)
            // Of the first boot, and what failed in it.
            let time = try await explain(board, board.checks.filter { !$0.restarts }, door)
            let restarting = board.checks.filter(\.restarts)
            guard !restarting.isEmpty else { return time }
            try await self.runShellChecks(board, restarting, door, context)
            let second = try await explain(board, restarting, door)
            return time ?? second
        }
    }

    private func runAll(
        _ board: CheckBoard, _ watch: BootWatch, _ door: GuestDoor, _ context: CheckContext
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            for check in board.checks where !check.needsShell {
                group.addTask {
                    try await board.record(check) { seconds in
                        switch check.kind {
                        case .http(let http): try await http.run(in: context, seconds: seconds)
                        case .tcp(let tcp): try await tcp.run(in: context, seconds: seconds)
                        case .steps(let kind):
                            try await StepsRun(kind, context: context, shell: nil).run(seconds: seconds)
                        default: try await comesUp(context, watch, seconds)
                        }
                    }
                }
            }
            group.addTask {
                try await self.runShellChecks(
                    board, board.checks.filter { $0.needsShell && !$0.restarts }, door, context)
            }
            try await group.waitForAll()
        }
    }

    private func runShellChecks(
        _ board: CheckBoard, _ checks: [BoardCheck], _ door: GuestDoor, _ context: CheckContext
    ) async throws {
        for check in checks {
            try await board.record(check) { seconds in
                let start = ContinuousClock().now
                let shell: any GuestShell
                do {
                    shell = try await door.open(limit: seconds)
                } catch let error as GuestUnreachable {
                    return CheckOutcome(failed: error.reason)
                }
                let left = max(1, seconds - (ContinuousClock().now - start).inSeconds)
                switch check.kind {
                case .command(let command): return try await command.run(on: shell, in: context, seconds: left)
                case .unit(let unit): return try await unit.run(on: shell, in: context, seconds: left)
                case .bootTime(let time): return try await time.run(on: shell, in: context, seconds: left)
                case .steps(let kind):
                    return try await StepsRun(kind, context: context, shell: shell).run(seconds: left)
                case .http, .tcp, .comesUp: return CheckOutcome(failed: "not a check that needs a shell", isFinal: true)
                }
            }
        }
    }

    /// Boot time, and for each check that failed the journal of the unit concerned.
    private func explain(
        _ board: CheckBoard, _ checks: [BoardCheck], _ door: GuestDoor
    ) async throws -> BootTime? {
        let names = Set(checks.map(\.name))
        let failed = board.failed.filter { names.contains($0.check.name) }
        guard door.isOpen || !failed.isEmpty else { return nil }
        let shell: any GuestShell
        do {
            shell = try await door.open(limit: 15 * scale)
        } catch is GuestUnreachable {
            return nil
        }
        for (check, outcome) in failed {
            board.add(try await GuestJournal.read(for: check, outcome, shell, limit: 20 * scale), to: check)
        }
        let analysis = try await shell.lines("systemd-analyze time", limit: 10 * scale)
        return BootTime(systemdAnalyze: analysis.joined(separator: "\n"))
    }

    /// Without a check of its own, an appliance has come up when somebody could log in.
    private func comesUp(_ context: CheckContext, _ watch: BootWatch, _ seconds: Double) async throws -> CheckOutcome {
        try await context.retry(for: seconds) { _ in
            watch.sawLogin
                ? CheckOutcome(passed: "the console asks for a login")
                : CheckOutcome(failed: "the console asks for no login")
        }
    }

    private func screenshot(_ path: String) async throws -> String? {
        do {
            try await machine.screenshot(to: path)
            return path
        } catch let error as BootCheckError {
            host.progress.send(.message(.warning, "no screenshot: \(error.message)"))
            return nil
        }
    }

    private func shutDown() async throws -> BootReport.Shutdown {
        let start = ContinuousClock().now
        let isClean = try await machine.shutDown(limit: Self.shutdownLimit * scale)
        return BootReport.Shutdown(isClean: isClean, seconds: (ContinuousClock().now - start).inSeconds)
    }
}
