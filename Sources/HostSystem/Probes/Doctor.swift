import Diagnostics
import FileTrees
import Glibc

/// Finds out of each thing that a build needs whether it works, by using it.
package struct Doctor: Sendable {
    /// Launches libguestfs, with KVM or without, and says how that went in one sentence; the stage that owns the
    /// library passes it in.
    package typealias GuestfsLaunch = @Sendable (_ useKVM: Bool) async throws -> String

    /// What a probe found.
    struct Finding: Sendable {
        var state: ProbeResult.State
        var proof: String
        var mend: String?

        static func works(_ proof: String) -> Finding { Finding(state: .works, proof: proof) }
        static func missing(_ proof: String, mend: String?) -> Finding {
            Finding(state: .missing, proof: proof, mend: mend)
        }
        static func broken(_ proof: String, mend: String? = nil) -> Finding {
            Finding(state: .broken, proof: proof, mend: mend)
        }
        static func notNeeded(_ proof: String) -> Finding { Finding(state: .notNeeded, proof: proof) }
    }

    /// One thing to find out.
    struct Probe: Sendable {
        var name: String
        var isOptional = false
        /// Seconds.
        var limit = 20.0
        var run: @Sendable () async throws -> Finding
    }

    let host: Host
    let launchGuestfs: GuestfsLaunch?

    package init(host: Host, launchGuestfs: GuestfsLaunch?) {
        self.host = host
        self.launchGuestfs = launchGuestfs
    }

    /// Runs all probes, side by side, each with a time limit.
    ///
    /// - Parameter finished: called with each result as it comes, for a person who waits.
    /// - Returns: the results in a fixed order.
    /// - Throws: `CancellationError`.
    package func examine(finished: @escaping @Sendable (ProbeResult) -> Void = { _ in }) async throws -> [ProbeResult] {
        // One trial for the three probes that need its verdict: they would disturb one another.
        let trial = Task { try await virtualization() }
        defer { trial.cancel() }
        let probes = virtualizationProbes(trial) + clientProbes + namespaceProbes + archiveProbes + resourceProbes
        return try await withThrowingTaskGroup(of: (Int, ProbeResult).self) { group in
            for (index, probe) in probes.enumerated() {
                group.addTask {
                    let result = try await Doctor.result(of: probe)
                    finished(result)
                    return (index, result)
                }
            }
            var results: [(Int, ProbeResult)] = []
            for try await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Runs one probe; what it throws is what it found.
    static func result(of probe: Probe) async throws -> ProbeResult {
        let clock = ContinuousClock()
        let start = clock.now
        let finding: Finding
        do {
            finding =
                try await withTimeLimit(seconds: probe.limit, probe.run)
                ?? .broken("it did not end within \(Int(probe.limit)) s")
        } catch let error as HostError {
            let detail = error.notes.first { !$0.isEmpty }.map { " (\($0))" } ?? ""
            let isMissing = error.code == .toolMissing || error.code == .notFound || error.code == .unknownArchive
            finding = Finding(
                state: isMissing ? .missing : .broken, proof: error.message + detail, mend: error.hint)
        } catch let error as CancellationError {
            throw error
        } catch let error as any Failure {
            let diagnostic = error.diagnostics.first
            finding = .broken(diagnostic?.message ?? "\(error)", mend: diagnostic?.hint)
        } catch {
            finding = .broken("\(error)")
        }
        return ProbeResult(
            name: probe.name, state: finding.state, proof: finding.proof, mend: finding.mend,
            isOptional: probe.isOptional, seconds: (clock.now - start).inSeconds)
    }

    /// The command line that installs Debian packages, as this user types it.
    static func install(_ packages: String) -> String { asRoot("apt-get install \(packages)") }

    static func asRoot(_ command: String) -> String { geteuid() == 0 ? command : "sudo \(command)" }

    /// The first line that a program prints when it is asked for its version.
    ///
    /// - Throws: `HostError` with what installs it.
    func versionLine(of program: String, _ option: String = "--version", package: String) async throws -> String {
        // Some (ssh) print it on standard error.
        let command = Command(program, [option]).with { $0.output = .capture(limit: 1 << 16) }
        do {
            let result = try await host.runner.check(command, purpose: "run \(program)")
            let line = result.text.split(separator: "\n").first.map(String.init) ?? result.tail.first ?? ""
            return "'\(program) \(option)' says: \(line)"
        } catch var error as HostError {
            error.hint = Doctor.install(package)
            throw error
        }
    }
}
