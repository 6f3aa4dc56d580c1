/// Diagnostics as compilers print them:
///
///     Appliances/wsgi/appliance.yaml:7:1: error: unknown key 'packges' [unknown-key]
///        7 | packges:
///          | ^~~~~~~
///       hint: did you mean 'packages'?
struct TextRenderer {
    var color: Bool

    func render(_ diagnostics: [Diagnostic]) -> String {
        diagnostics.map(render).joined(separator: "\n")
    }

    private func render(_ diagnostic: Diagnostic) -> String {
        var text = diagnostic.range.map { styled("\($0): ", .bold) } ?? ""
        text += styled("\(diagnostic.severity.rawValue): ", style(of: diagnostic.severity))
        text += styled(diagnostic.message, .bold) + " [\(diagnostic.code)]\n"
        if let range = diagnostic.range {
            text += excerpt(range, style: style(of: diagnostic.severity))
        }
        if let hint = diagnostic.hint {
            text += "  " + styled("hint: ", .cyan) + indented(hint) + "\n"
        }
        for note in diagnostic.notes {
            text +=
                "  " + styled("note: ", .cyan) + (note.range.map { "\($0): " } ?? "") + indented(note.message) + "\n"
        }
        return text
    }

    /// The first line of the range with a caret below its start and tildes below the rest.
    private func excerpt(_ range: SourceRange, style: Style) -> String {
        guard range.file.lines.indices.contains(range.start.line - 1) else { return "" }
        let line = Array(range.file.lines[range.start.line - 1].unicodeScalars)
        let start = min(max(range.start.column - 1, 0), line.count)
        let end = range.end.line == range.start.line ? min(max(range.end.column - 1, start), line.count) : line.count
        let gutter = String(range.start.line)
        let margin = String(repeating: " ", count: max(4 - gutter.count, 0))
        let blank = margin + String(repeating: " ", count: gutter.count)
        let tildes = String(repeating: "~", count: max(width(line[start..<end]) - 1, 0))
        return margin + gutter + " | " + shown(line[...]) + "\n" + blank + " | "
            + String(repeating: " ", count: width(line[..<start])) + styled("^" + tildes, style) + "\n"
    }

    /// A tab is shown as four spaces wherever it stands, so that the caret's place is known; what a terminal would
    /// obey is shown as a replacement character.
    private func shown(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        for scalar in scalars {
            switch scalar {
            case "\t": text.append(contentsOf: "    ".unicodeScalars)
            case _ where scalar.properties.generalCategory == .control: text.append("\u{FFFD}")
            default: text.append(scalar)
            }
        }
        return String(text)
    }

    private func width(_ scalars: ArraySlice<Unicode.Scalar>) -> Int {
        scalars.reduce(0) { $0 + ($1 == "\t" ? 4 : columns(of: $1)) }
    }

    /// Further lines of a message stand below its first.
    private func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n        ")
    }

    private enum Style: String { case bold = "1", red = "1;31", yellow = "1;33", cyan = "1;36" }

    private func style(of severity: Diagnostic.Severity) -> Style {
        switch severity {
        case .error: .red
        case .warning: .yellow
        case .note: .cyan
        }
    }

    private func styled(_ text: String, _ style: Style) -> String {
        color ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}

/// The columns that a terminal gives a character: 0 for what combines, 2 for East Asian wide ones (UAX #11: W and F)
/// and emoji, else 1.
func columns(of scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if scalar.properties.isEmojiPresentation { return 2 }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1B000...0x1B2FF, 0x1F200...0x1F2FF, 0x20000...0x3FFFD:
        return 2
    default: return 1
    }
}
