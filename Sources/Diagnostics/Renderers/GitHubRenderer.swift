/// Workflow commands of GitHub Actions: `::error file=a.yaml,line=7,col=1,endColumn=8,title=unknown-key::message`.
struct GitHubRenderer {
    func render(_ diagnostics: [Diagnostic]) -> String {
        diagnostics.map(line).joined()
    }

    private func line(_ diagnostic: Diagnostic) -> String {
        let command = diagnostic.severity == .note ? "notice" : diagnostic.severity.rawValue
        var properties: [String] = []
        if let range = diagnostic.range {
            properties += ["file=\(property(range.file.path))", "line=\(range.start.line)"]
            // GitHub ignores columns of a range that spans lines.
            if range.end.line == range.start.line {
                properties += ["col=\(range.start.column)", "endColumn=\(range.end.column)"]
            } else {
                properties.append("endLine=\(range.end.line)")
            }
        }
        properties.append("title=\(property(diagnostic.code))")
        var message = diagnostic.message
        if let hint = diagnostic.hint { message += "\nhint: \(hint)" }
        for note in diagnostic.notes {
            message += "\nnote: " + (note.range.map { "\($0): " } ?? "") + note.message
        }
        return "::\(command) \(properties.joined(separator: ","))::\(data(message))\n"
    }

    /// The escapes of the runner's own toolkit (actions/toolkit, command.ts).
    private func data(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "%": "%25"
            case "\r": "%0D"
            case "\n": "%0A"
            default: String(scalar)
            }
        }.joined()
    }

    private func property(_ text: String) -> String {
        data(text).map { $0 == ":" ? "%3A" : $0 == "," ? "%2C" : String($0) }.joined()
    }
}
