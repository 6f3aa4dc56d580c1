import CSolv

/// What a solver is asked for; all of it must hold.
struct SolverJob {
    /// These exact packages.
    var install: [PackageID] = []
    /// Not one of these.
    var forbid: [PackageID] = []
    var recommends = false
    /// Chosen where there is a choice, later ones before earlier ones.
    var favor: [PackageID] = []
}

enum SolverOutcome {
    /// Ascending ids.
    case solved([PackageID])
    case unsolvable([SolverProblem])
}

/// One reason why the job cannot be done: rules that contradict each other.
struct SolverProblem {
    enum Rule: Equatable {
        /// The job itself asks for this package, or forbids it.
        case install(PackageID)
        case forbid(PackageID)
        /// A package needs one of its dependency's providers.
        case needs(PackageID, dependency: Id)
        /// A package needs something that no candidate provides.
        case lacks(PackageID, dependency: Id)
        /// A package conflicts with (or breaks) another by this relation.
        case conflicts(PackageID, PackageID, dependency: Id)
        /// Two versions of one package.
        case sameName(PackageID, PackageID)
        case notInstallable(PackageID)
        case other
    }

    var rules: [Rule]
}

extension PackagePool {
    /// Solves the job over the considered candidates.
    func solve(_ job: SolverJob) -> SolverOutcome {
        // solver_create ends the process itself when memory is out, and never returns null.
        let solver: UnsafeMutablePointer<Solver> = solver_create(handle)
        defer { solver_free(solver) }
        solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, job.recommends ? 0 : 1)
        var jobs = IDQueue()
        for id in job.install { jobs.push(SOLVER_SOLVABLE | SOLVER_INSTALL, id) }
        for id in job.forbid { jobs.push(SOLVER_SOLVABLE | SOLVER_ERASE, id) }
        for id in job.favor { jobs.push(SOLVER_SOLVABLE | SOLVER_FAVOR, id) }
        let problems = jobs.withQueue { solver_solve(solver, $0) }
        if problems == 0 {
            var decisions = IDQueue()
            decisions.withQueue { solver_get_decisionqueue(solver, $0) }
            return .solved(decisions.ids.filter { $0 > SYSTEMSOLVABLE }.sorted())
        }
        return .unsolvable((1...problems).map { problem(Id($0), of: solver) })
    }

    private func problem(_ number: Id, of solver: UnsafeMutablePointer<Solver>) -> SolverProblem {
        var queue = IDQueue()
        queue.withQueue { solver_findallproblemrules(solver, number, $0) }
        let rules = queue.ids.map { rule -> SolverProblem.Rule in
            var (from, to, dependency): (Id, Id, Id) = (0, 0, 0)
            let kind = solver_ruleinfo(solver, rule, &from, &to, &dependency)
            switch kind {
            case SOLVER_RULE_JOB: return jobRule(rule, of: solver)
            case SOLVER_RULE_PKG_REQUIRES: return .needs(from, dependency: dependency)
            case SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP: return .lacks(from, dependency: dependency)
            case SOLVER_RULE_PKG_CONFLICTS, SOLVER_RULE_PKG_OBSOLETES:
                return .conflicts(from, to, dependency: dependency)
            case SOLVER_RULE_PKG_SAME_NAME: return .sameName(from, to)
            case SOLVER_RULE_PKG_NOT_INSTALLABLE: return .notInstallable(from)
            default: return .other
            }
        }
        return SolverProblem(rules: rules)
    }

    private func jobRule(_ rule: Id, of solver: UnsafeMutablePointer<Solver>) -> SolverProblem.Rule {
        var what: Id = 0
        let how = solver_rule2job(solver, rule, &what)
        switch how & SOLVER_JOBMASK {
        case SOLVER_INSTALL: return .install(what)
        case SOLVER_ERASE: return .forbid(what)
        default: return .other
        }
    }
}
