package import FileTrees

/// A fixed VHD ("Virtual Hard Disk Image Format Specification", Microsoft 2006): the disk, and a footer of 512 bytes. The disk
/// is filled up with zeros to a whole MiB, as Azure wants it.
package struct FixedVHD: Sendable {
    /// Seconds since 1970.
    private let timestamp: Int64

    package init(timestamp: Int64) {
        self.timestamp = timestamp
    }

    package func write(_ disk: DiskSource, to path: String, cancelled: CancellationFlag) throws -> WrittenFile {
        let output = try FileOutput(path)
        try output.copy(disk, cancelled: cancelled)
        try output.pad(to: 1 << 20)
        try output.write(footer(size: output.position, seed: try DiskSeed(disk)))
        return WrittenFile(output)
    }

    /// Everything is stored most significant byte first.
    func footer(size: Int64, seed: DiskSeed) -> [UInt8] {
        let (cylinders, heads, sectors) = Self.geometry(sectors: size / 512)
        var bytes = Array("conectix".utf8)
        // No features but the reserved one; version 1.0; no header follows.
        bytes += UInt32(2).bigEndianBytes + UInt32(0x1_0000).bigEndianBytes + UInt64.max.bigEndianBytes
        // Seconds since 2000.
        bytes += UInt32(clamping: timestamp - 946_684_800).bigEndianBytes
        // By this creator's name QEMU takes the size from the size, and not from the geometry.
        bytes += Array("qem2".utf8) + UInt32(0x5_0003).bigEndianBytes + Array("Wi2k".utf8)
        bytes += size.bigEndianBytes + size.bigEndianBytes
        bytes += UInt16(cylinders).bigEndianBytes + [UInt8(heads), UInt8(sectors)]
        // Fixed.
        bytes += UInt32(2).bigEndianBytes
        let head = bytes
        let tail = seed.uuidBytes("vhd") + [UInt8](repeating: 0, count: 428)
        let sum = (head + tail).reduce(UInt32(0)) { $0 &+ UInt32($1) }
        return head + (~sum).bigEndianBytes + tail
    }

    /// The specification's appendix "CHS calculation".
    static func geometry(sectors total: Int64) -> (cylinders: Int64, heads: Int64, sectors: Int64) {
        let total = min(total, 65535 * 16 * 255)
        if total >= 65535 * 16 * 63 { return (total / 255 / 16, 16, 255) }
        var sectors: Int64 = 17
        var cylindersTimesHeads = total / sectors
        var heads = max((cylindersTimesHeads + 1023) / 1024, 4)
        if cylindersTimesHeads >= heads * 1024 || heads > 16 {
            sectors = 31
            heads = 16
            cylindersTimesHeads = total / sectors
        }
        if cylindersTimesHeads >= heads * 1024 {
            sectors = 63
            heads = 16
            cylindersTimesHeads = total / sectors
        }
        return (cylindersTimesHeads / heads, heads, sectors)
    }
}

extension FileOutput {
    /// The whole disk; pages of zeros are left out of the file.
    package func copy(_ disk: DiskSource, cancelled: CancellationFlag) throws {
        try copy(disk, 0..<disk.size, cancelled: cancelled)
    }

    package func copy(_ disk: DiskSource, _ range: Range<Int64>, cancelled: CancellationFlag) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            try cancelled.check()
            let count = Int(min(Int64(buffer.count), range.upperBound - offset))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            try disk.read(into: part, at: offset)
            // 64 KiB at a time: what is zero is not stored.
            for start in stride(from: 0, to: count, by: 64 << 10) {
                let block = UnsafeRawBufferPointer(rebasing: part[start..<min(start + (64 << 10), count)])
                if block.isZero { try skip(Int64(block.count)) } else { try write(block) }
            }
            offset += Int64(count)
        }
    }
}
