import ContentDigest
package import FileTrees

extension ContentStore {
    /// Removes all but the most recently used results of that kind and name. A build calls it for what it has just made
    /// anew: each edit of an application file leaves a tree, a disk and images behind, a gigabyte and more.
    ///
    /// What another run has taken into use stays, as with `gc`.
    ///
    /// - Parameters:
    ///   - kept: how many stay in any case
    ///   - age: seconds since the last use from which on others go
    ///   - now: seconds since 1970
    /// - Returns: how many were removed.
    @discardableResult
    package func removeSuperseded(
        kind: String, name: String, keeping kept: Int, olderThan age: Int64, now: Int64
    ) throws(HostError) -> Int {
        var found: [(use: Int64, digest: Digest, path: String)] = []
        for shelf in try Files.names(in: "\(root)/entries") {
            for entry in try Files.names(in: "\(root)/entries/\(shelf)") {
                let path = "\(root)/entries/\(shelf)/\(entry)"
                guard let digest = Digest(hex: entry), let record = record(in: path), record.kind == kind,
                    record.name == name
                else { continue }
                found.append((lastUse(ofEntry: path), digest, path))
            }
        }
        let superseded = found.sorted { ($0.use, $0.path) > ($1.use, $1.path) }.dropFirst(kept).filter {
            now - $0.use >= age
        }
        var count = 0
        for entry in superseded {
            let item = StoreItem(
                kind: .entry, digest: entry.digest, title: "\(kind) \(name)", size: 0, lastUse: entry.use,
                path: entry.path)
            if try remove(item) { count += 1 }
        }
        return count
    }
}
