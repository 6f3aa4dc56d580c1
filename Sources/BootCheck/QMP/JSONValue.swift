import FoundationEssentials

/// Any JSON value (RFC 8259). Numbers that are whole stay whole, so that comparing them is exact.
enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// - Throws: `DecodingError` when `text` is not JSON.
    init(parsing text: some Collection<UInt8>) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(text))
    }

    subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The value at a dotted path, array elements by their number: `items.0.name`; a leading `$.` may stand, and the
    /// empty path is the value itself. A member whose own name holds dots is found too.
    func value(at path: String) -> JSONValue? {
        var path = Substring(path)
        if path.first == "$" { path = path.dropFirst().drop { $0 == "." } }
        if path.isEmpty { return self }
        switch self {
        case .object(let members):
            if let exact = members[String(path)] { return exact }
            for dot in path.indices where path[dot] == "." {
                guard let member = members[String(path[..<dot])] else { continue }
                if let found = member.value(at: String(path[path.index(after: dot)...])) { return found }
            }
            return nil
        case .array(let elements):
            let end = path.firstIndex(of: ".") ?? path.endIndex
            guard let index = Int(path[..<end]), elements.indices.contains(index) else { return nil }
            return elements[index].value(at: String(path[end...].dropFirst()))
        default: return nil
        }
    }

    /// As compact JSON text, keys sorted.
    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
}

extension JSONValue: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
