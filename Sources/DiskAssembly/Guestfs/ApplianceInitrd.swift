import FileTrees

/// supermin's initrd (a cpio of the new ASCII format, uncompressed) without the drivers that our disks do not need. Its
/// init loads all that its list `modules` has, of all that might find a root disk: asking an IDE controller that has no
/// disks takes a sixth of the start.
enum ApplianceInitrd {
    /// - Throws: `HostError.archive` when it is no such archive.
    static func trimmed(_ bytes: [UInt8]) throws(HostError) -> [UInt8] {
        var result: [UInt8] = []
        var position = 0
        while true {
            guard position + 110 <= bytes.count, bytes[position...].starts(with: "070701".utf8),
                let size = field(bytes, position, 6), let nameSize = field(bytes, position, 11), nameSize > 0
            else { throw HostError(.archive, "supermin's initrd is no cpio archive") }
            let name = position + 110
            let content = aligned(name + nameSize)
            let end = aligned(content + size)
            guard content + size <= bytes.count else { throw HostError(.archive, "supermin's initrd is cut off") }
            let member = String(decoding: bytes[name..<name + nameSize - 1], as: UTF8.self)
            if member == "modules" {
                let text = String(decoding: bytes[content..<content + size], as: UTF8.self)
                let kept = text.split(separator: "\n").filter { !isLeftOut($0) }
                add(Array((kept.joined(separator: "\n") + "\n").utf8), like: bytes[position..<content], to: &result)
            } else if !isLeftOut(member[...]) {
                result += bytes[position..<min(end, bytes.count)]
            }
            if member == "TRAILER!!!" { return result }
            position = end
        }
    }

    private static func add(_ content: [UInt8], like header: ArraySlice<UInt8>, to result: inout [UInt8]) {
        let digits = String(content.count, radix: 16)
        var header = Array(header)
        header.replaceSubrange(54..<62, with: (String(repeating: "0", count: 8 - digits.count) + digits).utf8)
        result += header + content
        result += [UInt8](repeating: 0, count: aligned(result.count) - result.count)
    }

    /// Of a member's header, its numbers of eight hexadecimal digits, from 0.
    private static func field(_ bytes: [UInt8], _ start: Int, _ number: Int) -> Int? {
        let first = start + 6 + number * 8
        return Int(String(decoding: bytes[first..<first + 8], as: UTF8.self), radix: 16)
    }

    private static func aligned(_ position: Int) -> Int { (position + 3) / 4 * 4 }

    private static func isLeftOut(_ file: Substring) -> Bool {
        guard file.hasSuffix(".ko") else { return false }
        return leftOut.contains(String(file.dropLast(3).map { $0 == "-" ? "_" : $0 }))
    }

    /// Disks and the channel to guestfsd are on virtio-scsi and virtio-serial here, both on PCI.
    private static let leftOut: Set<String> = [
        "libata", "ata_piix", "libnvdimm", "nfit", "nd_btt", "nd_pmem", "nd_virtio", "virtio_pmem", "virtio_net",
        "net_failover", "failover", "virtio_blk", "virtio_rng", "fuse", "virtiofs", "virtio_balloon", "virtio_input",
        "virtio_mem", "virtio_mmio",
    ]
}
