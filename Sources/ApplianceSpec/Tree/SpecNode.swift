import Diagnostics

/// A spec's text as a tree in which every node knows its place: what both front ends make, and what `extends` merges.
struct SpecNode: Sendable {
    enum Content: Sendable {
        case scalar(Scalar)
        case list([SpecNode])
        case map([Member])
    }

    struct Member: Sendable {
        var key: Located<String>
        var value: SpecNode
    }

    /// A scalar and its type by YAML 1.2's core schema: `no`, `on` and `0644`-like texts never become something else.
    struct Scalar: Sendable {
        enum Kind: Sendable { case string, integer, float, boolean, null }

        var text: String
        var kind: Kind
    }

    var content: Content
    var range: SourceRange
    /// Tagged `!replace`: takes the place of what the bases say instead of being merged with it.
    var replaces = false

    subscript(key: String) -> SpecNode? { member(key)?.value }

    func member(_ key: String) -> Member? {
        guard case .map(let members) = content else { return nil }
        return members.first { $0.key.value == key }
    }

    /// `a list`, `a string`: what messages call it.
    var kindName: String {
        switch content {
        case .list: "a list"
        case .map: "a map"
        case .scalar(let scalar): scalar.kind.name
        }
    }

    /// The value as JSON; what JSON cannot hold (infinity) is null.
    var json: JSONValue {
        switch content {
        case .list(let items): .array(items.map(\.json))
        case .map(let members):
            .object(Dictionary(members.map { ($0.key.value, $0.value.json) }) { _, last in last })
        case .scalar(let scalar):
            switch scalar.kind {
            case .string: .string(scalar.text)
            case .boolean: .bool(scalar.boolean ?? false)
            case .integer: scalar.integer.map { .integer($0) } ?? .null
            case .float: scalar.number.map { .number($0) } ?? .null
            case .null: .null
            }
        }
    }
}

extension SpecNode.Scalar.Kind {
    var name: String {
        switch self {
        case .string: "a string"
        case .integer: "a whole number"
        case .float: "a number"
        case .boolean: "true or false"
        case .null: "nothing"
        }
    }
}

extension SpecNode.Scalar {
    /// Types an unquoted scalar by YAML 1.2, section 10.3.2.
    init(plain text: String) {
        self.text = text
        kind =
            switch text {
            case "", "~", "null", "Null", "NULL": .null
            case "true", "True", "TRUE", "false", "False", "FALSE": .boolean
            default:
                Self.integer(text) != nil || Self.isDecimal(text) ? .integer : Self.isFloat(text) ? .float : .string
            }
    }

    init(quoted text: String) {
        self.text = text
        kind = .string
    }

    var boolean: Bool? {
        kind == .boolean ? text.lowercased() == "true" : nil
    }

    /// Nil unless it is a whole number that fits; `2.0` is one, as it is to JSON Schema.
    var integer: Int? {
        switch kind {
        case .integer: Self.integer(text)
        case .float: Double(text).flatMap { Int(exactly: $0) }
        default: nil
        }
    }

    var number: Double? {
        switch kind {
        case .integer: Self.integer(text).map(Double.init) ?? Double(text)
        case .float: Double(text)
        default: nil
        }
    }

    private static func integer(_ text: String) -> Int? {
        if text.hasPrefix("0x") { return Int(text.dropFirst(2), radix: 16) }
        if text.hasPrefix("0o") { return Int(text.dropFirst(2), radix: 8) }
        return isDecimal(text) ? Int(text) : nil
    }

    private static func isDecimal(_ text: String) -> Bool {
        let digits =
            text.utf8.first == UInt8(ascii: "-") || text.utf8.first == UInt8(ascii: "+")
            ? text.utf8.dropFirst() : text.utf8[...]
        return !digits.isEmpty && digits.allSatisfy { (48...57).contains($0) }
    }

    private static func isFloat(_ text: String) -> Bool {
        let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(String(unsigned)) { return true }
        let allowed = Set("0123456789.eE+-".utf8)
        guard let first = unsigned.utf8.first, (48...57).contains(first) || first == UInt8(ascii: "."),
            unsigned.utf8.allSatisfy({ allowed.contains($0) }),
            unsigned.utf8.contains(where: { (48...57).contains($0) })
        else { return false }
        // Swift reads the same decimal notation, but for a point without digits behind it.
        return Double(String(unsigned)) != nil || Double(String(unsigned) + "0") != nil
    }
}
