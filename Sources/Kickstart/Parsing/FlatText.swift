/// The lines as they are read, included ones in place: `KickstartDocument.flattened`.
struct FlatText {
    private var lines: [String] = []
    private var hasOthersVersion = false

    /// - Parameter version: the first file's. A `#version=` counts only there, and the first one counts: where an included
    ///   file has one, the right one goes before it.
    func text(version: Dialect?) -> String {
        (hasOthersVersion ? "#version=\(version?.description ?? "DEVEL")\n" : "") + lines.joined()
    }

    mutating func add(_ line: SourceLine, isFirstFile: Bool) {
        endLine()
        if !isFirstFile, line.text.begins(with: "#version=") { hasOthersVersion = true }
        lines.append(line.text + line.lineEnd)
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
