import FileTrees
import FoundationEssentials
import Glibc
import Synchronization

/// `qcow2 ORDER`: writes a raw disk as qcow2, each cluster compressed by the zstd of the root that it runs in. The order is
/// a `QCOW2Order` as JSON.
///
/// The file is the one that `qemu-img convert -c` makes, which compresses one cluster at a time, reads and writes through
/// the page cache, and switches between threads for each cluster.
enum QCOW2Command {
    /// Of the disk, in one piece of work.
    private static let clustersPerPiece = 32

    static func run(_ arguments: [String]) throws {
        guard let order = arguments.first, arguments.count == 1 else {
            throw HostError(.unsupported, "qcow2: wrong arguments")
        }
        let summary = try write(try JSONDecoder().decode(QCOW2Order.self, from: Data(order.utf8)))
        print(String(decoding: try JSONEncoder().encode(summary), as: UTF8.self))
    }

    private static func write(_ order: QCOW2Order) throws -> QCOW2Summary {
        let size = try Files.identity(order.disk)?.size ?? 0
        let clusterSize = QCOW2Layout.clusterSize
        guard size > 0, size % Int64(clusterSize) == 0 else {
            throw HostError(.unsupported, "a disk of \(size) bytes is no number of clusters")
        }
        let zstd = try Zstandard()
        let output = try WindowedOutput(order.output, bypassingCache: order.bypassesCache)
        var layout = QCOW2Layout(size: size)
        let reference = order.like.flatMap { QCOW2Reference($0, zstd) }
        let pieceSize = clusterSize * clustersPerPiece
        let pieces = Int((size + Int64(pieceSize) - 1) / Int64(pieceSize))
        let spare = SparePieces()
        var checksum = BlockChecksum()
        try OrderedWork(workers: order.workers).run(pieces, cancelled: CancellationFlag()) { number in
            let piece = try spare.take() ?? QCOW2Piece(capacity: pieceSize, zstd, like: reference)
            let start = Int64(number) * Int64(pieceSize)
            try piece.fill(from: order, at: start, count: Int(min(Int64(pieceSize), size - start)))
            return piece
        } consume: { number, piece in
            if let content = piece.content { checksum.update(content, at: Int64(number) * Int64(pieceSize)) }
            for (index, cluster) in piece.clusters.enumerated() {
                let guest = number * clustersPerPiece + index
                switch cluster {
                case .zeros: break
                case .compressed(let bytes):
                    try output.write(bytes, at: layout.place(guest, compressedTo: bytes.count))
                case .stored(let bytes): try output.write(bytes, at: layout.place(uncompressed: guest))
                }
            }
            spare.put(piece)
        }
        try output.finish(layout.metadata(), size: layout.end)
        return QCOW2Summary(checksum: checksum.finalize())
    }
}

/// What `qcow2` answers on standard output.
package struct QCOW2Summary: Codable, Sendable {
    /// The disk's, as `CRC32C.of(sparse:)` takes it.
    package var checksum: UInt32
}

/// What `qcow2` is to write.
package struct QCOW2Order: Codable, Sendable {
    /// Bytes.
    package static let clusterSize = Int64(QCOW2Layout.clusterSize)

    /// A raw disk of whole clusters.
    package var disk: String
    package var output: String
    /// How many threads compress.
    package var workers: Int
    /// See `DirectAccess`.
    package var bypassesCache: Bool
    /// What the frames of equal clusters are taken from, at the same places of the disk. The file is the same without it.
    package var like: Reference?

    /// An earlier disk, of any size, and the qcow2 that this zstd made of it.
    package struct Reference: Codable, Sendable {
        package var disk: String
        package var image: String

        package init(disk: String, image: String) {
            self.disk = disk
            self.image = image
        }
    }

    package init(disk: String, output: String, workers: Int, bypassesCache: Bool, like: Reference? = nil) {
        self.disk = disk
        self.output = output
        self.workers = workers
        self.bypassesCache = bypassesCache
        self.like = like
    }
}

/// Pieces that are used again: memory that is new to the process costs as much as the compression of a tenth of it.
private final class SparePieces: Sendable {
    /// A piece belongs to one thread at a time.
    private struct Transfer: @unchecked Sendable { var piece: QCOW2Piece }
    private let pieces = Mutex<[Transfer]>([])

    func take() -> QCOW2Piece? { pieces.withLock { $0.popLast() }?.piece }

    func put(_ piece: QCOW2Piece) {
        let transfer = Transfer(piece: piece)
        pieces.withLock { $0.append(transfer) }
    }
}
