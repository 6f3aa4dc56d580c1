import Diagnostics
import Kickstart

/// Reads a text that includes nothing, or what is given.
func read(
    _ text: String, dialect: String? = nil, files: [String: String] = [:], toleratesMissingIncludes: Bool = false,
    allowsURLs: Bool = false
) -> KickstartReading {
    let options = KickstartOptions(
        dialect: dialect.flatMap { Dialect(named: $0) }, allowsURLs: allowsURLs,
        toleratesMissingIncludes: toleratesMissingIncludes)
    let reader = KickstartReader(options: options) { path in files[path].map { .text($0) } ?? .notFound }
    return reader.read(path: "test.ks", text: text)
}

extension KickstartReading {
    /// `test.ks:3:1: there is no command 'foo'`, errors only.
    var errors: [String] {
        report.diagnostics.filter { $0.severity == .error }.map { diagnostic in
            (diagnostic.range?.description ?? "?") + ": " + diagnostic.message
        }
    }

    var warnings: [String] {
        report.diagnostics.filter { $0.severity == .warning }.map { diagnostic in
            (diagnostic.range?.description ?? "?") + ": " + diagnostic.message
        }
    }
}
