import FoundationEssentials

/// What `doctor` says of one thing that a build needs.
package struct ProbeResult: Sendable, Codable, Equatable {
    package enum State: String, Sendable, Codable {
        case works, missing, broken
        /// It could be had, but nothing here asks for it.
        case notNeeded = "not-needed"
    }

    package var name: String
    package var state: State
    /// How that was found out, and what was found, in one sentence.
    package var proof: String
    /// The one command that mends it; nil when it works, and where no command does.
    package var mend: String?
    /// Whether a build goes on without it.
    package var isOptional: Bool
    /// Seconds that the probe took.
    package var seconds: Double

    package init(
        name: String, state: State, proof: String, mend: String? = nil, isOptional: Bool = false, seconds: Double = 0
    ) {
        self.name = name
        self.state = state
        self.proof = proof
        self.mend = mend
        self.isOptional = isOptional
        self.seconds = seconds
    }

    /// Whether builds fail for it.
    package var isFault: Bool { !isOptional && (state == .missing || state == .broken) }
}

extension [ProbeResult] {
    /// Whether this machine can build.
    package var isHealthy: Bool { !contains { $0.isFault } }

    /// A line for each, and under those that do not work the command that mends them.
    package var text: String {
        let width = map(\.name.count).max() ?? 0
        var lines: [String] = []
        for result in self {
            let name = result.name + String(repeating: " ", count: width - result.name.count)
            lines.append("\(result.word)  \(name)  \(result.proof)")
            if let mend = result.mend {
                lines.append(String(repeating: " ", count: width + 14) + "mend it: \(mend)")
            }
        }
        let faults = filter(\.isFault).map(\.name)
        lines.append("")
        lines.append(
            faults.isEmpty
                ? "This machine has what builds need."
                : "Builds fail here for want of: \(faults.joined(separator: ", ")).")
        return lines.joined(separator: "\n") + "\n"
    }

    /// `{"healthy": …, "probes": […]}`, pretty-printed, keys sorted.
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try? encoder.encode(DoctorReport(healthy: isHealthy, probes: self))
        return data.map { String(decoding: $0, as: UTF8.self) + "\n" } ?? "{}\n"
    }
}

private struct DoctorReport: Encodable {
    var healthy: Bool
    var probes: [ProbeResult]
}

extension ProbeResult {
    /// Ten columns.
    fileprivate var word: String {
        switch state {
        case .works: "works     "
        case .missing: "MISSING   "
        case .broken: isOptional ? "no        " : "BROKEN    "
        case .notNeeded: "not needed"
        }
    }
}
