/// Extended attributes of ext4 inodes: in the inode behind its fields, in a block of its own, in other inodes.
struct Ext4Attributes {
    let inodes: Ext4Inodes

    struct Attribute {
        var name: String
        var value: [UInt8]
    }

    private static let prefixes = [
        1: "user.", 2: "system.posix_acl_access", 3: "system.posix_acl_default", 4: "trusted.", 6: "security.",
        7: "system.", 8: "system.richacl",
    ]
    private static let magic: UInt32 = 0xEA02_0000

    func all(of inode: [UInt8]) throws -> [Attribute] {
        var result: [Attribute] = []
        if inode.count > 128 {
            let start = 128 + Int(inode.little(128, as: UInt16.self))
            if inode.little(start, as: UInt32.self) == Self.magic {
                result += try entries(Array(inode[(start + 4)...]), from: 0)
            }
        }
        let block = Int64(inode.little(104, as: UInt32.self)) | Int64(inode.little(118, as: UInt16.self)) << 32
        if block != 0 {
            let bytes = try inodes.block(block)
            if bytes.little(0, as: UInt32.self) == Self.magic { result += try entries(bytes, from: 32) }
        }
        return result
    }

    /// Values' places count from the beginning of `bytes`.
    private func entries(_ bytes: [UInt8], from first: Int) throws -> [Attribute] {
        var result: [Attribute] = []
        var at = first
        while at + 16 <= bytes.count, bytes.little(at, as: UInt32.self) != 0 {
            let length = Int(bytes[at])
            let size = Int(bytes.little(at + 8, as: UInt32.self))
            let place = Int(bytes.little(at + 2, as: UInt16.self))
            let elsewhere = Int64(bytes.little(at + 4, as: UInt32.self))
            guard at + 16 + length <= bytes.count else { break }
            let name = String(decoding: bytes[(at + 16)..<(at + 16 + length)], as: UTF8.self)
            let value: [UInt8]
            if elsewhere != 0 {
                value = try inodes.content(of: inodes.inode(elsewhere), at: 0, size)
            } else {
                guard place + size <= bytes.count else { break }
                value = Array(bytes[place..<place + size])
            }
            let prefix = Self.prefixes[Int(bytes[at + 1])] ?? "index-\(bytes[at + 1])."
            result.append(Attribute(name: prefix + name, value: value))
            at += (16 + length + 3) / 4 * 4
        }
        return result
    }
}
