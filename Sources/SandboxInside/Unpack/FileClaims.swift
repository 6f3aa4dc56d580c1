import FileTrees
import Synchronization

/// Who owns which path while packages are unpacked side by side. The outcome depends on what the packages say
/// (Replaces) and never on which thread came first.
final class FileClaims: Sendable {
    struct Owner: Sendable {
        var name: String
        var version: String
        var replaces: [Relation]
        /// For sharing between architectures.
        var isMultiArchSame: Bool
        /// The place in the unpack order; negative for what was installed before.
        var order: Int
    }

    enum Decision: Equatable { case extract, leave }

    private struct State {
        var owners: [String: Owner] = [:]
        /// Paths that packages had and that others have now, by package name.
        var lost: [String: Set<String>] = [:]
        /// Paths that two packages of this run have.
        var contested: Set<String> = []
    }

    private let state: Mutex<State>

    /// `installed`: the files of installed packages by path, without the first `/`.
    init(installed: [String: Owner] = [:]) {
        var owners: [String: Owner] = [:]
        for (path, owner) in installed { owners[Self.merged(path)] = owner }
        state = Mutex(State(owners: owners))
    }

    /// Whether the package may write the file at `path`.
    ///
    /// - Throws: `HostError.archive` when another package has it and neither replaces the other, as dpkg does.
    func claim(_ path: String, for package: Owner) throws(HostError) -> Decision {
        let key = Self.merged(path)
        let conflict: Owner? = state.withLock { state in
            guard let other = state.owners[key], other.name != package.name || other.order != package.order else {
                state.owners[key] = package
                return nil
            }
            if other.name == package.name, other.isMultiArchSame, package.isMultiArchSame {
                // The copies are the same by policy; the first in order counts.
                if package.order < other.order { state.owners[key] = package }
                return nil
            }
            let (mine, theirs) = (Self.replaces(package, other), Self.replaces(other, package))
            guard mine || theirs else { return other }
            // Each replaces the other: the later one in order wins, as it would with dpkg.
            let wins = mine && (!theirs || package.order > other.order)
            state.lost[wins ? other.name : package.name, default: []].insert(path)
            if other.order >= 0 { state.contested.insert(path) }
            if wins { state.owners[key] = package }
            return nil
        }
        if let conflict {
            throw HostError(
                .archive,
                "package \(package.name) \(package.version) would overwrite '/\(path)', which package "
                    + "\(conflict.name) \(conflict.version) has too")
        }
        let owner = state.withLock { $0.owners[key] }
        return owner?.name == package.name && owner?.order == package.order ? .extract : .leave
    }

    /// Paths that the package has no longer, because another one replaced them.
    func lost(by name: String) -> Set<String> { state.withLock { $0.lost[name] ?? [] } }
    var losers: [String] { state.withLock { $0.lost.keys.sorted() } }

    /// Paths that two packages of this run have, by the place of the one that owns them in the end. A slow loser may
    /// have written last, so they are written once more.
    var contested: [Int: Set<String>] {
        state.withLock { state in
            state.contested.reduce(into: [:]) { result, path in
                guard let owner = state.owners[Self.merged(path)] else { return }
                result[owner.order, default: []].insert(path)
            }
        }
    }

    private static func replaces(_ package: Owner, _ other: Owner) -> Bool {
        package.replaces.contains { $0.matches(name: other.name, version: other.version) }
    }

    /// `/lib/x` and `/usr/lib/x` are one file where /usr is merged.
    static func merged(_ path: String) -> String {
        for alias in ["bin/", "sbin/", "lib/", "lib64/", "lib32/", "libx32/"] where path.hasPrefix(alias) {
            return "usr/\(path)"
        }
        return path
    }
}
