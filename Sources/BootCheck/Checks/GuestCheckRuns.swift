import ApplianceSpec
import HostSystem

extension CommandCheck {
    func judge(_ result: GuestResult) -> CheckOutcome {
        var faults: [String] = []
        if result.status != status { faults.append("status \(result.status) instead of \(status)") }
        for text in contains where !result.output.contains(text) {
            faults.append("the output does not hold '\(text)'")
        }
        if faults.isEmpty { return CheckOutcome(passed: "status \(result.status)") }
        return CheckOutcome(
            failed: faults.joined(separator: "; "),
            evidence: ["$ \(run)"] + CheckOutcome.excerpt(result.output))
    }

    func run(on shell: any GuestShell, in context: CheckContext, seconds: Double) async throws -> CheckOutcome {
        try await context.retry(for: seconds) { left in
            do {
                return judge(try await shell.run(run, limit: left))
            } catch let error as GuestUnreachable {
                return CheckOutcome(failed: error.reason)
            }
        }
    }
}

extension UnitCheck {
    func run(on shell: any GuestShell, in context: CheckContext, seconds: Double) async throws -> CheckOutcome {
        try await context.retry(for: seconds) { left in try await attempt(on: shell, limit: left) }
    }

    func attempt(on shell: any GuestShell, limit: Double) async throws -> CheckOutcome {
        do {
            if let unit { return try await state(of: unit, shell, limit) }
            return try await failedUnits(shell, limit)
        } catch let error as GuestUnreachable {
            return CheckOutcome(failed: error.reason)
        }
    }

    private func state(of unit: String, _ shell: any GuestShell, _ limit: Double) async throws -> CheckOutcome {
        let properties = "LoadState,ActiveState,SubState,Result"
        let show = "systemctl show --property=\(properties) -- \(Command.quoted(unit))"
        let result = try await shell.run(show, limit: limit)
        let found = UnitCheck.properties(result.output)
        let active = found["ActiveState"] ?? "unknown"
        if active == state { return CheckOutcome(passed: "\(unit) is \(active) (\(found["SubState"] ?? "?"))") }
        if found["LoadState"] == "not-found" {
            return CheckOutcome(failed: "there is no unit \(unit)", isFinal: true)
        }
        return CheckOutcome(failed: "\(unit) is \(active) instead of \(state)", evidence: result.lines, unit: unit)
    }

    /// Waits until systemd has nothing left to start, then asks what failed. What has failed by then stays so.
    private func failedUnits(_ shell: any GuestShell, _ limit: Double) async throws -> CheckOutcome {
        let system = try await shell.run("systemctl is-system-running --wait", limit: limit)
        let result = try await shell.run("systemctl --failed --plain --no-legend --no-pager --full", limit: limit)
        let failed = UnitCheck.unitNames(result.output)
        let word = system.lines.last ?? "unknown"
        guard result.status == 0 else {
            return CheckOutcome(failed: "systemctl does not answer", evidence: system.lines + result.lines)
        }
        if word == "starting" || word == "initializing" {
            return CheckOutcome(failed: "the system is still \(word)", evidence: result.lines)
        }
        if failed.isEmpty { return CheckOutcome(passed: "no unit failed; the system is \(word)") }
        let names = failed.joined(separator: ", ")
        return CheckOutcome(
            failed: "failed: \(names)", evidence: result.lines, isFinal: true,
            unit: failed.first)
    }

    /// `Name=value` lines.
    static func properties(_ text: String) -> [String: String] {
        Dictionary(
            text.split(whereSeparator: \.isNewline).compactMap { line in
                guard let sign = line.firstIndex(of: "=") else { return nil }
                return (String(line[..<sign]), String(line[line.index(after: sign)...]))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The first word of each line that names a unit.
    static func unitNames(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            line.split(separator: " ").first { $0.contains(".") }.map(String.init)
        }
    }
}

extension BootTimeCheck {
    func run(on shell: any GuestShell, in context: CheckContext, seconds: Double) async throws -> CheckOutcome {
        try await context.retry(for: seconds) { left in
            try await attempt(on: shell, scale: context.scale, limit: left)
        }
    }

    func attempt(on shell: any GuestShell, scale: Double, limit: Double) async throws -> CheckOutcome {
        do {
            let result = try await shell.run("systemd-analyze time", limit: limit)
            guard let time = BootTime(systemdAnalyze: result.output) else {
                return CheckOutcome(
                    failed: "systemd-analyze tells no time yet", evidence: CheckOutcome.excerpt(result.output))
            }
            let most = BootTime.text(atMost) + (scale == 1 ? "" : " × \(scale), emulated")
            let detail = "\(BootTime.text(time.inGuest)) of \(most)"
            if time.inGuest <= atMost * scale { return CheckOutcome(passed: detail) }
            let slowest = try await shell.run("systemd-analyze blame --no-pager | head -n 8", limit: limit)
            return CheckOutcome(failed: "too slow: \(detail)", evidence: slowest.lines, isFinal: true)
        } catch let error as GuestUnreachable {
            return CheckOutcome(failed: error.reason)
        }
    }
}
