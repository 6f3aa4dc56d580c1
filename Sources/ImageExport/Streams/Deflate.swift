internal import CZlib
internal import FileTrees
internal import Glibc

/// zlib's compression of pieces that do not depend on one another.
enum Deflate {
    /// Of both formats: zlib's default, as the bytes depend on it.
    static let level: Int32 = 6

    /// The most bytes that a piece may become.
    static func bound(_ count: Int) -> Int { Int(compressBound(uLong(count))) + 64 }

    /// With zlib's header and checksum (RFC 1950), as a grain of a VMDK. Returns the number of bytes.
    static func compress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(HostError) -> Int {
        var count = uLongf(output.count)
        let code = compress2(
            output.bindMemory(to: Bytef.self).baseAddress, &count, input.bindMemory(to: Bytef.self).baseAddress,
            uLong(input.count), level)
        guard code == Z_OK else { throw HostError(.archive, "zlib cannot compress: \(code)") }
        return Int(count)
    }

    /// A part of a raw deflate stream (RFC 1951) that ends on a byte, so that the next one can follow; the last one ends
    /// the stream.
    static func part(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, isLast: Bool
    ) throws(HostError) -> Int {
        var stream = z_stream()
        guard sb_deflate_init_raw(&stream, level) == Z_OK else { throw HostError(.archive, "zlib cannot begin") }
        defer { deflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: Bytef.self).baseAddress)
        stream.avail_in = uInt(input.count)
        stream.next_out = output.bindMemory(to: Bytef.self).baseAddress
        stream.avail_out = uInt(output.count)
        let code = deflate(&stream, isLast ? Z_FINISH : Z_SYNC_FLUSH)
        guard code == (isLast ? Z_STREAM_END : Z_OK), stream.avail_in == 0, isLast || stream.avail_out > 0 else {
            throw HostError(.archive, "zlib cannot compress: \(code)")
        }
        return output.count - Int(stream.avail_out)
    }

    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt {
        UInt(crc32(0, bytes.bindMemory(to: Bytef.self).baseAddress, uInt(bytes.count)))
    }

    /// The checksum of what has `first`, followed by `count` bytes with `second`.
    static func combined(_ first: UInt, _ second: UInt, count: Int) -> UInt {
        UInt(crc32_combine(uLong(first), uLong(second), Int(count)))
    }
}

/// Memory that a piece of work fills and its consumer reads. It comes from the kernel and goes back to it: malloc keeps
/// what several threads have freed, in each thread's arena.
final class WorkBuffer {
    let memory: UnsafeMutableRawBufferPointer
    /// Bytes that hold something.
    var count = 0

    init(capacity: Int) throws(HostError) {
        let start = mmap(nil, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start, start != MAP_FAILED else {
            throw HostError(.fileSystem, "cannot get \(capacity) bytes of memory")
        }
        memory = UnsafeMutableRawBufferPointer(start: start, count: capacity)
    }

    deinit { munmap(memory.baseAddress, memory.count) }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }
}
