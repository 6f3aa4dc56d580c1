internal import Glibc
package import SystemPackage

/// SHA-256 (FIPS 180-4) over data that arrives in pieces; the work is libcrypto's.
///
/// libcrypto and not swift-crypto: the same assembly, already on every machine that has libcurl, and more than a
/// minute less in a newcomer's first build.
package struct SHA256: ~Copyable {
    private let state = HashState(.sha256)

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bytes) }

    package mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    package consuming func finalize() -> Digest {
        Digest(bytes: state.finalize(count: 32))
    }
}

extension Digest {
    package static func of(_ text: String) -> Digest {
        var hash = SHA256()
        hash.update(text)
        return hash.finalize()
    }

    package static func of(_ bytes: some ContiguousBytesLike) -> Digest {
        var hash = SHA256()
        bytes.withRawBytes { hash.update($0) }
        return hash.finalize()
    }

    /// Reads the file once, in pieces.
    ///
    /// - Throws: `Errno` when it cannot be opened or read.
    package static func of(file path: FilePath) throws(Errno) -> Digest {
        do {
            let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            return try descriptor.closeAfter { try of(descriptor: descriptor) }
        } catch {
            throw error as? Errno ?? .ioError
        }
    }

    private static func of(descriptor: FileDescriptor) throws -> Digest {
        var hash = SHA256()
        // Small enough to come from memory that the process has: thousands of files are hashed one after the other.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
        defer { buffer.deallocate() }
        var holes = Holes(descriptor.rawValue)
        while true {
            if let hole = holes?.next() {
                buffer.initializeMemory(as: UInt8.self, repeating: 0)
                var rest = hole
                while rest > 0 {
                    let count = min(rest, Int64(buffer.count))
                    hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)]))
                    rest -= count
                }
            }
            let limit = holes.map { Int(min($0.dataLeft, Int64(buffer.count))) } ?? buffer.count
            let count = try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<limit]))
            if count == 0 { return hash.finalize() }
            holes?.dataLeft -= Int64(count)
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}

/// Where a sparse file has no data, such as half of a disk: that reads as zeros, which need neither be read nor take the
/// kernel's memory.
private struct Holes {
    private let descriptor: Int32
    private let size: Int64
    /// Bytes between the file's position and the next hole.
    var dataLeft: Int64 = 0

    /// Nil when the file has none, or is none.
    init?(_ descriptor: Int32) {
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_size > info.st_blocks * 512
        else {
            return nil
        }
        self.descriptor = descriptor
        size = Int64(info.st_size)
    }

    /// Where the data ends at the file's position: moves that behind the hole, and says how long it is. Nil where there is
    /// data, and where nothing follows.
    mutating func next() -> Int64? {
        guard dataLeft == 0 else { return nil }
        let position = lseek(descriptor, 0, SEEK_CUR)
        guard position >= 0, position < size else { return nil }
        // SEEK_DATA: an error where nothing but a hole follows, or where the filesystem does not know.
        var start = lseek(descriptor, position, 3)
        if start < 0 { start = errno == ENXIO ? Int(size) : position }
        // SEEK_HOLE; the end counts as one.
        let end = lseek(descriptor, start, 4)
        dataLeft = max(Int64(end < 0 ? Int(size) : end) - Int64(start), 0)
        lseek(descriptor, start, SEEK_SET)
        return Int64(start - position)
    }
}

/// The byte containers that a digest can be taken of.
package protocol ContiguousBytesLike {
    func withRawBytes(_ body: (UnsafeRawBufferPointer) -> Void)
}

extension [UInt8]: ContiguousBytesLike {
    package func withRawBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeBytes { body($0) }
    }
}
