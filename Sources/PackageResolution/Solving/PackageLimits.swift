import Glibc

/// What is taken from a repository: a spec's `cost`, `include` and `exclude`.
struct PackageLimits: Sendable, Equatable {
    /// dnf's, for repositories that name none.
    static let standardCost = 1000

    var cost = standardCost
    /// Patterns of names; empty for all.
    var include: [String] = []
    var exclude: [String] = []

    var isEmpty: Bool { include.isEmpty && exclude.isEmpty }

    func accept(_ name: String) -> Bool {
        if exclude.contains(where: { Self.matches(name, $0) }) { return false }
        return include.isEmpty || include.contains { Self.matches(name, $0) }
    }

    /// By fnmatch(3): `*`, `?` and `[…]`.
    static func matches(_ name: String, _ pattern: String) -> Bool { fnmatch(pattern, name, 0) == 0 }

    static func isPattern(_ text: String) -> Bool { text.contains { "*?[".contains($0) } }
}
