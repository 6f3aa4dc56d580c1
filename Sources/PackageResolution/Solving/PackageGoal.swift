import CSolv
import Diagnostics

/// What one pool is asked for.
struct PackageGoal {
    /// What every appliance has besides Essential and required packages; they make the base layer.
    var base: [String] = []
    var install: [Located<String>] = []
    var remove: [Located<String>] = []
    var recommends = false
    /// Whether Essential and required packages come first: an image has them, a tools folder does not.
    var hasEssential = true
    /// The versions that an earlier lock holds, by package name.
    var held: [String: HeldVersion] = [:]
}

/// A locked version that stays as long as it can.
struct HeldVersion: Equatable {
    var version: String
    var architecture: String
}

/// A package that must be there, and who wants it.
struct Root {
    enum Reason { case essential, base, asked }

    var id: PackageID
    var reason: Reason
    /// As it was written: `nginx/trixie-backports`.
    var text: String
    var range: SourceRange?
}

/// What is left of a goal once its names are looked up.
struct ResolvedGoal {
    var roots: [Root]
    var forbidden: [(id: PackageID, range: SourceRange?)]
    var held: Set<PackageID>
}

/// A name that was asked for and is not there; the resolver looks for it elsewhere before it gives up.
struct UnknownName {
    var name: String
    var diagnostic: Diagnostic
}

/// Looks up a goal's names in the pool: chooses the candidates, then the packages.
struct GoalLookup {
    let pool: PackagePool
    let goal: PackageGoal
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var unknown: [UnknownName] = []

    init(pool: PackagePool, goal: PackageGoal) {
        self.pool = pool
        self.goal = goal
    }

    /// - Throws: `ResolutionError` with everything that is wrong with the requests at once.
    mutating func resolve() throws(ResolutionError) -> ResolvedGoal {
        let base = goal.base.map { Located($0) }
        let plain = goal.install.filter { !PackageLimits.isPattern($0.value) }
        let requests = parse(base.filter { !isRemoved($0.value) }, .base) + parse(plain, .asked)
        var candidates = Candidates(of: pool)
        let held = candidates.hold(goal.held, in: pool)
        choose(requests, in: &candidates)
        pool.consider(candidates)
        var roots: [Root] = []
        if goal.hasEssential {
            let always = candidates.all.filter { pool.isEssential($0) || pool.priority(of: $0) == 0 }
            roots = always.sorted { pool.name(of: $0) < pool.name(of: $1) }
                .filter { !isRemoved(pool.name(of: $0)) || pool.isEssential($0) }
                .map { Root(id: $0, reason: .essential, text: pool.name(of: $0)) }
        }
        for request in requests {
            guard let id = package(for: request, candidates) else { continue }
            roots.append(Root(id: id, reason: request.reason, text: request.text.value, range: request.text.range))
        }
        for pattern in goal.install where PackageLimits.isPattern(pattern.value) {
            roots += packages(matching: pattern, candidates)
        }
        let forbidden = forbiddenPackages(candidates, roots)
        if !unknown.isEmpty || !diagnostics.isEmpty {
            var error = ResolutionError(
                unknown.isEmpty ? .badRequest : .unknownPackage, unknown.map(\.diagnostic) + diagnostics)
            error.unknownNames = Dictionary(uniqueKeysWithValues: unknown.map(\.name).enumerated().map { ($0, $1) })
            throw error
        }
        return ResolvedGoal(roots: roots, forbidden: forbidden, held: held)
    }

    private struct Request {
        var request: PackageRequest
        var text: Located<String>
        var reason: Root.Reason
    }

    private mutating func parse(_ texts: [Located<String>], _ reason: Root.Reason) -> [Request] {
        texts.compactMap { text in
            guard let request = PackageRequest(text.value) else {
                refuse(
                    "'\(text.value)' is not a package request", text,
                    hint: "write name, name=version, name/suite or name:architecture")
                return nil
            }
            if let architecture = request.architecture, ![pool.architecture, "all", "any"].contains(architecture) {
                refuse(
                    "'\(text.value)' is for \(architecture), the image is for \(pool.architecture)", text,
                    hint: "packages of a second architecture cannot be installed")
                return nil
            }
            return Request(request: request, text: text, reason: reason)
        }
    }

    private mutating func refuse(_ message: String, _ text: Located<String>, hint: String?) {
        diagnostics.append(
            Diagnostic(code: ResolutionError.Code.badRequest.rawValue, message, at: text.range, hint: hint))
    }

    // MARK: Versions

    /// Puts the versions and suites that requests name in the candidates' place.
    private mutating func choose(_ requests: [Request], in candidates: inout Candidates) {
        for request in requests where request.request.version != nil {
            guard let id = exact(request) else { continue }
            candidates[pool.solvable(id).pointee.name] = id
        }
        let bySuite = requests.filter { $0.request.suite != nil }
        if bySuite.isEmpty { return }
        // A package from another suite brings what it needs from there along, as apt does (SetCandidateRelease).
        pool.consider(Candidates.everything(in: pool))
        for request in bySuite {
            guard let suite = request.request.suite, let id = fromSuite(request, suite) else { continue }
            candidates.follow(id, into: suite, in: pool)
        }
    }

    private func versions(of name: String) -> [PackageID] {
        let id = pool.id(ofName: name)
        return id == 0 ? [] : pool.packages.filter { pool.solvable($0).pointee.name == id && pool.isNative($0) }
    }

    private mutating func exact(_ request: Request) -> PackageID? {
        let all = versions(of: request.request.name)
        // Of the same version in several repositories, the one that apt would take it from.
        let matching = all.filter { pool.version(of: $0) == request.request.version }
        if let found = matching.max(by: { pool.source(of: $0).priority < pool.source(of: $1).priority }) {
            return found
        }
        if all.isEmpty { return nil }
        let there = Set(all.map { "\(pool.version(of: $0)) (\(pool.source(of: $0).repository))" }).sorted()
        refuse(
            "there is no version '\(request.request.version ?? "")' of \(request.request.name)", request.text,
            hint: "there is \(there.joined(separator: ", "))")
        return nil
    }

    private mutating func fromSuite(_ request: Request, _ suite: String) -> PackageID? {
        let all = versions(of: request.request.name)
        let matching = all.filter { pool.source(of: $0).suites.contains(suite) }
        if let best = matching.max(by: { pool.compareVersions($0, $1) < 0 }) { return best }
        if all.isEmpty { return nil }
        let known = Set(pool.sources.flatMap(\.suites))
        let there = Set(all.map { pool.source(of: $0).repository }).sorted()
        refuse(
            known.contains(suite)
                ? "there is no \(request.request.name) in '\(suite)'" : "no repository here has the suite '\(suite)'",
            request.text,
            hint: known.contains(suite)
                ? "it is in \(there.joined(separator: ", "))"
                : suggestion(for: suite, in: known)
                    ?? "known are \(known.sorted().joined(separator: ", ")); add another under repositories")
        return nil
    }

    // MARK: Names

    private mutating func package(for request: Request, _ candidates: Candidates) -> PackageID? {
        let name = request.request.name
        let id = pool.id(ofName: name)
        if id != 0, let candidate = candidates[id] { return candidate }
        let providers = id == 0 ? [] : pool.providers(of: id)
        if providers.count == 1, request.request.version == nil, request.request.suite == nil { return providers[0] }
        if providers.count > 1 {
            let names = providers.map { pool.name(of: $0) }.sorted()
            let shown = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
            refuse(
                "'\(name)' is a virtual package that \(names.count) packages provide", request.text,
                hint: "ask for one of them: \(shown)")
            return nil
        }
        if !versions(of: name).isEmpty {
            refuse("'\(name)' is there, but its repository's priority is negative", request.text, hint: nil)
            return nil
        }
        // A request for a version or suite that is refused already needs no second message.
        unknown.append(UnknownName(name: name, diagnostic: unknownPackage(name, request)))
        return nil
    }

    private func unknownPackage(_ name: String, _ request: Request) -> Diagnostic {
        let near = nearestNames(to: name)
        let isOurs = request.reason == .base
        return Diagnostic(
            code: ResolutionError.Code.unknownPackage.rawValue,
            "no package '\(name)'\(isOurs ? ", which the base system needs," : "") in \(repositoryNames)",
            at: request.text.range,
            hint: near.isEmpty ? nil : "did you mean \(near.map { "'\($0)'" }.joined(separator: ", "))?")
    }

    private var repositoryNames: String {
        var names: [String] = []
        for source in pool.sources where !names.contains(source.repository) { names.append(source.repository) }
        return names.joined(separator: ", ")
    }

    private func nearestNames(to name: String) -> [String] {
        let start = name.utf8.first
        var names = Set<Id>()
        for id in pool.packages { names.insert(pool.solvable(id).pointee.name) }
        // Nobody mistypes the first letter and the length by much; the rest of 70,000 names need no closer look.
        var candidates = names.map { pool.string($0) }.filter {
            $0.utf8.first == start && abs($0.utf8.count - name.utf8.count) <= 3
        }
        var found: [String] = []
        while found.count < 3, let near = nearest(name, in: candidates) {
            found.append(near)
            candidates.removeAll { $0 == near }
        }
        return found
    }

    /// What a pattern stands for, in the order of the names.
    private mutating func packages(matching pattern: Located<String>, _ candidates: Candidates) -> [Root] {
        let all = candidates.all.map { (id: $0, name: pool.name(of: $0)) }
        let found = all.filter { PackageLimits.matches($0.name, pattern.value) && !isRemoved($0.name) }
        if found.isEmpty { refuse("no package of \(repositoryNames) matches '\(pattern.value)'", pattern, hint: nil) }
        return found.sorted { $0.name < $1.name }.map {
            Root(id: $0.id, reason: .asked, text: $0.name, range: pattern.range)
        }
    }

    // MARK: Removals

    private func isRemoved(_ name: String) -> Bool {
        goal.remove.contains { $0.value == name || PackageLimits.matches(name, $0.value) }
    }

    /// Patterns as the names that they stand for: none, perhaps; no essential package, and none that is asked for.
    private func removals(_ candidates: Candidates, _ roots: [Root]) -> [Located<String>] {
        let asked = Set(roots.filter { $0.reason == .asked }.map(\.id))
        return goal.remove.flatMap { text in
            guard PackageLimits.isPattern(text.value) else { return [text] }
            return candidates.all.filter {
                PackageLimits.matches(pool.name(of: $0), text.value) && !pool.isEssential($0) && !asked.contains($0)
            }.map { Located(pool.name(of: $0), at: text.range) }
        }
    }

    private mutating func forbiddenPackages(
        _ candidates: Candidates, _ roots: [Root]
    ) -> [(id: PackageID, range: SourceRange?)] {
        var forbidden: [(PackageID, SourceRange?)] = []
        for text in removals(candidates, roots) {
            let id = pool.id(ofName: text.value)
            guard id != 0, let candidate = candidates[id] else {
                let near = nearestNames(to: text.value)
                refuse(
                    "'\(text.value)', which is to be removed, is no package of \(repositoryNames)", text,
                    hint: near.isEmpty ? nil : "did you mean \(near.map { "'\($0)'" }.joined(separator: ", "))?")
                continue
            }
            if pool.isEssential(candidate) {
                refuse("'\(text.value)' is essential: no image works without it", text, hint: nil)
                continue
            }
            if let asked = roots.first(where: { $0.id == candidate && $0.reason == .asked }) {
                diagnostics.append(
                    Diagnostic(
                        code: ResolutionError.Code.badRequest.rawValue,
                        "'\(text.value)' is both asked for and removed", at: text.range,
                        notes: [.init("it is asked for here", at: asked.range)]))
                continue
            }
            forbidden.append((candidate, text.range))
        }
        return forbidden
    }
}
