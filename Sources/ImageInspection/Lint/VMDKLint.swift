/// VMware's sparse extents; of a stream-optimised one every marker, up to the last byte.
struct VMDKLint {
    let source: BlockSource
    /// Whether it has to be one that is read as a stream.
    let isStream: Bool

    private static let stream = "coreos-assembler#1156; VMware KB 2008876: OVF files are read as streams"

    func check(_ found: inout LintFindings) throws {
        let header = try source.available(0, 512)
        guard header.count == 512, header.text(0..<4) == "KDMV" else {
            if isStream {
                found.error(
                    "vmdk-not-stream", "the VMDK is a descriptor without its data", why: "the importer reads one file",
                    source: LintSource.vmdk, remedy: "build it for this target")
            }
            return
        }
        let flags = header.little(8, as: UInt32.self)
        guard flags & 0x30000 == 0x30000 else {
            if isStream {
                found.error(
                    "vmdk-not-stream", "the VMDK is not stream-optimised", why: "ovf:format promises a stream",
                    source: LintSource.ovf, remedy: "build it for this target")
            }
            return
        }
        let version = header.little(4, as: UInt32.self)
        if version != 3 {
            found.error(
                "vmdk-version", "the stream-optimised VMDK has version \(version) in its header",
                why: "vSphere takes 3 only for streams", source: Self.stream, remedy: "build it for this target")
        }
        guard header[73...76].elementsEqual([0x0A, 0x20, 0x0D, 0x0A]) else {
            found.broken(
                "vmdk-newlines", "line ends in the header were converted: the file went through a text transfer",
                source: LintSource.vmdk)
            return
        }
        guard header.little(56, as: UInt64.self) == .max else {
            found.error(
                "vmdk-directory-in-front", "the grain directory stands in front (as qemu-img writes it)",
                why:
                    "VMware reads the file as a stream, with the directory behind the data; its digest check fails otherwise",
                source: Self.stream, remedy: "build it for this target, or write it with VMDKstream")
            return
        }
        try walk(header, &found)
    }

    private enum Marker: UInt32 { case endOfStream, grainTable, grainDirectory, footer }

    /// From marker to marker.
    private func walk(_ header: [UInt8], _ found: inout LintFindings) throws {
        // Sectors; nothing in the file can be behind its end.
        let most = UInt64(source.size / 512)
        let first = header.little(64, as: UInt64.self)
        guard first > 0, first <= most else {
            found.broken("vmdk-truncated", "the first grain lies behind the end of the file", source: LintSource.vmdk)
            return
        }
        var position = Int64(first) * 512
        let capacity = header.little(12, as: UInt64.self)
        var grains: [UInt32: Bool] = [:]
        var (hasDirectory, hasFooter) = (false, false)
        var last: UInt64?
        while position < source.size {
            guard position + 512 <= source.size else { break }
            let marker = try source.bytes(position, 16)
            let (value, size) = (marker.little(0, as: UInt64.self), marker.little(8, as: UInt32.self))
            if size > 0 {
                guard value < capacity, last.map({ value > $0 }) ?? true, position + 12 + Int64(size) <= source.size
                else {
                    found.broken("vmdk-grain", "the grain at byte \(position) is out of place", source: LintSource.vmdk)
                    return
                }
                // zlib's header: deflate, and a multiple of 31.
                let head = try source.bytes(position + 12, 2)
                guard head[0] & 0x0F == 8, (Int(head[0]) << 8 | Int(head[1])) % 31 == 0 else {
                    found.broken(
                        "vmdk-grain", "the grain at byte \(position) is not compressed as it says",
                        source: LintSource.vmdk)
                    return
                }
                grains[UInt32(truncatingIfNeeded: position / 512)] = true
                last = value
                position += (12 + Int64(size) + 511) / 512 * 512
                continue
            }
            guard value <= most else {
                found.broken(
                    "vmdk-truncated", "the marker at byte \(position) counts more than the file has",
                    source: LintSource.vmdk)
                return
            }
            switch Marker(rawValue: marker.little(12, as: UInt32.self)) {
            case .grainTable:
                let table = try source.bytes(position + 512, Int(value) * 512)
                for index in stride(from: 0, to: table.count, by: 4) {
                    let entry = table.little(index, as: UInt32.self)
                    if entry > 1, grains[entry] == nil {
                        found.broken("vmdk-table", "a grain table points at no grain", source: LintSource.vmdk)
                        return
                    }
                }
                position += 512 + Int64(value) * 512
            case .grainDirectory:
                hasDirectory = true
                position += 512 + Int64(value) * 512
            case .footer:
                let footer = try source.bytes(position + 512, 512)
                let place = footer.little(56, as: UInt64.self)
                guard footer.text(0..<4) == "KDMV", place <= most, Int64(place) * 512 < position else {
                    found.broken(
                        "vmdk-footer", "the footer does not say where the grain directory is", source: LintSource.vmdk)
                    return
                }
                hasFooter = true
                position += 1024
            case .endOfStream:
                finish(at: position + 512, hasDirectory, hasFooter, &found)
                return
            case nil:
                found.broken("vmdk-marker", "there is no marker at byte \(position)", source: LintSource.vmdk)
                return
            }
        }
        found.broken("vmdk-truncated", "the file ends without an end-of-stream marker", source: LintSource.vmdk)
    }

    private func finish(at end: Int64, _ hasDirectory: Bool, _ hasFooter: Bool, _ found: inout LintFindings) {
        if !hasDirectory || !hasFooter {
            found.broken("vmdk-footer", "the stream ends without grain directory and footer", source: LintSource.vmdk)
        }
        if end != source.size {
            found.error(
                "vmdk-trailing-bytes", "\(source.size - end) bytes follow the end of the stream",
                why: "VMware's digest ends there, and the manifest's does not", source: Self.stream,
                remedy: "cut them off, and write the manifest anew")
        }
    }
}
