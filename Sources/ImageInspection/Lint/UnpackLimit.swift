import FileTrees
import Glibc

/// How much may come out of a compressed file. Images are full of zeros, so that much may come out of little; but what grows
/// without end, or fills the building machine's disk with data that nobody wrote, is no image.
package struct UnpackLimit: Sendable {
    /// Bytes of the file.
    private let compressed: Int64
    private var total: Int64 = 0
    /// Of that, what is not zeros.
    private var data: Int64 = 0

    package init(compressed: Int64) {
        self.compressed = compressed
    }

    /// - Throws: `InspectionError.unpacksTooLarge` when it is too much.
    package mutating func count(_ piece: UnsafeRawBufferPointer) throws(InspectionError) {
        try count(Int64(piece.count), isZero: isZeroed(piece))
    }

    package mutating func count(_ bytes: Int64, isZero: Bool) throws(InspectionError) {
        total += bytes
        if !isZero { data += bytes }
        // Data of images shrinks to a third or a tenth, never to a 200th; zeros of gzip to a 1032nd, of xz to a 7000th.
        guard total <= max(16 << 30, compressed.multiplied(by: 8000)),
            data <= max(1 << 30, compressed.multiplied(by: 200))
        else {
            throw InspectionError(
                .unpacksTooLarge,
                "\(Files.sizeText(compressed)) unpack to more than \(Files.sizeText(total)), and there is no end to it")
        }
    }

    private func isZeroed(_ piece: UnsafeRawBufferPointer) -> Bool {
        guard let base = piece.baseAddress, piece.count > 0 else { return true }
        return piece[0] == 0 && memcmp(base, base + 1, piece.count - 1) == 0
    }
}

extension Int64 {
    fileprivate func multiplied(by factor: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
