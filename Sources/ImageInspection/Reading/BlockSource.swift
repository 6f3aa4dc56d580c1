import FileTrees
import Glibc

/// A raw disk, or a part of one, that is read at byte offsets. Reading beyond the end is an error: what a structure
/// points at has to be there.
package final class BlockSource: Sendable {
    package let path: String
    /// Where this part begins in the file, and how long it is; bytes.
    package let start: Int64
    package let size: Int64
    private let file: OpenFile

    /// - Throws: `HostError` when the file cannot be opened.
    package convenience init(_ path: String) throws {
        let file = try OpenFile(path)
        self.init(file: file, path: path, start: 0, size: file.size)
    }

    private init(file: OpenFile, path: String, start: Int64, size: Int64) {
        self.file = file
        self.path = path
        self.start = start
        self.size = size
    }

    /// The part of this one; cut where it ends.
    package func part(_ start: Int64, size: Int64) -> BlockSource {
        let first = min(max(start, 0), self.size)
        return BlockSource(
            file: file, path: path, start: self.start + first, size: max(0, min(size, self.size - first)))
    }

    /// - Throws: `InspectionError.damaged` beyond the end; `HostError` when it cannot be read.
    package func bytes(_ offset: Int64, _ count: Int) throws -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
            throw InspectionError(.damaged, "'\(path)' points at byte \(offset + start), which it does not have")
        }
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = try file.read(into: UnsafeMutableRawBufferPointer(buffer), count, at: start + offset)
        }
    }

    /// What there is of these bytes before the end.
    package func available(_ offset: Int64, _ count: Int) throws -> [UInt8] {
        guard offset < size else { return [] }
        return try bytes(offset, Int(min(Int64(count), size - offset)))
    }

    /// Whether the file has nothing but a hole there, so that it reads as zeros without being read.
    package func isHole(_ offset: Int64, _ count: Int64) -> Bool {
        file.nextData(from: start + offset).map { $0 >= start + offset + count } ?? true
    }
}

/// An open file, closed with its last user.
private final class OpenFile: Sendable {
    let size: Int64
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws(HostError) {
        // A pipe that nobody writes into would be waited for.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot open", path) }
        var info = stat()
        guard fstat(descriptor, &info) == 0, [S_IFREG, S_IFBLK].contains(info.st_mode & S_IFMT) else {
            close(descriptor)
            throw HostError(.notFound, "'\(path)' is neither a file nor a disk")
        }
        self.path = path
        size = Int64(lseek(descriptor, 0, SEEK_END))
    }

    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer, _ count: Int, at offset: Int64) throws(HostError) -> Int {
        var done = 0
        while done < count {
            let got = pread(descriptor, buffer.baseAddress?.advanced(by: done), count - done, off_t(offset) + done)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Files.failure(errno, "cannot read", path) }
            guard got > 0 else { throw HostError(.fileSystem, "'\(path)' became shorter while it was read") }
            done += got
        }
        return done
    }

    /// Nil when nothing but a hole follows; the offset itself where the filesystem cannot tell.
    func nextData(from offset: Int64) -> Int64? {
        let found = lseek(descriptor, off_t(offset), 3 /* SEEK_DATA */)
        if found >= 0 { return Int64(found) }
        return errno == ENXIO ? nil : offset
    }
}

extension [UInt8] {
    /// The integer stored there, least significant byte first; zero beyond the end.
    func little<Integer: FixedWidthInteger>(_ offset: Int, as type: Integer.Type = Integer.self) -> Integer {
        guard offset >= 0, offset + MemoryLayout<Integer>.size <= count else { return 0 }
        return withUnsafeBytes { Integer(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Integer.self)) }
    }

    /// The integer stored there, most significant byte first; zero beyond the end.
    func big<Integer: FixedWidthInteger>(_ offset: Int, as type: Integer.Type = Integer.self) -> Integer {
        guard offset >= 0, offset + MemoryLayout<Integer>.size <= count else { return 0 }
        return withUnsafeBytes { Integer(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: Integer.self)) }
    }

    /// The text there, up to a NUL.
    func text(_ range: Range<Int>) -> String {
        String(decoding: self[range.clamped(to: indices)].prefix { $0 != 0 }, as: UTF8.self)
    }

    func hex(_ range: Range<Int>) -> String {
        self[range.clamped(to: indices)].map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }

    /// A UUID in the order of its bytes: `0fc63daf-8483-4772-8e79-3d69d8477de4`.
    func uuid(_ offset: Int) -> String {
        [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { hex(($0.lowerBound + offset)..<($0.upperBound + offset)) }
            .joined(separator: "-")
    }

    /// A GUID as the UEFI specification stores it: the first three fields least significant byte first.
    func guid(_ offset: Int) -> String {
        let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
        guard offset + 16 <= count else { return "" }
        return order.map { self[offset + $0] }.uuid(0).uppercased()
    }

    var isZero: Bool {
        withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, count > 0 else { return true }
            return buffer[0] == 0 && memcmp(base, base + 1, count - 1) == 0
        }
    }
}
