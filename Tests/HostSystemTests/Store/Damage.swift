import Glibc
import Testing

@testable import FileTrees

/// Writes into files as a disk that lies would: their times are as before.
enum Damage {
    /// Changes a byte.
    static func flipBit(_ path: String, at offset: Int64 = 0) throws {
        try write(path) { descriptor in
            var byte: UInt8 = 0
            #expect(pread(descriptor, &byte, 1, off_t(offset)) == 1)
            byte ^= 1
            #expect(pwrite(descriptor, &byte, 1, off_t(offset)) == 1)
        }
    }

    static func write(_ path: String, _ body: (Int32) throws -> Void) throws {
        let before = try #require(try Files.identity(path))
        var info = stat()
        lstat(path, &info)
        chmod(path, 0o644)
        let descriptor = open(path, O_RDWR)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try body(descriptor)
        chmod(path, info.st_mode & 0o7777)
        var times = [info.st_atim, info.st_mtim]
        utimensat(AT_FDCWD, path, &times, 0)
        #expect(try Files.identity(path) == before)
    }
}
