package import ContentDigest
package import FileTrees
internal import Glibc

/// A file that is written from its beginning to its end, and hashed on the way. Whole pages of zeros can be left out: the
/// file is sparse then, and reads the same.
package final class FileOutput {
    package let path: String
    /// Bytes written so far.
    package private(set) var position: Int64 = 0
    private let descriptor: Int32
    private var hash: SHA256? = SHA256()

    /// Creates the file, or truncates it.
    package init(_ path: String) throws(HostError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot write", path) }
    }

    deinit { close(descriptor) }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(HostError) {
        hash?.update(bytes)
        try put(bytes, at: position)
        position += Int64(bytes.count)
    }

    package func write(_ bytes: [UInt8]) throws(HostError) {
        let result = bytes.withUnsafeBytes { buffer in Result { () throws(HostError) in try write(buffer) } }
        try result.get()
    }

    package func write(_ text: String) throws(HostError) { try write(Array(text.utf8)) }

    /// Zeros, without storing them.
    package func skip(_ count: Int64) throws(HostError) {
        var left = count
        while left > 0 {
            let piece = min(left, Int64(Self.zeros.count))
            let zeros = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(Self.zeros.buffer)[..<Int(piece)])
            hash?.update(zeros)
            left -= piece
        }
        position += count
        guard ftruncate(descriptor, off_t(position)) == 0 else { throw Files.failure(errno, "cannot write", path) }
    }

    /// Zeros up to the next multiple.
    package func pad(to multiple: Int64) throws(HostError) {
        let rest = position % multiple
        if rest > 0 { try skip(multiple - rest) }
    }

    /// Ends the file. Call it once.
    package func finish() -> (digest: Digest, size: Int64) {
        let digest = hash.take()?.finalize() ?? Digest.of("")
        return (digest, position)
    }

    private func put(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(HostError) {
        var done = 0
        while done < bytes.count {
            let written = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset) + off_t(done))
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Files.failure(errno, "cannot write", path) }
            done += written
        }
    }

    private static let zeros = ZeroBytes(count: 1 << 20)
}

/// Zeros to be hashed.
private final class ZeroBytes: Sendable {
    nonisolated(unsafe) let buffer: UnsafeMutableRawBufferPointer
    let count: Int

    init(count: Int) {
        self.count = count
        buffer = .allocate(byteCount: count, alignment: 4096)
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { buffer.deallocate() }
}
