import FileTrees

/// Where two files of the same image format differ first, in the format's own terms.
package enum FormatStructure {
    /// `the header of the qcow2 file (byte 24)`.
    ///
    /// - Throws: `HostError` when one cannot be read.
    package static func firstDifference(_ one: String, _ other: String) throws -> String {
        let (a, b) = (try BlockSource(one), try BlockSource(other))
        guard let byte = try ByteComparison.firstDifference(a, b, cancelled: CancellationFlag()) else {
            return "nothing"
        }
        let head = try a.available(0, 104)
        guard head.starts(with: [0x51, 0x46, 0x49, 0xFB]) else { return "byte \(byte)" }
        return "\(try qcow2(a, head, at: byte)) (byte \(byte))"
    }

    /// QEMU's docs/interop/qcow2.txt: numbers are big-endian.
    private static func qcow2(_ file: BlockSource, _ head: [UInt8], at byte: Int64) throws -> String {
        let cluster = Int64(1) << Int64(min(head.big(20, as: UInt32.self), 21))
        let version = head.big(4, as: UInt32.self)
        let headerLength = version >= 3 ? Int64(head.big(100, as: UInt32.self)) : 72
        if byte < headerLength { return "the header of the qcow2 file" }
        if byte < cluster { return "the header extensions of the qcow2 file" }
        func holds(_ start: Int64, _ length: Int64) -> Bool { start > 0 && (start..<start + length).contains(byte) }
        let level1 = Int64(clamping: head.big(40, as: UInt64.self))
        let level1Count = Int64(head.big(36, as: UInt32.self))
        if holds(level1, level1Count * 8) { return "the L1 table of the qcow2 file" }
        let references = Int64(clamping: head.big(48, as: UInt64.self))
        let referenceClusters = Int64(head.big(56, as: UInt32.self))
        if holds(references, referenceClusters * cluster) { return "the refcount table of the qcow2 file" }
        let mask: UInt64 = 0x00FF_FFFF_FFFF_FE00
        let table = try file.available(references, Int(min(referenceClusters * cluster, 16 << 20)))
        for index in stride(from: 0, to: table.count, by: 8) {
            let block = Int64(table.big(index, as: UInt64.self) & 0xFFFF_FFFF_FFFF_FE00 & 0x7FFF_FFFF_FFFF_FFFF)
            if holds(block, cluster) { return "a refcount block of the qcow2 file" }
        }
        let entries = try file.available(level1, Int(min(level1Count * 8, 16 << 20)))
        for index in stride(from: 0, to: entries.count, by: 8) {
            if holds(Int64(entries.big(index, as: UInt64.self) & mask), cluster) {
                return "an L2 table of the qcow2 file"
            }
        }
        return "the compressed data of the qcow2 file"
    }
}
