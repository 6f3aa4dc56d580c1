/// A form of an HTML page: where it goes, and what it holds before anybody fills it in. As much of HTML as a form that a
/// server wrote needs; no script is run.
struct HTMLForm: Equatable {
    /// Where it is sent; nil: to the page itself.
    var action: String?
    /// Whether it is sent as POST.
    var isPost = false
    /// The fields' names with the values that they have, in order. Of check boxes, radio buttons and buttons, only those
    /// that are on are sent.
    var fields: [(name: String, value: String)] = []
    /// The names that may be filled in.
    var names: Set<String> = []

    static func == (one: Self, other: Self) -> Bool {
        one.action == other.action && one.isPost == other.isPost && one.names == other.names
            && one.fields.map(\.name) == other.fields.map(\.name)
            && one.fields.map(\.value) == other.fields.map(\.value)
    }

    /// The forms of a page, in order.
    static func forms(in page: String) -> [HTMLForm] {
        var forms: [HTMLForm] = []
        var open: HTMLForm?
        for tag in tags(of: page) {
            switch tag.name {
            case "form":
                if let open { forms.append(open) }
                open = HTMLForm(
                    action: tag.attributes["action"].flatMap { $0.isEmpty ? nil : $0 },
                    isPost: tag.attributes["method"]?.lowercased() == "post")
            case "/form":
                if let open { forms.append(open) }
                open = nil
            case "input", "textarea", "select", "button": open?.add(tag)
            default: break
            }
        }
        return forms + (open.map { [$0] } ?? [])
    }

    private mutating func add(_ tag: Tag) {
        guard let name = tag.attributes["name"], !name.isEmpty, tag.attributes["disabled"] == nil else { return }
        names.insert(name)
        let kind = tag.name == "input" ? tag.attributes["type"]?.lowercased() ?? "text" : tag.name
        switch kind {
        case "submit", "button", "image", "reset", "file", "select": break
        case "checkbox", "radio":
            if tag.attributes["checked"] != nil { fields.append((name, tag.attributes["value"] ?? "on")) }
        default: fields.append((name, tag.attributes["value"] ?? ""))
        }
    }

    /// The body that a browser would send: the form's own values, but for those that are given.
    func encoded(filling given: [String: String]) -> String {
        let own = fields.filter { given[$0.name] == nil }
        return (own + given.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }).map { name, value in
            "\(Self.escaped(name))=\(Self.escaped(value))"
        }.joined(separator: "&")
    }

    /// application/x-www-form-urlencoded, by the URL Standard.
    static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: " "): "+"
            case 48...57, 65...90, 97...122, UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                String(UnicodeScalar(byte))
            default:
                "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    // MARK: Tags

    private struct Tag {
        var name: String
        var attributes: [String: String]
    }

    private static func tags(of page: String) -> [Tag] {
        var tags: [Tag] = []
        var rest = page[...]
        while let start = rest.firstIndex(of: "<") {
            rest = rest[rest.index(after: start)...]
            if rest.hasPrefix("!--") {
                rest = rest.firstRange(of: "-->").map { rest[$0.upperBound...] } ?? ""
                continue
            }
            let name = rest.prefix { $0.isLetter || $0 == "/" }.lowercased()
            rest = rest.dropFirst(name.count)
            let attributes = attributes(&rest)
            tags.append(Tag(name: name, attributes: attributes))
        }
        return tags
    }

    /// What stands between a tag's name and its `>`.
    private static func attributes(_ rest: inout Substring) -> [String: String] {
        var attributes: [String: String] = [:]
        while true {
            rest = rest.drop { $0.isWhitespace || $0 == "/" }
            guard let first = rest.first, first != ">" else {
                rest = rest.dropFirst()
                return attributes
            }
            let name = rest.prefix { !$0.isWhitespace && !"=>/".contains($0) }
            // A stray sign must not hold it up.
            rest = name.isEmpty ? rest.dropFirst() : rest.dropFirst(name.count)
            rest = rest.drop(while: \.isWhitespace)
            var value: Substring = ""
            if rest.first == "=" {
                rest = rest.dropFirst().drop(while: \.isWhitespace)
                if let quote = rest.first, quote == "\"" || quote == "'" {
                    rest = rest.dropFirst()
                    value = rest.prefix { $0 != quote }
                    rest = rest.dropFirst(value.count + 1)
                } else {
                    value = rest.prefix { !$0.isWhitespace && $0 != ">" }
                    rest = rest.dropFirst(value.count)
                }
            }
            let key = name.lowercased()
            if attributes[key] == nil { attributes[key] = unescaped(value) }
        }
    }

    /// The character references that templates write.
    private static func unescaped(_ text: Substring) -> String {
        guard text.contains("&") else { return String(text) }
        let names = ["&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#34;": "\"", "&#39;": "'", "&#x27;": "'"]
        // The ampersand last: what it makes is no reference.
        return names.reduce(String(text)) { $0.replacing($1.key, with: $1.value) }.replacing("&amp;", with: "&")
    }
}
