package import ContentDigest
internal import Dispatch

extension SparseReader {
    /// The digest of all bytes of the file: what lies between its data is zeros. Hashed on another processor than the one
    /// that reads, as the disk is waited for meanwhile.
    ///
    /// - Parameter body: gets each piece of data, and where it lies, while it is hashed
    /// - Throws: as `forEachPiece` does.
    mutating func digest(_ body: (Int64, UnsafeRawBufferPointer) throws -> Void) throws -> Digest {
        let hash = SparseHash()
        // The bytes are the reader's, and it may be gone after an error.
        defer { hash.wait() }
        try forEachPiece { offset, bytes in
            hash.update(bytes, at: offset)
            try body(offset, bytes)
        }
        return hash.finalize(size: size)
    }
}

extension Digest {
    /// Of all bytes of a file, whose holes are not read: half of a disk's.
    ///
    /// - Parameter bypassingCache: whether nobody else is about to read the file; see `DirectAccess`
    /// - Throws: `HostError` when it cannot be read; `CancellationError`.
    package static func of(
        sparse path: String, bypassingCache: Bool = false, cancelled: CancellationFlag = CancellationFlag()
    ) throws -> Digest {
        var reader = try SparseReader(path, bypassingCache: bypassingCache)
        return try reader.digest { _, _ in try cancelled.check() }
    }
}

/// Hashes pieces on another processor, one after the other.
private final class SparseHash: Sendable {
    /// Touched on the queue alone.
    nonisolated(unsafe) private var state = State()
    private let queue = DispatchQueue(label: "hash")

    /// The next piece of data; `offset` is not before the last one's end. Returns when the last piece is hashed: the bytes
    /// of this one have to stay until the next call, or `wait`, returns.
    func update(_ bytes: UnsafeRawBufferPointer, at offset: Int64) {
        wait()
        // Nobody changes them meanwhile, see above.
        nonisolated(unsafe) let bytes = bytes
        queue.async { self.state.update(bytes, at: offset) }
    }

    func wait() { queue.sync {} }

    /// - Parameter size: the file's, in bytes
    func finalize(size: Int64) -> Digest {
        queue.sync {
            var result = State()
            swap(&result, &state)
            return result.finalize(size: size)
        }
    }

    private struct State: ~Copyable {
        private var hash = SHA256()
        private var position: Int64 = 0
        private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

        mutating func update(_ bytes: UnsafeRawBufferPointer, at offset: Int64) {
            fill(to: offset)
            hash.update(bytes)
            position = offset + Int64(bytes.count)
        }

        consuming func finalize(size: Int64) -> Digest {
            fill(to: size)
            return hash.finalize()
        }

        private mutating func fill(to end: Int64) {
            while position < end {
                let count = Int(min(end - position, Int64(Self.zeros.count)))
                Self.zeros.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                position += Int64(count)
            }
        }
    }
}
