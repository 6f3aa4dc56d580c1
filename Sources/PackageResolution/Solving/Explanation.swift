import CSolv
import Diagnostics

/// Tells why packages cannot be installed together, in the terms of the spec's author: who asked, what that needs, and
/// where it ends.
struct Explanation {
    let pool: PackagePool
    let goal: ResolvedGoal

    init(pool: PackagePool, goal: ResolvedGoal) {
        self.pool = pool
        self.goal = goal
    }

    /// One diagnostic for each contradiction, at the line that asked.
    func error(_ problems: [SolverProblem]) -> ResolutionError {
        var error = ResolutionError(.unsatisfiable, [])
        for problem in problems {
            let (diagnostic, unknown) = explain(problem)
            if error.diagnostics.contains(where: { $0.message == diagnostic.message }) { continue }
            if let unknown { error.unknownNames[error.diagnostics.count] = unknown }
            error.diagnostics.append(diagnostic)
        }
        return error
    }

    /// Where a contradiction ends, told from the root that leads there.
    private struct Sentence {
        var text: String
        var root: Root
        var notes: [Diagnostic.Note] = []
        var hint: String?
        /// What no repository here has.
        var unknown: String?
    }

    /// A way from a root to a package: `needs` steps.
    private struct Path {
        var root: Root
        var steps: [(dependency: Id, to: PackageID)] = []
    }

    private func explain(_ problem: SolverProblem) -> (Diagnostic, unknown: String?) {
        let paths = paths(through: problem)
        var sentences: [Sentence] = []
        for rule in problem.rules {
            switch rule {
            case .conflicts(let id, let other, let dependency):
                guard let left = paths[id], let right = paths[other] else { continue }
                sentences.append(conflict(left, id, right, other, dependency))
            case .lacks(let id, let dependency):
                guard let path = paths[id] else { continue }
                let (text, hint, unknown) = missing(dependency)
                let needs = "\(path.steps.isEmpty ? "" : "which ")needs \(pool.dependencyText(dependency)), \(text)"
                sentences.append(
                    Sentence(text: "\(chain(path)) \(needs)".tidied, root: path.root, hint: hint, unknown: unknown))
            case .forbid(let id):
                guard let path = paths[id] else { continue }
                let range = goal.forbidden.first { $0.id == id }?.range
                sentences.append(
                    Sentence(
                        text: "\(chain(path)) which is to be removed\(line(range))".tidied, root: path.root,
                        notes: [.init("'\(pool.name(of: id))' is removed here", at: range)]))
            default: continue
            }
        }
        guard let first = sentences.first(where: { $0.root.reason == .asked }) ?? sentences.first else {
            let names = goal.roots.filter { $0.reason == .asked }.map(\.text).joined(separator: ", ")
            let code = ResolutionError.Code.unsatisfiable.rawValue
            return (Diagnostic(code: code, "these cannot be installed together: \(names)"), nil)
        }
        let others = sentences.map(\.text).filter { $0 != first.text }
        let diagnostic = Diagnostic(
            code: ResolutionError.Code.unsatisfiable.rawValue,
            "'\(first.root.text)' cannot be installed: \(first.text)", at: first.root.range, hint: first.hint,
            notes: first.notes + others.prefix(5).map { .init("and \($0)") })
        return (diagnostic, first.unknown)
    }

    // MARK: Sentences

    private func conflict(
        _ left: Path, _ id: PackageID, _ right: Path, _ other: PackageID, _ dependency: Id
    ) -> Sentence {
        // The sentence begins with what the author wrote.
        if left.root.reason != .asked, right.root.reason == .asked {
            let text = "\(chain(right)) with which \(subject(left, id)) conflicts"
            return Sentence(text: text.tidied, root: right.root, notes: notes(left))
        }
        let isNamed = pool.targetName(of: dependency) == pool.solvable(other).pointee.name
        let what = (isNamed ? "" : "\(pool.name(of: other)), as ") + pool.dependencyText(dependency)
        let text = "\(chain(left)) \(left.steps.isEmpty ? "" : "which ")conflicts with \(what)\(reason(right))"
        return Sentence(text: text.tidied, root: left.root, notes: notes(right))
    }

    /// `nginx-light needs nginx-common (= 1.26.3-3),` with a comma where something follows.
    private func chain(_ path: Path) -> String {
        var text = pool.name(of: path.root.id)
        for (number, step) in path.steps.enumerated() {
            text += "\(number == 0 ? " needs" : " which needs") \(pool.dependencyText(step.dependency))"
            let isNamed = pool.alternatives(of: step.dependency).contains {
                pool.targetName(of: $0) == pool.solvable(step.to).pointee.name
            }
            if !isNamed { text += " (provided by \(pool.name(of: step.to)))" }
            text += ","
        }
        return path.steps.isEmpty ? text + " " : text
    }

    private func subject(_ path: Path, _ id: PackageID) -> String {
        let name = pool.name(of: id)
        if path.steps.isEmpty {
            return path.root.reason == .essential ? "the essential \(name)" : "\(name) of the base system"
        }
        return "\(name), which \(pool.name(of: path.root.id)) of the base system needs,"
    }

    /// Why the other side of a conflict is there.
    private func reason(_ path: Path) -> String {
        let name = pool.name(of: path.root.id)
        let via = path.steps.isEmpty ? "" : ", which \(path.steps.count == 1 ? "" : "in the end ")\(name) needs"
        return switch path.root.reason {
        case .asked: via + (path.steps.isEmpty ? ", asked" : ", asked") + askedLine(path.root.range)
        case .essential: via + ", which every image has"
        case .base: via + ", which belongs to the base system"
        }
    }

    private func askedLine(_ range: SourceRange?) -> String { range.map { " at line \($0.start.line)" } ?? " for" }
    private func line(_ range: SourceRange?) -> String { range.map { " by line \($0.start.line)" } ?? "" }

    private func notes(_ path: Path) -> [Diagnostic.Note] {
        guard path.root.reason == .asked, path.root.range != nil else { return [] }
        return [.init("'\(path.root.text)' is asked for here", at: path.root.range)]
    }

    private func missing(_ dependency: Id) -> (text: String, hint: String?, unknown: String?) {
        for alternative in pool.alternatives(of: dependency) {
            let name = pool.targetName(of: alternative)
            let versions = pool.packages.filter { pool.solvable($0).pointee.name == name && pool.isNative($0) }
            let isConsidered: (PackageID) -> Bool = { pool.providers(of: name).contains($0) }
            let fits = versions.filter { pool_match_nevr(pool.handle, pool.solvable($0), alternative) != 0 }
            if let fit = fits.first(where: isConsidered) {
                return ("but \(pool.name(of: fit)) does not say 'Multi-Arch: allowed'", nil, nil)
            }
            if let fit = fits.first {
                let source = pool.source(of: fit)
                return (
                    "which only \(pool.name(of: fit)) \(pool.version(of: fit)) of \(source.repository) is",
                    "ask for '\(pool.name(of: fit))/\(source.suites.first ?? "")' as well", nil
                )
            }
            if let other = versions.max(by: { pool.compareVersions($0, $1) < 0 }) {
                return (
                    "but \(pool.name(of: other)) is \(pool.version(of: other)) in \(pool.source(of: other).repository)",
                    nil, nil
                )
            }
        }
        let names = pool.alternatives(of: dependency).map { pool.string(pool.targetName(of: $0)) }
        return ("which no package here provides", nil, names.first)
    }

    // MARK: Ways

    /// The shortest way from a root to each package of the contradiction; the author's own roots first.
    private func paths(through problem: SolverProblem) -> [PackageID: Path] {
        var needs: [PackageID: [Id]] = [:]
        var installed: Set<PackageID> = []
        for rule in problem.rules {
            switch rule {
            case .needs(let id, let dependency): needs[id, default: []].append(dependency)
            case .install(let id): installed.insert(id)
            default: break
            }
        }
        let roots = goal.roots.filter { installed.contains($0.id) }
        var paths: [PackageID: Path] = [:]
        for group in [roots.filter { $0.reason == .asked }, roots.filter { $0.reason != .asked }] {
            var queue: [PackageID] = []
            for root in group where paths[root.id] == nil {
                paths[root.id] = Path(root: root)
                queue.append(root.id)
            }
            while !queue.isEmpty {
                let id = queue.removeFirst()
                guard let path = paths[id] else { continue }
                for dependency in needs[id] ?? [] {
                    for provider in pool.providers(of: dependency) where paths[provider] == nil {
                        var longer = path
                        longer.steps.append((dependency, provider))
                        paths[provider] = longer
                        queue.append(provider)
                    }
                }
            }
        }
        return paths
    }
}

extension String {
    /// Single spaces.
    fileprivate var tidied: String { split(separator: " ").joined(separator: " ") }
}
