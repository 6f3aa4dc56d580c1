internal import ContentDigest

/// An inode of ext4 as it lies on the disk, and the one thing that is changed in it: how long the file is.
///
/// Source: the kernel's Documentation/filesystems/ext4, "Inode Table" and "Checksums".
struct Ext4Inode {
    /// 256 bytes.
    private(set) var bytes: [UInt8]
    let number: UInt32
    /// The CRC-32C of the filesystem's UUID, which each of its checksums begins with; none of them is complemented.
    private let seed: UInt32

    static let size = 256

    /// - Parameter filesystem: the UUID's sixteen bytes
    init(bytes: [UInt8], number: UInt32, filesystem: [UInt8]) {
        self.bytes = bytes
        self.number = number
        seed = CRC32C.update(~0, filesystem)
    }

    /// Whether its checksum is right, and it is a regular file without anything in the inode itself.
    var isSound: Bool {
        bytes.count == Self.size && checksum == storedChecksum && word(0) & 0xF000 == 0x8000
            && long(0x20) & Self.inlineData == 0
    }

    private static let inlineData: UInt32 = 0x1000_0000

    /// Bytes.
    var length: Int64 { Int64(long(0x04)) | Int64(long(0x6C)) << 32 }

    mutating func setLength(_ length: Int64) {
        put(UInt32(truncatingIfNeeded: length), at: 0x04)
        put(UInt32(truncatingIfNeeded: length >> 32), at: 0x6C)
        let sum = checksum
        bytes[0x7C] = UInt8(truncatingIfNeeded: sum)
        bytes[0x7D] = UInt8(truncatingIfNeeded: sum >> 8)
        bytes[0x82] = UInt8(truncatingIfNeeded: sum >> 16)
        bytes[0x83] = UInt8(truncatingIfNeeded: sum >> 24)
    }

    private var storedChecksum: UInt32 {
        UInt32(bytes[0x7C]) | UInt32(bytes[0x7D]) << 8 | UInt32(bytes[0x82]) << 16 | UInt32(bytes[0x83]) << 24
    }

    /// Over the inode's number, its generation, and itself with the checksum's own bytes as zeros.
    private var checksum: UInt32 {
        var blank = bytes
        for index in [0x7C, 0x7D, 0x82, 0x83] { blank[index] = 0 }
        let prefix = [number, long(0x64)].flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        return CRC32C.update(CRC32C.update(seed, prefix), blank)
    }

    private func word(_ offset: Int) -> UInt32 { UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 }
    private func long(_ offset: Int) -> UInt32 { word(offset) | word(offset + 2) << 16 }

    private mutating func put(_ value: UInt32, at offset: Int) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (index * 8)) }
    }
}
