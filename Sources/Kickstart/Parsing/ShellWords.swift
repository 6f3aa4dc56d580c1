import Diagnostics

/// A line split into words as Python's `shlex.split` does it, in POSIX mode and with comments.
///
/// Single quotes are literal; in double quotes `\"` and `\\` are escapes; outside, `\` takes the next character as it is,
/// the line's end included: there is no continuation. Quotes may begin in the middle of a word. `#` outside of quotes
/// begins a comment, also in the middle of a word. There is no other expansion.
struct ShellWords {
    private(set) var words: [Located<String>] = []

    private enum State {
        case between, word
        case quoted(Unicode.Scalar)
        case escaped(in: Unicode.Scalar?)
    }

    /// - Parameter comments: whether `#` begins a comment; pykickstart reads `%end` and the like without.
    /// - Throws: `ArgumentProblem` at a quote that is not closed, or at a `\` with nothing behind it.
    init(_ line: SourceLine, comments: Bool = true) throws(ArgumentProblem) {
        let scalars = Array(line.text.unicodeScalars) + Array(line.lineEnd.unicodeScalars)
        var state = State.between
        var word = String.UnicodeScalarView()
        var start = 0
        // Where a quote or an escape was opened.
        var opened = 0
        var wasQuoted = false

        func range(_ start: Int, _ end: Int) -> SourceRange {
            line.file.range(line: line.number, column: start + 1, length: end - start)
        }
        func finish(at end: Int) {
            if !word.isEmpty || wasQuoted { words.append(Located(String(word), at: range(start, end))) }
            word = String.UnicodeScalarView()
            wasQuoted = false
            state = .between
        }

        var index = 0
        scan: while index < scalars.count {
            let scalar = scalars[index]
            switch state {
            case .between, .word:
                if case .between = state { start = index }
                switch scalar {
                case " ", "\t", "\r", "\n": finish(at: index)
                case "#" where comments:
                    finish(at: index)
                    break scan
                case "'", "\"":
                    (state, opened, wasQuoted) = (.quoted(scalar), index, true)
                case "\\": (state, opened) = (.escaped(in: nil), index)
                default:
                    word.append(scalar)
                    state = .word
                }
            case .quoted(let quote):
                if scalar == quote {
                    state = .word
                } else if scalar == "\\", quote == "\"" {
                    state = .escaped(in: quote)
                } else {
                    word.append(scalar)
                }
            case .escaped(let quote):
                // In double quotes only `\\` and `\"` are escapes; before anything else the `\` stays.
                if let quote, scalar != "\\", scalar != quote { word.append("\\") }
                word.append(scalar)
                state = quote.map { .quoted($0) } ?? .word
            }
            index += 1
        }

        switch state {
        case .between: break
        case .word: finish(at: scalars.count)
        case .quoted(let quote), .escaped(in: let quote?):
            throw ArgumentProblem(
                "this \(quote) is not closed", at: range(opened, opened + 1),
                hint: "quotes end on the same line; a quote that is meant as such is written \\\(quote)")
        case .escaped(in: nil):
            throw ArgumentProblem(
                "there is nothing behind this \\", at: range(opened, opened + 1),
                hint: "a line does not go on in the next one; a \\ that is meant as such is written \\\\")
        }
    }
}
