import FileTrees
import Synchronization

/// Checksums of files that will be part of a result, from whoever has read them for something else: they need not be read
/// again to note what they hold.
final class KnownChecksums: Sendable {
    private let known = Mutex<[Files.Identity: UInt32]>([:])

    func insert(_ checksum: UInt32, _ identity: Files.Identity) { known.withLock { $0[identity] = checksum } }

    /// Once: what is asked for later may have been changed.
    func take(_ path: String) -> UInt32? {
        guard let identity = try? Files.identity(path) else { return nil }
        return known.withLock { $0.removeValue(forKey: identity) }
    }
}

extension ContentStore {
    /// - Parameters:
    ///   - checksum: `CRC32C.of(sparse:)`
    ///   - path: a file in this run's folders, which nobody writes to any more
    package func expect(_ checksum: UInt32, of path: String) {
        if let identity = try? Files.identity(path) { checksums.insert(checksum, identity) }
    }
}
