package import ContentDigest
internal import CLinux
package import FileTrees
internal import Glibc
import Synchronization
internal import SystemPackage

/// What builds keep: downloaded content by its digest, and the results of build steps by the digest of their inputs.
///
///     $STONEBAKE_CACHE, or $XDG_CACHE_HOME/stonebake, or ~/.cache/stonebake
///     ├── blobs/sha256/ab/abcdef…          downloaded content; the name is its SHA-256; mode 0444
///     ├── blobs/copies/ab/abcdef…          a link to a blob that holds the same in a form that is quicker to read
///     ├── entries/ab/abcdef…/              the result of one build step, complete or absent
///     │   ├── record.json                  what went in, when, how long it took; its access time is the last use
///     │   ├── seal                         shows whether the content is as it was made
///     │   ├── stamp, digests               show it where times were set back, or a bit has flipped
///     │   └── content/                     what the step made
///     ├── newest/<digest of kind, name>    the record of the last step of that kind and name, kept by gc
///     ├── known-locks/<digest of path>     which locks were built, and what they name; cleaning leaves that
///     ├── facts/<name>                     small things remembered: the last seen date of a suite, the KVM proof
///     ├── partial/<digest>[.from]          downloads that broke off, and where they came from; resumed by later runs
///     ├── logs/<time>-<what>.log          the driver's log files, the newest fifty
///     ├── locks/<name>                     flock'ed files; there while they are held
///     └── runs/                            flock'ed itself: shared to take something into use, exclusively to remove it
///         runs/<id>/                       what a living process is making: staging folders and its scratch folder
///         runs/<id>.owner                  flock'ed by that process; unlocked means dead, and the folder is swept
///
/// Everything becomes visible by rename(2), so that any process can be killed at any moment. Nothing is fsync'ed while
/// building: after a power cut a blob may hold zeros, which the digest shows, and an entry is used only when its
/// record can be read and its seal holds.
package struct ContentStore: Sendable {
    package let root: String
    private(set) var progress: ProgressSink
    /// See `Host`.
    private(set) var sparesPageCache = false
    let run: RunFolder
    let verified = VerifiedContent()
    let background = BackgroundWork()
    let checksums = KnownChecksums()

    /// Makes the folders that are missing.
    ///
    /// - Throws: `HostError` (`readOnly`, `noSpace`, `fileSystem`).
    package init(root: String, progress: ProgressSink = .silent) throws(HostError) {
        self.root = root
        self.progress = progress
        for folder in ["blobs/sha256", "entries", "newest", "facts", "partial", "locks", "runs"] {
            try Files.makeFolder("\(root)/\(folder)")
        }
        run = RunFolder(runs: "\(root)/runs")
    }

    /// All that a store has.
    static let folders = [
        "blobs", "entries", "newest", "facts", "partial", "logs", "libguestfs", "known-locks", "locks", "runs",
    ]

    /// The same store and run for one of several appliances, which tells somebody else of what it does.
    func building(oneOfMany progress: ProgressSink) -> ContentStore {
        var copy = self
        copy.progress = progress
        copy.sparesPageCache = true
        return copy
    }

    /// Where the store lies unless the caller says otherwise.
    package static func defaultRoot(environment: [String: String]) throws(HostError) -> String {
        if let path = environment["STONEBAKE_CACHE"], !path.isEmpty { return path }
        if let path = environment["XDG_CACHE_HOME"], path.hasPrefix("/") { return "\(path)/stonebake" }
        if let home = environment["HOME"], !home.isEmpty { return "\(home)/.cache/stonebake" }
        throw HostError(.fileSystem, "no place for the cache: HOME is not set", hint: "set STONEBAKE_CACHE to a folder")
    }

    // MARK: Blobs

    /// The path of the blob with that digest; nil when the store does not have it.
    ///
    /// Its content is hashed at the first use in a process, and again when the file has changed since. One whose
    /// content is not what its name says is removed, with a warning.
    ///
    /// - Throws: `HostError` when it cannot be read.
    package func blob(_ digest: Digest, verify: Bool = true) throws(HostError) -> String? {
        let path = blobPath(digest)
        guard let identity = try take(path) else { return nil }
        if verify, !verified.contains(path, identity) {
            let found: Digest
            do {
                found = try Digest.of(file: .init(path))
            } catch {
                throw Files.failure(error.rawValue, "cannot read", path)
            }
            guard found == digest else {
                progress.send(
                    .message(
                        .warning,
                        "the cached file '\(path)' is corrupted (its SHA-256 is \(found.short)…); it is removed"))
                try Files.remove(path)
                return nil
            }
            verified.insert(path, identity)
        }
        return path
    }

    /// Moves a file of the same filesystem into the store, hashing it.
    ///
    /// - Throws: `HostError.digestMismatch` (the file stays where it is) and the file system's errors.
    package func addBlob(moving file: String, expecting: Digest?) throws(HostError) -> (Digest, String) {
        let digest: Digest
        do {
            digest = try Digest.of(file: .init(file))
        } catch {
            throw Files.failure(error.rawValue, "cannot read", file)
        }
        if let expecting, expecting != digest {
            throw HostError(
                .digestMismatch, "'\(file)' is not what was expected: its SHA-256 is \(digest), not \(expecting)")
        }
        return (digest, try addBlob(moving: file, hashed: digest))
    }

    /// Moves a file whose digest the caller has computed while it wrote it.
    func addBlob(moving file: String, hashed digest: Digest) throws(HostError) -> String {
        let path = blobPath(digest)
        chmod(file, 0o444)
        try Files.makeFolder(Files.folder(of: path))
        try Files.move(file, to: path)
        if let identity = try Files.identity(path) { verified.insert(path, identity) }
        return path
    }

    package func blobPath(_ digest: Digest) -> String {
        "\(root)/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)"
    }

    // MARK: Small facts

    /// Remembers a short text under a name (letters, digits, `-`, `_`, `.`; others are replaced).
    package func remember(_ text: String, as name: String) throws(HostError) {
        try Files.write(text, to: factPath(name))
    }

    /// What was remembered under that name; nil when nothing was.
    package func recall(_ name: String) throws(HostError) -> String? {
        let path = factPath(name)
        return Files.exists(path) ? try Files.readText(path, limit: 1 << 20) : nil
    }

    private func factPath(_ name: String) -> String { "\(root)/facts/\(Self.fileName(for: name))" }

    /// A file name for any text: readable where it can be, distinct always.
    static func fileName(for text: String) -> String {
        let plain = String(
            text.unicodeScalars.prefix(80).map { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": Character(scalar)
                default: "_"
                }
            })
        return plain == text && !plain.hasPrefix(".") ? plain : "_\(plain)-\(Digest.of(text).short)"
    }

    /// Takes something into use, so that no cleaning removes it while this run lives: notes the time of its last use,
    /// which is its access time here. A read-only store works without. Nil when it is not there.
    func take(_ path: String) throws(HostError) -> Files.Identity? {
        try holdingRemovals(exclusively: false) { () throws(HostError) in
            guard let identity = try Files.identity(path) else { return nil }
            sb_touch_access_time(path)
            return identity
        }
    }

    /// Runs `body` while nothing is removed from the store, or while nothing is taken into use. Short: others wait.
    func holdingRemovals<Value>(
        exclusively: Bool, _ body: () throws(HostError) -> Value
    ) throws(HostError) -> Value {
        let descriptor = open("\(root)/runs", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot open", "\(root)/runs") }
        defer { close(descriptor) }
        // A filesystem without locks (some network ones) leaves things as safe as the times are.
        _ = sb_lock(descriptor, exclusively ? 1 : 0)
        return try body()
    }
}

/// The blobs and entries that this process has looked at and found good, with what they were then.
final class VerifiedContent: Sendable {
    private let known = Mutex<[String: Files.Identity]>([:])
    private let complained = Mutex<Set<String>>([])

    func contains(_ path: String, _ identity: Files.Identity) -> Bool {
        known.withLock { $0[path] == identity }
    }

    /// What is damaged is looked at several times; a person need be told once.
    func isFirstComplaint(_ path: String) -> Bool {
        complained.withLock { $0.insert(path).inserted }
    }

    func insert(_ path: String, _ identity: Files.Identity) {
        known.withLock { $0[path] = identity }
    }
}
