import Diagnostics

/// The JSON Schema (draft 2020-12) of one spec file, for editors and for validators that are not ours.
///
/// It states what one file alone can get wrong. What only holds once the bases are merged (a name, a version), and
/// what needs the file system or other values (ports, sizes against one another), is the parser's alone.
package func applianceJSONSchema() -> String {
    var schema = SpecDeclarations.spec.schema
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$id"] = "urn:stonebake:spec:1"
    schema["title"] = "Stonebake appliance"
    return JSONValue.object(schema).prettyText
}

extension Record {
    fileprivate var schema: [String: JSONValue] {
        let properties = fields.map { field in
            var property = field.shape.schema
            property["description"] = .string(field.description)
            return (field.key, JSONValue.object(property))
        }
        var schema: [String: JSONValue] = [
            "type": "object",
            "additionalProperties": false,
            "properties": .object(Dictionary(properties) { _, last in last }),
        ]
        let required = fields.filter { $0.need == .inEachFile }.map { JSONValue.string($0.key) }
        if !required.isEmpty { schema["required"] = .array(required) }
        if !exactlyOne.isEmpty {
            schema["oneOf"] = .array(exactlyOne.map { ["required": [.string($0)]] })
        }
        return schema
    }
}

extension Field {
    /// What the key means, and what holds without it.
    fileprivate var description: String {
        doc + (standard.map { " Default: \($0)." } ?? "")
    }
}

extension Shape {
    fileprivate var schema: [String: JSONValue] {
        switch self {
        case .anything: [:]
        case .text(let rule): rule.schema
        case .integer(let range) where range.count == 1: ["const": .integer(range.lowerBound)]
        case .integer(let range):
            ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
        case .boolean: ["type": "boolean"]
        case .flag: ["const": true]
        case .choice(let words): ["enum": .array(words.map { .string($0) })]
        case .list(let item, 0): ["type": "array", "items": .object(item.schema)]
        case .list(let item, let least):
            ["type": "array", "items": .object(item.schema), "minItems": .integer(least)]
        case .map(let keys, let values):
            [
                "type": "object", "propertyNames": .object(keys.schema),
                "additionalProperties": .object(values.schema),
            ]
        case .record(let record): record.schema
        case .either(let shapes): ["anyOf": .array(shapes.map { .object($0.schema) })]
        }
    }
}

extension TextRule {
    fileprivate var schema: [String: JSONValue] {
        var schema: [String: JSONValue] = ["type": "string", "examples": .array(examples.map { .string($0) })]
        if !pattern.isEmpty { schema["pattern"] = .string(pattern) }
        schema["maxLength"] = longest.map { .integer($0) }
        return schema
    }
}
