import ApplianceSpec
import FileTrees

/// Compressed disks and archives: what is in them is read once, from the beginning to the end.
struct CompressedLint {
    let source: BlockSource
    let kind: ImageContainer
    let target: Target?
    let cancelled: CancellationFlag

    func check(_ found: inout LintFindings) throws {
        var size: Int64 = 0
        var head: [UInt8] = []
        var limit = UnpackLimit(compressed: source.size)
        do {
            try DecompressedFile.read(source.path) { piece in
                try cancelled.check()
                if head.count < 512 { head += piece.prefix(512 - head.count) }
                size += Int64(piece.count)
                try limit.count(piece)
                return true
            }
        } catch let error as HostError where error.code == .archive {
            found.broken(
                "compressed-damaged", "it cannot be unpacked: \(error.message)", source: "RFC 1952, and its likes")
            return
        }
        if kind == .gzip, source.size > 18 {
            // The length of what was compressed, modulo 4 GiB; libarchive does not look at it.
            let stored = try source.bytes(source.size - 4, 4).little(0, as: UInt32.self)
            if stored != UInt32(truncatingIfNeeded: size) {
                found.broken("gzip-truncated", "the gzip file is cut off, or its length is wrong", source: "RFC 1952")
            }
        }
        if target == .gce { try computeEngine(head, &found) }
    }

    private func computeEngine(_ head: [UInt8], _ found: inout LintFindings) throws {
        let source = Target.gce.profile.source
        let magic = head.count >= 512 ? Array(head[257..<265]) : []
        if magic != Array("ustar  ".utf8) + [0] {
            found.error(
                "gce-tar-format", "the tar is not of GNU's old format", why: "the importer reads no other",
                source: source, remedy: "tar --format=oldgnu -Sczf image.tar.gz disk.raw")
        }
        let reader = try ArchiveReader(path: self.source.path)
        var members: [ArchiveEntry] = []
        while let entry = try reader.next() { members.append(entry) }
        if members.map(\.path) != ["disk.raw"] {
            found.error(
                "gce-member", "the tar holds \(members.map { "'\($0.path)'" }.joined(separator: ", "))",
                why: "the importer takes exactly one file, 'disk.raw'", source: source,
                remedy: "tar --format=oldgnu -Sczf image.tar.gz disk.raw")
        }
        if let disk = members.first, disk.size % (1 << 30) != 0 {
            found.error(
                "gce-size", "the disk's size, \(disk.size) bytes, is no whole GiB",
                why: "Compute Engine's disks are whole GiB",
                source: source, remedy: "truncate --size %1G disk.raw")
        }
    }
}
