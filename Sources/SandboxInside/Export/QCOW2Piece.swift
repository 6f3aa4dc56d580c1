import FileTrees

/// A few clusters of a disk, and what becomes of them.
final class QCOW2Piece {
    enum Cluster {
        /// Not in the file at all.
        case zeros
        case compressed(UnsafeRawBufferPointer)
        /// What does not become smaller.
        case stored(UnsafeRawBufferPointer)
    }

    /// In order. What they point to stays until the piece is filled again.
    private(set) var clusters: [Cluster] = []
    /// What it was filled with; nil for a hole.
    private(set) var content: UnsafeRawBufferPointer?
    private let input: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    private let compressor: Zstandard.Compressor
    private let frames: QCOW2Frames?

    /// - Parameters:
    ///   - capacity: bytes; a multiple of the clusters' size
    ///   - reference: where frames may be taken from
    init(capacity: Int, _ zstd: Zstandard, like reference: QCOW2Reference?) throws(HostError) {
        frames = reference.map(QCOW2Frames.init)
        compressor = try Zstandard.Compressor(zstd)
        input = .allocate(byteCount: capacity, alignment: DirectAccess.alignment)
        output = .allocate(byteCount: capacity, alignment: DirectAccess.alignment)
    }

    deinit {
        input.deallocate()
        output.deallocate()
    }

    /// - Parameters:
    ///   - start: where in the disk; bytes
    ///   - count: bytes, whole clusters
    func fill(from order: QCOW2Order, at start: Int64, count: Int) throws(HostError) {
        let size = QCOW2Layout.clusterSize
        clusters.removeAll(keepingCapacity: true)
        content = nil
        let piece = UnsafeMutableRawBufferPointer(rebasing: input[..<count])
        guard let read = try Files.read(order.disk, at: start, into: piece, bypassingCache: order.bypassesCache) else {
            clusters = Array(repeating: .zeros, count: count / size)
            return
        }
        guard read == count else { throw HostError(.fileSystem, "'\(order.disk)' became shorter while it was read") }
        content = UnsafeRawBufferPointer(piece)
        let known = frames?.clusters(UnsafeRawBufferPointer(piece), at: start)
        var used = 0
        for offset in stride(from: 0, to: count, by: size) {
            let cluster = UnsafeRawBufferPointer(rebasing: input[offset..<offset + size])
            if cluster.isZero {
                clusters.append(.zeros)
                continue
            }
            if let cluster = known?[offset / size] {
                clusters.append(cluster)
                continue
            }
            // A frame as large as the cluster is worth nothing.
            let room = UnsafeMutableRawBufferPointer(rebasing: output[used..<used + size - 1])
            if let count = try compressor.compress(cluster, into: room) {
                clusters.append(.compressed(UnsafeRawBufferPointer(rebasing: room[..<count])))
                used += count
            } else {
                clusters.append(.stored(cluster))
            }
        }
    }
}
