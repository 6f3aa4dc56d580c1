import Diagnostics

extension SpecNode {
    /// What `self`, a base, becomes under what extends it: maps merge key by key, lists append (the base's items
    /// first), scalars are overridden, and `!replace` takes the base's place whole.
    func merged(with node: SpecNode) -> SpecNode {
        var result = node
        result.replaces = false
        guard !node.replaces else { return result }
        switch (content, node.content) {
        case (.map(let base), .map(let members)):
            var merged = base
            for member in members {
                if let index = merged.firstIndex(where: { $0.key.value == member.key.value }) {
                    merged[index] = Member(key: member.key, value: merged[index].value.merged(with: member.value))
                } else {
                    merged.append(member)
                }
            }
            result.content = .map(merged)
        case (.list(let base), .list(let items)):
            result.content = .list(base + items)
        default: break
        }
        return result
    }

    /// Reports what is still missing once all bases are merged.
    func missingKeys(of record: Record) -> [Diagnostic] {
        guard case .map = content else { return [] }
        var missing: [Diagnostic] = []
        for field in record.fields {
            if let value = self[field.key] {
                if case .record(let inner) = field.shape { missing += value.missingKeys(of: inner) }
            } else if field.need == .afterMerge, !hasMisspelt(field.key, of: record) {
                missing.append(
                    Diagnostic(
                        code: "missing-key", "\(record.name) needs '\(field.key)'", at: firstRange, hint: field.doc))
            }
        }
        return missing
    }

    /// Whether an unknown key is probably this one; it has been reported, and one slip needs one message.
    func hasMisspelt(_ key: String, of record: Record) -> Bool {
        let keys = record.fields.map(\.key)
        return members.contains { record[$0.key.value] == nil && nearest($0.key.value, in: keys) == key }
    }
}
