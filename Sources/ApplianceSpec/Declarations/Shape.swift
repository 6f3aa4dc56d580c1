/// What a value of a spec may be. The parser validates by it and the JSON Schema is written from it, so that neither
/// knows a key, a type or a pattern that the other does not.
indirect enum Shape: Sendable {
    /// A string, quoted or not, that follows a rule.
    case text(TextRule)
    case integer(ClosedRange<Int>)
    case boolean
    /// `true` and nothing else: the key says it all.
    case flag
    /// One of these words.
    case choice([String])
    case list(of: Shape, atLeast: Int = 0)
    /// A map with keys of the author's choice.
    case map(keys: TextRule, values: Shape)
    case record(Record)
    /// Told apart by what kind of YAML value stands there: the shapes of one `either` differ in it.
    case either([Shape])
    /// Anything that JSON can hold.
    case anything
}

/// A map with a closed set of keys.
struct Record: Sendable {
    /// What messages call it: `a check`.
    var name: String
    var fields: [Field]
    /// Exactly one of these keys has to be there; empty for no such rule.
    var exactlyOne: [String] = []

    subscript(key: String) -> Field? { fields.first { $0.key == key } }
}

/// One key of a record.
struct Field: Sendable {
    enum Need: Sendable {
        case optional
        /// Every file has to say it.
        case inEachFile
        /// It has to be there once the bases are merged; one file alone may leave it out.
        case afterMerge
    }

    var key: String
    /// One or two sentences for the reference and for editors.
    var doc: String
    var shape: Shape
    var need: Need = .optional
    /// What holds when it is not given, as YAML; nil where nothing is done without it.
    var standard: String?

    init(_ key: String, _ shape: Shape, _ doc: String, need: Need = .optional, standard: String? = nil) {
        self.key = key
        self.doc = doc
        self.shape = shape
        self.need = need
        self.standard = standard
    }
}

/// How a string has to look.
struct TextRule: Sendable {
    /// `a size`, for messages.
    var name: String
    /// The diagnostic's code, without `bad-`: `size`.
    var id: String
    /// A regular expression that the string has to match, with `^` and `$` for all of it, in the dialect that Swift,
    /// ECMA 262 and Python share; empty for any text.
    var pattern: String
    /// Right ones, for messages and editors.
    var examples: [String]
    /// The most characters (Unicode scalars) that it may have; nil where a whole file may stand.
    var longest: Int?
    /// What helps with a wrong one; the examples are named where it is nil.
    var hint: (@Sendable (String) -> String?)?

    /// - Parameter id: where it is not the name without its article, with hyphens.
    init(
        _ name: String, _ pattern: String, id: String? = nil, examples: [String], longest: Int? = 1024,
        hint: (@Sendable (String) -> String?)? = nil
    ) {
        self.name = name
        self.pattern = pattern
        self.examples = examples
        self.longest = longest
        self.hint = hint
        let words = name.split(separator: " ").drop { ["a", "an", "the"].contains($0) }
        self.id = id ?? words.joined(separator: "-").lowercased()
    }

    func accepts(_ text: String) -> Bool {
        if let longest, text.unicodeScalars.count > longest { return false }
        if pattern.isEmpty { return true }
        // A pattern that does not compile accepts nothing; the tests compile each one. By scalars, as JSON Schema
        // has it: to Swift's own matching, CR LF is a character that is neither CR nor LF.
        guard let regex = try? Regex(pattern).matchingSemantics(.unicodeScalar) else { return false }
        return (try? regex.firstMatch(in: text)) != nil
    }

    var code: String { "bad-\(id)" }
}
