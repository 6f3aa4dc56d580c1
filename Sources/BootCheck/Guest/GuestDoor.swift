import FileTrees
import HostSystem
import Synchronization

/// Finds the way into the guest: sshd, else the guest agent, whichever answers first.
final class GuestDoor: Sendable {
    private let machine: Machine
    private let runner: CommandRunner
    private let shell = Mutex<(any GuestShell)?>(nil)

    init(machine: Machine, runner: CommandRunner) {
        self.machine = machine
        self.runner = runner
    }

    var isOpen: Bool { shell.withLock { $0 != nil } }

    /// Holds one connection of ssh for all commands of `body`, once `open` has found that ssh works.
    func served<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    if let ssh = self.shell.withLock({ $0 }) as? SSHShell { return try await ssh.holdConnection() }
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// The shell that answered earlier, or tries until one does.
    ///
    /// - Throws: `GuestUnreachable` when none answers within `limit` seconds; `CancellationError`.
    func open(limit: Double) async throws -> any GuestShell {
        if let shell = shell.withLock({ $0 }) { return shell }
        let deadline = ContinuousClock().now + .seconds(limit)
        var reasons = ["nothing answers"]
        while true {
            let left = (deadline - ContinuousClock().now).inSeconds
            guard left > 0 else { break }
            reasons = []
            for candidate in candidates {
                guard let reason = try await attempt(candidate, limit: min(left, candidate is SSHShell ? 60 : 5)) else {
                    shell.withLock { $0 = candidate }
                    return candidate
                }
                reasons.append(reason)
            }
            try await Task.sleep(for: .seconds(1))
        }
        throw GuestUnreachable(
            reason: "no shell in the guest within \(Int(limit)) s (\(reasons.joined(separator: "; ")))")
    }

    private var candidates: [any GuestShell] {
        let agent: [any GuestShell] = [AgentShell(folder: machine.folder)]
        guard let port = machine.ports[22] else { return agent }
        return [SSHShell(runner: runner, folder: machine.folder, port: port)] + agent
    }

    /// Nil when the shell works; else why it does not.
    private func attempt(_ shell: any GuestShell, limit: Double) async throws -> String? {
        if shell is SSHShell, !(try await hasServer(limit: limit)) { return "ssh: nothing listens on port 22" }
        do {
            let result = try await shell.run("echo here", limit: limit)
            return result.output.contains("here") ? nil : "\(shell.name): status \(result.status)"
        } catch let error as GuestUnreachable {
            return error.reason
        }
    }

    /// Looks for sshd's greeting before a client is started in vain each second of the boot.
    private func hasServer(limit: Double) async throws -> Bool {
        guard let port = machine.ports[22], let socket = try? StreamSocket.loopback(port: port) else { return false }
        defer { socket.close() }
        let greeting = try await withTimeLimit(seconds: limit) { () -> Bool in
            for await chunk in socket.incoming { return chunk.starts(with: "SSH-".utf8) }
            return false
        }
        return greeting ?? false
    }
}
