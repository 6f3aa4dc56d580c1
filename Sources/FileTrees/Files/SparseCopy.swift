internal import CLinux
internal import Glibc

/// Copies a sparse file: as a reflink where the filesystem shares blocks, else only what is not a hole.
package enum SparseCopy {
    /// - Parameter bypassingCache: whether the copy is for somebody else to read: what is written goes past the page cache,
    ///   as long as the disk takes it quickly
    /// - Throws: `HostError` (`noSpace`, `readOnly`, `fileSystem`), `CancellationError`; the target may then be there in
    ///   part.
    package static func copy(
        _ source: String, to target: String, bypassingCache: Bool = false, cancelled: CancellationFlag
    ) throws {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw Files.failure(errno, "cannot open", source) }
        defer { close(input) }
        let output = creat(target, 0o644)
        guard output >= 0 else { throw Files.failure(errno, "cannot write", target) }
        defer { close(output) }
        if sb_reflink(output, input) == 0 { return }
        var info = stat()
        guard fstat(input, &info) == 0 else { throw Files.failure(errno, "cannot read", source) }
        guard ftruncate(output, info.st_size) == 0 else { throw Files.failure(errno, "cannot write", target) }
        var copy = RangeCopy(input: input, source: source, output: output, target: target, cancelled: cancelled)
        if bypassingCache { copy.beginBypassing() }
        var position: off_t = 0
        while position < info.st_size {
            let start = lseek(input, position, sb_seek_data)
            // ENXIO: nothing but a hole up to the end.
            if start < 0, errno == ENXIO { break }
            guard start >= 0 else { throw Files.failure(errno, "cannot read", source) }
            let end = lseek(input, start, sb_seek_hole)
            guard end >= 0 else { throw Files.failure(errno, "cannot read", source) }
            try copy.copy(start..<end)
            position = end
        }
    }
}

/// Copies ranges of one open file to another's same place.
private struct RangeCopy: ~Copyable {
    let input: Int32
    let source: String
    let output: Int32
    let target: String
    let cancelled: CancellationFlag
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 4096)
    /// Whether writes go past the page cache (open(2), O_DIRECT): a page of it costs more than the copying, most of all in
    /// a virtual machine that has to be given the memory first.
    private var isBypassing = false
    private var bypassed = 0
    private var waited = Duration.zero

    /// A disk that takes less in a second is waited for by nobody: its writing is left to the kernel.
    private static let leastPerSecond = 150_000_000.0

    init(input: Int32, source: String, output: Int32, target: String, cancelled: CancellationFlag) {
        (self.input, self.source, self.output, self.target) = (input, source, output, target)
        self.cancelled = cancelled
    }

    deinit { buffer.deallocate() }

    /// Without effect where the filesystem has no such writing.
    mutating func beginBypassing() {
        isBypassing = fcntl(output, F_SETFL, sb_direct) == 0
    }

    private mutating func endBypassing() {
        isBypassing = false
        _ = fcntl(output, F_SETFL, 0)
    }

    mutating func copy(_ range: Range<off_t>) throws {
        var position = range.lowerBound
        while position < range.upperBound {
            try cancelled.check()
            let wanted = min(Int(range.upperBound - position), buffer.count)
            let count = pread(input, buffer.baseAddress, wanted, position)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Files.failure(errno, "cannot read", source) }
            guard count > 0 else { throw HostError(.fileSystem, "'\(source)' became shorter while it was copied") }
            try write(count, at: position)
            position += off_t(count)
        }
    }

    private mutating func write(_ count: Int, at position: off_t) throws {
        // Whole blocks of any disk; the end of a file may be none.
        if isBypassing, (count | Int(position)) % 4096 != 0 { endBypassing() }
        let clock = ContinuousClock()
        var done = 0
        while done < count {
            let start = clock.now
            let written = pwrite(output, buffer.baseAddress?.advanced(by: done), count - done, position + off_t(done))
            if written < 0, errno == EINTR { continue }
            // A disk with larger blocks, and filesystems that say so only now.
            if written < 0, errno == EINVAL, isBypassing {
                endBypassing()
                continue
            }
            guard written > 0 else { throw Files.failure(errno, "cannot write", target) }
            done += written
            if isBypassing { judge(written, clock.now - start) }
        }
    }

    private mutating func judge(_ written: Int, _ time: Duration) {
        if written % 4096 != 0 { return endBypassing() }
        bypassed += written
        waited += time
        guard bypassed >= 32 << 20 else { return }
        if Double(bypassed) < Self.leastPerSecond * waited.inSeconds { endBypassing() }
        (bypassed, waited) = (0, .zero)
    }
}
