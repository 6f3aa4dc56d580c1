internal import CLinux
package import FileTrees
internal import Glibc

/// A raw disk, or any other file, that several threads read at offsets. Beyond its end it reads as zeros.
package final class DiskSource: Sendable {
    package let path: String
    /// Bytes.
    package let size: Int64
    private let descriptor: Int32

    /// - Throws: `HostError` when the file cannot be opened.
    package init(_ path: String) throws(HostError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot open", path) }
        self.path = path
        size = Int64(lseek(descriptor, 0, SEEK_END))
    }

    deinit { close(descriptor) }

    /// Fills the buffer with what lies at `offset`. Holes are not read.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(HostError) {
        let there = Int(max(0, min(Int64(buffer.count), size - offset)))
        if there < buffer.count, let base = buffer.baseAddress { memset(base + there, 0, buffer.count - there) }
        guard there > 0, let base = buffer.baseAddress else { return }
        if isHole(offset, Int64(there)) {
            memset(base, 0, there)
            return
        }
        var done = 0
        while done < there {
            let count = pread(descriptor, base + done, there - done, off_t(offset) + off_t(done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Files.failure(errno, "cannot read", path) }
            guard count > 0 else { throw HostError(.fileSystem, "'\(path)' became shorter while it was read") }
            done += count
        }
    }

    /// Whether the filesystem says that nothing was ever written there.
    package func isHole(_ offset: Int64, _ count: Int64) -> Bool { Files.isHole(descriptor, offset, Int(count)) }

    /// Where the disk holds something else than zeros, in whole blocks, whatever the filesystem stores as holes: the same
    /// for every copy of a disk. Ascending, neighbours joined; the last one ends with the disk.
    package func contents(blockSize: Int, cancelled: CancellationFlag) throws -> [Range<Int64>] {
        var ranges: [Range<Int64>] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1 << 20, blockSize), alignment: 4096)
        defer { buffer.deallocate() }
        var position: Int64 = 0
        while position < size {
            try cancelled.check()
            if isHole(position, Int64(buffer.count)) {
                position += Int64(buffer.count)
                continue
            }
            try read(into: buffer, at: position)
            for start in stride(from: 0, to: buffer.count, by: blockSize) {
                let block = UnsafeRawBufferPointer(rebasing: buffer[start..<min(start + blockSize, buffer.count)])
                let first = position + Int64(start)
                guard first < size, !block.isZero else { continue }
                let end = min(first + Int64(blockSize), size)
                if let last = ranges.last, last.upperBound == first {
                    ranges[ranges.count - 1] = last.lowerBound..<end
                } else {
                    ranges.append(first..<end)
                }
            }
            position += Int64(buffer.count)
        }
        return ranges
    }
}
