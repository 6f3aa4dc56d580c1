internal import CLinux
internal import Glibc

/// Reads what of a sparse file is no hole, from its beginning to its end.
struct SparseReader: ~Copyable {
    /// Bytes, holes included.
    let size: Int64
    /// Open for reading.
    let descriptor: Int32
    private let path: String
    /// Used in turn, so that one piece may be worked on while the next is read.
    private var (buffer, other) = (Self.newBuffer(), Self.newBuffer())
    private var direct: DirectAccess

    private static func newBuffer() -> UnsafeMutableRawBufferPointer {
        .allocate(byteCount: 4 << 20, alignment: DirectAccess.alignment)
    }

    /// - Parameter bypassingCache: see `DirectAccess`
    /// - Throws: `HostError` when it cannot be opened.
    init(_ path: String, bypassingCache: Bool = false) throws(HostError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot open", path) }
        var info = stat()
        guard fstat(descriptor, &info) == 0 else {
            let code = errno
            close(descriptor)
            throw Files.failure(code, "cannot read", path)
        }
        self.path = path
        self.descriptor = descriptor
        size = Int64(info.st_size)
        direct = DirectAccess(descriptor, isWanted: bypassingCache)
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
        other.deallocate()
    }

    /// Calls `body` with each piece of data and where it lies. The bytes stay until it returns from the next call.
    ///
    /// - Throws: `HostError` also when the file becomes shorter meanwhile; what `body` throws.
    mutating func forEachPiece(_ body: (Int64, UnsafeRawBufferPointer) throws -> Void) throws {
        var position: Int64 = 0
        while position < size {
            let start = Int64(lseek(descriptor, off_t(position), sb_seek_data))
            // ENXIO: nothing but a hole up to the end.
            if start < 0, errno == ENXIO { return }
            guard start >= 0 else { throw Files.failure(errno, "cannot read", path) }
            let end = Int64(lseek(descriptor, off_t(start), sb_seek_hole))
            guard end >= 0 else { throw Files.failure(errno, "cannot read", path) }
            position = start
            while position < end {
                let count = try read(at: position, upTo: end)
                try body(position, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                position += Int64(count)
                (buffer, other) = (other, buffer)
            }
        }
    }

    private mutating func read(at position: Int64, upTo end: Int64) throws(HostError) -> Int {
        let (descriptor, buffer) = (descriptor, buffer)
        let wanted = Int(min(end - position, Int64(buffer.count)))
        // The end of a file lies within a block, all of which may be asked for.
        let whole = (wanted + DirectAccess.alignment - 1) / DirectAccess.alignment * DirectAccess.alignment
        let count = direct.move(direct.isOn ? whole : wanted, at: position) { count in
            pread(descriptor, buffer.baseAddress, count, off_t(position))
        }
        guard count >= 0 else { throw Files.failure(errno, "cannot read", path) }
        guard count > 0 else { throw HostError(.fileSystem, "'\(path)' became shorter while it was read") }
        return min(count, wanted)
    }
}
