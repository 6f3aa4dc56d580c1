import Diagnostics

/// Finds where a scalar ends. libyaml tells only where one starts, and a caret needs both.
struct ScalarExtent {
    /// The file's lines as scalars, once for all look-ups.
    private let lines: [[Unicode.Scalar]]

    init(_ file: SourceFile) {
        lines = file.lines.map { Array($0.unicodeScalars) }
    }

    enum Style { case plain, singleQuoted, doubleQuoted, block }

    /// Where the scalar that was said to start at `mark` begins (behind its tag and anchor) and ends.
    func extent(of text: String, style: Style, from mark: SourcePosition) -> (
        start: SourcePosition, end: SourcePosition
    ) {
        let start = skipProperties(from: mark)
        let end =
            switch style {
            case .plain: plainEnd(of: text, from: start)
            case .singleQuoted: quotedEnd(from: start, quote: "'")
            case .doubleQuoted: quotedEnd(from: start, quote: "\"")
            case .block: SourcePosition(line: start.line, column: (line(start.line)?.count ?? 0) + 1)
            }
        return (start, max(end, start))
    }

    /// Behind `!tag` and `&anchor`, in either order.
    func skipProperties(from mark: SourcePosition) -> SourcePosition {
        var position = mark
        while let scalar = scalar(at: position), scalar == "&" || scalar == "!" {
            while let next = self.scalar(at: position), next != " ", next != "\t" { position.column += 1 }
            var behind = position
            while let next = nextScalar(&behind), next == " " || next == "\t" { behind.column += 1 }
            guard self.scalar(at: behind) != nil else { return mark }
            position = behind
        }
        return position
    }

    /// Folding changes white space alone, so the scalar ends where all its other characters have been seen.
    private func plainEnd(of text: String, from start: SourcePosition) -> SourcePosition {
        var position = start
        var end = start
        for wanted in text.unicodeScalars where wanted != " " && wanted != "\n" && wanted != "\t" {
            while let found = nextScalar(&position), found == " " || found == "\t" { position.column += 1 }
            guard scalar(at: position) == wanted else { return end }
            position.column += 1
            end = position
        }
        return end
    }

    private func quotedEnd(from start: SourcePosition, quote: Unicode.Scalar) -> SourcePosition {
        guard scalar(at: start) == quote else { return start }
        var position = SourcePosition(line: start.line, column: start.column + 1)
        while let found = nextScalar(&position) {
            position.column += 1
            if found == quote {
                guard quote == "'", scalar(at: position) == "'" else { return position }
                position.column += 1
            } else if found == "\\", quote == "\"", scalar(at: position) != nil {
                position.column += 1
            }
        }
        return start
    }

    private func line(_ number: Int) -> [Unicode.Scalar]? {
        lines.indices.contains(number - 1) ? lines[number - 1] : nil
    }

    private func scalar(at position: SourcePosition) -> Unicode.Scalar? {
        guard let line = line(position.line), line.indices.contains(position.column - 1) else { return nil }
        return line[position.column - 1]
    }

    /// The scalar at the position, which moves to the next line that has one when this line is at its end.
    private func nextScalar(_ position: inout SourcePosition) -> Unicode.Scalar? {
        while let line = line(position.line) {
            if position.column <= line.count { return line[position.column - 1] }
            position = SourcePosition(line: position.line + 1, column: 1)
        }
        return nil
    }
}
