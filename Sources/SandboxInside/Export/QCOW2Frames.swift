import FileTrees
import Glibc

/// An earlier disk and the qcow2 that was made of it, by the same zstd: a cluster of the same bytes has the same frame.
///
/// That a frame holds what its cluster does is not looked at, which would take a third of the time that compressing takes:
/// both files are results in the store, which are used only as long as they are what was made.
struct QCOW2Reference: Sendable {
    let files: QCOW2Order.Reference
    let tables: QCOW2Tables
    let zstd: Zstandard

    /// Nil when there is nothing that can be taken from the image.
    init?(_ files: QCOW2Order.Reference, _ zstd: Zstandard) {
        guard let tables = QCOW2Tables(files.image) else { return nil }
        (self.files, self.tables, self.zstd) = (files, tables, zstd)
    }
}

/// What a piece of a disk has in common with an earlier one. What cannot be read there is compressed like anything new.
final class QCOW2Frames {
    /// Bytes of the earlier image that are read at once: those of a piece lie end to end, but for what was filled in later.
    private static let reach = 4 << 20

    private let reference: QCOW2Reference
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ reference: QCOW2Reference) {
        self.reference = reference
        buffer = .allocate(byteCount: Self.reach, alignment: DirectAccess.alignment)
    }

    deinit { buffer.deallocate() }

    /// - Parameters:
    ///   - piece: whole clusters
    ///   - start: where in the disk; bytes
    /// - Returns: what becomes of each cluster; nil for one that is not the earlier disk's. It points into the piece, and to
    ///   what stays until this is called again
    func clusters(_ piece: UnsafeRawBufferPointer, at start: Int64) -> [QCOW2Piece.Cluster?] {
        let size = QCOW2Layout.clusterSize
        var found = [QCOW2Piece.Cluster?](repeating: nil, count: piece.count / size)
        var wanted: [(index: Int, place: Range<Int64>)] = []
        for index in equalClusters(piece, at: start) {
            switch reference.tables[Int(start) / size + index] {
            case nil: break
            case .stored:
                let part = index * size..<(index + 1) * size
                found[index] = .stored(UnsafeRawBufferPointer(rebasing: piece[part]))
            case .compressed(let place): wanted.append((index, place))
            }
        }
        for (index, bytes) in load(wanted) {
            found[index] = reference.zstd.frame(in: bytes, of: size).map { .compressed($0) }
        }
        return found
    }

    /// Which of the piece's clusters the earlier disk has in the same place. It is read through the page cache, also where
    /// the disk is read past it: several disks are written like the same one.
    private func equalClusters(_ piece: UnsafeRawBufferPointer, at start: Int64) -> [Int] {
        let size = QCOW2Layout.clusterSize
        let equal = try? Files.withMapped(reference.files.disk, at: start, count: piece.count) { earlier in
            (0..<earlier.count / size).filter { index in
                let part = index * size..<(index + 1) * size
                return UnsafeRawBufferPointer(rebasing: piece[part])
                    .isSame(as: UnsafeRawBufferPointer(rebasing: earlier[part]))
            }
        }
        return equal ?? []
    }

    /// The bytes at those places, as far as they can be read: all at once, or each by itself where they lie far apart.
    private func load(_ wanted: [(index: Int, place: Range<Int64>)]) -> [(index: Int, bytes: UnsafeRawBufferPointer)] {
        guard let low = wanted.map(\.place.lowerBound).min(), let high = wanted.map(\.place.upperBound).max() else {
            return []
        }
        var loaded: [(Int, UnsafeRawBufferPointer)] = []
        if let bytes = load(low..<high, into: 0) {
            for (index, place) in wanted where place.upperBound <= low + Int64(bytes.count) {
                let part = Int(place.lowerBound - low)..<Int(place.upperBound - low)
                loaded.append((index, UnsafeRawBufferPointer(rebasing: bytes[part])))
            }
            return loaded
        }
        var used = 0
        for (index, place) in wanted {
            guard let bytes = load(place, into: used), bytes.count == place.count else { continue }
            loaded.append((index, bytes))
            used += place.count
        }
        return loaded
    }

    /// - Parameter used: bytes of the buffer that hold something already
    /// - Returns: fewer bytes at the image's end; nil when it cannot be read, or there is no room for it
    private func load(_ place: Range<Int64>, into used: Int) -> UnsafeRawBufferPointer? {
        guard place.count <= buffer.count - used else { return nil }
        let target = UnsafeMutableRawBufferPointer(rebasing: buffer[used..<used + place.count])
        guard let count = read(reference.files.image, at: place.lowerBound, into: target) else { return nil }
        return UnsafeRawBufferPointer(rebasing: target[..<count])
    }

    /// Through the page cache. Nil for a hole too, as there is nothing in it that anybody looks for.
    private func read(_ path: String, at place: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        try? Files.read(path, at: place, into: buffer, bypassingCache: false)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func isSame(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count, let mine = baseAddress, let theirs = other.baseAddress else { return isEmpty }
        return memcmp(mine, theirs, count) == 0
    }
}
