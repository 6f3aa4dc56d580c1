import HostSystem
import Synchronization

/// Follows a machine from its start: reads its console and its monitor's events until something shows that it will
/// never come up.
final class BootWatch: Sendable {
    private struct State {
        var watcher = ConsoleWatcher()
        var trouble: BootTrouble?
        var resets = 0
        var sawLogin = false
        var isEnding = false
        var typing: PassphraseTyping
    }

    /// Restarts that a first boot may need; more are a loop.
    private static let resetLimit = 5
    /// Seconds between a question for a passphrase and the answer: who asks has switched the echo off by then.
    private static let pause = 1.0
    /// Seconds for which the console is read on after the trouble was seen, to have the whole of a trace.
    private static let settling = 1.5

    private let machine: Machine
    private let state: Mutex<State>
    private let tap: (@Sendable ([UInt8]) -> Void)?

    /// - Parameters:
    ///   - passphrases: what is typed when the guest asks for it
    ///   - tap: gets the console's bytes too, as they come.
    init(_ machine: Machine, passphrases: [BootPassphrase] = [], tap: (@Sendable ([UInt8]) -> Void)? = nil) {
        self.machine = machine
        state = Mutex(State(typing: PassphraseTyping(passphrases)))
        self.tap = tap
    }

    /// What the console shows of the end, or of the trouble.
    func excerpt(_ count: Int) -> [String] { state.withLock { $0.watcher.excerpt(count) } }

    /// Whether the console asks for a login name.
    var sawLogin: Bool { state.withLock { $0.sawLogin } }

    /// From now on the guest may switch itself off.
    func expectEnd() { state.withLock { $0.isEnding = true } }

    /// Returns when there is trouble; otherwise runs until it is cancelled.
    ///
    /// - Throws: `CancellationError`.
    func run() async throws -> BootTrouble {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await self.readConsole() }
            group.addTask { await self.readEvents() }
            while true {
                try await Task.sleep(for: .milliseconds(100))
                if let trouble = state.withLock({ $0.trouble }) {
                    if machine.result == nil { try await Task.sleep(for: .seconds(Self.settling)) }
                    return trouble
                }
                if let result = machine.result, !state.withLock({ $0.isEnding }) {
                    // The event of a guest that switched itself off may still be on its way.
                    try await Task.sleep(for: .milliseconds(300))
                    note(.machineEnded, "\(result.status): \(result.tail.last ?? "without a word")")
                }
            }
        }
    }

    private func readConsole() async {
        for await chunk in machine.console.incoming {
            tap?(chunk)
            let seconds = machine.seconds
            let answer = state.withLock { state in
                if var trouble = state.watcher.add(chunk), state.trouble == nil {
                    trouble.seconds = seconds
                    state.trouble = trouble
                }
                if state.watcher.last(1).first?.hasSuffix("login: ") == true { state.sawLogin = true }
                return state.typing.add(chunk)
            }
            switch answer {
            case .type(let bytes)?:
                let console = machine.console
                Task {
                    try? await Task.sleep(for: .seconds(Self.pause))
                    try? console.send(bytes)
                }
            case .unknown(let question)?: note(.passphraseWanted, question)
            case nil: break
            }
        }
    }

    private func readEvents() async {
        for await event in machine.monitor.events {
            switch event.name {
            case "GUEST_PANICKED": note(.kernelPanic, "the guest told QEMU that it panicked")
            case "SHUTDOWN" where event.data["guest"] == .bool(true):
                if !state.withLock({ $0.isEnding }) {
                    note(.poweredOff, event.data["reason"]?.string ?? "without a reason")
                }
            case "RESET" where event.data["guest"] == .bool(true):
                let resets = state.withLock { state in
                    state.resets += 1
                    return state.resets
                }
                if resets > Self.resetLimit { note(.rebootLoop, "\(resets) restarts") }
            default: break
            }
        }
    }

    private func note(_ kind: BootTrouble.Kind, _ evidence: String) {
        let seconds = machine.seconds
        state.withLock { state in
            if state.trouble == nil {
                state.trouble = BootTrouble(kind: kind, evidence: evidence, seconds: seconds)
            }
        }
    }
}
