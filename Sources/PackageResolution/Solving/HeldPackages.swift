import BuildPlanning
import ContentDigest
import CSolv
import FileTrees
import HostSystem

/// Locked packages that the archive no longer lists, taken from the store: a point release must not move what nobody
/// asked to move.
struct HeldPackages {
    let pool: PackagePool
    let store: ContentStore

    init(pool: PackagePool, store: ContentStore) {
        self.pool = pool
        self.store = store
    }

    /// Adds those that no index has and the store does. What neither has cannot be held.
    ///
    /// - Throws: `HostError` when the store cannot be read.
    func addMissing(_ held: [LockedPackage]) throws(HostError) {
        var listed: Set<String> = []
        for id in pool.packages {
            listed.insert(key(pool.name(of: id), pool.version(of: id), pool.architecture(of: id)))
        }
        for package in held where !listed.contains(key(package.name, package.version, package.architecture)) {
            guard let path = try store.blob(package.sha256) else { continue }
            pool.add(package, deb: path)
        }
    }

    private func key(_ name: String, _ version: String, _ architecture: String) -> String {
        "\(name) \(version) \(architecture)"
    }
}

extension PackagePool {
    /// Adds a locked package from its .deb; one that libsolv cannot read is left out. It is never a candidate by itself.
    fileprivate func add(_ package: LockedPackage, deb path: String) {
        let source = PackageSource(repository: package.repository, suites: [], component: "", priority: -1)
        let listed = packages.first { name(of: $0) == package.name }
        let (essential, priority) = (listed.map(isEssential) ?? false, listed.map(priority(of:)) ?? 3)
        addSource(source) { repo in
            let id = repo_add_deb(repo, path, REPO_REUSE_REPODATA | REPO_NO_INTERNALIZE)
            guard id != 0, let data = repo_last_repodata(repo) else { return }
            setFacts(
                StanzaFacts(
                    name: package.name, size: UInt64(clamping: package.size), isEssential: essential,
                    priority: priority),
                of: id, in: data)
            repodata_set_location(data, id, 0, nil, package.path)
            repodata_set_checksum(
                data, id, Id(bitPattern: SOLVABLE_CHECKSUM.rawValue), Id(bitPattern: REPOKEY_TYPE_SHA256.rawValue),
                package.sha256.hex)
        }
    }
}
