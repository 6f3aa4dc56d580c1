import HostSystem

/// What is known of a run at one moment, folded from its events: what the terminal shows.
struct RunState {
    struct Transfer: Equatable {
        var title: String
        var completed: Int64
        var total: Int64?
    }

    struct Step: Equatable {
        var id: String
        var title: String
        var startedAt: Double
        var completed: Int64 = 0
        var total: Int64?
        var unit: ProgressEvent.Unit = .items
        /// Those under way, in the order in which they began.
        var transfers: [Transfer] = []
    }

    private(set) var active: [Step] = []

    /// Takes the event at `time` (seconds on any steady clock) and returns the lines that it leaves behind for good.
    mutating func apply(_ event: ProgressEvent, at time: Double, style: TextStyle) -> [String] {
        switch event {
        case .stepStarted(let id, let title):
            active.append(Step(id: id, title: title, startedAt: time))
        case .stepProgress(let id, let completed, let total, let unit):
            update(id) {
                $0.completed = completed
                $0.total = total
                $0.unit = unit
            }
        case .transfer(let id, let title, let completed, let total):
            update(id) { step in
                let transfer = Transfer(title: title, completed: completed, total: total)
                let ended = total == completed
                if let index = step.transfers.firstIndex(where: { $0.title == title }) {
                    if ended { step.transfers.remove(at: index) } else { step.transfers[index] = transfer }
                } else if !ended {
                    step.transfers.append(transfer)
                }
            }
        case .stepFinished(let id, let title, let outcome, let seconds):
            active.removeAll { $0.id == id }
            return [finishedLine(title, outcome, seconds, style)]
        case .message(.debug, _), .log:
            break
        case .message(let level, let text):
            return [messageLine(level, text, style)]
        }
        return []
    }

    private mutating func update(_ id: String, _ change: (inout Step) -> Void) {
        // What a stage reports of a step that nobody opened is progress all the same, only without a line.
        guard let index = active.firstIndex(where: { $0.id == id }) else { return }
        change(&active[index])
    }
}

func finishedLine(
    _ title: String, _ outcome: ProgressEvent.Outcome, _ seconds: Double, _ style: TextStyle
) -> String {
    switch outcome {
    case .done: "\(style.green("✓")) \(title) \(style.dim(formatted(seconds: seconds)))"
    case .cached: "\(style.green("✓")) \(title) \(style.dim("cached"))"
    case .failed: "\(style.red("✗")) \(title) \(style.dim(formatted(seconds: seconds)))"
    }
}

func messageLine(_ level: ProgressEvent.Level, _ text: String, _ style: TextStyle) -> String {
    level == .warning ? "\(style.yellow("warning:")) \(text)" : text
}

/// `0.4 s`, `12.0 s`, `2 min 05 s`.
package func formatted(seconds: Double) -> String {
    if seconds >= 100 {
        let whole = Int(seconds.rounded())
        let rest = whole % 60
        return "\(whole / 60) min \(rest < 10 ? "0" : "")\(rest) s"
    }
    let tenths = Int((seconds * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) s"
}
