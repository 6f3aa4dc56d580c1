/// The checksum of VHDX's structures (RFC 3720, appendix B.4).
package enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    package static func of(_ bytes: [UInt8]) -> UInt32 {
        let table = table
        return bytes.withUnsafeBufferPointer { bytes in
            table.withUnsafeBufferPointer { table in
                var value: UInt32 = .max
                for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 0xFF)] ^ value >> 8 }
                return ~value
            }
        }
    }

    /// The bytes with their checksum, which is taken while its own place holds zeros.
    package static func sealed(_ bytes: [UInt8], at place: Int) -> [UInt8] {
        var bytes = bytes
        bytes.replaceSubrange(place..<place + 4, with: withUnsafeBytes(of: of(bytes).littleEndian) { Array($0) })
        return bytes
    }
}
