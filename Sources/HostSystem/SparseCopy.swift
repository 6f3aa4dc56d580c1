internal import CLinux
internal import Glibc

/// Copies a sparse file: as a reflink where the filesystem shares blocks, else only what is not a hole.
package enum SparseCopy {
    /// - Throws: `HostError` (`noSpace`, `readOnly`, `fileSystem`), `CancellationError`; the target may then be there in
    ///   part.
    package static func copy(_ source: String, to target: String, cancelled: CancellationFlag) throws {
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
        var position: off_t = 0
        while position < info.st_size {
            let start = lseek(input, position, sb_seek_data)
            // ENXIO: nothing but a hole up to the end.
            if start < 0, errno == ENXIO { break }
            guard start >= 0 else { throw Files.failure(errno, "cannot read", source) }
            let end = lseek(input, start, sb_seek_hole)
            guard end >= 0 else { throw Files.failure(errno, "cannot read", source) }
            try copy(start..<end, from: input, source, to: output, target, cancelled)
            position = end
        }
    }

    private static func copy(
        _ range: Range<off_t>, from input: Int32, _ source: String, to output: Int32, _ target: String,
        _ cancelled: CancellationFlag
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        var position = range.lowerBound
        while position < range.upperBound {
            try cancelled.check()
            let wanted = min(Int(range.upperBound - position), buffer.count)
            let count = pread(input, buffer.baseAddress, wanted, position)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Files.failure(errno, "cannot read", source) }
            guard count > 0 else { throw HostError(.fileSystem, "'\(source)' became shorter while it was copied") }
            var done = 0
            while done < count {
                let written = pwrite(
                    output, buffer.baseAddress?.advanced(by: done), count - done, position + off_t(done))
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { throw Files.failure(errno, "cannot write", target) }
                done += written
            }
            position += off_t(count)
        }
    }
}
