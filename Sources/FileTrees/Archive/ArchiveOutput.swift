internal import CLinux
internal import Glibc

/// Where an archive's bytes go: into a file, and hashed on the way, or into a pipe.
///
/// A large file's content goes into a pipe as the pages in which the kernel holds it (splice(2)): nobody copies it before
/// the reader does.
final class ArchiveOutput {
    /// Nil for a pipe: what goes through is nothing that anybody could hash again.
    let hash: BackgroundHash?
    /// Bytes.
    private(set) var size: Int64 = 0
    /// While there is one, what is to be written stands for as many bytes of this file, from its position.
    var source: Int32?
    private let descriptor: Int32
    private let isPlainPipe: Bool
    /// What small pieces wait in for others, as each write takes a page of the pipe at least.
    private let waiting = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 4096)
    private var waitingCount = 0

    /// Bytes of a file that are not worth a system call of their own.
    private static let fewest: Int64 = 32 << 10

    /// Creates the file, or truncates it.
    ///
    /// - Parameter isCompressed: whether what is written is not what was added
    init(_ path: String, isCompressed: Bool) throws(HostError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw HostError.current("cannot write '\(path)'") }
        // A larger buffer than a pipe's own lets writer and reader run side by side.
        let isPipe = Files.enlargePipe(descriptor, to: 1 << 20)
        hash = isPipe ? nil : BackgroundHash()
        isPlainPipe = isPipe && !isCompressed
    }

    deinit {
        close(descriptor)
        waiting.deallocate()
    }

    /// Bytes that libarchive is to collect; 0: none, as it cannot be told to write them.
    var blockSize: Int32 { isPlainPipe ? 0 : 1 << 20 }

    /// Whether a file of that size may be `source`.
    func canSplice(_ size: Int64) -> Bool { isPlainPipe && size >= Self.fewest }

    /// - Returns: how many were written; -1, with errno, when that fails
    func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        let taken =
            if let source { move(bytes.count, from: source) } else if isPlainPipe { keep(bytes) } else { put(bytes) }
        if taken > 0 { size += Int64(taken) }
        return taken
    }

    /// Writes what waits; false, with errno, when that fails.
    func flush() -> Bool {
        var done = 0
        while done < waitingCount {
            let count = put(UnsafeRawBufferPointer(rebasing: waiting[done..<waitingCount]))
            guard count > 0 else { return false }
            done += count
        }
        waitingCount = 0
        return true
    }

    private func keep(_ bytes: UnsafeRawBufferPointer) -> Int {
        if waitingCount == waiting.count, !flush() { return -1 }
        let count = min(bytes.count, waiting.count - waitingCount)
        UnsafeMutableRawBufferPointer(rebasing: waiting[waitingCount...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        waitingCount += count
        return count
    }

    private func move(_ count: Int, from source: Int32) -> Int {
        guard flush() else { return -1 }
        while true {
            let moved = sb_splice(source, descriptor, count)
            if moved > 0 { return moved }
            if moved < 0, errno == EINTR { continue }
            // A filesystem that has no pages to give.
            if moved < 0, errno == EINVAL { return copy(count, from: source) }
            // The file is shorter than its entry says.
            if moved == 0 { errno = EIO }
            return -1
        }
    }

    private func copy(_ count: Int, from source: Int32) -> Int {
        let got = read(source, waiting.baseAddress, min(count, waiting.count))
        guard got > 0 else {
            if got == 0 { errno = EIO }
            return -1
        }
        waitingCount = got
        return flush() ? got : -1
    }

    private func put(_ bytes: UnsafeRawBufferPointer) -> Int {
        let written = write(descriptor, bytes.baseAddress, bytes.count)
        if written > 0 { hash?.update(UnsafeRawBufferPointer(rebasing: bytes[..<written])) }
        return written
    }
}
