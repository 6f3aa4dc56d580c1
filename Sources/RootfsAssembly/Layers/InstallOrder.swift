import SandboxInside

/// In which order packages are unpacked and their preinst scripts run, as dpkg and apt would do it.
///
/// The first wave is what everything else assumes to work: Essential packages and what they depend on. A package comes
/// in a later wave than its Pre-Depends only when it has a preinst, which is what a Pre-Depends is for.
struct InstallOrder {
    private let packages: [ControlFiles]
    /// Package name, real or provided, to the places of the packages that satisfy it.
    private let providers: [String: [Int]]
    /// Debian's own bootstrap order: users and the shell's world first.
    private static let first = ["base-passwd", "base-files", "libc6", "dpkg", "perl-base", "mawk", "debconf"]

    init(_ packages: [ControlFiles]) {
        self.packages = packages
        var providers: [String: [Int]] = [:]
        for (index, package) in packages.enumerated() {
            providers[package.name, default: []].append(index)
            for relation in Relation.groups(package.stanza["Provides"]).flatMap({ $0 }) {
                providers[relation.name, default: []].append(index)
            }
        }
        self.providers = providers
    }

    /// Places in the given list, wave by wave; within a wave in order of dependency. `hasEssentials`: whether the first
    /// wave is the bootstrap of a new root.
    func waves(bootstrap: Bool) -> [[Int]] {
        let order = sorted()
        let essential = bootstrap ? closure(packages.indices.filter { packages[$0].isEssential }) : []
        var level: [Int: Int] = [:]
        for index in order { level[index] = essential.contains(index) ? 0 : self.level(index, essential, &level, []) }
        let highest = level.values.max() ?? 0
        return (0...highest).map { wave in order.filter { level[$0] == wave } }.filter { !$0.isEmpty }
    }

    /// The packages that must be configured before the preinst of `index` may run: its Pre-Depends with all that these
    /// depend on.
    func neededConfigured(before index: Int) -> Set<Int> {
        closure(direct(index, ["Pre-Depends"]))
    }

    /// What the packages depend on, themselves included.
    private func closure(_ roots: [Int]) -> Set<Int> {
        var found = Set(roots)
        var open = roots
        while let index = open.popLast() {
            for next in direct(index, ["Pre-Depends", "Depends"]) where found.insert(next).inserted {
                open.append(next)
            }
        }
        return found
    }

    private func level(_ index: Int, _ essential: Set<Int>, _ known: inout [Int: Int], _ path: Set<Int>) -> Int {
        if let level = known[index] { return level }
        guard packages[index].files["preinst"] != nil, !path.contains(index) else { return 1 }
        var level = 1
        for next in direct(index, ["Pre-Depends"]) where !essential.contains(next) {
            level = max(level, 1 + self.level(next, essential, &known, path.union([index])))
        }
        known[index] = level
        return level
    }

    /// Dependencies before dependents where there is no cycle; otherwise by name.
    private func sorted() -> [Int] {
        let byName = packages.indices.sorted { left, right in
            let (a, b) = (rank(left), rank(right))
            return a != b ? a < b : packages[left].unambiguousName < packages[right].unambiguousName
        }
        var result: [Int] = []
        var state: [Int: Bool] = [:]
        func visit(_ index: Int) {
            guard state[index] == nil else { return }
            state[index] = false
            if rank(index) == Self.first.count {
                for next in direct(index, ["Pre-Depends", "Depends"]) { visit(next) }
            }
            result.append(index)
            state[index] = true
        }
        for index in byName { visit(index) }
        return result
    }

    private func rank(_ index: Int) -> Int { Self.first.firstIndex(of: packages[index].name) ?? Self.first.count }

    /// Of each group the first alternative that is among the packages: the others are satisfied by it.
    private func direct(_ index: Int, _ fields: [String]) -> [Int] {
        fields.flatMap { Relation.groups(packages[index].stanza[$0]) }.compactMap { group in
            group.lazy.compactMap { providers[$0.name]?.first }.first
        }.filter { $0 != index }
    }
}
