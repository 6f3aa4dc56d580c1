package import Diagnostics
import FoundationEssentials
package import Kickstart

/// How specs are read, by the options of the call.
package struct SpecReading: Sendable {
    /// What cannot be done is left out with a warning, in place of an error.
    package var allowsUnsupported = false
    /// The version of the Kickstart language; nil: the file's own, and without one the union of all.
    package var dialect: Dialect?
    /// What is made in place of the spec's `targets:`; empty: those.
    package var targets: [Target] = []
    /// Fetches what a Kickstart includes by a URL; nil: nothing is fetched.
    package var fetch: (@Sendable (_ url: String) -> KickstartLoading)?

    package init(
        allowsUnsupported: Bool = false, dialect: Dialect? = nil, targets: [Target] = [],
        fetch: (@Sendable (_ url: String) -> KickstartLoading)? = nil
    ) {
        self.allowsUnsupported = allowsUnsupported
        self.dialect = dialect
        self.targets = targets
        self.fetch = fetch
    }
}

/// Compiles a spec: reads it and its bases, merges them, and finds everything that is wrong with them at once.
package struct SpecCompiler: Sendable {
    let paths: HostPaths
    private let now: Int64
    let reading: SpecReading

    /// - Parameters:
    ///   - workingDirectory: an absolute path; relative paths are relative to it, and places in messages are shown
    ///     relative to it.
    ///   - now: seconds since 1970; a snapshot cannot be of later.
    ///   - reading: how Kickstart files are read, and what is done with what cannot be done.
    package init(
        workingDirectory: String, now: Int64 = Int64(Date().timeIntervalSince1970), reading: SpecReading = SpecReading()
    ) {
        self.now = now
        self.reading = reading
        let folder = HostPaths(workingDirectory: "/").absolute(workingDirectory)
        paths = HostPaths(workingDirectory: folder)
    }

    /// Compiles the spec at the path. The appliance is nil exactly when the report has errors.
    package func compile(_ path: String) -> (appliance: Appliance?, report: DiagnosticReport) {
        var loader = SpecLoader(paths: paths, reading: reading)
        loader.load(path)
        var report = loader.report
        guard let first = loader.roots.first else { return (nil, report) }
        let merged = loader.roots.dropFirst().reduce(first) { $0.merged(with: $1) }
        for diagnostic in merged.missingKeys(of: SpecDeclarations.spec) where loader.isComplete {
            report.add(diagnostic)
        }
        var decoder = SpecDecoder(
            root: merged, paths: paths, now: now, allowsUnsupported: reading.allowsUnsupported)
        decoder.isSound = !report.hasErrors
        decoder.askedTargets = reading.targets
        let directory = HostPaths.folder(of: paths.absolute(path))
        let appliance = decoder.appliance(sources: loader.files, directory: directory)
        report.append(decoder.report)
        return (report.hasErrors ? nil : appliance, report)
    }
}
