import ApplianceSpec
import ArgumentParser
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import Foundation

/// A spec that compiled, and its lock as it lies beside it.
struct LoadedSpec: Sendable {
    /// Of the file; absolute.
    let path: String
    let appliance: Appliance
    let request: ResolutionRequest
    /// What the lock of this spec would be made for.
    let lockedSpec: LockedSpec
    /// `appliance.lock` beside the spec, beside a Kickstart `NAME.lock`, unless `--lock` names another.
    let lockPath: String

    /// Compiles the spec and prints what there is to say about it.
    ///
    /// - Throws: `RunEnded` with status 1 when it has errors.
    init(_ options: SpecOptions) throws {
        try self.init(path: options.path, format: options.format, reading: options.reading, lock: options.lock)
    }

    init(path: String, format: DiagnosticFormat, reading: ReadingOptions, lock: String? = nil) throws {
        let (appliance, report) = reading.compiler.compile(path)
        guard let appliance, !report.hasErrors else {
            printDiagnostics(report.diagnostics, as: format)
            throw RunEnded(exitCode: .inputWrong)
        }
        // Warnings alone: as text also where the command's own output is data.
        if !report.diagnostics.isEmpty { printDiagnostics(report.diagnostics, as: .text) }
        guard let request = appliance.resolutionRequest() else {
            throw HostError(.unsupported, "'\(appliance.distribution.name)' is not a distribution that can be built")
        }
        self.path = path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
        self.appliance = appliance
        self.request = request
        lockedSpec = LockedSpec(
            name: appliance.name.value, version: appliance.version.value, inputs: request.inputs())
        lockPath = lock ?? Self.relative("\(appliance.directory)/\(Self.lockName(path))")
    }

    /// Kickstart files lie several in a folder, so each has a lock of its own name.
    private static func lockName(_ path: String) -> String {
        let name = Files.name(of: path)
        return name.hasSuffix(".ks") ? "\(name.dropLast(3)).lock" : "appliance.lock"
    }

    /// As a person would type it: relative to the working directory where the path lies below it.
    private static func relative(_ path: String) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }

    /// The lock; nil when there is none yet.
    ///
    /// - Throws: `LockfileError` when it cannot be read as one.
    func readLock() throws -> Lockfile? {
        guard Files.exists(lockPath) else { return nil }
        let lock = try LockfileFormat.decode(SourceFile(path: lockPath, text: Files.readText(lockPath)))
        guard lock.spec.name == appliance.name.value else {
            throw HostError(
                .notFound, "'\(lockPath)' is the lock of '\(lock.spec.name)', not of '\(appliance.name.value)'",
                hint: "two specs in one folder need a lock each: name this one's with --lock FILE")
        }
        return lock
    }

    /// What has moved since the lock was made; empty when it is current.
    func staleInputs(of lock: Lockfile) -> [String] {
        lockedSpec.inputs.differences(from: lock.spec.inputs)
    }

    /// The host's files that the image takes in, hashed: what an edited application source is noticed by.
    func hostFileDigests() throws -> HostFileDigests {
        var result: HostFileDigests = [:]
        for path in appliance.hostSources { result[path] = try HostFiles.digests(of: path) }
        return result
    }
}
