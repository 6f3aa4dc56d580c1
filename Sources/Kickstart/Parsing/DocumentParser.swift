import Diagnostics

/// Reads a file line by line, as pykickstart's `KickstartParser` does, but goes on behind an error.
struct DocumentParser {
    private var document: KickstartDocument
    private var lines: LineReader
    private var inclusion: FileInclusion
    /// The section that the next line belongs to.
    private var section: OpenSection?
    private let requiresEnd: Bool
    private var flatText = FlatText()

    /// The lines of one file, some of them taken.
    private struct Lines {
        var all: [SourceLine]
        var next = 0

        mutating func take() -> SourceLine? {
            guard next < all.count else { return nil }
            defer { next += 1 }
            return all[next]
        }
    }

    init(_ file: SourceFile, options: KickstartOptions, loader: @escaping KickstartLoader) {
        document = KickstartDocument(file: file)
        lines = LineReader(dialect: nil)
        inclusion = FileInclusion(options: options, loader: loader, open: [OpenFile(file: file, includedAt: nil)])
        let version = VersionLine(file)
        document.version = version.dialect
        let dialect = options.dialect ?? (version.isDevelopment ? nil : version.dialect?.value)
        document.dialect = dialect
        lines = LineReader(dialect: dialect)
        requiresEnd = dialect.map { $0 >= .requiresEnd } ?? true
        if let wrong = version.problem {
            var diagnostic = wrong.diagnostic
            if options.dialect != nil { diagnostic.severity = .warning }
            lines.report.add(diagnostic)
        }
    }

    mutating func read() -> KickstartReading {
        readFile(document.file)
        document.flattened = flatText.text(version: document.version?.value)
        return KickstartReading(document: document, report: lines.report)
    }

    private mutating func readFile(_ file: SourceFile) {
        var source = Lines(all: expandAppends(file))
        if let section {
            // As pykickstart does, which looks for the first line that may be a command.
            while section.heading.takesAllLines, let line = source.all.dropFirst(source.next).first,
                line.isBlank || line.isComment
            {
                source.next += 1
            }
            readSection(&source, in: file)
        }
        while let line = source.take() {
            flatText.add(line, isFirstFile: inclusion.open.count == 1)
            if line.isBlank || line.isComment {
                readSpecialComment(line)
                continue
            }
            guard let words = words(line), let first = words.first else { continue }
            if first.value == "%include" {
                include(words, line, in: file)
            } else if first.value == "%ksappend" {
                flatText.removeLast()
                lines.report.add(
                    Diagnostic(
                        .warning, code: "ksappend-nested", "a %ksappend in what a %ksappend brought is not followed",
                        at: first.range))
            } else if first.value.begins(with: "%") {
                openSection(words, first, line)
                readSection(&source, in: file)
            } else if first.value.isEmpty {
                lines.report.add(
                    Diagnostic(code: "unknown-command", "this line begins with an empty word", at: first.range))
            } else if let command = lines.command(words, on: line) {
                var range = first.range ?? line.range
                if let end = words.last?.range?.end { range.end = end }
                document.items.append(
                    .command(
                        CommandStatement(
                            name: first, command: command, range: range, arguments: Array(words.dropFirst()),
                            text: line.text)))
            }
        }
    }

    private mutating func words(_ line: SourceLine, comments: Bool = true) -> [Located<String>]? {
        do throws(ArgumentProblem) {
            return try ShellWords(line, comments: comments).words
        } catch {
            lines.report.add(error.diagnostic)
            return nil
        }
    }

    /// `#platform=`, which only counts among commands.
    private mutating func readSpecialComment(_ line: SourceLine) {
        guard line.text.begins(with: "#platform=") else { return }
        let value = line.text.dropping(10).trimmed
        document.platform = Located(
            value, at: line.file.range(line: line.number, column: 11, length: value.unicodeScalars.count))
    }

    // MARK: Sections

    private mutating func openSection(_ words: [Located<String>], _ name: Located<String>, _ line: SourceLine) {
        let heading = OpenSection.Heading(name: name, line: line.text, depth: inclusion.open.count)
        guard OpenSection.names.contains(name.value) else {
            let isEnd = name.value == "%end"
            lines.report.add(
                Diagnostic(
                    code: "unknown-section",
                    isEnd ? "there is no section that this %end could end" : "there is no section '\(name.value)'",
                    at: name.range, hint: isEnd ? nil : suggestion(for: name.value, in: OpenSection.names)))
            if !isEnd {
                section = OpenSection(words, heading, values: nil)
            }
            return
        }
        section = OpenSection(words, heading, values: lines.header(words, on: line))
    }

    /// Reads to the end of the section, or of the file.
    private mutating func readSection(_ source: inout Lines, in file: SourceFile) {
        while let open = section?.heading {
            guard let line = source.take() else {
                if open.depth == inclusion.open.count { endOfFile(open, source.all.last) }
                return
            }
            flatText.add(line, isFirstFile: inclusion.open.count == 1)
            if !open.takesAllLines, line.isBlank || line.isComment { continue }
            guard let first = line.text.words.first, first.begins(with: "%"), isStructural(first) else {
                add(line)
                continue
            }
            // A line that is structural is so in a script, too; pykickstart reads it without comments.
            guard let words = words(line, comments: false), let name = words.first else { continue }
            if name.value == "%end" {
                close()
            } else if name.value == "%include" {
                let again = section?.reopened()
                include(words, line, in: file)
                if section == nil {
                    section = again
                    flatText.add(open.takesAllLines ? open.name.value : open.line)
                }
            } else if OpenSection.names.contains(name.value) {
                if requiresEnd { lines.report.add(missingEnd(open, at: name.range)) }
                close()
                source.next -= 1
                flatText.removeLast()
            } else {
                add(line)
            }
        }
    }

    private func isStructural(_ word: String) -> Bool {
        word == "%end" || word == "%include" || OpenSection.names.contains(word)
    }

    private mutating func add(_ line: SourceLine) {
        do throws(ArgumentProblem) {
            try section?.add(line)
        } catch {
            lines.report.add(error.diagnostic)
        }
    }

    private mutating func close() {
        do throws(ArgumentProblem) {
            if let item = try section?.finished() { document.items.append(item) }
        } catch {
            lines.report.add(error.diagnostic)
        }
        section = nil
    }

    private mutating func endOfFile(_ open: OpenSection.Heading, _ last: SourceLine?) {
        // Of an unknown section it has been said that it is none.
        if requiresEnd, OpenSection.names.contains(open.name.value) {
            lines.report.add(missingEnd(open, at: last?.range ?? open.name.range))
        }
        close()
    }

    private func missingEnd(_ open: OpenSection.Heading, at range: SourceRange?) -> Diagnostic {
        Diagnostic(
            code: "missing-end", "the section \(open.name.value) has no %end", at: range,
            hint: "a section ends with a line '%end'",
            notes: [Diagnostic.Note("it begins here", at: open.name.range)])
    }

    // MARK: Other files

    private mutating func include(_ words: [Located<String>], _ line: SourceLine, in file: SourceFile) {
        flatText.removeLast()
        guard words.count > 1, !words[1].value.isEmpty else {
            lines.report.add(
                Diagnostic(
                    code: "include-not-found", "%include names no file", at: words[0].range, hint: "%include PATH"))
            return
        }
        switch inclusion.find(words[1], from: file, directive: "%include") {
        case .refused(let diagnostic): lines.report.add(diagnostic)
        case .missing(let problem):
            guard inclusion.options.toleratesMissingIncludes else {
                lines.report.add(problem.diagnostic)
                return
            }
            if section == nil { flatText.add("# not there: \(line.trimmed)") }
            document.items.append(
                .missingInclude(
                    MissingInclude(
                        path: words[1], section: section?.heading.name.value, text: line.text,
                        problem: problem.diagnostic)))
        case .file(let included):
            inclusion.count += 1
            document.files.append(included)
            inclusion.open.append(OpenFile(file: included, includedAt: line.range))
            readFile(included)
            inclusion.open.removeLast()
        }
    }

    /// The lines of a file, with those of its `%ksappend` files in place. pykickstart's tools do so before they parse, to
    /// the first file only; it is one level deep.
    private mutating func expandAppends(_ file: SourceFile) -> [SourceLine] {
        var expanded: [SourceLine] = []
        for line in file.sourceLines {
            guard line.trimmed.begins(with: "%ksappend") else {
                expanded.append(line)
                continue
            }
            let words = line.text.words
            let start = line.text.unicodeScalars.prefix(while: \.isSpace).count + 1
            let place = line.file.range(
                line: line.number, column: start, length: line.trimmed.unicodeScalars.count)
            guard words.count > 1, words[0] == "%ksappend" else {
                lines.report.add(
                    Diagnostic(
                        code: "include-not-found", "%ksappend names no file", at: place, hint: "%ksappend PATH"))
                continue
            }
            switch inclusion.find(Located(words[1], at: place), from: file, directive: "%ksappend") {
            case .file(let appended):
                document.files.append(appended)
                expanded += appended.sourceLines
            case .refused(let diagnostic): lines.report.add(diagnostic)
            case .missing(let problem): lines.report.add(problem.diagnostic)
            }
        }
        return expanded
    }
}
