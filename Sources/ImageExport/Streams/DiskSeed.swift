import ContentDigest
internal import HostSystem

/// From what a container's identifiers are derived: the disk's size and first MiB, which holds the GUIDs of its partition
/// table. The same disk gives the same ones, another disk gets others.
package struct DiskSeed: Sendable {
    private let digest: Digest

    package init(_ disk: DiskSource) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        try disk.read(into: buffer, at: 0)
        var hash = SHA256()
        hash.update("\(disk.size) ")
        hash.update(UnsafeRawBufferPointer(buffer))
        digest = hash.finalize()
    }

    /// 64 hexadecimal digits.
    package func hex(_ purpose: String) -> String { Digest.of("\(purpose) \(digest.hex)").hex }

    /// Of a random UUID's form: `0fc63daf-8483-4772-8e79-3d69d8477de4`.
    package func uuid(_ purpose: String) -> String { Digest.of("\(purpose) \(digest.hex)").uuid }

    /// The UUID's bytes, in the order in which it is written.
    package func uuidBytes(_ purpose: String) -> [UInt8] {
        let digits = Array(uuid(purpose).utf8.filter { $0 != UInt8(ascii: "-") })
        return stride(from: 0, to: 32, by: 2).map { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
        }
    }
}
