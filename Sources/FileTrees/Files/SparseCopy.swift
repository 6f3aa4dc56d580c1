internal import CLinux
package import ContentDigest
internal import Glibc

/// Copies a sparse file: as a reflink where the filesystem shares blocks, else only what is not a hole.
package enum SparseCopy {
    /// Which side of a copy goes past the page cache, as long as the disk is quick.
    package struct CacheUse: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// The source, which nobody else is going to read soon.
        package static let readsPast = CacheUse(rawValue: 1)
        /// The target, which is for somebody else to read.
        package static let writesPast = CacheUse(rawValue: 2)
    }

    /// - Throws: `HostError` (`noSpace`, `readOnly`, `fileSystem`), `CancellationError`; the target may then be there in
    ///   part.
    package static func copy(
        _ source: String, to target: String, cache: CacheUse = [], cancelled: CancellationFlag
    ) throws {
        var reader = try SparseReader(source, bypassingCache: cache.contains(.readsPast))
        var output = try Output(target, like: reader, bypassingCache: cache.contains(.writesPast))
        if output.sharesBlocks { return }
        try reader.forEachPiece { offset, bytes in
            try cancelled.check()
            try output.write(bytes, at: offset)
        }
    }

    /// Copies the file, and takes the digest of all its bytes on the way.
    ///
    /// - Throws: as `copy` does.
    package static func digest(
        copying source: String, to target: String, cache: CacheUse = [], cancelled: CancellationFlag
    ) throws -> Digest {
        var reader = try SparseReader(source, bypassingCache: cache.contains(.readsPast))
        var output = try Output(target, like: reader, bypassingCache: cache.contains(.writesPast))
        return try reader.digest { offset, bytes in
            try cancelled.check()
            if !output.sharesBlocks { try output.write(bytes, at: offset) }
        }
    }
}

/// The target of a copy, of the source's size from the beginning.
private struct Output: ~Copyable {
    /// Whether it has the source's content already.
    let sharesBlocks: Bool
    private let descriptor: Int32
    private let path: String
    private var direct: DirectAccess

    init(_ path: String, like source: borrowing SparseReader, bypassingCache: Bool) throws(HostError) {
        (descriptor, sharesBlocks) = try Self.open(path, source.descriptor, source.size)
        self.path = path
        direct = DirectAccess(descriptor, isWanted: bypassingCache)
    }

    private static func open(
        _ path: String, _ source: Int32, _ size: Int64
    ) throws(HostError) -> (descriptor: Int32, sharesBlocks: Bool) {
        let descriptor = creat(path, 0o644)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot write", path) }
        let sharesBlocks = sb_reflink(descriptor, source) == 0
        if !sharesBlocks, ftruncate(descriptor, off_t(size)) != 0 {
            let code = errno
            close(descriptor)
            throw Files.failure(code, "cannot write", path)
        }
        return (descriptor, sharesBlocks)
    }

    deinit { close(descriptor) }

    mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(HostError) {
        var done = 0
        while done < bytes.count {
            let place = offset + Int64(done)
            let (descriptor, rest) = (descriptor, bytes.baseAddress?.advanced(by: done))
            let written = direct.move(bytes.count - done, at: place) { pwrite(descriptor, rest, $0, off_t(place)) }
            guard written > 0 else { throw Files.failure(errno, "cannot write", path) }
            done += written
        }
    }
}
