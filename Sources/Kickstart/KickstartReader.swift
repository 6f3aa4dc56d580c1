package import Diagnostics

/// What a Kickstart file is read with.
package struct KickstartOptions: Sendable {
    /// A dialect; nil: the file's own `#version=`, and without one the union of all.
    package var dialect: Dialect?
    /// Whether `%include` and `%ksappend` may name URLs. The loader fetches them.
    package var allowsURLs = false
    /// Whether an `%include` whose file is not there is kept as a missing one (it may come from a `%pre`), and no error.
    package var toleratesMissingIncludes = false

    package init(dialect: Dialect? = nil, allowsURLs: Bool = false, toleratesMissingIncludes: Bool = false) {
        self.dialect = dialect
        self.allowsURLs = allowsURLs
        self.toleratesMissingIncludes = toleratesMissingIncludes
    }
}

/// Reads the file of an `%include` or `%ksappend`: a path as it is to be opened, or a URL. `.notFound` makes the reader
/// look further (relative to the includer), and then is an error at the line, or a missing include.
package typealias KickstartLoader = (_ path: String) -> KickstartLoading

package enum KickstartLoading: Sendable {
    case text(String)
    case notFound
    /// Found and not readable: why.
    case failed(String)
}

/// A file that was read: what could be understood of it, and what is wrong with it.
package struct KickstartReading: Sendable {
    package var document: KickstartDocument
    package var report: DiagnosticReport
}

/// Reads Kickstart files.
package struct KickstartReader {
    private let options: KickstartOptions
    private let loader: KickstartLoader

    package init(options: KickstartOptions = KickstartOptions(), loader: @escaping KickstartLoader) {
        self.options = options
        self.loader = loader
    }

    /// Never fails: what is wrong is in the report, at its place, as much of it as can be told at once.
    ///
    /// - Parameter path: what diagnostics say, and what included files are relative to.
    package func read(path: String, text: String) -> KickstartReading {
        var parser = DocumentParser(SourceFile(path: path, text: text), options: options, loader: loader)
        return parser.read()
    }
}
