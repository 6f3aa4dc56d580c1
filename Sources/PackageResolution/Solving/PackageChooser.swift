import CSolv
import Diagnostics

/// Decides which packages an image has. apt's choice is the aim: what apt would mark is tried first, as a whole; where
/// that contradicts itself the solver looks for what else there is, favouring the same packages.
struct PackageChooser {
    let pool: PackagePool

    struct Choice {
        /// Ascending ids.
        var packages: [PackageID]
        /// What goes into the base layer: closed under dependencies.
        var base: Set<PackageID>
        /// The locked versions that a new package needed to move, by name.
        var released: [String]
    }

    /// - Throws: `ResolutionError`: unknown names, or why the packages cannot be installed together.
    func choose(_ goal: PackageGoal) throws(ResolutionError) -> Choice {
        var goal = goal
        var released: [String] = []
        while true {
            var lookup = GoalLookup(pool: pool, goal: goal)
            let resolved = try lookup.resolve()
            switch choose(resolved, recommends: goal.recommends) {
            case .success(let (packages, base)):
                return Choice(packages: packages, base: base, released: released.sorted())
            case .failure(let unsolvable):
                let blocking = names(in: unsolvable.problems).filter { goal.held[$0] != nil }
                if goal.held.isEmpty {
                    let explanation = Explanation(pool: pool, goal: resolved)
                    throw explanation.error(unsolvable.problems)
                }
                // Where the contradiction names no held package, what it follows from is held all the same.
                let release = blocking.isEmpty ? Set(goal.held.keys) : blocking
                for name in release { goal.held[name] = nil }
                released += release
            }
        }
    }

    private struct Unsolvable: Error { var problems: [SolverProblem] }

    private func choose(
        _ goal: ResolvedGoal, recommends: Bool
    ) -> Result<(packages: [PackageID], base: Set<PackageID>), Unsolvable> {
        let all = goal.roots.map(\.id)
        let ours = goal.roots.filter { $0.reason != .asked }.map(\.id)
        // The base by itself, as every appliance with it has it; nil where the goal forbids what it needs.
        let alone = try? solve(goal, [ours], recommends: false).get()
        let together = solve(goal, [all], recommends: recommends)
        guard case .success(let packages) = together else { return together.map { ($0, []) } }
        guard let alone else { return .success((packages, reachable(from: ours, in: Set(packages)))) }
        let base = Set(alone)
        if base.isSubset(of: packages) { return .success((packages, base)) }
        // apt, given everything at once, would choose something else for the base than for the base alone. Keeping
        // the base as it is lets appliances share it; a little more in the image is worth that, much more is not.
        if case .success(let shared) = solve(goal, [ours, all], recommends: recommends), base.isSubset(of: shared),
            shared.count * 100 <= packages.count * 101, size(shared) * 100 <= size(packages) * 101
        {
            return .success((shared, base))
        }
        return .success((packages, reachable(from: ours, in: Set(packages))))
    }

    /// Marks the groups one after the other as apt would, and has the solver judge the result.
    private func solve(
        _ goal: ResolvedGoal, _ groups: [[PackageID]], recommends: Bool
    ) -> Result<[PackageID], Unsolvable> {
        let forbidden = goal.forbidden.map(\.id)
        var first = FirstAlternatives(
            pool: pool, recommends: recommends, forbidden: Set(forbidden), preferred: goal.held)
        for group in groups { first.mark(group) }
        let asIs = SolverJob(install: first.order, forbid: forbidden, recommends: recommends)
        if case .solved(let packages) = pool.solve(asIs) { return .success(packages) }
        let roots = groups.last ?? []
        let favoured = SolverJob(
            install: roots, forbid: forbidden, recommends: recommends, favor: first.order.reversed())
        switch pool.solve(favoured) {
        case .solved(let packages): return .success(packages)
        case .unsolvable(let problems): return .failure(Unsolvable(problems: problems))
        }
    }

    private func size(_ packages: [PackageID]) -> Int64 {
        packages.reduce(0) { $0 + pool.installedSize(of: $1) }
    }

    /// The packages of the solution that the roots need, directly or not: closed under dependencies, and no more.
    private func reachable(from roots: [PackageID], in solution: Set<PackageID>) -> Set<PackageID> {
        var reached = Set(roots).intersection(solution)
        var pending = Array(reached)
        while let id = pending.popLast() {
            for dependency in pool.relations(.preDepends, of: id) + pool.relations(.depends, of: id) {
                let providers = pool.alternatives(of: dependency).flatMap { pool.providers(of: $0) }
                if providers.contains(where: reached.contains) { continue }
                guard let provider = providers.first(where: solution.contains) else { continue }
                reached.insert(provider)
                pending.append(provider)
            }
        }
        return reached
    }

    /// Every package that a contradiction is about.
    private func names(in problems: [SolverProblem]) -> Set<String> {
        var names: Set<String> = []
        for rule in problems.flatMap(\.rules) {
            switch rule {
            case .install(let id), .forbid(let id), .notInstallable(let id): names.insert(pool.name(of: id))
            case .needs(let id, let dependency), .lacks(let id, let dependency):
                names.insert(pool.name(of: id))
                for alternative in pool.alternatives(of: dependency) {
                    names.insert(pool.string(pool.targetName(of: alternative)))
                }
            case .conflicts(let id, let other, _), .sameName(let id, let other):
                names.formUnion([pool.name(of: id), pool.name(of: other)])
            case .other: break
            }
        }
        return names
    }
}
