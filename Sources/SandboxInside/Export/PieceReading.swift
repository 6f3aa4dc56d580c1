import FileTrees
import Glibc

extension Files {
    /// Reads a part of a file, past the page cache where that is wanted and possible: see `DirectAccess`.
    ///
    /// - Parameters:
    ///   - offset: bytes
    ///   - buffer: as many bytes as are to be read; aligned, where the page cache is passed by
    /// - Returns: how many bytes there were, fewer only at the file's end; nil when all of them are a hole, and not read
    static func read(
        _ path: String, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer, bypassingCache: Bool
    ) throws(HostError) -> Int? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno, "cannot open", path) }
        defer { close(descriptor) }
        if isHole(descriptor, offset, buffer.count) { return nil }
        var direct = DirectAccess(descriptor, isWanted: bypassingCache)
        var done = 0
        while done < buffer.count {
            let place = offset + Int64(done)
            let got = direct.move(buffer.count - done, at: place) {
                pread(descriptor, buffer.baseAddress?.advanced(by: done), $0, off_t(place))
            }
            guard got >= 0 else { throw failure(errno, "cannot read", path) }
            if got == 0 { break }
            done += got
        }
        return done
    }
}
