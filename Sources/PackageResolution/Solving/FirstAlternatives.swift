import CSolv

/// What apt would choose, by the way in which apt marks packages for installation (pkgDepCache::MarkInstall): depth
/// first, in the order of the control fields, of `a | b` the first that can be installed, of a virtual package's
/// providers the one of the highest priority. Nothing is ever taken back, so it can fail where a solution exists:
/// the solver decides, and is only told to favour these.
struct FirstAlternatives {
    private let pool: PackagePool
    private let recommends: Bool
    private let forbidden: Set<PackageID>
    /// Chosen before any other alternative: what an earlier lock has.
    private let preferred: Set<PackageID>
    private(set) var marked: Set<PackageID> = []
    /// In the order in which they were marked.
    private(set) var order: [PackageID] = []
    /// Packages that a marked one conflicts with or that a marked one breaks.
    private var refused: [PackageID: Int] = [:]
    /// Deeper than any real chain; the solver, which does not recurse, takes over from there.
    private static let depthLimit = 500

    init(pool: PackagePool, recommends: Bool, forbidden: Set<PackageID>, preferred: Set<PackageID> = []) {
        self.pool = pool
        self.recommends = recommends
        self.forbidden = forbidden
        self.preferred = preferred
    }

    /// Marks all of them first and what they need after, as `apt install` does with its arguments.
    mutating func mark(_ requests: [PackageID]) {
        let new = requests.filter { !marked.contains($0) && !forbidden.contains($0) }
        for id in new { add(id) }
        for id in new { markAllDependencies(of: id) }
    }

    /// What was asked for is never given up, so all that can be marked for it is.
    private mutating func markAllDependencies(of id: PackageID) {
        for dependency in needs(of: id) { _ = satisfy(dependency, depth: 0) }
        if recommends {
            for dependency in pool.relations(.recommends, of: id) { _ = satisfy(dependency, depth: 0) }
        }
    }

    private func needs(of id: PackageID) -> [Id] {
        pool.relations(.preDepends, of: id) + pool.relations(.depends, of: id)
    }

    private mutating func install(_ id: PackageID, depth: Int) -> Bool {
        if marked.contains(id) { return true }
        if forbidden.contains(id) || refused[id, default: 0] > 0 || depth > Self.depthLimit { return false }
        if conflicting(with: id).contains(where: marked.contains) { return false }
        let before = order.count
        add(id)
        if markDependencies(of: id, depth: depth) { return true }
        takeBack(to: before)
        return false
    }

    private mutating func markDependencies(of id: PackageID, depth: Int) -> Bool {
        for dependency in needs(of: id) where !satisfy(dependency, depth: depth) { return false }
        if recommends {
            for dependency in pool.relations(.recommends, of: id) { _ = satisfy(dependency, depth: depth) }
        }
        return true
    }

    private mutating func satisfy(_ dependency: Id, depth: Int) -> Bool {
        let alternatives = pool.alternatives(of: dependency).map { ($0, pool.providers(of: $0)) }
        if alternatives.contains(where: { $0.1.contains(where: marked.contains) }) { return true }
        if !preferred.isEmpty {
            for (_, providers) in alternatives {
                for provider in providers where preferred.contains(provider) && install(provider, depth: depth + 1) {
                    return true
                }
            }
        }
        for (alternative, providers) in alternatives {
            for provider in ordered(providers, for: alternative) where install(provider, depth: depth + 1) {
                return true
            }
        }
        return false
    }

    /// The package of that name first, then Essential ones, then by priority; of equal ones the later in the index.
    private func ordered(_ providers: [PackageID], for dependency: Id) -> [PackageID] {
        if providers.count < 2 { return providers }
        let name = pool.targetName(of: dependency)
        let ranked = providers.map { id in
            let isNamed = pool.solvable(id).pointee.name == name
            return (id: id, rank: [isNamed ? 0 : 1, pool.isEssential(id) ? 0 : 1, pool.priority(of: id)])
        }
        return ranked.sorted { left, right in
            left.rank == right.rank ? left.id > right.id : left.rank.lexicographicallyPrecedes(right.rank)
        }.map(\.id)
    }

    private func conflicting(with id: PackageID) -> [PackageID] {
        pool.relations(.conflicts, of: id).flatMap { pool.providers(of: $0) }.filter { $0 != id }
    }

    private mutating func add(_ id: PackageID) {
        marked.insert(id)
        order.append(id)
        for other in conflicting(with: id) { refused[other, default: 0] += 1 }
    }

    private mutating func takeBack(to count: Int) {
        while order.count > count {
            let id = order.removeLast()
            marked.remove(id)
            for other in conflicting(with: id) { refused[other, default: 0] -= 1 }
        }
    }
}
