import FileTrees
import Glibc

/// A file that is written almost in order, and goes to the disk in large pieces. What is written next may lie before what was
/// written last, which costs nothing up to `reach` bytes, and a write of its own beyond them. What nobody writes is zeros.
final class WindowedOutput {
    /// Bytes.
    static let reach = 4 << 20
    private let path: String
    private let descriptor: Int32
    /// The same file through the page cache.
    private let late: Int32
    private var direct: DirectAccess
    /// Two halves, of which the first lies at `start` in the file.
    private var halves: (UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer)
    private var start: Int64 = 0
    private var end: Int64 = 0

    /// Creates the file, or truncates it.
    ///
    /// - Parameter bypassingCache: see `DirectAccess`
    init(_ path: String, bypassingCache: Bool) throws(HostError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot write", path) }
        late = open(path, O_WRONLY | O_CLOEXEC)
        guard late >= 0 else {
            let code = errno
            close(descriptor)
            throw Files.failure(code, "cannot write", path)
        }
        self.path = path
        direct = DirectAccess(descriptor, isWanted: bypassingCache)
        halves = (Self.newHalf(), Self.newHalf())
    }

    deinit {
        close(descriptor)
        close(late)
        halves.0.deallocate()
        halves.1.deallocate()
    }

    private static func newHalf() -> UnsafeMutableRawBufferPointer {
        let half = UnsafeMutableRawBufferPointer.allocate(byteCount: reach, alignment: DirectAccess.alignment)
        half.initializeMemory(as: UInt8.self, repeating: 0)
        return half
    }

    func write(_ bytes: UnsafeRawBufferPointer, at place: Int64) throws(HostError) {
        var (bytes, place) = (bytes, place)
        if place < start {
            let count = Int(min(start - place, Int64(bytes.count)))
            try putLate(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: place)
            bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
            place += Int64(count)
        }
        while !bytes.isEmpty {
            while place >= start + Int64(2 * Self.reach) { try advance() }
            let offset = Int(place - start)
            let (half, inside) = offset < Self.reach ? (halves.0, offset) : (halves.1, offset - Self.reach)
            let count = min(bytes.count, Self.reach - inside)
            UnsafeMutableRawBufferPointer(rebasing: half[inside..<inside + count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
            place += Int64(count)
            end = max(end, place)
        }
    }

    /// Writes what is left, and what is to lie anywhere in the file.
    ///
    /// - Parameter size: the file's, in bytes
    func finish(_ parts: [(place: Int64, bytes: [UInt8])], size: Int64) throws(HostError) {
        while start < end { try advance() }
        for part in parts {
            let half = halves.0
            for offset in stride(from: 0, to: part.bytes.count, by: Self.reach) {
                let piece = part.bytes[offset..<min(offset + Self.reach, part.bytes.count)]
                half.copyBytes(from: piece)
                try put(UnsafeRawBufferPointer(rebasing: half[..<piece.count]), at: part.place + Int64(offset))
            }
        }
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Files.failure(errno, "cannot write", path) }
    }

    /// Writes the first half, which becomes the second one.
    private func advance() throws(HostError) {
        let block = Int64(DirectAccess.alignment)
        let used = min(Int64(Self.reach), max(0, (end - start + block - 1) / block * block))
        try put(UnsafeRawBufferPointer(rebasing: halves.0[..<Int(used)]), at: start)
        UnsafeMutableRawBufferPointer(rebasing: halves.0[..<Int(used)]).initializeMemory(as: UInt8.self, repeating: 0)
        halves = (halves.1, halves.0)
        start += Int64(Self.reach)
    }

    /// Where the window has been: a few bytes, of no whole blocks.
    private func putLate(_ bytes: UnsafeRawBufferPointer, at place: Int64) throws(HostError) {
        var done = 0
        while done < bytes.count {
            let rest = bytes.baseAddress?.advanced(by: done)
            let written = pwrite(late, rest, bytes.count - done, off_t(place) + off_t(done))
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Files.failure(errno, "cannot write", path) }
            done += written
        }
    }

    private func put(_ bytes: UnsafeRawBufferPointer, at place: Int64) throws(HostError) {
        var done = 0
        while done < bytes.count {
            let offset = off_t(place) + off_t(done)
            let rest = bytes.baseAddress?.advanced(by: done)
            let written = direct.move(bytes.count - done, at: Int64(offset)) { pwrite(descriptor, rest, $0, offset) }
            guard written > 0 else { throw Files.failure(errno, "cannot write", path) }
            done += written
        }
    }
}
