package import FileTrees
internal import Glibc

/// A file that nobody writes down: texts, parts of a disk and zeros, one after the other. It can be read anywhere, so that
/// several threads compress it at once.
package struct ComposedStream: Sendable {
    package enum Piece: Sendable {
        case bytes([UInt8])
        case disk(Range<Int64>)
        case zeros(Int64)

        var count: Int64 {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .disk(let range): range.upperBound - range.lowerBound
            case .zeros(let count): count
            }
        }
    }

    private let disk: DiskSource
    private let pieces: [Piece]
    /// Where each piece begins.
    private let starts: [Int64]
    package let size: Int64

    package init(_ pieces: [Piece], of disk: DiskSource) {
        self.disk = disk
        self.pieces = pieces
        var position: Int64 = 0
        starts = pieces.map { piece in
            defer { position += piece.count }
            return position
        }
        size = position
    }

    /// The whole file as it is.
    package init(_ file: DiskSource) {
        self.init([.disk(0..<file.size)], of: file)
    }

    /// Fills the buffer from `offset`, which lies so far before the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(HostError) {
        var done = 0
        var index = (starts.lastIndex { $0 <= offset }) ?? 0
        while done < buffer.count, index < pieces.count {
            let within = offset + Int64(done) - starts[index]
            let count = Int(min(Int64(buffer.count - done), pieces[index].count - within))
            if count > 0 {
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
                switch pieces[index] {
                case .bytes(let bytes):
                    part.copyBytes(from: bytes[Int(within)..<Int(within) + count])
                case .disk(let range): try disk.read(into: part, at: range.lowerBound + within)
                case .zeros: part.initializeMemory(as: UInt8.self, repeating: 0)
                }
                done += count
            }
            index += 1
        }
    }
}
