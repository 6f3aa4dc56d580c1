import Diagnostics

/// A requirements file, as far as a lock can keep it: requirements by name (PEP 508), with comments, continued lines
/// and `--hash`. What names another place (a URL, another index, another file) is refused, each at its line.
struct Requirements {
    struct Requirement {
        /// Normalised (PEP 503).
        var name: String
        /// As it is written: `flask[async]>=3,<4 ; python_version > "3.10"`.
        var text: String
        /// From 1.
        var line: Int
    }

    let file: SourceFile
    private(set) var requirements: [Requirement] = []
    private(set) var diagnostics: [Diagnostic] = []

    init(_ file: SourceFile) {
        self.file = file
        var pending = ""
        var start = 1
        for (index, line) in file.lines.enumerated() {
            if pending.isEmpty { start = index + 1 }
            if line.hasSuffix("\\") {
                pending += line.dropLast()
                continue
            }
            read(Self.withoutComment(pending + line), line: start)
            pending = ""
        }
        read(Self.withoutComment(pending), line: start)
    }

    /// pip: a `#` at the start or behind a space begins a comment.
    private static func withoutComment(_ line: String) -> String {
        var text = ""
        var last: Character = " "
        for character in line {
            if character == "#", last == " " || last == "\t" { break }
            text.append(character)
            last = character
        }
        return text.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    }

    private mutating func read(_ text: String, line: Int) {
        if text.isEmpty { return }
        if text.hasPrefix("-") {
            let option = text.prefix { $0 != " " && $0 != "=" }
            refuse("the option '\(option)' cannot be locked", line, hint: Self.hint(forOption: String(option)))
            return
        }
        let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        let rest = text.dropFirst(name.count).drop { $0 == " " }
        if text.contains("://") || rest.hasPrefix("@") {
            refuse(
                "'\(text)' is not from a package index, so it has no wheel to lock", line,
                hint: "name a project that the index has")
        } else if name.isEmpty || name.contains(where: \.isWhitespace) {
            refuse("'\(text)' is no requirement", line, hint: "write it as name, name==version or name>=version")
        } else if text.hasPrefix(".") || text.hasPrefix("/") || rest.hasPrefix("/") {
            refuse("'\(text)' is a path; only projects of a package index can be locked", line, hint: nil)
        } else {
            requirements.append(Requirement(name: normalizedProject(String(name)), text: text, line: line))
        }
    }

    private static func hint(forOption option: String) -> String? {
        switch option {
        case "-r", "--requirement", "-c", "--constraint": "write its lines into this file"
        case "-e", "--editable": "give the application's own source as 'source'"
        case "-i", "--index-url", "--extra-index-url", "-f", "--find-links":
            "the index is the archive 'pypi' of the machine: --mirror pypi=URI, or pip's own configuration"
        default: nil
        }
    }

    private mutating func refuse(_ message: String, _ line: Int, hint: String?) {
        diagnostics.append(
            Diagnostic(
                code: ResolutionError.Code.badRequirement.rawValue, message, at: range(line), hint: hint))
    }

    func range(_ line: Int) -> SourceRange {
        let length = file.lines.indices.contains(line - 1) ? file.lines[line - 1].unicodeScalars.count : 1
        return file.range(line: line, length: length)
    }

    /// Where a project is required; nil when only another wheel needs it.
    func range(of project: String) -> SourceRange? {
        let name = normalizedProject(project)
        return requirements.first { $0.name == name }.map { range($0.line) }
    }
}
