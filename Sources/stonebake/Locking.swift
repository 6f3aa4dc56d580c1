import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import Foundation
import HostSystem
import PackageResolution
import RootfsAssembly

/// Makes and renews locks.
struct Locking: Sendable {
    let host: Host

    /// Resolves everything the spec asks for, Python wheels included.
    func resolve(_ spec: LoadedSpec, previous: Lockfile?, update: UpdatePolicy) async throws -> Lockfile {
        var lock = try await PackageResolver(host: host).resolve(
            spec.request, spec: spec.lockedSpec, previous: previous, update: update)
        lock.snapshot = spec.appliance.snapshot?.value.text
        warnAboutSnapshot(of: spec.appliance, lock)
        guard let python = spec.request.python else { return lock }
        // pip is the distribution's own, from the tools layer, so that markers mean the image's Python.
        let plan = BuildPlan(appliance: spec.appliance, lock: lock, hostFiles: [:])
        guard let step = plan[.tools] else { return lock }
        let tools = try await RootfsAssembler(host: host).tools(step, from: lock)
        lock.wheels = try await PackageResolver(host: host).resolvePython(
            python, tools: tools, previous: previous?.wheels ?? [], update: update)
        return lock
    }

    /// The lock that a build uses: the one beside the spec when it is current, otherwise a new one that keeps what
    /// it can.
    ///
    /// - Throws: `HostError` with status 1 when `onlyCurrent` and the lock is missing or stale.
    func lockForBuild(_ spec: LoadedSpec, onlyCurrent: Bool) async throws -> Lockfile {
        var present = try spec.readLock()
        // Which archive is asked is the spec's to say, and no reason to make a lock anew.
        present?.snapshot = spec.appliance.snapshot?.value.text
        if let present {
            let stale = spec.staleInputs(of: present)
            if stale.isEmpty {
                remember(present, at: spec.lockPath)
                return present
            }
            let reason = "'\(spec.lockPath)' is stale: \(stale.joined(separator: ", ")) changed since it was made"
            guard !onlyCurrent else { throw StaleLock(message: reason, hint: "renew it: stonebake lock SPEC") }
            host.progress.send(.message(.notice, "\(reason); it is renewed, what can stay stays"))
        } else if onlyCurrent {
            throw StaleLock(message: "there is no lock '\(spec.lockPath)'", hint: "make it: stonebake lock SPEC")
        } else if host.offline {
            host.progress.send(
                .message(.notice, "there is no lock '\(spec.lockPath)'; to make it, package indexes are needed"))
        }
        let lock = try await resolve(spec, previous: present, update: .keep)
        try write(lock, to: spec.lockPath)
        return lock
    }

    /// The lock is made from what the mirror has today. A snapshot archive's state of an earlier day lacks what is newer.
    private func warnAboutSnapshot(of appliance: Appliance, _ lock: Lockfile) {
        guard let date = appliance.snapshot?.value, let newest = lock.repositories.map(\.date).max(),
            date.seconds + 86400 < newest
        else { return }
        let made = SnapshotDate(seconds: newest)
        host.progress.send(
            .message(
                .warning,
                "the lock is made from the archive of \(made.dayText), and 'snapshot' is \(date.dayText): once the mirror "
                    + "drops what is locked, the snapshot may lack it; 'snapshot: \(made.dayText)' has it"))
    }

    /// Cleaning the store leaves what the lock needs, as long as it is there.
    private func remember(_ lock: Lockfile, at path: String) {
        host.store.remember(lock: URL(filePath: path).standardized.path, naming: lock.digests)
    }

    func write(_ lock: Lockfile, to path: String) throws {
        try Files.write(LockfileFormat.encode(lock), to: path)
        remember(lock, at: path)
    }
}

/// `--locked` and a lock that is not current.
struct StaleLock: Failure {
    let message: String
    let hint: String

    var diagnostics: [Diagnostic] { [Diagnostic(code: "stale-lock", message, hint: hint)] }
    var exitCode: ExitCode { .inputWrong }
}
