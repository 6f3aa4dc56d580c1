import CSolv

/// The one version of each package that apt would install: by pin priority, then by version (apt_preferences(5)).
/// The solver sees no other, as apt's own does not; a request or an earlier lock can put another in its place.
struct Candidates {
    private var chosen: [Id: PackageID] = [:]
    private var extra: Set<PackageID> = []

    init(of pool: PackagePool) {
        for id in pool.packages where pool.isNative(id) && pool.source(of: id).priority >= 0 {
            let name = pool.solvable(id).pointee.name
            if let other = chosen[name], !isBetter(id, than: other, in: pool) { continue }
            chosen[name] = id
        }
    }

    /// Of the same version in several repositories the cheapest is taken; of those that cost the same, the one added
    /// first stays.
    private func isBetter(_ id: PackageID, than other: PackageID, in pool: PackagePool) -> Bool {
        let (new, old) = (pool.source(of: id), pool.source(of: other))
        if new.priority != old.priority { return new.priority > old.priority }
        let order = pool.compareVersions(id, other)
        return order != 0 ? order > 0 : new.limits.cost < old.limits.cost
    }

    /// Every version of every package, to look something up that apt would not choose.
    static func everything(in pool: PackagePool) -> Candidates {
        var candidates = Candidates()
        candidates.extra = Set(pool.packages.filter(pool.isNative))
        return candidates
    }

    private init() {}

    /// Holds the locked versions that are still there.
    ///
    /// - Returns: those packages.
    mutating func hold(_ held: [String: HeldVersion], in pool: PackagePool) -> Set<PackageID> {
        if held.isEmpty { return [] }
        var found: [Id: PackageID] = [:]
        for id in pool.packages where pool.isNative(id) {
            let name = pool.solvable(id).pointee.name
            if found[name] != nil { continue }
            guard let wanted = held[pool.string(name)], wanted.version == pool.version(of: id),
                wanted.architecture == pool.architecture(of: id)
            else { continue }
            found[name] = id
        }
        chosen.merge(found) { $1 }
        return Set(found.values)
    }

    /// Makes this version of a package the candidate, and likewise whatever it needs that no candidate satisfies and
    /// the suite has; also through packages that only the suite has. The pool must consider every version.
    mutating func follow(_ id: PackageID, into suite: String, in pool: PackagePool) {
        var followed: Set<PackageID> = []
        var pending = [id]
        while let id = pending.popLast() {
            if !followed.insert(id).inserted { continue }
            chosen[pool.solvable(id).pointee.name] = id
            for dependency in pool.relations(.preDepends, of: id) + pool.relations(.depends, of: id) {
                let providers = pool.alternatives(of: dependency).flatMap { pool.providers(of: $0) }
                let there = providers.filter { pool.source(of: $0).suites.contains(suite) }
                let present = providers.filter { contains($0, in: pool) }
                // Of several versions in the suite, the newest.
                let best = there.max { pool.compareVersions($0, $1) < 0 }
                if present.isEmpty {
                    if let best { pending.append(best) }
                } else if present.allSatisfy(there.contains) {
                    pending += present
                }
            }
        }
    }

    /// By the id of the package's name.
    subscript(name: Id) -> PackageID? {
        get { chosen[name] }
        set { chosen[name] = newValue }
    }

    var all: [PackageID] { Array(chosen.values) + Array(extra) }

    func contains(_ id: PackageID, in pool: PackagePool) -> Bool {
        chosen[pool.solvable(id).pointee.name] == id
    }
}

extension PackagePool {
    /// Makes the candidates all that there is, and indexes what they provide.
    func consider(_ candidates: Candidates) {
        // The pool only borrows the map.
        map_free(considered)
        map_init(considered, handle.pointee.nsolvables)
        for id in candidates.all {
            considered.pointee.map[Int(id) >> 3] |= 1 << (UInt8(truncatingIfNeeded: id) & 7)
        }
        handle.pointee.considered = considered
        pool_createwhatprovides(handle)
        restrictAnyArchitecture()
    }

    /// `foo:any` is satisfied only by packages that say `Multi-Arch: allowed`, which libsolv does not look at.
    private func restrictAnyArchitecture() {
        for number in 1..<max(1, handle.pointee.nrels) {
            let relation = handle.pointee.rels[Int(number)]
            guard relation.flags == REL_MULTIARCH else { continue }
            var allowed = IDQueue()
            for id in providers(of: relation.name) where text(SOLVABLE_MULTIARCH, of: id) == "allowed" {
                allowed.push(id)
            }
            let list = allowed.withQueue { pool_queuetowhatprovides(handle, $0) }
            handle.pointee.whatprovides_rel[Int(number)] = Offset(list)
        }
    }
}
