import FileTrees
import HostSystem

/// The step `reboot`: the guest restarts itself, and is waited for.
struct RebootRun {
    let shell: any GuestShell
    let context: CheckContext

    /// Seconds, with KVM, that the guest may take to go down and come up again.
    private static let limit = 90.0
    private static let bootID = "cat /proc/sys/kernel/random/boot_id"

    /// - Throws: `GuestUnreachable` where the shell is gone before the restart, `CancellationError`.
    func run(seconds: Double) async throws -> CheckOutcome {
        let start = ContinuousClock().now
        let before = try await shell.run(Self.bootID, limit: 10 * context.scale).output
        do {
            // The answer comes before the guest goes down, or not at all.
            _ = try await shell.run("systemctl --no-block reboot", limit: 10 * context.scale)
        } catch is GuestUnreachable {}
        return try await context.retry(for: min(seconds, Self.limit * context.scale)) { left in
            do {
                let now = try await shell.run(Self.bootID, limit: min(left, 6 * context.scale))
                guard now.status == 0, now.output != before else {
                    return CheckOutcome(failed: "the machine has not restarted")
                }
            } catch let error as GuestUnreachable {
                return CheckOutcome(failed: "the machine has not come up again: \(error.reason)")
            }
            return CheckOutcome(passed: "restarted in \(Int((ContinuousClock().now - start).inSeconds)) s")
        }
    }
}
