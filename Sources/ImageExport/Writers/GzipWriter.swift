package import FileTrees

/// gzip (RFC 1952) on all processors: one member whose parts are compressed by themselves, as pigz does. The bytes follow
/// from the content alone; no name and no time is in them.
package struct GzipWriter: Sendable {
    private static let blockSize = 1 << 20
    private let workers: Int

    package init(workers: Int) {
        self.workers = workers
    }

    package func write(
        _ stream: ComposedStream, to path: String, cancelled: CancellationFlag
    ) throws -> WrittenFile {
        let output = try FileOutput(path)
        // Deflate, no flags, no time, the least effort not claimed, a system that is not known.
        try output.write([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
        let blocks = max(1, Int((stream.size + Int64(Self.blockSize) - 1) / Int64(Self.blockSize)))
        var checksum: UInt = 0
        let work = OrderedWork(workers: workers)
        try work.run(blocks, cancelled: cancelled) { number in
            let offset = Int64(number) * Int64(Self.blockSize)
            let input = try WorkBuffer(capacity: Self.blockSize)
            input.count = Int(max(0, min(Int64(Self.blockSize), stream.size - offset)))
            try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: input.memory[..<input.count]), at: offset)
            let result = try WorkBuffer(capacity: Deflate.bound(Self.blockSize))
            result.count = try Deflate.part(input.bytes, into: result.memory, isLast: number == blocks - 1)
            return (result, Deflate.checksum(input.bytes), input.count)
        } consume: { _, piece in
            try output.write(piece.0.bytes)
            checksum = Deflate.combined(checksum, piece.1, count: piece.2)
        }
        try output.write(UInt32(truncatingIfNeeded: checksum).littleEndianBytes)
        try output.write(UInt32(truncatingIfNeeded: stream.size).littleEndianBytes)
        return WrittenFile(output)
    }
}
