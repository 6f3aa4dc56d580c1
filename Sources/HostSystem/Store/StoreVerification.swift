internal import CLinux
internal import ContentDigest
package import FileTrees
internal import Glibc

extension ContentStore {
    /// One thing whose content is not what it was.
    package struct Damage: Sendable {
        package var item: StoreItem
        package var reason: String
        /// False while a build that is running uses it.
        package var wasRemoved: Bool
    }

    /// Reads all that the store keeps, compares it with what was noted when it was made, and removes what is wrong: a
    /// build brings or makes it again. Blocks, for seconds a gigabyte.
    ///
    /// - Throws: `HostError`, `CancellationError`.
    package func verify(cancelled: CancellationFlag) throws -> (looked: [StoreItem], damaged: [Damage]) {
        try sweepDeadRuns()
        let items = try list().filter { $0.kind != .partial }
        var damaged: [Damage] = []
        for item in items {
            try cancelled.check()
            guard let reason = try damage(of: item, cancelled) else { continue }
            // What another process has removed meanwhile is no damage.
            guard try Files.identity(item.path) != nil else { continue }
            damaged.append(Damage(item: item, reason: reason, wasRemoved: try remove(item, evenIfUsed: true)))
        }
        return (items, damaged)
    }

    private func damage(of item: StoreItem, _ cancelled: CancellationFlag) throws -> String? {
        switch item.kind {
        case .partial: return nil
        case .blob:
            guard let expected = item.digest else { return "its name is no digest" }
            do throws(HostError) {
                let found = try silentDigest(of: item.path)
                return found == expected ? nil : "its SHA-256 is \(found.short)…"
            } catch {
                return error.message
            }
        case .entry:
            guard let step = item.digest, let record = record(in: item.path), record.inputs.digest == step else {
                return "its record is damaged"
            }
            return try damage(of: item.path, readsAll: true, cancelled: cancelled)
        }
    }

    /// Reading to verify is no use, which the access time tells of.
    private func silentDigest(of path: String) throws(HostError) -> Digest {
        var descriptor = open(path, O_RDONLY | O_CLOEXEC | sb_no_access_time)
        if descriptor < 0, errno == EPERM { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot open", path) }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var hash = SHA256()
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Files.failure(errno, "cannot read", path) }
            if count == 0 { return hash.finalize() }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
