/// A text that values and diagnostics point into: a spec, a Kickstart file, a requirements file.
///
/// Columns count Unicode scalars from 1, as editors and compilers do; lines count from 1.
package final class SourceFile: Sendable {
    /// The path as the user would type it: relative to the working directory where it lies below it.
    package let path: String
    package let text: String
    /// The text's lines, without their line ends (LF, CR LF or CR).
    package let lines: [String]

    package init(path: String, text: String) {
        self.path = path
        self.text = text
        self.lines = SourceFile.split(text)
    }

    /// The range of one word on a line, or of the whole line when `column` is nil.
    package func range(line: Int, column: Int = 1, length: Int = 1) -> SourceRange {
        SourceRange(
            file: self,
            start: SourcePosition(line: line, column: column),
            end: SourcePosition(line: line, column: column + max(length, 1)))
    }

    /// By scalars: to Swift, CR LF is one character that is not equal to LF.
    private static func split(_ text: String) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            defer { previous = scalar }
            if scalar == "\n", previous == "\r" { continue }
            if scalar == "\n" || scalar == "\r" {
                lines.append(String(line))
                line = String.UnicodeScalarView()
            } else {
                line.append(scalar)
            }
        }
        return lines + [String(line)]
    }
}

package struct SourcePosition: Sendable, Hashable, Comparable {
    /// From 1.
    package var line: Int
    /// From 1, in Unicode scalars.
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A stretch of a source file; `end` is just behind its last character.
package struct SourceRange: Sendable, CustomStringConvertible {
    package let file: SourceFile
    package var start: SourcePosition
    package var end: SourcePosition

    package init(file: SourceFile, start: SourcePosition, end: SourcePosition) {
        self.file = file
        self.start = start
        self.end = end
    }

    /// `path:line:column`, as compilers print it and editors read it.
    package var description: String { "\(file.path):\(start.line):\(start.column)" }
}

/// A value that came from text and keeps its place there; nil where it is a default.
package struct Located<Value> {
    package var value: Value
    package var range: SourceRange?

    package init(_ value: Value, at range: SourceRange? = nil) {
        self.value = value
        self.range = range
    }

    package func map<Other>(_ transform: (Value) throws -> Other) rethrows -> Located<Other> {
        Located<Other>(try transform(value), at: range)
    }
}

extension Located: Sendable where Value: Sendable {}
