import Testing

@testable import ContentDigest

@Suite struct CRC32CTests {
    /// The check value of the Castagnoli polynomial, and RFC 3720's examples (appendix B.4).
    @Test(
        arguments: [
            (Array("123456789".utf8), 0xE306_9283), ([], 0), ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), (Array(0..<32), 0x46DD_794E),
        ] as [([UInt8], UInt32)])
    func `the published checksums are given, with the processor's instruction and without`(
        bytes: [UInt8], expectation: UInt32
    ) {
        #expect(CRC32C.of(bytes) == expectation)
        #expect(~bytes.withUnsafeBytes { CRC32C.updateByTable(.max, $0) } == expectation)
    }

    @Test func `a checksum may be taken in pieces that begin anywhere and are of any length`() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 37 ^ $0 >> 3) }
        for first in 0..<20 {
            for count in 0..<40 {
                let piece = Array(bytes[first..<first + count])
                let (whole, inTwo) = bytes.withUnsafeBytes { all in
                    let piece = UnsafeRawBufferPointer(rebasing: all[first..<first + count])
                    let half = count / 3
                    let begun = CRC32C.update(.max, UnsafeRawBufferPointer(rebasing: piece[..<half]))
                    return (
                        CRC32C.updateByTable(.max, piece),
                        CRC32C.update(begun, UnsafeRawBufferPointer(rebasing: piece[half...]))
                    )
                }
                #expect(CRC32C.update(.max, piece) == whole)
                #expect(inTwo == whole)
            }
        }
    }

    #if arch(x86_64)
        /// Every processor of the last fifteen years: what is tested above is the instruction, and not the table twice.
        @Test func `this processor has the instruction`() { #expect(CRC32C.hasInstruction) }
    #endif
}
