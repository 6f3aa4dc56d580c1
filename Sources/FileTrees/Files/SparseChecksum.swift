package import ContentDigest

extension CRC32C {
    /// Of what a file holds, and where: of each block of 4096 bytes in which anything is not zero its number, as eight
    /// bytes in little endian, and its content; the last one is filled up with zeros. So it is the same wherever the file has
    /// holes, and these are not read.
    ///
    /// - Parameter bypassingCache: whether nobody else is about to read the file; see `DirectAccess`
    /// - Throws: `HostError` when it cannot be read; `CancellationError`.
    package static func of(
        sparse path: String, bypassingCache: Bool = false, cancelled: CancellationFlag = CancellationFlag()
    ) throws -> UInt32 {
        var reader = try SparseReader(path, bypassingCache: bypassingCache)
        var blocks = BlockChecksum()
        try reader.forEachPiece { offset, bytes in
            try cancelled.check()
            blocks.update(bytes, at: offset)
        }
        return blocks.finalize()
    }
}

/// Takes pieces of any length that lie anywhere, each behind the last one, as `CRC32C.of(sparse:)` reads them. What is not
/// given counts as zeros.
package struct BlockChecksum: Sendable {
    private static let size = 4096

    private var value = UInt32.max
    /// The block of which a part has come, filled up with zeros: some filesystems have smaller ones, and so smaller holes.
    private var begun: (number: Int64, content: [UInt8])?

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer, at offset: Int64) {
        var position = 0
        while position < bytes.count {
            let (number, place) = (offset + Int64(position)).quotientAndRemainder(dividingBy: Int64(Self.size))
            let count = min(Self.size - Int(place), bytes.count - position)
            let part = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
            if count == Self.size {
                endBlock()
                add(part, number)
            } else {
                put(part, at: Int(place), of: number)
            }
            position += count
        }
    }

    package consuming func finalize() -> UInt32 {
        endBlock()
        return ~value
    }

    private mutating func put(_ part: UnsafeRawBufferPointer, at place: Int, of number: Int64) {
        if begun?.number != number { endBlock() }
        var content = begun?.content ?? [UInt8](repeating: 0, count: Self.size)
        content.replaceSubrange(place..<place + part.count, with: part)
        begun = (number, content)
    }

    private mutating func endBlock() {
        guard let (number, content) = begun else { return }
        begun = nil
        content.withUnsafeBytes { add($0, number) }
    }

    private mutating func add(_ block: UnsafeRawBufferPointer, _ number: Int64) {
        guard !block.isZero else { return }
        value = withUnsafeBytes(of: number.littleEndian) { CRC32C.update(value, $0) }
        value = CRC32C.update(value, block)
    }
}
