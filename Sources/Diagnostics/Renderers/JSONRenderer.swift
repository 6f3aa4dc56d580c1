/// One object: `{"diagnostics": [...], "errors": 1, "warnings": 0}`. Lines and columns count from 1; `end` is just
/// behind the last character.
struct JSONRenderer {
    func render(_ diagnostics: [Diagnostic]) -> String {
        let document: JSONValue = [
            "diagnostics": .array(diagnostics.map(value)),
            "errors": .integer(diagnostics.count { $0.severity == .error }),
            "warnings": .integer(diagnostics.count { $0.severity == .warning }),
        ]
        return document.prettyText
    }

    private func value(_ diagnostic: Diagnostic) -> JSONValue {
        var members: [String: JSONValue] = [
            "severity": .string(diagnostic.severity.rawValue),
            "code": .string(diagnostic.code),
            "message": .string(diagnostic.message),
        ]
        members["place"] = diagnostic.range.map(value)
        members["hint"] = diagnostic.hint.map { .string($0) }
        if !diagnostic.notes.isEmpty {
            members["notes"] = .array(
                diagnostic.notes.map { note in
                    var members: [String: JSONValue] = ["message": .string(note.message)]
                    members["place"] = note.range.map(value)
                    return .object(members)
                })
        }
        return .object(members)
    }

    private func value(_ range: SourceRange) -> JSONValue {
        [
            "file": .string(range.file.path),
            "line": .integer(range.start.line),
            "column": .integer(range.start.column),
            "endLine": .integer(range.end.line),
            "endColumn": .integer(range.end.column),
        ]
    }
}
