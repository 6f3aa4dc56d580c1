import Diagnostics

/// A map of the spec's tree that is being made, with places in another text than YAML.
struct NodeMap {
    private(set) var members: [SpecNode.Member] = []
    let range: SourceRange

    init(at range: SourceRange) {
        self.range = range
    }

    var isEmpty: Bool { members.isEmpty }
    var node: SpecNode { SpecNode(content: .map(members), range: range) }

    subscript(key: String) -> SpecNode? { members.first { $0.key.value == key }?.value }

    /// The last one wins, at the place of the first.
    mutating func set(_ key: String, _ node: SpecNode, at range: SourceRange? = nil) {
        let member = SpecNode.Member(key: Located(key, at: range ?? node.range), value: node)
        if let index = members.firstIndex(where: { $0.key.value == key }) {
            members[index] = member
        } else {
            members.append(member)
        }
    }

    mutating func remove(_ key: String) { members.removeAll { $0.key.value == key } }

    /// Nothing where there is no value.
    mutating func set(_ key: String, text: Located<String>?) {
        guard let text else { return }
        set(key, .text(text.value, text.range ?? range))
    }

    mutating func set(_ key: String, integer: Located<Int>?) {
        guard let integer else { return }
        set(key, .integer(integer.value, integer.range ?? range))
    }

    mutating func set(_ key: String, _ value: Bool, at range: SourceRange? = nil) {
        set(key, .boolean(value, range ?? self.range))
    }

    /// Nothing for an empty list.
    mutating func set(_ key: String, texts: [Located<String>]) {
        guard let first = texts.first else { return }
        let items = texts.map { SpecNode.text($0.value, $0.range ?? range) }
        set(key, SpecNode(content: .list(items), range: first.range ?? range))
    }

    mutating func append(_ node: SpecNode, to key: String) {
        var items = self[key]?.items ?? []
        items.append(node)
        set(key, SpecNode(content: .list(items), range: items[0].range))
    }

    /// Changes the map at the key, which is made where there is none.
    mutating func change(_ key: String, at range: SourceRange, _ change: (inout NodeMap) -> Void) {
        var map = NodeMap(at: self[key]?.range ?? range)
        map.members = self[key]?.members ?? []
        change(&map)
        set(key, map.node)
    }
}

extension SpecNode {
    static func text(_ text: String, _ range: SourceRange) -> SpecNode {
        SpecNode(content: .scalar(Scalar(quoted: text)), range: range)
    }

    static func integer(_ value: Int, _ range: SourceRange) -> SpecNode {
        SpecNode(content: .scalar(Scalar(plain: "\(value)")), range: range)
    }

    static func boolean(_ value: Bool, _ range: SourceRange) -> SpecNode {
        SpecNode(content: .scalar(Scalar(plain: value ? "true" : "false")), range: range)
    }
}
