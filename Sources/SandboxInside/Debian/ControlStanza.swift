/// The fields of one stanza of a control file (deb-control(5)), in their order.
package struct ControlStanza: Sendable, Equatable {
    var fields: [(name: String, value: String)]

    package static func == (left: Self, right: Self) -> Bool {
        left.fields.elementsEqual(right.fields) { $0.name == $1.name && $0.value == $1.value }
    }

    /// The first stanza of the text. Continuation lines stay in the value, with their line breaks and first blank.
    init(_ text: String) {
        fields = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.allSatisfy(\.isWhitespace) {
                if fields.isEmpty { continue }
                return
            }
            if line.first == " " || line.first == "\t" {
                guard !fields.isEmpty else { continue }
                fields[fields.count - 1].value += "\n\(line)"
            } else if let colon = line.firstIndex(of: ":") {
                let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                fields.append((String(line[..<colon]), String(value)))
            }
        }
    }

    /// The stanzas of a file of several (dpkg's status).
    static func stanzas(_ text: String) -> [ControlStanza] {
        var stanzas: [ControlStanza] = []
        var lines: [Substring] = []
        func finish() {
            if !lines.isEmpty { stanzas.append(ControlStanza(lines.joined(separator: "\n"))) }
            lines = []
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty { finish() } else { lines.append(line) }
        }
        finish()
        return stanzas
    }

    /// Names of fields are the same in upper and lower case.
    package subscript(name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.name.lowercased() == wanted }?.value
    }

    var text: String { fields.map { $0.value.isEmpty ? "\($0.name):\n" : "\($0.name): \($0.value)\n" }.joined() }
}
