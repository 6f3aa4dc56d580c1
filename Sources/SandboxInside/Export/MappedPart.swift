import FileTrees
import Glibc

extension Files {
    /// Calls `body` with a part of a file, as the page cache has it: nothing is copied. A read error there is a SIGBUS, as is
    /// a file that becomes shorter meanwhile.
    ///
    /// - Parameters:
    ///   - offset: bytes; whole pages
    ///   - count: bytes
    ///   - body: gets fewer bytes at the file's end
    /// - Returns: nil, without a call, where all of them are a hole or behind the end
    static func withMapped<Value>(
        _ path: String, at offset: Int64, count: Int, _ body: (UnsafeRawBufferPointer) throws -> Value
    ) throws -> Value? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno, "cannot open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(errno, "cannot look at", path) }
        let length = min(Int64(count), Int64(status.st_size) - offset)
        if length <= 0 || isHole(descriptor, offset, Int(length)) { return nil }
        let size = Int(length)
        guard let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, off_t(offset)), start != MAP_FAILED else {
            throw failure(errno, "cannot map", path)
        }
        // Each part by itself: what is mapped counts as this process's memory.
        defer { munmap(start, size) }
        // All pages at once; an older kernel brings them one by one.
        _ = madvise(start, size, populateRead)
        return try body(UnsafeRawBufferPointer(start: start, count: size))
    }

    /// MADV_POPULATE_READ, since Linux 5.14.
    private static let populateRead: CInt = 22
}
