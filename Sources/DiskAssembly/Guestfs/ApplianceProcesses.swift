internal import FileTrees
internal import Glibc
import HostSystem

/// Runs libguestfs calls so that they can be given up. The library's calls hold a lock while they wait, and nothing in
/// its interface interrupts a launch; but it waits for processes, which end when they are killed, and the call with them.
struct ApplianceProcesses: Sendable {
    /// The folder of this session's temporary files, which QEMU's command line names.
    let folder: String
    /// The folder of the cached appliance, which supermin's command line names; nil when supermin is left alone. While an
    /// appliance starts, its session holds a lock, so that no other session of this process has a supermin.
    let cache: String?

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
                let line = try? Files.readText("/proc/\(name)/cmdline", limit: 1 << 20), belongs(line)
            else { continue }
            _ = Glibc.kill(process, SIGKILL)
        }
    }

    /// Others of the library's helpers are left to end by themselves: it waits for the `rm` that cleans up.
    private func belongs(_ commandLine: String) -> Bool {
        let program = Files.name(of: String(commandLine.prefix { $0 != "\0" }))
        if program.contains("supermin") { return cache.map { commandLine.contains($0) } ?? false }
        return program.contains("qemu") && commandLine.contains(folder)
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
