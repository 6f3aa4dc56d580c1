/// SARIF 2.1.0 (OASIS, sarif-schema-2.1.0.json): one run, one rule a code, one result a diagnostic.
struct SARIFRenderer {
    func render(_ diagnostics: [Diagnostic]) -> String {
        let codes = Set(diagnostics.map(\.code)).sorted()
        let run: JSONValue = [
            "tool": [
                "driver": [
                    "name": "stonebake",
                    "rules": .array(codes.map { ["id": .string($0), "name": .string(pascalCase($0))] }),
                ]
            ],
            // Ours count scalars, which SARIF calls code points.
            "columnKind": "unicodeCodePoints",
            "results": .array(diagnostics.map { result($0, codes: codes) }),
        ]
        let document: JSONValue = [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        ]
        return document.prettyText
    }

    private func result(_ diagnostic: Diagnostic, codes: [String]) -> JSONValue {
        let message = diagnostic.message + (diagnostic.hint.map { "\n\($0)" } ?? "")
        var members: [String: JSONValue] = [
            "ruleId": .string(diagnostic.code),
            "level": .string(diagnostic.severity.rawValue),
            "message": ["text": .string(message)],
        ]
        members["ruleIndex"] = codes.firstIndex(of: diagnostic.code).map { .integer($0) }
        if let range = diagnostic.range {
            members["locations"] = [["physicalLocation": physicalLocation(range)]]
        }
        if !diagnostic.notes.isEmpty {
            members["relatedLocations"] = .array(
                diagnostic.notes.map { note in
                    var location: [String: JSONValue] = ["message": ["text": .string(note.message)]]
                    location["physicalLocation"] = note.range.map(physicalLocation)
                    return .object(location)
                })
        }
        return .object(members)
    }

    private func physicalLocation(_ range: SourceRange) -> JSONValue {
        [
            "artifactLocation": ["uri": .string(uri(range.file.path))],
            "region": [
                "startLine": .integer(range.start.line),
                "startColumn": .integer(range.start.column),
                "endLine": .integer(range.end.line),
                "endColumn": .integer(range.end.column),
            ],
        ]
    }

    /// A relative reference (RFC 3986), or a file URI for an absolute path.
    private func uri(_ path: String) -> String {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
        let digits = Array("0123456789ABCDEF")
        let encoded = path.utf8.map { byte in
            allowed.contains(byte)
                ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
        return path.hasPrefix("/") ? "file://" + encoded : encoded
    }

    private func pascalCase(_ code: String) -> String {
        code.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
