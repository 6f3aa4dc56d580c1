package import Diagnostics
import FoundationEssentials

/// Compiles a spec: reads it and its bases, merges them, and finds everything that is wrong with them at once.
package struct SpecCompiler: Sendable {
    private let paths: HostPaths
    private let now: Int64
    private let allowsUnsupported: Bool

    /// - Parameters:
    ///   - workingDirectory: an absolute path; relative paths are relative to it, and places in messages are shown
    ///     relative to it.
    ///   - now: seconds since 1970; a snapshot cannot be of later.
    ///   - allowsUnsupported: whether what cannot be done is left out with a warning, in place of an error.
    package init(
        workingDirectory: String, now: Int64 = Int64(Date().timeIntervalSince1970), allowsUnsupported: Bool = false
    ) {
        self.now = now
        self.allowsUnsupported = allowsUnsupported
        let folder = HostPaths(workingDirectory: "/").absolute(workingDirectory)
        paths = HostPaths(workingDirectory: folder)
    }

    /// Compiles the spec at the path. The appliance is nil exactly when the report has errors.
    package func compile(_ path: String) -> (appliance: Appliance?, report: DiagnosticReport) {
        var loader = SpecLoader(paths: paths)
        loader.load(path)
        var report = loader.report
        guard let first = loader.roots.first else { return (nil, report) }
        let merged = loader.roots.dropFirst().reduce(first) { $0.merged(with: $1) }
        for diagnostic in merged.missingKeys(of: SpecDeclarations.spec) where loader.isComplete {
            report.add(diagnostic)
        }
        var decoder = SpecDecoder(
            root: merged, paths: paths, now: now, allowsUnsupported: allowsUnsupported)
        decoder.isSound = !report.hasErrors
        let directory = HostPaths.folder(of: paths.absolute(path))
        let appliance = decoder.appliance(sources: loader.files, directory: directory)
        report.append(decoder.report)
        return (report.hasErrors ? nil : appliance, report)
    }
}
