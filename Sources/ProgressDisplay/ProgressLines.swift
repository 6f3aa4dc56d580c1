import ApplianceSpec
import HostSystem

/// The lines that show what is under way: one for each step with a bar, one below it for each file that is being
/// downloaded. Pure, so that tests can read it.
func progressLines(_ state: RunState, at time: Double, width: Int, style: TextStyle) -> [String] {
    let spinner = Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
    let frame = spinner[Int(time * 10) % spinner.count]
    return state.active.flatMap { step -> [String] in
        let elapsed = formatted(seconds: time - step.startedAt)
        let head = "\(frame) \(step.title)"
        var details = elapsed
        if let total = step.total, total > 0 {
            details = "\(bar(step.completed, of: total)) \(amount(step.completed, of: total, step.unit)) \(elapsed)"
        } else if step.completed > 0 {
            details = "\(amount(step.completed, of: nil, step.unit)) \(elapsed)"
        }
        let lines = [fitted(head, details, width: width, style: style)]
        // Four are enough to see that something moves; there may be sixteen.
        return lines
            + step.transfers.prefix(4).map { transfer in
                let total = transfer.total ?? 0
                let details =
                    total > 0
                    ? "\(bar(transfer.completed, of: total)) \(amount(transfer.completed, of: total, .bytes))"
                    : amount(transfer.completed, of: nil, .bytes)
                return fitted("    \(transfer.title)", details, width: width, style: style)
            }
    }
}

private func fitted(_ head: String, _ details: String, width: Int, style: TextStyle) -> String {
    // One column stays free: a full line would wrap, and the count of lines to erase would be wrong.
    let room = max(width - 2 - details.count, 8)
    let text = head.count > room ? String(head.prefix(room - 1)) + "…" : head
    let gap = String(repeating: " ", count: max(width - 1 - text.count - details.count, 1))
    let line = text + gap + style.dim(details)
    return text.count + gap.count + details.count < width ? line : String(text.prefix(width - 1))
}

private func bar(_ completed: Int64, of total: Int64) -> String {
    let length = 20
    let filled = min(length, max(0, Int(completed * Int64(length) / total)))
    return String(repeating: "━", count: filled) + String(repeating: "╌", count: length - filled)
}

private func amount(_ completed: Int64, of total: Int64?, _ unit: ProgressEvent.Unit) -> String {
    switch (unit, total) {
    case (.bytes, let total?): "\(ByteSize(bytes: completed)) of \(ByteSize(bytes: total))"
    case (.bytes, nil): "\(ByteSize(bytes: completed))"
    case (.items, let total?): "\(completed) of \(total)"
    case (.items, nil): "\(completed)"
    }
}
