import ContentDigest
internal import FileTrees
internal import Glibc

/// A sparse file that becomes a disk.
struct DiskFile: Sendable {
    let path: String

    /// Makes the file, all of it a hole.
    ///
    /// - Parameter size: in bytes
    static func create(_ path: String, size: Int64) throws(HostError) -> DiskFile {
        let descriptor = creat(path, 0o644)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot make", path) }
        close(descriptor)
        let file = DiskFile(path: path)
        try file.resize(to: size)
        return file
    }

    func resize(to size: Int64) throws(HostError) {
        if truncate(path, off_t(size)) != 0 { throw Files.failure(errno, "cannot make '\(size)' bytes of", path) }
    }

    /// - Throws: `HostError` also when the file ends before.
    func bytes(_ count: Int, at offset: Int64) throws(HostError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot read", path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        guard pread(descriptor, &bytes, count, off_t(offset)) == count else {
            throw Files.failure(errno, "cannot read", path)
        }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: Int64) throws(HostError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot write", path) }
        defer { close(descriptor) }
        let code: Int32 = bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = pwrite(
                    descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset) + done)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return errno }
                done += count
            }
            return 0
        }
        if code != 0 { throw Files.failure(code, "cannot write", path) }
    }

    /// Writes another file's content at an offset; where it holds nothing but zeros, nothing is written.
    ///
    /// - Returns: a digest that two files share only with the same content: of the pieces that are not zeros, each with its
    ///   place.
    func write(contentsOf source: String, at offset: Int64) throws(HostError) -> Digest {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw Files.failure(errno, "cannot open", source) }
        defer { close(input) }
        var buffer = [UInt8](repeating: 0, count: Self.zeros.count)
        var position: Int64 = 0
        var hash = SHA256()
        while true {
            // SEEK_DATA: its holes need not be read. ENXIO: nothing but a hole up to the end.
            let data = lseek(input, off_t(position), 3)
            if data < 0, errno == ENXIO { break }
            guard data >= 0 else { throw Files.failure(errno, "cannot read", source) }
            position = Int64(data) / Int64(buffer.count) * Int64(buffer.count)
            let count = pread(input, &buffer, buffer.count, off_t(position))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Files.failure(errno, "cannot read", source) }
            if count == 0 { break }
            if memcmp(buffer, Self.zeros, count) != 0 {
                let piece = buffer[..<count]
                hash.update("\(position) ")
                piece.withUnsafeBytes { hash.update($0) }
                try write(Array(piece), at: offset + position)
            }
            position += Int64(count)
        }
        return hash.finalize()
    }

    private static let zeros = [UInt8](repeating: 0, count: 1 << 16)
}
