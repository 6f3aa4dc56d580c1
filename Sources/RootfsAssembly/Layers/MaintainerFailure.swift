import FileTrees
import SandboxInside

/// What a failed maintainer script is told as: its package, its last lines, the log's path.
enum MaintainerFailure {
    private static let kept = 15

    /// From dpkg's own report in the log.
    static func configuring(_ log: ScriptLog) -> HostError {
        if let full = fullDisk(log.lines { $0.hasPrefix("sandbox$ ") }, log) { return full }
        let report = log.last { $0.hasPrefix("dpkg: error processing package ") }
        guard let report, let package = report.split(separator: " ").dropFirst(4).first else {
            return HostError(.commandFailed, "the packages cannot be configured", notes: notes(log, []))
        }
        let name = String(package.split(separator: ":").first ?? package)
        let lines = log.lines { $0.hasPrefix("Setting up \(name)") || $0.hasPrefix("Processing triggers for \(name)") }
        let output = lines.prefix { !$0.hasPrefix("dpkg: error processing package") }
        // The line after dpkg's report says what it was: a script and its status, or a dependency.
        let reason = log.lines { $0 == report }.first?.trimmingSpaces() ?? "it cannot be configured"
        return HostError(.commandFailed, "package \(name): \(reason)", notes: notes(log, Array(output)))
    }

    static func script(_ script: String, of package: String, status: String, _ log: ScriptLog) -> HostError {
        let output = log.lines { $0 == marker(script, package) }
        return HostError(
            .commandFailed, "package \(package): its \(script) script ended with \(status)", notes: notes(log, output))
    }

    /// When that is what the lines complain about: more room helps, and the package is not to blame.
    static func fullDisk(_ lines: [String], _ log: ScriptLog) -> HostError? {
        guard let line = lines.last(where: { $0.contains("No space left on device") }) else { return nil }
        return HostError(
            .noSpace, "the disk of the cache is full", hint: "free some space (`stonebake cache gc`)",
            notes: [line, "the whole log: \(log.path)"])
    }

    /// Printed before a script that Stonebake runs itself.
    static func marker(_ script: String, _ package: String) -> String { "Running the \(script) of \(package)" }

    private static func notes(_ log: ScriptLog, _ lines: [String]) -> [String] {
        lines.suffix(kept) + ["the whole log: \(log.path)"]
    }
}
