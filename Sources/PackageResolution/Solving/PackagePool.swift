import ApplianceSpec
import CSolv

/// One index in the pool: which repository its packages come from, and how apt would rank them.
struct PackageSource: Sendable, Equatable {
    /// The repository's `id`: `debian/trixie-updates`.
    var repository: String
    /// What a request may call it (`name/suite`): the suite asked for, and Release's Suite and Codename.
    var suites: [String]
    var component: String
    /// apt's pin priority of all its packages.
    var priority: Int
    var limits = PackageLimits()
}

/// libsolv's pool: every package of the indexes given, and what they need, provide and refuse. It belongs to one
/// thread at a time.
final class PackagePool {
    let handle: UnsafeMutablePointer<Pool>
    let architecture: String
    private(set) var sources: [PackageSource] = []
    /// Keys of our own in libsolv's package data; they are kept in `.solv` files too.
    private let essentialKey: Id
    /// A bit for each package that exists for the solver.
    let considered = UnsafeMutablePointer<Map>.allocate(capacity: 1)
    private let priorityKey: Id
    private let digestKey: Id

    init(architecture: Architecture) {
        self.architecture = architecture.rawValue
        // pool_create ends the process itself when memory is out, and never returns null.
        handle = pool_create()
        pool_setdisttype(handle, DISTTYPE_DEB)
        // A policy of one architecture: pool_setarch would let i386 packages in on amd64.
        pool_setarchpolicy(handle, self.architecture)
        map_init(considered, 0)
        essentialKey = pool_str2id(handle, "stonebake:essential", 1)
        priorityKey = pool_str2id(handle, "stonebake:priority", 1)
        digestKey = pool_str2id(handle, "stonebake:sha256", 1)
    }

    deinit {
        pool_free(handle)
        map_free(considered)
        considered.deallocate()
    }

    /// The version of libsolv that is linked, and that of what we keep in `.solv` files: part of their identity.
    static var cacheVersion: String {
        "libsolv \(String(cString: sb_solv_version())), facts 2"
    }

    // MARK: Indexes

    /// Parses the text of a `Packages` index into the pool.
    ///
    /// - Throws: `ResolutionError.badIndex` when libsolv and we read different packages in it.
    func add(_ source: PackageSource, text: UnsafeRawBufferPointer) throws(ResolutionError) -> LoadedIndex {
        let repo = newRepo(source)
        if !text.isEmpty, let base = text.baseAddress {
            guard let stream = fmemopen(UnsafeMutableRawPointer(mutating: base), text.count, "r") else {
                throw ResolutionError(.badIndex, "the index of \(source.repository) cannot be read from memory")
            }
            defer { fclose(stream) }
            repo_add_debpackages(repo, stream, REPO_NO_INTERNALIZE)
        }
        let facts = PackagesText.facts(in: text)
        let ids = packages(of: repo)
        guard ids.count == facts.count, zip(ids, facts).allSatisfy({ name(of: $0) == $1.name }) else {
            throw ResolutionError(.badIndex, "the index of \(source.repository) (\(source.component)) is malformed")
        }
        if let data = repo_last_repodata(repo) {
            for (id, facts) in zip(ids, facts) { setFacts(facts, of: id, in: data) }
        }
        repo_internalize(repo)
        return LoadedIndex(repo: repo)
    }

    /// Loads a `.solv` file that `LoadedIndex.write` made.
    ///
    /// - Returns: false when libsolv refuses the file; nothing is added then.
    func add(_ source: PackageSource, solv path: String) -> Bool {
        guard let stream = fopen(path, "re") else { return false }
        defer { fclose(stream) }
        let repo = newRepo(source)
        if repo_add_solv(repo, stream, 0) == 0 { return true }
        repo_free(repo, 1)
        sources.removeLast()
        return false
    }

    /// Adds a source whose packages `fill` puts into its libsolv repository.
    func addSource(_ source: PackageSource, _ fill: (UnsafeMutablePointer<Repo>) -> Void) {
        let repo = newRepo(source)
        fill(repo)
        repo_internalize(repo)
    }

    /// The facts that libsolv does not read itself.
    func setFacts(_ facts: StanzaFacts, of id: PackageID, in data: UnsafeMutablePointer<Repodata>) {
        repodata_set_num(data, id, Id(bitPattern: SOLVABLE_DOWNLOADSIZE.rawValue), facts.size)
        if facts.priority != 3 { repodata_set_num(data, id, priorityKey, facts.priority) }
        if facts.isEssential { repodata_set_void(data, id, essentialKey) }
        if let digest = facts.sha256 { repodata_set_str(data, id, digestKey, digest) }
    }

    private func newRepo(_ source: PackageSource) -> UnsafeMutablePointer<Repo> {
        sources.append(source)
        // repo_create ends the process itself when memory is out, and never returns null.
        let repo: UnsafeMutablePointer<Repo> = repo_create(handle, source.repository)
        // Bit-cast through a tagged pointer: the number of the source, counted from 1.
        repo.pointee.appdata = UnsafeMutableRawPointer(bitPattern: sources.count)
        return repo
    }

    private func packages(of repo: UnsafeMutablePointer<Repo>) -> [PackageID] {
        (repo.pointee.start..<repo.pointee.end).filter { handle.pointee.solvables[Int($0)].repo == repo }
    }

    // MARK: Packages

    /// Every package of every index, in the order in which they were added.
    var packages: [PackageID] {
        (2..<max(2, handle.pointee.nsolvables)).filter { handle.pointee.solvables[Int($0)].repo != nil }
    }

    func solvable(_ id: PackageID) -> UnsafeMutablePointer<Solvable> { handle.pointee.solvables + Int(id) }
    func string(_ id: Id) -> String { String(cString: pool_id2str(handle, id)) }
    /// A dependency as its control field writes it: `libc6 (>= 2.36) | libc6:any`.
    func dependencyText(_ id: Id) -> String {
        guard let relation = relation(id) else { return string(id) }
        let name = dependencyText(relation.name)
        switch relation.flags {
        case REL_OR: return "\(name) | \(dependencyText(relation.evr))"
        case REL_MULTIARCH: return "\(name):any"
        default:
            let signs = [(REL_LT, "<"), (REL_GT, ">"), (REL_EQ, "=")].filter { relation.flags & $0.0 != 0 }.map(\.1)
            // Debian doubles the strict ones: `<<`, `>>`.
            let sign = signs.count == 1 && signs[0] != "=" ? signs[0] + signs[0] : signs.joined()
            return "\(name) (\(sign) \(string(relation.evr)))"
        }
    }

    func name(of id: PackageID) -> String { string(solvable(id).pointee.name) }
    func version(of id: PackageID) -> String { string(solvable(id).pointee.evr) }
    func architecture(of id: PackageID) -> String { string(solvable(id).pointee.arch) }

    func source(of id: PackageID) -> PackageSource {
        sources[sourceNumber(of: id)]
    }

    /// Lower numbers were added earlier.
    func sourceNumber(of id: PackageID) -> Int {
        guard let repo = solvable(id).pointee.repo else { return 0 }
        return Int(bitPattern: repo.pointee.appdata) - 1
    }

    func isEssential(_ id: PackageID) -> Bool { solvable_lookup_void(solvable(id), essentialKey) != 0 }
    /// 0 required, 1 important, 2 standard, 3 optional, 4 extra.
    func priority(of id: PackageID) -> UInt64 { solvable_lookup_num(solvable(id), priorityKey, 3) }

    /// Bytes.
    func installedSize(of id: PackageID) -> Int64 { number(SOLVABLE_INSTALLSIZE, of: id) }
    /// Bytes of the .deb; 0 where the index does not say.
    func downloadSize(of id: PackageID) -> Int64 { number(SOLVABLE_DOWNLOADSIZE, of: id) }

    private func number(_ key: solv_knownid, of id: PackageID) -> Int64 {
        Int64(clamping: solvable_lookup_num(solvable(id), Id(bitPattern: key.rawValue), 0))
    }

    func text(_ key: solv_knownid, of id: PackageID) -> String? {
        solvable_lookup_str(solvable(id), Id(bitPattern: key.rawValue)).map { String(cString: $0) }
    }

    /// The path of the .deb relative to its archive.
    func path(of id: PackageID) -> String? {
        solvable_lookup_location(solvable(id), nil).map { String(cString: $0) }
    }

    /// The SHA-256 that the index gives, in hexadecimal; nil where it gives only weaker ones.
    func sha256(of id: PackageID) -> String? {
        if let text = solvable_lookup_str(solvable(id), digestKey) { return String(cString: text) }
        var type: Id = 0
        let text = solvable_lookup_checksum(solvable(id), Id(bitPattern: SOLVABLE_CHECKSUM.rawValue), &type)
        guard type == Id(bitPattern: REPOKEY_TYPE_SHA256.rawValue) else { return nil }
        return text.map { String(cString: $0) }
    }

    /// Whether it can be installed here: of the native architecture or `all`, and taken from its repository.
    func isNative(_ id: PackageID) -> Bool {
        let own = architecture(of: id)
        guard own == "all" || own == architecture else { return false }
        let limits = sources[sourceNumber(of: id)].limits
        return limits.isEmpty || limits.accept(name(of: id))
    }

    /// Less than, equal to or greater than 0, by Debian's order of versions (deb-version(7)).
    func compareVersions(_ left: PackageID, _ right: PackageID) -> Int32 {
        pool_evrcmp(handle, solvable(left).pointee.evr, solvable(right).pointee.evr, EVRCMP_COMPARE)
    }

    // MARK: Relations

    enum Relation { case preDepends, depends, recommends, conflicts, provides }

    /// In the order of the control fields; Breaks and Conflicts are one list.
    func relations(_ kind: Relation, of id: PackageID) -> [Id] {
        var queue = IDQueue()
        let (key, marker): (solv_knownid, Id) =
            switch kind {
            case .preDepends: (SOLVABLE_REQUIRES, 1)
            case .depends: (SOLVABLE_REQUIRES, -1)
            case .recommends: (SOLVABLE_RECOMMENDS, 0)
            case .conflicts: (SOLVABLE_CONFLICTS, 0)
            case .provides: (SOLVABLE_PROVIDES, 0)
            }
        let solvable = solvable(id)
        _ = queue.withQueue { solvable_lookup_deparray(solvable, Id(bitPattern: key.rawValue), $0, marker) }
        return queue.ids
    }

    /// `a | b | c` as its alternatives in order; another dependency as itself.
    func alternatives(of dependency: Id) -> [Id] {
        var alternatives: [Id] = []
        var rest = dependency
        while let relation = relation(rest), relation.flags == REL_OR {
            alternatives.append(relation.name)
            rest = relation.evr
        }
        return alternatives + [rest]
    }

    /// The relation's parts; nil for a plain name.
    func relation(_ id: Id) -> Reldep? {
        // libsolv marks relations by the sign bit.
        guard UInt32(bitPattern: id) & 0x8000_0000 != 0 else { return nil }
        return handle.pointee.rels[Int(UInt32(bitPattern: id) ^ 0x8000_0000)]
    }

    /// The name that a simple dependency is about: `foo` of `foo:any (>= 2)`.
    func targetName(of dependency: Id) -> Id {
        var id = dependency
        while let relation = relation(id) { id = relation.name }
        return id
    }

    /// The packages, of those that are considered, that satisfy the dependency; ascending.
    func providers(of dependency: Id) -> [PackageID] {
        var providers: [PackageID] = []
        var offset = Int(pool_whatprovides(handle, dependency))
        while case let id = handle.pointee.whatprovidesdata[offset], id != 0 {
            providers.append(id)
            offset += 1
        }
        return providers
    }

    /// The id of a name that occurs in the pool; 0 otherwise.
    func id(ofName name: String) -> Id { pool_str2id(handle, name, 0) }
}

/// An index just parsed into a pool.
struct LoadedIndex {
    fileprivate let repo: UnsafeMutablePointer<Repo>

    /// Writes it in libsolv's own format, which loads in a fraction of the time.
    func write(to path: String) -> Bool {
        guard let stream = fopen(path, "we") else { return false }
        let written = repo_write(repo, stream)
        return fclose(stream) == 0 && written == 0
    }
}
