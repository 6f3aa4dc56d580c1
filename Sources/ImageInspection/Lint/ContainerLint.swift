package import ApplianceSpec
import ContentDigest
package import FileTrees

/// Looks at the structure of an image file, whoever has made it, without taking its disk out of it.
package struct ContainerLint {
    let source: BlockSource
    let target: Target?
    let cancelled: CancellationFlag

    package init(_ source: BlockSource, target: Target?, cancelled: CancellationFlag) {
        self.source = source
        self.target = target
        self.cancelled = cancelled
    }

    /// - Throws: `HostError` when the file cannot be read, `CancellationError`.
    package func findings() throws -> [LintFinding] {
        var found = LintFindings()
        guard source.size > 0 else {
            found.broken("empty-image", "the file is empty", source: "-")
            return found.findings
        }
        let kind = try ImageContainer.of(source)
        do {
            try check(kind, &found)
        } catch let error as InspectionError where error.code == .unpacksTooLarge {
            found.findings.append(error.finding)
        } catch let error as InspectionError {
            found.broken("truncated-image", error.message, source: LintSource.images)
        } catch let error as HostError where error.code == .archive {
            found.broken("damaged-archive", error.message, source: LintSource.images)
        }
        checkTarget(kind, &found)
        return found.findings
    }

    private func check(_ kind: ImageContainer, _ found: inout LintFindings) throws {
        switch kind {
        case .qcow2: try QCOW2Lint(source: source).check(&found)
        case .vmdk:
            try ExternalFiles.check(source, &found)
            try VMDKLint(source: source, isStream: wantsStream).check(&found)
        case .vdi: try checkVDI(&found)
        case .squashfs:
            // The superblock counts the bytes of all of it.
            let size = try source.bytes(0, 96).little(40, as: UInt64.self)
            if size > UInt64(source.size) {
                found.broken("truncated-image", "the squashfs is cut off", source: "Linux, squashfs")
            }
        case .vhd: try VHDLint(source: source, target: target).check(&found)
        case .vhdx: try VHDXLint(source: source).check(&found)
        case .tar: try ArchiveLint(source: source, target: target, cancelled: cancelled).check(&found)
        case .gzip, .xz, .zstd, .bzip2:
            try CompressedLint(source: source, kind: kind, target: target, cancelled: cancelled).check(&found)
        case .raw:
            if source.size % 512 != 0 {
                found.error(
                    "raw-unaligned", "the disk's size, \(source.size) bytes, is no multiple of 512",
                    why: "a disk consists of sectors; what is behind the last whole one is lost",
                    source: LintSource.images,
                    remedy: "fill it up: truncate --size %1M")
            }
        }
    }

    /// VirtualBox's VDICore: the table of blocks, and the last of them.
    private func checkVDI(_ found: inout LintFindings) throws {
        let header = try source.available(0, 512)
        let (table, data) = (header.little(340, as: UInt32.self), header.little(344, as: UInt32.self))
        let (block, extra) = (header.little(376, as: UInt32.self), header.little(380, as: UInt32.self))
        let allocated = header.little(388, as: UInt32.self)
        let blocks = header.little(384, as: UInt32.self)
        let end = Int64(data) + Int64(allocated) * (Int64(block) + Int64(extra))
        if header.count < 512 || block == 0 || Int64(table) + Int64(blocks) * 4 > source.size || end > source.size {
            found.broken(
                "truncated-image", "the VDI's blocks lie behind the end of the file", source: "VirtualBox, VDI")
        }
    }

    private var wantsStream: Bool { target.map { [.aws, .vmware, .virtualbox].contains($0) } ?? false }

    /// What a target's importer takes.
    private static let taken: [Target: [ImageContainer]] = [
        .raw: [.raw, .xz, .zstd], .qcow2: [.qcow2], .openstack: [.qcow2, .raw], .aws: [.vmdk, .raw, .vhd, .vhdx, .tar],
        .azure: [.vhd], .gce: [.gzip], .digitalocean: [.raw, .qcow2, .vhdx, .vdi, .vmdk, .gzip, .bzip2],
        .oracle: [.qcow2, .vmdk], .vmware: [.tar, .vmdk], .virtualbox: [.tar, .vmdk], .hyperv: [.vhdx],
        .libvirt: [.qcow2, .raw], .proxmox: [.qcow2, .raw], .xen: [.tar], .kubevirt: [.tar], .vagrant: [.tar, .gzip],
        .incus: [.tar, .qcow2, .gzip, .xz, .squashfs], .lxd: [.tar, .qcow2, .gzip, .xz, .squashfs],
        .rootfs: [.tar, .gzip, .xz],
        .oci: [.tar],
    ]

    private func checkTarget(_ kind: ImageContainer, _ found: inout LintFindings) {
        guard let target, let taken = Self.taken[target] else { return }
        if !taken.contains(kind) {
            found.error(
                "wrong-container",
                "it is \(kind.rawValue), and \(target.profile.title) takes "
                    + taken.map(\.rawValue).joined(separator: ", "), why: "the importer looks at the format first",
                source: target.profile.source,
                remedy: "build it for this target: stonebake build SPEC --target \(target.rawValue)")
        }
    }
}

/// QEMU's image.
struct QCOW2Lint {
    let source: BlockSource

    func check(_ found: inout LintFindings) throws {
        let header = try source.available(0, 112)
        guard header.count >= 72 else {
            found.broken("qcow2-header", "the qcow2 header is cut off", source: LintSource.qcow2)
            return
        }
        let version = header.big(4, as: UInt32.self)
        guard version == 2 || version == 3 else {
            found.broken("qcow2-version", "there is no version \(version) of qcow2", source: LintSource.qcow2)
            return
        }
        if header.big(8, as: UInt64.self) != 0 {
            found.error(
                "qcow2-backing-file", "the image needs a backing file",
                why: "only this file is uploaded, and a cloud refuses one that names another",
                source: "Glance, format_inspector (CVE-2024-32498)",
                remedy: "write it whole: qemu-img convert -O qcow2")
        }
        let bits = Int(header.big(20, as: UInt32.self))
        let size = header.big(24, as: UInt64.self)
        guard (9...21).contains(bits) else {
            found.broken("qcow2-header", "clusters of 2^\(bits) bytes are not possible", source: LintSource.qcow2)
            return
        }
        if header.big(32, as: UInt32.self) != 0 {
            found.error(
                "qcow2-encrypted", "the image is encrypted", why: "nobody is asked for the key",
                source: LintSource.qcow2,
                remedy: "encrypt the disk in the image, or the platform's storage")
        }
        if version == 3 {
            let features = header.big(72, as: UInt64.self)
            let names: [(UInt64, String)] = [(1, "dirty"), (2, "corrupt"), (4, "external data file")]
            for (bit, name) in names where features & bit != 0 {
                found.error(
                    "qcow2-\(name.split(separator: " ")[0])", "the image is marked: \(name)",
                    why: "it was not closed properly, or it is not the whole image", source: LintSource.qcow2,
                    remedy: "qemu-img check -r all, or qemu-img convert -O qcow2")
            }
            if features & ~31 != 0 {
                found.error(
                    "qcow2-unknown-feature",
                    "the image has features that are not known: \(String(features & ~31, radix: 2))",
                    why: "a reader must not open it", source: LintSource.qcow2, remedy: "qemu-img convert -O qcow2")
            }
        }
        try checkTables(header, bits: bits, size: size, &found)
    }

    /// Whether what the tables point at is there: a file that was cut off.
    private func checkTables(_ header: [UInt8], bits: Int, size: UInt64, _ found: inout LintFindings) throws {
        let entries = Int(header.big(36, as: UInt32.self))
        let place = Int64(truncatingIfNeeded: header.big(40, as: UInt64.self))
        let cluster = Int64(1) << bits
        guard size <= 1 << 60 else {
            found.broken("qcow2-header", "a disk of \(size) bytes is not possible", source: LintSource.qcow2)
            return
        }
        let needed = (Int64(size) + (cluster * cluster / 8) - 1) / (cluster * cluster / 8)
        guard Int64(entries) >= needed, entries < 4 << 20, place > 0, place <= source.size - Int64(entries) * 8 else {
            found.broken("qcow2-truncated", "the L1 table lies behind the end of the file", source: LintSource.qcow2)
            return
        }
        let table = try source.bytes(place, entries * 8)
        let mask: UInt64 = 0x00FF_FFFF_FFFF_FE00
        var allowance = UnpackLimit(compressed: source.size)
        var plain: Int64 = 0
        for number in 0..<entries {
            let second = Int64(table.big(number * 8, as: UInt64.self) & mask)
            guard second != 0 else { continue }
            guard second <= source.size - cluster else {
                found.broken("qcow2-truncated", "an L2 table lies behind the end of the file", source: LintSource.qcow2)
                return
            }
            let entries = try source.bytes(second, Int(cluster))
            for index in stride(from: 0, to: entries.count, by: 8) {
                let entry = entries.big(index, as: UInt64.self)
                guard entry & ~1 != 0 else { continue }
                let isCompressed = entry & (1 << 62) != 0
                let data =
                    isCompressed
                    ? Int64(entry & ((1 << (62 - (UInt64(bits) - 8))) - 1)) : Int64(entry & mask)
                if data >= source.size {
                    found.broken("qcow2-truncated", "data lies behind the end of the file", source: LintSource.qcow2)
                    return
                }
                // A cluster belongs to one place of the disk. Where many name one, a small file becomes a disk without end.
                if isCompressed { try allowance.count(cluster, isZero: false) } else if data > 0 { plain += cluster }
                if plain > source.size {
                    found.broken(
                        "qcow2-shared-cluster", "more data is named than the file has: its tables name a cluster twice",
                        source: LintSource.qcow2)
                    return
                }
            }
        }
    }
}

/// A fixed or dynamic VHD.
struct VHDLint {
    let source: BlockSource
    let target: Target?

    func check(_ found: inout LintFindings) throws {
        let footer = try source.bytes(source.size - 512, 512)
        guard footer.text(0..<8) == "conectix" else {
            found.broken("vhd-footer", "the last 512 bytes are no VHD footer", source: LintSource.vhd)
            return
        }
        let stored = footer.big(64, as: UInt32.self)
        var cleared = footer
        cleared.replaceSubrange(64..<68, with: [0, 0, 0, 0])
        let sum = ~cleared.reduce(UInt32(0)) { $0 &+ UInt32($1) }
        if sum != stored {
            found.broken("vhd-checksum", "the footer's checksum is wrong", source: LintSource.vhd)
        }
        let type = footer.big(60, as: UInt32.self)
        if type != 2, target == .azure || target == nil {
            let name = type == 3 ? "dynamic" : type == 4 ? "differencing" : "of type \(type)"
            found.error(
                "vhd-not-fixed", "the VHD is \(name), and not fixed", why: "Azure takes fixed VHDs only",
                source: "Microsoft Learn, Prepare Linux for imaging in Azure",
                remedy: "qemu-img convert -O vpc -o subformat=fixed,force_size")
        }
        guard type == 2 else { return }
        let size = Int64(truncatingIfNeeded: footer.big(48, as: UInt64.self))
        if size != source.size - 512 {
            found.broken(
                "vhd-size", "the footer says \(size) bytes, and \(source.size - 512) lie before it",
                source: LintSource.vhd)
        }
        if size % (1 << 20) != 0 {
            found.error(
                "vhd-unaligned", "the disk's size, \(size) bytes, is no multiple of 1 MiB",
                why: "Azure refuses to make a disk of it",
                source: "Microsoft Learn, Prepare Linux for imaging in Azure",
                remedy: "make the raw disk whole MiB first, then: qemu-img convert -O vpc -o subformat=fixed,force_size"
            )
        }
    }
}

/// Hyper-V's VHDX.
struct VHDXLint {
    let source: BlockSource

    func check(_ found: inout LintFindings) throws {
        guard source.size >= 1 << 20 else {
            found.broken("vhdx-truncated", "the file ends before its header does", source: LintSource.vhdx)
            return
        }
        let headers = try [64 << 10, 128 << 10].map { try source.bytes($0, 4096) }
        guard headers.contains(where: { isSound($0, "head") }) else {
            found.broken("vhdx-header", "neither header has its checksum", source: LintSource.vhdx)
            return
        }
        if !headers.allSatisfy({ isSound($0, "head") }) {
            found.warning(
                "vhdx-header-copy", "one of the two headers is damaged", why: "the other has to serve alone",
                source: LintSource.vhdx, remedy: "write the image again")
        }
        let newest = headers.filter { isSound($0, "head") }.max {
            $0.little(8, as: UInt64.self) < $1.little(8, as: UInt64.self)
        }
        if let newest, newest[48..<64].contains(where: { $0 != 0 }) {
            found.error(
                "vhdx-log", "the log has to be replayed", why: "the image was not closed properly",
                source: LintSource.vhdx,
                remedy: "open and close it on Windows, or: qemu-img check -r all")
        }
        let regions = try [192 << 10, 256 << 10].map { try source.bytes($0, 64 << 10) }
        guard let table = regions.first(where: { isSound($0, "regi") }) else {
            found.broken("vhdx-regions", "neither region table has its checksum", source: LintSource.vhdx)
            return
        }
        for number in 0..<min(Int(table.little(8, as: UInt32.self)), 2047) {
            let entry = 16 + number * 32
            let place = Int64(truncatingIfNeeded: table.little(entry + 16, as: UInt64.self))
            let length = Int64(table.little(entry + 24, as: UInt32.self))
            guard place >= 0, place <= source.size - length else {
                found.broken("vhdx-truncated", "a region lies behind the end of the file", source: LintSource.vhdx)
                return
            }
            // The block allocation table.
            guard table.guid(entry) == "2DC27766-F623-4200-9D64-115E9BFD4A08" else { continue }
            let blocks = try source.bytes(place, Int(length))
            for index in stride(from: 0, to: blocks.count, by: 8) {
                let block = blocks.little(index, as: UInt64.self)
                if block & 7 == 6, (block >> 20) << 20 >= UInt64(source.size) {
                    found.broken("vhdx-truncated", "a block lies behind the end of the file", source: LintSource.vhdx)
                    return
                }
            }
        }
    }

    private func isSound(_ bytes: [UInt8], _ signature: String) -> Bool {
        guard bytes.text(0..<4) == signature else { return false }
        var cleared = bytes
        cleared.replaceSubrange(4..<8, with: [0, 0, 0, 0])
        return CRC32C.of(cleared) == bytes.little(4, as: UInt32.self)
    }
}
