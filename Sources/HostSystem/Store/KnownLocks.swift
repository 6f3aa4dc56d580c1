package import ContentDigest
package import FileTrees

/// The store remembers which locks were built from it, so that cleaning leaves what they need:
///
///     known-locks/<digest of the path>
///         /home/ada/shop/appliance.lock        where the lock lay
///         2cf24dba5f…                          what it named: packages, build tools, wheels; a line each
extension ContentStore {
    package struct KnownLock: Sendable, Equatable {
        /// Absolute.
        package var path: String
        /// What it named when it was used last.
        package var digests: Set<Digest>
    }

    /// Remembers a lock. A store that cannot be written to works without.
    package func remember(lock path: String, naming digests: Set<Digest>) {
        let text = ([path] + digests.map(\.hex).sorted()).joined(separator: "\n") + "\n"
        let file = "\(root)/known-locks/\(Digest.of(path).hex)"
        if (try? Files.readText(file)) == text { return }
        try? Files.makeFolder("\(root)/known-locks")
        try? Files.write(text, to: file)
    }

    /// The locks that are still where they were; the others are forgotten.
    package func knownLocks() throws(HostError) -> [KnownLock] {
        var locks: [KnownLock] = []
        for name in try Files.names(in: "\(root)/known-locks") where !name.hasPrefix(".") {
            let file = "\(root)/known-locks/\(name)"
            let lines = try Files.readText(file).split(separator: "\n").map(String.init)
            guard let path = lines.first, path.hasPrefix("/"), Digest.of(path).hex == name, Files.exists(path) else {
                try Files.remove(file)
                continue
            }
            locks.append(KnownLock(path: path, digests: Set(lines.dropFirst().compactMap { Digest(hex: $0) })))
        }
        return locks
    }
}
