import FileTrees
import Glibc

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
    private let input: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    private let compressor: Zstandard.Compressor

    /// - Parameter capacity: bytes; a multiple of the clusters' size
    init(capacity: Int, _ zstd: Zstandard) throws(HostError) {
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
        guard try read(order, at: start, count: count) else {
            clusters = Array(repeating: .zeros, count: count / size)
            return
        }
        var used = 0
        for offset in stride(from: 0, to: count, by: size) {
            let cluster = UnsafeRawBufferPointer(rebasing: input[offset..<offset + size])
            if cluster.isZero {
                clusters.append(.zeros)
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

    /// - Returns: false when all of it is a hole
    private func read(_ order: QCOW2Order, at start: Int64, count: Int) throws(HostError) -> Bool {
        let descriptor = open(order.disk, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot open", order.disk) }
        defer { close(descriptor) }
        if Files.isHole(descriptor, start, count) { return false }
        var direct = DirectAccess(descriptor, isWanted: order.bypassesCache)
        let buffer = input.baseAddress
        var done = 0
        while done < count {
            let offset = start + Int64(done)
            let got = direct.move(count - done, at: offset) {
                pread(descriptor, buffer?.advanced(by: done), $0, off_t(offset))
            }
            guard got >= 0 else { throw Files.failure(errno, "cannot read", order.disk) }
            guard got > 0 else { throw HostError(.fileSystem, "'\(order.disk)' became shorter while it was read") }
            done += got
        }
        return true
    }
}
