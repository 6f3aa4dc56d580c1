import Diagnostics

/// What one value of an option can be.
enum OptionValue: Sendable, Equatable {
    case flag(Bool)
    case integer(Int)
    case text(String)
    case list([String])
}

/// The values of one command line by property name, each with its place: what argparse calls a namespace.
///
/// Names are the first spelling of the option in camel case (`--luks-version`: `luksVersion`), except where the grammar
/// table says otherwise. A test asks for every property of every command, so that a typing error cannot hide.
struct OptionValues: Sendable {
    private(set) var values: [String: [Located<OptionValue>]] = [:]

    /// The last one wins.
    mutating func set(_ name: String, _ value: OptionValue, at range: SourceRange?) {
        values[name] = [Located(value, at: range)]
    }

    mutating func append(_ name: String, _ value: OptionValue, at range: SourceRange?) {
        values[name, default: []].append(Located(value, at: range))
    }

    mutating func remove(_ name: String) { values[name] = nil }

    /// Later values replace earlier ones.
    mutating func merge(_ later: OptionValues) { values.merge(later.values) { $1 } }

    func contains(_ name: String) -> Bool { values[name] != nil }

    func place(_ name: String) -> SourceRange? { values[name]?.last?.range }

    func flag(_ name: String, default fallback: Bool = false) -> Located<Bool> {
        bool(name) ?? Located(fallback)
    }

    func bool(_ name: String) -> Located<Bool>? {
        guard let found = values[name]?.last, case .flag(let value) = found.value else { return nil }
        return Located(value, at: found.range)
    }

    func integer(_ name: String) -> Located<Int>? {
        guard let found = values[name]?.last else { return nil }
        switch found.value {
        case .integer(let value): return Located(value, at: found.range)
        // Some options lost their type when they were deprecated.
        case .text(let text): return Int(text).map { Located($0, at: found.range) }
        case .flag, .list: return nil
        }
    }

    func string(_ name: String) -> Located<String>? {
        guard let found = values[name]?.last, case .text(let value) = found.value else { return nil }
        return Located(value, at: found.range)
    }

    /// Of an option or argument without which the line is not accepted.
    func required(_ name: String) -> Located<String> { string(name) ?? Located("") }

    func choice<Choice: RawRepresentable>(_ name: String) -> Located<Choice>? where Choice.RawValue == String {
        guard let found = string(name), let choice = Choice(rawValue: found.value) else { return nil }
        return Located(choice, at: found.range)
    }

    func list(_ name: String) -> [Located<String>] {
        (values[name] ?? []).flatMap { found -> [Located<String>] in
            switch found.value {
            case .text(let text): return [Located(text, at: found.range)]
            case .list(let texts): return texts.map { Located($0, at: found.range) }
            case .flag, .integer: return []
            }
        }
    }
}
