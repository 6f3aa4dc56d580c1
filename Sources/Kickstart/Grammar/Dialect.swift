/// One version of the language: that of a Fedora or RHEL release, as pykickstart numbers them.
package struct Dialect: Sendable, Hashable, Comparable, CustomStringConvertible {
    package enum Family: Sendable, Hashable {
        case fedora, rhel
    }

    package let family: Family
    /// Fedora Core 3 to 6 count as Fedora 3 to 6.
    package let number: Int
    /// The place in the history that both families share: RHEL 7 lies between Fedora 21 and 22.
    private let order: Int

    private init(_ family: Family, _ number: Int, after release: Int, offset: Int = 0) {
        self.family = family
        self.number = number
        order = release * 10 + offset
    }

    /// Oldest first: FC3 … F45, RHEL3 … RHEL11 between them.
    package static let all: [Dialect] = {
        let fedora = (3...45).map { Dialect(.fedora, $0, after: $0) }
        // The Fedora release that each RHEL follows.
        let rhel = [3: 2, 4: 3, 5: 6, 6: 13, 7: 21, 8: 28, 9: 34, 10: 40, 11: 45]
        return (fedora + rhel.map { Dialect(.rhel, $0, after: $1, offset: 1) }).sorted()
    }()

    /// Fedora's, the newest first, and then RHEL's: what the union of dialects asks in turn.
    static let newestFirst =
        all.reversed().filter { $0.family == .fedora } + all.reversed().filter { $0.family == .rhel }

    /// What pykickstart calls DEVEL.
    package static let newest = Dialect(.fedora, 45, after: 45)

    /// From this one on, a section has to end with `%end`.
    static let requiresEnd = Dialect(.fedora, 8, after: 8)

    /// `F40`, `FC3`, `RHEL9` or `DEVEL`, in capitals or not; nil for anything else.
    package init?(named name: String) {
        let name = name.uppercased()
        guard let found = name == "DEVEL" ? Dialect.newest : Dialect.all.first(where: { $0.description == name })
        else { return nil }
        self = found
    }

    package var description: String {
        switch family {
        case .fedora: number < 7 ? "FC\(number)" : "F\(number)"
        case .rhel: "RHEL\(number)"
        }
    }

    /// Which of some dialects tells best when something went or came: `RHEL9 was the last to know it`.
    func hint(_ known: [Dialect]) -> String? {
        let own = known.filter { $0.family == family }
        if let newest = own.last(where: { $0 < self }) ?? known.last(where: { $0 < self }) {
            return "\(newest) was the last to know it"
        }
        return (own.first ?? known.first).map { "\($0) is the first to know it" }
    }

    package static func < (left: Self, right: Self) -> Bool { left.order < right.order }
}

/// Some dialects, written `F9-13 F20- R6`: ranges of Fedora and of RHEL releases; an open one ends with the newest.
struct DialectSet: Sendable {
    private var ranges: [(family: Dialect.Family, numbers: ClosedRange<Int>)] = []

    static let all = DialectSet("F3- R3-")

    /// A word that is no range is left out; a test reads the whole table.
    init(_ text: String) { self.init(words: text.split(separator: " ")) }

    init(words: [Substring]) { ranges = words.compactMap(DialectSet.range) }

    /// The range that a word says, or nil.
    static func range(_ word: Substring) -> (family: Dialect.Family, numbers: ClosedRange<Int>)? {
        let family: Dialect.Family
        switch word.first {
        case "F": family = .fedora
        case "R": family = .rhel
        default: return nil
        }
        let ends = word.dropFirst().split(separator: "-", omittingEmptySubsequences: false)
        guard let start = ends.first.flatMap({ Int(String($0)) }), ends.count <= 2 else { return nil }
        guard let end = ends.count == 1 ? start : ends[1].isEmpty ? 99 : Int(String(ends[1])), end >= start else {
            return nil
        }
        return (family, start...end)
    }

    func contains(_ dialect: Dialect) -> Bool {
        ranges.contains { $0.family == dialect.family && $0.numbers.contains(dialect.number) }
    }
}
