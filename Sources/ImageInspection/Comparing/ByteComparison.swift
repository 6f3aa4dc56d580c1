import FileTrees
import Glibc

/// Finds the first byte in which two disks, or parts of them, differ. Holes in both are passed over unread.
enum ByteComparison {
    static func firstDifference(
        _ a: BlockSource, _ b: BlockSource, cancelled: CancellationFlag
    ) throws -> Int64? {
        let common = min(a.size, b.size)
        let step: Int64 = 1 << 20
        var position: Int64 = 0
        while position < common {
            try cancelled.check()
            let count = min(step, common - position)
            if !(a.isHole(position, count) && b.isHole(position, count)) {
                let (left, right) = (try a.bytes(position, Int(count)), try b.bytes(position, Int(count)))
                if let index = firstDifference(left, right) { return position + Int64(index) }
            }
            position += count
        }
        return a.size == b.size ? nil : common
    }

    static func firstDifference(_ a: [UInt8], _ b: [UInt8]) -> Int? {
        let count = min(a.count, b.count)
        let isSame = a.withUnsafeBytes { a in
            b.withUnsafeBytes { b in
                guard let left = a.baseAddress, let right = b.baseAddress, count > 0 else { return true }
                return memcmp(left, right, count) == 0
            }
        }
        if isSame { return a.count == b.count ? nil : count }
        // Halves first: one byte after the other is slow in code that is not optimised.
        var (low, high) = (0, count)
        while high - low > 64 {
            let middle = (low + high) / 2
            if a[low..<middle].elementsEqual(b[low..<middle]) { low = middle } else { high = middle }
        }
        return (low..<high).first { a[$0] != b[$0] }
    }
}
