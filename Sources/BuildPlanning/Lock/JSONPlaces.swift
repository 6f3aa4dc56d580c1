/// Finds where in a JSON text (RFC 8259) a value lies, or where the text stops being JSON. Foundation's decoder says
/// what is wrong and by which path, but not on which line.
struct JSONPlaces {
    /// The offset of the first byte that cannot stand where it stands.
    struct SyntaxError: Error, Equatable {
        var offset: Int
        var message: String
    }

    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0
    /// Offsets of values by path: `packages/3/sha256`.
    private(set) var places: [String: Int] = [:]

    init(_ text: String) throws(SyntaxError) {
        bytes = Array(text.utf8)
        try value(path: "")
        skipSpace()
        if offset < bytes.count { throw unexpected("after the end of the document") }
    }

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private func unexpected(_ context: String) -> SyntaxError {
        guard let byte = current else { return SyntaxError(offset: offset, message: "the file ends \(context)") }
        let character = byte < 0x80 ? String(UnicodeScalar(byte)) : "a non-ASCII character"
        return SyntaxError(offset: offset, message: "'\(character)' cannot stand \(context)")
    }

    private mutating func value(path: String) throws(SyntaxError) {
        skipSpace()
        places[path] = offset
        depth += 1
        defer { depth -= 1 }
        guard depth < 64 else { throw SyntaxError(offset: offset, message: "nested too deeply") }
        switch current {
        case UInt8(ascii: "{"): try object(path: path)
        case UInt8(ascii: "["): try array(path: path)
        case UInt8(ascii: "\""): _ = try string()
        default: try word()
        }
    }

    private mutating func object(path: String) throws(SyntaxError) {
        offset += 1
        skipSpace()
        if take("}") { return }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw unexpected("where a member's name should") }
            let start = offset
            let name = try string()
            let member = path.isEmpty ? name : "\(path)/\(name)"
            if places[member] != nil { throw SyntaxError(offset: start, message: "'\(name)' is given twice") }
            skipSpace()
            guard take(":") else { throw unexpected("where ':' should") }
            try value(path: member)
            skipSpace()
            if take("}") { return }
            guard take(",") else { throw unexpected("where ',' or '}' should") }
        }
    }

    private mutating func array(path: String) throws(SyntaxError) {
        offset += 1
        skipSpace()
        if take("]") { return }
        var index = 0
        while true {
            try value(path: path.isEmpty ? "\(index)" : "\(path)/\(index)")
            index += 1
            skipSpace()
            if take("]") { return }
            guard take(",") else { throw unexpected("where ',' or ']' should") }
        }
    }

    private mutating func string() throws(SyntaxError) -> String {
        offset += 1
        let start = offset
        while let byte = current {
            if byte == UInt8(ascii: "\"") {
                let text = String(decoding: bytes[start..<offset], as: UTF8.self)
                offset += 1
                return text
            }
            guard byte >= 0x20 else { throw SyntaxError(offset: offset, message: "a line ends within a string") }
            offset += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        throw SyntaxError(offset: bytes.count, message: "the file ends within a string")
    }

    /// A number, `true`, `false` or `null`; the decoder judges numbers more closely.
    private mutating func word() throws(SyntaxError) {
        let start = offset
        while let byte = current, isWordByte(byte) { offset += 1 }
        let word = String(decoding: bytes[start..<offset], as: UTF8.self)
        let isNumber = word.utf8.first.map { $0 == UInt8(ascii: "-") || (48...57).contains($0) } ?? false
        guard isNumber || ["true", "false", "null"].contains(word) else {
            offset = start
            throw unexpected("where a value should")
        }
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }
}
