internal import Glibc
import HostSystem

/// Runs libguestfs calls so that they can be given up. The library's calls hold a lock while they wait, and nothing in
/// its interface interrupts a launch; but it waits for processes, which end when they are killed, and the call with them.
struct ApplianceProcesses: Sendable {
    /// What the command lines of the appliance's processes name: the folder of its temporary files (QEMU), that of
    /// its cached appliance (supermin).
    let folders: [String]

    /// Runs `body` on a thread of its own; when the task is cancelled, the processes are killed.
    ///
    /// - Throws: `CancellationError` when it was cancelled, else what `body` throws.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (CancellationFlag) throws -> Value
    ) async throws -> Value {
        let cancelled = CancellationFlag()
        let finished = CancellationFlag()
        do {
            return try await withTaskCancellationHandler {
                defer { finished.cancel() }
                return try await blocking(named: "libguestfs") { try body(cancelled) }
            } onCancel: {
                cancelled.cancel()
                // Again and again: the library may start the next process after one was killed.
                Task.detached {
                    while !finished.isCancelled {
                        kill()
                        try? await Task.sleep(for: .milliseconds(50))
                    }
                }
            }
        } catch {
            try cancelled.check()
            throw error
        }
    }

    /// Kills those children of this process that belong to the appliance.
    private func kill() {
        let own = getpid()
        for name in (try? Files.names(in: "/proc")) ?? [] {
            guard let process = pid_t(name), parent(of: process) == own,
                let words = try? Files.readText("/proc/\(name)/cmdline", limit: 1 << 20),
                folders.contains(where: { words.contains($0) })
            else { continue }
            _ = Glibc.kill(process, SIGKILL)
        }
    }

    /// The fourth field of proc_pid_stat(5), counted behind the name, which may hold anything.
    private func parent(of process: pid_t) -> pid_t? {
        guard let text = try? Files.readText("/proc/\(process)/stat", limit: 1 << 16),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[end...].split(separator: " ")
        return fields.count > 2 ? pid_t(fields[2]) : nil
    }
}
