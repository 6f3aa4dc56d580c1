import Diagnostics

/// A line of a source file, and what ends it there.
struct SourceLine: Sendable {
    let file: SourceFile
    /// From 1.
    let number: Int
    let text: String
    /// `\n`, `\r\n`, `\r`, or nothing on the last line.
    let lineEnd: String

    /// The whole line.
    var range: SourceRange { file.range(line: number, length: text.unicodeScalars.count) }

    var scriptLine: ScriptLine { ScriptLine(text: text, lineEnd: lineEnd, range: range) }

    var isBlank: Bool { text.unicodeScalars.allSatisfy(\.isSpace) }

    /// Without white space around it.
    var trimmed: String { text.trimmed }

    var isComment: Bool { trimmed.begins(with: "#") }
}

extension Unicode.Scalar {
    /// What Python's `isspace` holds for white space: Unicode's, and four control characters that separate records.
    var isSpace: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }
}

/// By scalars, as Python does it: to Swift, `#` and an accent behind it are one character that is no `#`.
extension StringProtocol {
    func begins(with prefix: String) -> Bool { unicodeScalars.starts(with: prefix.unicodeScalars) }

    func holds(_ scalar: Unicode.Scalar) -> Bool { unicodeScalars.contains(scalar) }

    /// Without its first scalars.
    func dropping(_ count: Int) -> String { String(String.UnicodeScalarView(unicodeScalars.dropFirst(count))) }

    /// The pieces between separators, empty ones included; at most `most`.
    func pieces(at separator: Unicode.Scalar, most: Int = .max) -> [String] {
        unicodeScalars.split(separator: separator, maxSplits: most - 1, omittingEmptySubsequences: false).map {
            String(String.UnicodeScalarView($0))
        }
    }

    /// Without white space (Unicode's) on both ends.
    var trimmed: String {
        let scalars = unicodeScalars
        guard let start = scalars.firstIndex(where: { !$0.isSpace }),
            let end = scalars.lastIndex(where: { !$0.isSpace })
        else { return "" }
        return String(String.UnicodeScalarView(scalars[start...end]))
    }

    /// Split at white space (Unicode's), as Python's `split()` does.
    var words: [String] {
        unicodeScalars.split(whereSeparator: \.isSpace).map {
            String(String.UnicodeScalarView($0))
        }
    }
}

extension SourceFile {
    /// The lines with their ends; a text that ends with a line end has no empty line behind it.
    var sourceLines: [SourceLine] {
        var found: [SourceLine] = []
        let scalars = Array(text.unicodeScalars)
        var start = 0
        var index = 0
        func piece(_ range: Range<Int>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[range])
            return String(view)
        }
        while index < scalars.count {
            let scalar = scalars[index]
            guard scalar == "\n" || scalar == "\r" else {
                index += 1
                continue
            }
            let end = scalar == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n" ? index + 2 : index + 1
            found.append(
                SourceLine(
                    file: self, number: found.count + 1, text: piece(start..<index), lineEnd: piece(index..<end)))
            start = end
            index = end
        }
        if start < scalars.count {
            found.append(
                SourceLine(file: self, number: found.count + 1, text: piece(start..<scalars.count), lineEnd: ""))
        }
        return found
    }
}
