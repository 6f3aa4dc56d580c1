import Diagnostics

/// A pip requirements file, of which only what can be locked as wheels of the `pypi` archive is accepted: names with
/// versions, extras and markers (PEP 508), and hashes.
struct Requirements {
    /// What serves the application.
    static let gunicorn = "gunicorn>=23"

    private let file: SourceFile
    /// What the kind needs besides; each is added unless the file names its project itself.
    private let needed: [String]
    private(set) var report = DiagnosticReport()
    /// The projects that the file names, normalised (PEP 503).
    private(set) var names: Set<String> = []
    private var hasHashes = false

    init(_ file: SourceFile, needing needed: [String] = [Requirements.gunicorn]) {
        self.file = file
        self.needed = needed
        for line in Self.logicalLines(file) { check(line) }
        for name in missing.map({ Self.project(of: $0) }) where hasHashes {
            report.add(
                Diagnostic(
                    code: "bad-requirement", "a file with hashes has to name \(name), with its hash",
                    at: file.range(line: 1),
                    hint: "add a \(name) line, or leave the hashes out: the lock has them for every wheel"))
        }
    }

    /// The file's text, with what it does not name.
    var complete: SourceFile {
        guard !missing.isEmpty, !hasHashes else { return file }
        return SourceFile(
            path: file.path,
            text: file.text + (file.text.hasSuffix("\n") ? "" : "\n") + missing.map { "\($0)\n" }.joined())
    }

    private var missing: [String] { needed.filter { !names.contains(Self.project(of: $0)) } }

    /// `psycopg` of `psycopg[binary]>=3.2`.
    private static func project(of requirement: String) -> String {
        normalised(String(requirement.prefix { $0.isLetter || $0.isNumber || "._-".contains($0) }))
    }

    private struct Line {
        /// Without comment and continuation.
        var text: String
        /// Of its first physical line.
        var number: Int
        var column: Int
    }

    /// pip joins lines at a backslash, and cuts a comment at ` #`.
    private static func logicalLines(_ file: SourceFile) -> [Line] {
        var lines: [Line] = []
        var open: Line?
        for (index, physical) in file.lines.enumerated() {
            let scalars = Array(physical.unicodeScalars)
            let comment = scalars.indices.first {
                scalars[$0] == "#" && ($0 == 0 || scalars[$0 - 1].properties.isWhitespace)
            }
            let content = scalars[..<(comment ?? scalars.count)]
            var text = String(String.UnicodeScalarView(content))
            let continues = comment == nil && text.hasSuffix("\\")
            if continues { text.removeLast() }
            if open == nil {
                let indent = text.prefix { $0 == " " || $0 == "\t" }.count
                open = Line(text: "", number: index + 1, column: indent + 1)
            }
            open?.text += text
            if !continues, let line = open {
                lines.append(line)
                open = nil
            }
        }
        if let open { lines.append(open) }
        return lines.map { line in
            var line = line
            line.text = line.text.trimmed
            return line
        }.filter { !$0.text.isEmpty }
    }

    private mutating func check(_ line: Line) {
        var text = line.text
        if text.hasPrefix("-") {
            checkOption(text, line)
            return
        }
        // Options of one requirement stand behind it: ` --hash=sha256:…`.
        let parts = text.split(separator: " --")
        if parts.count > 1 {
            text = String(parts[0]).trimmed
            for option in parts.dropFirst() {
                guard option.hasPrefix("hash") else {
                    fail(line, "the option '--\(option.prefix { $0 != "=" && $0 != " " })' is not supported")
                    return
                }
                hasHashes = true
            }
        }
        if let problem = Self.problem(with: text) {
            fail(line, problem.message, hint: problem.hint)
            return
        }
        names.insert(Self.project(of: text))
    }

    private mutating func checkOption(_ text: String, _ line: Line) {
        let option = text.prefix { $0 != "=" && $0 != " " }
        switch option {
        case "--require-hashes": hasHashes = true
        case "--pre", "--prefer-binary", "--only-binary": break
        case "-e", "--editable":
            fail(
                line, "editable requirements cannot be locked",
                hint: "put the code into the application's source folder")
        case "-r", "--requirement", "-c", "--constraint":
            fail(line, "other files are not read", hint: "put all requirements into one file")
        case "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--no-index":
            fail(
                line, "a requirements file names no index",
                hint: "wheels come from the archive 'pypi', whose mirror the machine that builds knows")
        case "--no-binary":
            fail(line, "only wheels are installed", hint: "a build has no compiler and no network in the image")
        default: fail(line, "the option '\(option)' is not supported")
        }
    }

    private static func problem(with text: String) -> (message: String, hint: String?)? {
        let index = "only wheels of the archive 'pypi' can be locked: name and version, like 'flask>=3,<4'"
        if text.contains("://") || text.hasPrefix("git+") {
            return ("a URL is not a requirement that can be locked", index)
        }
        if text.contains(" @ ") { return ("a direct reference is not a requirement that can be locked", index) }
        if text.hasPrefix(".") || text.hasPrefix("/") || text.hasSuffix(".whl") || text.hasSuffix(".tar.gz") {
            return ("a local path is not a requirement that can be locked", index)
        }
        let pattern =
            #"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\s*(\[[A-Za-z0-9._, -]*\])?\s*"#
            + #"(\(?\s*(===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+(\s*,\s*(===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+)*\s*,?\s*\)?)?"#
            + #"\s*(;.+)?$"#
        guard TextRule("a requirement", pattern, examples: []).accepts(text) else {
            return ("'\(text)' is not a requirement", "for example 'flask>=3,<4'")
        }
        return nil
    }

    /// PEP 503.
    private static func normalised(_ name: String) -> String {
        name.lowercased().split { "._-".contains($0) }.joined(separator: "-")
    }

    private mutating func fail(_ line: Line, _ message: String, hint: String? = nil) {
        let length = file.lines[line.number - 1].unicodeScalars.count - line.column + 1
        report.add(
            Diagnostic(
                code: "bad-requirement", message,
                at: file.range(line: line.number, column: line.column, length: length), hint: hint))
    }
}

extension String {
    /// Without spaces, tabs and line ends at both ends.
    fileprivate var trimmed: String {
        let blank: (Character) -> Bool = { $0.isWhitespace }
        return String(drop(while: blank).reversed().drop(while: blank).reversed())
    }
}
