import FileTrees
import HostSystem

/// What the checks of one boot share.
struct CheckContext: Sendable {
    var machine: Machine
    var http: HTTPClient
    /// All time limits are multiplied by this: 1 with KVM, more where the guest is emulated.
    var scale: Double
    var runner: CommandRunner
    /// The values of the instance's parameters that the boot was given, by their names.
    var parameters: [String: String] = [:]
    /// Where the guest is asked for those that it made itself.
    var door: GuestDoor?

    /// Seconds between two attempts.
    static let pause = 1.0

    /// Attempts until one passes or the time is over, and the last one's outcome; a hanging attempt ends with the time.
    ///
    /// - Throws: `CancellationError`; what `attempt` throws.
    func retry(
        for seconds: Double, _ attempt: @escaping @Sendable (_ left: Double) async throws -> CheckOutcome
    ) async throws -> CheckOutcome {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        var last: CheckOutcome?
        while true {
            let left = (deadline - clock.now).inSeconds
            if left <= 0 { break }
            guard let outcome = try await withTimeLimit(seconds: left, { try await attempt(left) }) else { break }
            if outcome.passed || outcome.isFinal { return outcome }
            last = outcome
            try await Task.sleep(for: .seconds(min(CheckContext.pause, max(0, (deadline - clock.now).inSeconds))))
        }
        return last ?? CheckOutcome(failed: "no answer within \(Int(seconds)) s")
    }
}

extension CheckContext {
    /// Whether the guest accepted the connection that was just made to its port.
    func guestAccepts(_ port: Int, patience: Double) async throws -> Bool {
        let deadline = ContinuousClock().now + .seconds(patience)
        while ContinuousClock().now < deadline {
            let states = try await machine.connections().filter { $0.guestPort == port }.map(\.state)
            if states.contains("ESTABLISHED") { return true }
            // Refused: the attempt is gone from the table.
            if !states.contains("SYN_SENT") { return false }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }
}

/// How one attempt at a check ended.
struct CheckOutcome: Sendable, Equatable {
    var passed: Bool
    /// What was found, in one sentence.
    var detail: String
    /// What came back.
    var evidence: [String] = []
    /// No later attempt can end otherwise.
    var isFinal = false
    /// The unit whose journal tells more.
    var unit: String?

    init(passed detail: String, evidence: [String] = []) {
        passed = true
        self.detail = detail
        self.evidence = evidence
    }

    init(failed detail: String, evidence: [String] = [], isFinal: Bool = false, unit: String? = nil) {
        passed = false
        self.detail = detail
        self.evidence = evidence
        self.isFinal = isFinal
        self.unit = unit
    }

    /// The first lines of a text that somebody else wrote, fit to be shown.
    static func excerpt(_ text: String, lines: Int = 12) -> [String] {
        let all = ConsoleText.lines(of: text.utf8)
        let shown = all.prefix(lines).map { String($0.prefix(200)) }
        return all.count > lines ? shown + ["… (\(all.count - lines) more lines)"] : shown
    }
}
