/// The lines as they are read, included ones in place: `KickstartDocument.flattened`.
struct FlatText {
    private var lines: [String] = []

    var text: String { lines.joined() }

    /// - Parameter isFirstFile: a `#version=` only counts in the first file, and must not begin to count here.
    mutating func add(_ line: SourceLine, isFirstFile: Bool) {
        endLine()
        lines.append((!isFirstFile && line.text.hasPrefix("#version=") ? "# " : "") + line.text + line.lineEnd)
    }

    mutating func add(_ line: String) {
        endLine()
        lines.append(line + "\n")
    }

    mutating func removeLast() { _ = lines.popLast() }

    /// A file may end without a line end, and another line may follow it here.
    private mutating func endLine() {
        guard let last = lines.indices.last, !lines[last].hasSuffix("\n"), !lines[last].hasSuffix("\r\n"),
            !lines[last].hasSuffix("\r")
        else { return }
        lines[last] += "\n"
    }
}
