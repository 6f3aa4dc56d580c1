import ContentDigest
import CSolv
import Glibc
import HostSystem
import SystemPackage

/// Puts a repository's indexes into a pool: from the `.solv` file that an earlier run left in the store, or from the
/// text, leaving a `.solv` file behind.
struct IndexLoader {
    let store: ContentStore
    /// Seconds since 1970.
    let now: Int64

    init(store: ContentStore, now: Int64) {
        self.store = store
        self.now = now
    }

    /// - Throws: `ResolutionError.badIndex` for an index that cannot be read, `HostError` for the store.
    func load(_ snapshot: RepositorySnapshot, into pool: PackagePool) throws {
        for index in snapshot.indexes {
            var source = snapshot.source
            source.component = index.component
            try load(index, source, into: pool)
        }
    }

    private func load(_ index: RepositorySnapshot.Index, _ source: PackageSource, into pool: PackagePool) throws {
        var inputs = StepInputs()
        inputs.add("parser", text: PackagePool.cacheVersion)
        inputs.add("index", index.digest)
        if let entry = try store.entry(inputs.digest), let path = intactCache(entry), pool.add(source, solv: path) {
            return
        }
        let start = ContinuousClock.now
        let text = try IndexText(index)
        let loaded = try pool.add(source, text: text.bytes)
        // A cache that cannot be written (a full disk, a read-only store) is no reason to stop.
        guard let staging = try? store.newStaging() else { return }
        let path = "\(staging)/index.solv"
        guard loaded.write(to: path), let digest = try? Digest.of(file: FilePath(path)) else { return }
        let seconds = Double((ContinuousClock.now - start).components.seconds)
        let record = StepRecord(
            kind: "index", name: "\(source.repository) \(source.component)", inputs: inputs, createdAt: now,
            seconds: seconds, facts: ["sha256": digest.hex])
        _ = try? store.commit(staging: staging, as: inputs.digest, record: record)
    }

    /// libsolv trusts its own files; one that has changed since it was written is not given to it.
    private func intactCache(_ entry: StoreEntry) -> String? {
        let path = "\(entry.path)/index.solv"
        guard let digest = try? Digest.of(file: FilePath(path)), digest.hex == entry.record.facts["sha256"] else {
            return nil
        }
        return path
    }
}

/// An index's text, uncompressed into memory.
private final class IndexText {
    private(set) var bytes: UnsafeRawBufferPointer
    private var buffer: UnsafeMutableRawPointer?
    /// More than any real index has, where Release does not say how long the text is.
    private static let limit: Int64 = 1 << 30

    init(_ index: RepositorySnapshot.Index) throws(ResolutionError) {
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        // libsolv chooses the decompressor by the name, and takes the descriptor over.
        let descriptor = open(index.file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0, let stream = solv_xfopen_fd(index.path, descriptor, "r") else {
            if descriptor >= 0 { close(descriptor) }
            throw ResolutionError(.badIndex, "the index '\(index.path)' cannot be read")
        }
        defer { fclose(stream) }
        let limit = Int(min(index.textSize ?? Self.limit, Self.limit))
        var capacity = min(limit, 64 << 20) + 1
        buffer = malloc(capacity)
        var count = 0
        while true {
            if count == capacity {
                guard count <= limit else { break }
                capacity = min(capacity * 2, limit + 1)
                buffer = realloc(buffer, capacity)
            }
            guard let buffer else { throw ResolutionError(.badIndex, "no memory for the index '\(index.path)'") }
            let read = fread(buffer + count, 1, capacity - count, stream)
            if read == 0 { break }
            count += read
        }
        if ferror(stream) != 0 || count > limit {
            throw ResolutionError(.badIndex, "the index '\(index.path)' does not decompress to what Release lists")
        }
        bytes = UnsafeRawBufferPointer(start: buffer, count: count)
    }

    deinit { free(buffer) }
}
