import Diagnostics

/// A file that is being read, and how it came to be.
struct OpenFile {
    let file: SourceFile
    /// The `%include` line; nil for the first file.
    let includedAt: SourceRange?
}

/// Finds the files of `%include` and `%ksappend`.
struct FileInclusion {
    let options: KickstartOptions
    let loader: KickstartLoader
    /// The first file, what it includes, …
    var open: [OpenFile] = []

    /// Files that were included so far.
    var count = 0

    /// Files that each include the next one twice would fill any machine.
    static let most = 1000

    /// More than anybody nests; a file that includes itself by ever new paths ends here.
    static let deepest = 40

    enum Outcome {
        case file(SourceFile)
        /// Not there.
        case missing(ArgumentProblem)
        case refused(Diagnostic)
    }

    /// - Parameter path: as written; it is tried as it is, and then relative to the file that it stands in.
    func find(_ path: Located<String>, from includer: SourceFile, directive: String) -> Outcome {
        if path.value.contains("://"), !options.allowsURLs {
            return .missing(
                ArgumentProblem(
                    "\(directive) of a URL: nothing is fetched while a file is read", at: path.range,
                    hint: "put the file beside this one, or allow URLs", code: "include-url"))
        }
        if open.count > FileInclusion.deepest {
            return .refused(
                refusal("files are included more than \(FileInclusion.deepest) deep", path, "include-depth"))
        }
        if count >= FileInclusion.most {
            return .refused(refusal("more than \(FileInclusion.most) files are included", path, "include-depth"))
        }
        for candidate in candidates(path.value, includer) {
            switch loader(candidate) {
            case .text(let text):
                if open.contains(where: { FileInclusion.isSame($0.file.path, candidate) }) {
                    return .refused(refusal("\(candidate) includes itself", path, "include-cycle"))
                }
                return .file(SourceFile(path: candidate, text: text))
            case .failed(let reason):
                return .refused(
                    Diagnostic(code: "include-unreadable", "cannot read \(candidate): \(reason)", at: path.range))
            case .notFound: continue
            }
        }
        return .missing(
            ArgumentProblem(
                "there is no file '\(path.value)'", at: path.range,
                hint: path.value.begins(with: "/tmp/")
                    ? "an installer's %pre may write it; no %pre runs here" : "paths are relative to this file",
                code: "include-not-found"))
    }

    private func candidates(_ path: String, _ includer: SourceFile) -> [String] {
        guard !path.begins(with: "/"), !path.contains("://"), let slash = includer.path.lastIndex(of: "/") else {
            return [path]
        }
        return [path, includer.path[...slash] + path]
    }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        func plain(_ path: String) -> String {
            if path.contains("://") { return path }
            let isAbsolute = path.begins(with: "/")
            let normal = OptionReading.normalised(isAbsolute ? path : "/./" + path)
            return isAbsolute ? normal : "./" + normal
        }
        return plain(left) == plain(right)
    }

    private func refusal(_ message: String, _ path: Located<String>, _ code: String) -> Diagnostic {
        let chain = open.compactMap(\.includedAt).map { Diagnostic.Note("included from here", at: $0) }
        return Diagnostic(code: code, message, at: path.range, notes: Array(chain.suffix(8)))
    }
}
