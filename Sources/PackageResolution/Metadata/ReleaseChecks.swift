import ApplianceSpec
import Diagnostics

/// What must be true of a Release file besides its signature. Pure: time and memory come in as values.
struct ReleaseChecks {
    let repository: Repository
    let architecture: Architecture
    /// Seconds since 1970.
    let now: Int64
    /// The newest Date seen of this archive and suite.
    let lastSeen: Int64?
    let allowExpired: Bool

    /// What is wrong: errors, or warnings where `--allow-expired` lets it pass.
    func diagnostics(of release: ReleaseFile) -> [Diagnostic] {
        identity(of: release) + freshness(of: release) + contents(of: release)
    }

    /// A mirror, or someone between, could serve the validly signed Release of another suite.
    private func identity(of release: ReleaseFile) -> [Diagnostic] {
        let asked = repository.suite.value
        let names = [release.codename, release.suite].compactMap { $0 }
        if names.contains(asked) { return [] }
        if names.isEmpty {
            return [
                Diagnostic(
                    .warning, code: ResolutionError.Code.badRelease.rawValue,
                    "the Release file of '\(repository.id)' does not say which suite it is of",
                    at: repository.suite.range)
            ]
        }
        return [
            Diagnostic(
                code: ResolutionError.Code.badRelease.rawValue,
                "'\(repository.id)' serves the Release file of another suite: '\(names.joined(separator: "', '"))', "
                    + "not '\(asked)'",
                at: repository.suite.range,
                hint: "if the suite has a new name, write that; otherwise do not trust this mirror")
        ]
    }

    private func freshness(of release: ReleaseFile) -> [Diagnostic] {
        var found: [Diagnostic] = []
        let severity: Diagnostic.Severity = allowExpired ? .warning : .error
        let passes = "--allow-expired lets it pass, and with it old packages that have known holes"
        if let validUntil = release.validUntil, validUntil < now {
            found.append(
                Diagnostic(
                    severity, code: ResolutionError.Code.expired.rawValue,
                    "the Release file of '\(repository.id)' expired on \(ReleaseFile.text(validUntil)); now it is "
                        + ReleaseFile.text(now),
                    at: repository.suite.range,
                    hint: allowExpired
                        ? nil : "is the clock right? another mirror may be newer (--mirror NAME=URI); \(passes)"))
        }
        if let lastSeen, release.date < lastSeen {
            found.append(
                Diagnostic(
                    severity, code: ResolutionError.Code.rolledBack.rawValue,
                    "the Release file of '\(repository.id)' is of \(ReleaseFile.text(release.date)), older than the "
                        + "one of \(ReleaseFile.text(lastSeen)) seen before",
                    at: repository.suite.range,
                    hint: allowExpired ? nil : "the mirror has gone back in time: choose another one; \(passes)"))
        }
        // A clock that is a little behind is no reason to stop.
        if release.date > now + 86400 {
            found.append(
                Diagnostic(
                    severity, code: ResolutionError.Code.expired.rawValue,
                    "the Release file of '\(repository.id)' is of \(ReleaseFile.text(release.date)), which is yet to "
                        + "come; now it is \(ReleaseFile.text(now))",
                    at: repository.suite.range, hint: allowExpired ? nil : "is the clock right?"))
        }
        return found
    }

    private func contents(of release: ReleaseFile) -> [Diagnostic] {
        var found: [Diagnostic] = []
        for component in repository.components where !release.hasComponent(component) {
            let known = release.components.map { $0.hasPrefix("updates/") ? String($0.dropFirst(8)) : $0 }
            found.append(
                Diagnostic(
                    code: ResolutionError.Code.unknownComponent.rawValue,
                    "'\(repository.id)' has no component '\(component)'", at: repository.range,
                    hint: suggestion(for: component, in: known) ?? "it has: \(known.joined(separator: ", "))"))
        }
        if !release.architectures.isEmpty, !release.architectures.contains(architecture.rawValue) {
            let known = release.architectures.filter { $0 != "all" }
            found.append(
                Diagnostic(
                    code: ResolutionError.Code.unknownArchitecture.rawValue,
                    "'\(repository.id)' has no packages for \(architecture.rawValue)", at: repository.range,
                    hint: "it has: \(known.joined(separator: ", "))"))
        }
        return found
    }
}
