package import HostSystem

/// One event as a line of JSON, for programs that read `--log-format json` (docs/log-format.md). Nil for events
/// that only the log file takes.
package func jsonLine(_ event: ProgressEvent, time: Double) -> String? {
    var members: [(String, String)] = [("time", decimal(time))]
    switch event {
    case .stepStarted(let id, let title):
        members += [("event", quoted("step-started")), ("step", quoted(id)), ("title", quoted(title))]
    case .stepProgress(let id, let completed, let total, let unit):
        members += [("event", quoted("step-progress")), ("step", quoted(id)), ("completed", "\(completed)")]
        if let total { members.append(("total", "\(total)")) }
        members.append(("unit", quoted(unit.rawValue)))
    case .stepFinished(let id, let title, let outcome, let seconds):
        members += [("event", quoted("step-finished")), ("step", quoted(id)), ("title", quoted(title))]
        switch outcome {
        case .done: members.append(("outcome", quoted("done")))
        case .cached: members.append(("outcome", quoted("cached")))
        case .failed(let reason): members += [("outcome", quoted("failed")), ("reason", quoted(reason))]
        }
        members.append(("seconds", decimal(seconds)))
    case .transfer(let step, let title, let completed, let total):
        members += [("event", quoted("transfer")), ("step", quoted(step)), ("title", quoted(title))]
        members.append(("completed", "\(completed)"))
        if let total { members.append(("total", "\(total)")) }
    case .message(let level, let text):
        members += [("event", quoted("message")), ("level", quoted(level.rawValue)), ("text", quoted(text))]
    case .log:
        return nil
    }
    return "{" + members.map { "\(quoted($0)): \($1)" }.joined(separator: ", ") + "}"
}

/// Three digits after the point, without an exponent.
private func decimal(_ value: Double) -> String {
    let thousandths = Int64((value * 1000).rounded())
    let rest = String(thousandths % 1000)
    return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
}

/// A JSON string (RFC 8259): control characters escaped, all else as it is.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where scalar.value < 0x20:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
