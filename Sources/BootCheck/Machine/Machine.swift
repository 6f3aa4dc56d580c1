import FileTrees
import Glibc
import HostSystem
import Synchronization

/// What ended first: QEMU or the work with it.
private enum MachineOutcome<Value: Sendable>: Sendable {
    case ended
    case done(Value)
}

/// A QEMU that runs, with its monitor and its console.
final class Machine: Sendable {
    let settings: MachineSettings
    /// QEMU's working directory, where its sockets lie.
    let folder: String
    let monitor: QMPClient
    /// What the guest writes is read here from the first byte on; what is sent is typed on its console.
    let console: StreamSocket
    /// When the guest's first instruction ran.
    let started: ContinuousClock.Instant
    /// Guest port to this machine's port, of TCP.
    let ports: [Int: Int]
    /// The same of UDP.
    let udpPorts: [Int: Int]
    private let ending: Ending

    /// How QEMU ended, once it has, and whether the guest had started by then.
    private final class Ending: Sendable {
        let isUp = Atomic<Bool>(false)
        let result = Mutex<CommandResult?>(nil)
    }

    /// Seconds that QEMU may take until its monitor answers; much, for machines that are busy with builds.
    private static let patience = 60.0

    private init(
        _ settings: MachineSettings, folder: String, monitor: QMPClient, console: StreamSocket,
        started: ContinuousClock.Instant, ports: [Int: Int], udpPorts: [Int: Int], ending: Ending
    ) {
        self.settings = settings
        self.folder = folder
        self.monitor = monitor
        self.console = console
        self.started = started
        self.ports = ports
        self.udpPorts = udpPorts
        self.ending = ending
    }

    /// Starts a machine, hands it to `body`, and ends it: when `body` is done, throws or is cancelled, QEMU is gone
    /// before this returns. That the guest or QEMU ends by itself does not end `body`.
    ///
    /// - Throws: `BootCheckError.machine` when QEMU does not come up; `HostError`, `CancellationError`; what `body`
    ///   throws.
    static func run<Value: Sendable>(
        _ settings: MachineSettings, folder: String, runner: CommandRunner,
        body: @escaping @Sendable (Machine) async throws -> Value
    ) async throws -> Value {
        // The guest waits until its console and its monitor are being read.
        let command = settings.command.with {
            $0.arguments.append("-S")
            $0.workingDirectory = folder
        }
        let ending = Ending()
        // QEMU sends to it from the guest's first frame on.
        let neighbour =
            settings.hasNeighbour ? try Neighbour(folder: folder, guestPorts: settings.udpPorts) : nil
        defer { neighbour?.close() }
        return try await withThrowingTaskGroup(of: MachineOutcome<Value>.self) { group in
            group.addTask {
                let result = try await runner.run(command)
                ending.result.withLock { $0 = result }
                return .ended
            }
            group.addTask {
                let machine = try await attach(
                    settings, folder: folder, udpPorts: neighbour?.ports ?? [:], ending: ending)
                ending.isUp.store(true, ordering: .releasing)
                defer { machine.console.close() }
                return .done(try await body(machine))
            }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if case .done(let value) = outcome { return value }
                guard ending.isUp.load(ordering: .acquiring) else { break }
            }
            throw BootCheckError(
                .machine, "QEMU does not start the machine",
                notes: (ending.result.withLock { $0 }?.tail ?? []) + ["the command: \(command.shellLine)"])
        }
    }

    private static func attach(
        _ settings: MachineSettings, folder: String, udpPorts: [Int: Int], ending: Ending
    ) async throws -> Machine {
        let monitor = try await QMPClient.connect(
            folder: folder, name: MachineSettings.File.monitor, seconds: patience)
        let console = try StreamSocket.unix(folder: folder, name: MachineSettings.File.console)
        let network = try await monitor.execute(
            "human-monitor-command", ["command-line": .string("info usernet")], limit: patience)
        let ports = UserNetwork.forwards(in: network.string ?? "")
        for forward in settings.forwards where ports[forward.guest] == nil {
            throw BootCheckError(.machine, "QEMU does not forward the guest's port \(forward.guest)")
        }
        try await monitor.execute("cont", limit: patience)
        return Machine(
            settings, folder: folder, monitor: monitor, console: console, started: ContinuousClock().now,
            ports: ports, udpPorts: udpPorts, ending: ending)
    }

    /// Seconds since the guest started.
    var seconds: Double { (ContinuousClock().now - started).inSeconds }

    /// How QEMU ended; nil while it runs.
    var result: CommandResult? { ending.result.withLock { $0 } }

    /// QEMU's last words when it has ended itself (abort(3)), or has touched memory that it does not have.
    var crash: String? {
        guard let result, case .signalled(let signal) = result.status, [SIGABRT, SIGSEGV].contains(signal) else {
            return nil
        }
        return result.tail.last ?? "signal \(signal)"
    }

    /// The TCP connections that QEMU's network holds for the guest.
    func connections() async throws -> [UserNetwork.Connection] {
        let text = try await monitor.execute("human-monitor-command", ["command-line": .string("info usernet")])
        return UserNetwork.connections(in: text.string ?? "")
    }

    /// Writes what the screen shows as a PNG.
    func screenshot(to path: String) async throws {
        try await monitor.execute("screendump", ["filename": .string(path), "format": .string("png")])
    }

    /// Presses the power button and waits for the guest to switch itself off; then ends QEMU in any case.
    ///
    /// - Returns: whether the guest switched itself off within `limit` seconds.
    func shutDown(limit: Double) async throws -> Bool {
        try await monitor.execute("system_powerdown")
        let deadline = ContinuousClock().now + .seconds(limit)
        while result == nil, ContinuousClock().now < deadline { try await Task.sleep(for: .milliseconds(100)) }
        if result != nil { return true }
        _ = try? await monitor.execute("quit", limit: 5)
        return false
    }
}
