import ApplianceSpec
import HostSystem

/// Reads from the guest's journal what explains a check that failed.
enum GuestJournal {
    private static let lines = 20

    /// - Returns: nil when the guest has no journal, and for a boot time, which no journal explains.
    /// - Throws: `CancellationError`.
    static func read(
        for check: BoardCheck, _ outcome: CheckOutcome, _ shell: any GuestShell, limit: Double
    ) async throws -> BootReport.Journal? {
        var unit = outcome.unit
        if unit == nil {
            switch check.kind {
            case .http(let http): unit = try await owner(ofPort: http.port, shell, limit)
            case .tcp(let tcp): unit = try await owner(ofPort: tcp.port, shell, limit)
            case .steps(let kind):
                if let port = kind.parts.compactMap(\.tcpPort).last {
                    unit = try await owner(ofPort: port, shell, limit)
                }
            case .bootTime: return nil
            case .command, .unit, .comesUp: break
            }
        }
        let journal = "journalctl --boot --no-pager --quiet --output=short-monotonic --lines=\(lines)"
        if let unit {
            let found = try await shell.lines("\(journal) --unit=\(Command.quoted(unit))", limit: limit)
            if !found.isEmpty { return BootReport.Journal(subject: unit, lines: found) }
        }
        let warnings = try await shell.lines("\(journal) --priority=warning", limit: limit)
        return warnings.isEmpty ? nil : BootReport.Journal(subject: "this boot (warnings)", lines: warnings)
    }

    /// The unit that listens on the port: by the process that holds the socket, or by the socket unit where that is
    /// systemd itself. What failed otherwise: the first unit that did.
    private static func owner(ofPort port: Int, _ shell: any GuestShell, _ limit: Double) async throws -> String? {
        let script = """
            pid=$(ss -Hltnp "sport = :\(port)" 2>/dev/null | sed -n 's/.*pid=\\([0-9]*\\).*/\\1/p' | head -n 1)
            if [ "$pid" = 1 ]; then
                systemctl list-sockets --plain --no-legend --no-pager | grep -E '[:]\(port) ' | awk '{print $NF}'
            elif [ -n "$pid" ]; then
                sed -n 's|.*/\\([^/]*\\.service\\).*|\\1|p' "/proc/$pid/cgroup"
            else
                systemctl --failed --plain --no-legend --no-pager --full
            fi
            """
        do {
            return UnitCheck.unitNames(try await shell.run(script, limit: limit).output).first
        } catch is GuestUnreachable {
            return nil
        }
    }
}
