/// What is known of a filesystem, or another content of a partition, from its first blocks alone.
package struct OtherFilesystem: Sendable, Equatable {
    package var type: String
    package var uuid: String?
    package var label: String?
    /// Whether it holds files that the appliance of libguestfs can read, directly or through volumes in it.
    package var holdsFiles: Bool

    var facts: [Fact] {
        [Fact("type", type)] + (uuid.map { [Fact("uuid", $0)] } ?? []) + (label.map { [Fact("label", $0)] } ?? [])
    }

    /// Nil when nothing is recognised.
    static func probe(_ source: BlockSource) throws -> OtherFilesystem? {
        let head = try source.available(0, 4096)
        func starts(_ offset: Int, _ text: String) -> Bool {
            offset + text.utf8.count <= head.count && head[offset...].starts(with: Array(text.utf8))
        }
        if starts(0, "XFSB") {
            return OtherFilesystem(type: "xfs", uuid: head.uuid(32), label: head.text(108..<120), holdsFiles: true)
        }
        let btrfs = try source.available(0x10000, 1024)
        if btrfs.rawText(0x40..<0x48) == "_BHRfS_M" {
            return OtherFilesystem(
                type: "btrfs", uuid: btrfs.uuid(0x20), label: btrfs.text(0x12B..<0x22B), holdsFiles: true)
        }
        if starts(0, "LUKS\u{BA}\u{BE}") || head.starts(with: [0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE]) {
            return OtherFilesystem(type: "crypto_LUKS", uuid: head.text(168..<208), label: nil, holdsFiles: false)
        }
        if starts(4086, "SWAPSPACE2") {
            return OtherFilesystem(
                type: "swap", uuid: head.uuid(1036), label: head.text(1052..<1068), holdsFiles: false)
        }
        if starts(512, "LABELONE"), starts(536, "LVM2 001") {
            return OtherFilesystem(type: "LVM2_member", uuid: head.rawText(544..<576), label: nil, holdsFiles: true)
        }
        if starts(0, "hsqs") {
            return OtherFilesystem(type: "squashfs", uuid: nil, label: nil, holdsFiles: true)
        }
        if starts(3, "NTFS    ") {
            return OtherFilesystem(type: "ntfs", uuid: head.hex(72..<80), label: nil, holdsFiles: true)
        }
        let iso = try source.available(0x8000, 2048)
        if iso.rawText(1..<6) == "CD001" {
            return OtherFilesystem(type: "iso9660", uuid: nil, label: iso.rawText(40..<72), holdsFiles: true)
        }
        return nil
    }
}
