import ApplianceSpec
import ContentDigest
import FileTrees
import HostSystem

/// Containers that are a tar: OVA, XVA, OCI archives, boxes, images of Incus.
struct ArchiveLint {
    let source: BlockSource
    let target: Target?
    let cancelled: CancellationFlag

    func check(_ found: inout LintFindings) throws {
        let index: TarIndex
        do {
            index = try TarIndex(source)
        } catch let error as InspectionError {
            found.broken("tar-damaged", error.message, source: "POSIX, pax: ustar interchange format")
            return
        }
        if !index.isEnded {
            found.broken("tar-truncated", "the tar lacks its end", source: "POSIX, pax: ustar interchange format")
        }
        let names = index.members.map(\.name)
        if let name = names.first(where: { $0.hasPrefix("/") || $0.split(separator: "/").contains("..") }) {
            found.error(
                "unsafe-path", "the member '\(name)' leads out of the folder that the archive is unpacked in",
                why: "whoever unpacks it may overwrite a file of the machine's", source: "CWE-22, path traversal",
                remedy: "do not unpack it; make or download the image again")
        }
        if names.contains(where: { $0.hasSuffix(".ovf") }) && !names.contains("metadata.json") {
            try OVALint(source: source, index: index, target: target, cancelled: cancelled).check(&found)
        } else if names.contains("ova.xml") {
            try xva(index, &found)
        } else if names.contains("oci-layout") {
            try oci(index, &found)
        } else if names.contains("metadata.json") {
            try box(index, &found)
        } else if names.contains("metadata.yaml") {
            try incus(index, &found)
        } else if let target, [.vmware, .virtualbox, .xen, .kubevirt, .vagrant, .incus, .lxd, .oci].contains(target) {
            found.error(
                "wrong-contents", "the tar holds nothing that \(target.profile.title) looks for",
                why: "the importer reads one description first", source: target.profile.source,
                remedy: "stonebake build SPEC --target \(target.rawValue)")
        }
    }

    private func text(_ member: TarIndex.Member) throws -> [UInt8] {
        try source.bytes(member.start, Int(min(member.size, 4 << 20)))
    }

    // MARK: XVA

    private func xva(_ index: TarIndex, _ found: inout LintFindings) throws {
        if index.members.first?.name != "ova.xml" {
            found.broken("xva-order", "'ova.xml' is not the first member", source: LintSource.xva)
        }
        var checksums: [String: TarIndex.Member] = [:]
        for member in index.members where member.name.hasSuffix(".checksum") {
            checksums[String(member.name.dropLast(9))] = member
        }
        var last = -1
        for member in index.members where member.name.hasPrefix("Ref:") && !member.name.hasSuffix(".checksum") {
            try cancelled.check()
            let number = member.name.split(separator: "/").last.flatMap { Int($0) } ?? -1
            if number <= last || number > 1 << 31 {
                found.broken("xva-order", "the chunk '\(member.name)' is out of order", source: LintSource.xva)
                return
            }
            last = number
            guard let checksum = checksums[member.name] else {
                found.broken("xva-checksum", "the chunk '\(member.name)' has no checksum", source: LintSource.xva)
                return
            }
            let bytes = try source.bytes(member.start, Int(member.size))
            var hash = SHA1()
            bytes.withUnsafeBytes { hash.update($0) }
            let wanted = String(decoding: try source.bytes(checksum.start, Int(checksum.size)), as: UTF8.self)
            guard hash.finalize() == wanted else {
                found.broken("xva-checksum", "the chunk '\(member.name)' has another checksum", source: LintSource.xva)
                return
            }
        }
        if last < 0 { found.broken("xva-empty", "the XVA holds no disk", source: LintSource.xva) }
        let document = String(
            decoding: try text(index.members.first { $0.name == "ova.xml" } ?? index.members[0]), as: UTF8.self)
        // The size stands behind its name; the last chunk has to reach it.
        let parts = document.split(separator: "<name>virtual_size</name><value>", maxSplits: 1)
        if parts.count == 2, let size = Int64(parts[1].prefix { $0.isNumber }), size != Int64(last + 1) << 20 {
            found.broken(
                "xva-size", "the disk has \(size) bytes, and its last chunk ends at \(Int64(last + 1) << 20)",
                source: LintSource.xva)
        }
    }

    // MARK: OCI

    private func oci(_ index: TarIndex, _ found: inout LintFindings) throws {
        for member in index.members where member.name.hasPrefix("blobs/sha256/") && member.type == UInt8(ascii: "0") {
            try cancelled.check()
            let digest = try source.part(member.start, size: member.size).sha256(cancelled: cancelled)
            if digest.hex != member.name.dropFirst(13) {
                found.broken("oci-digest", "the blob '\(member.name)' has another digest", source: LintSource.oci)
            }
        }
        guard let entry = index.members.first(where: { $0.name == "index.json" }) else {
            found.broken("oci-index", "there is no index.json", source: LintSource.oci)
            return
        }
        let names = Set(index.members.map(\.name))
        let documents =
            [try text(entry)]
            + (try index.members.filter {
                $0.name.hasPrefix("blobs/sha256/") && $0.size < 1 << 20
            }.map(text))
        for document in documents {
            for digest in Self.digests(String(decoding: document, as: UTF8.self))
            where !names.contains("blobs/sha256/\(digest)") {
                found.broken("oci-missing-blob", "the blob \(digest.prefix(12))… is missing", source: LintSource.oci)
            }
        }
        if target == .kubevirt { try containerDisk(index, &found) }
    }

    /// Digests of descriptors; those of a configuration's layers are of what is in them.
    private static func digests(_ text: String) -> [String] {
        ["\"digest\": \"sha256:", "\"digest\":\"sha256:"].flatMap { mark in
            text.split(separator: mark).dropFirst().map { String($0.prefix(64)) }
        }
    }

    private func containerDisk(_ index: TarIndex, _ found: inout LintFindings) throws {
        let layers = index.members.filter { $0.name.hasPrefix("blobs/sha256/") && $0.size >= 1 << 16 }
        guard layers.count == 1, let layer = layers.first,
            let inner = try? TarIndex(source.part(layer.start, size: layer.size))
        else { return }
        let disks = inner.members.filter { $0.name.hasPrefix("disk/") && $0.type == UInt8(ascii: "0") }
        if disks.count != 1 {
            found.error(
                "container-disk-count", "/disk holds \(disks.count) files, and not one",
                why: "KubeVirt starts the one file it finds there", source: Target.kubevirt.profile.source,
                remedy: "stonebake build SPEC --target kubevirt")
        }
        for disk in disks where disk.uid != 107 && disk.mode & 0o004 == 0 {
            found.error(
                "container-disk-owner", "'/\(disk.name)' is not readable by user 107",
                why: "virt-launcher runs QEMU as that user", source: Target.kubevirt.profile.source,
                remedy: "COPY --chown=107:107")
        }
    }

    // MARK: Vagrant, Incus

    private func box(_ index: TarIndex, _ found: inout LintFindings) throws {
        guard let member = index.members.first(where: { $0.name == "metadata.json" }) else { return }
        let metadata = String(decoding: try text(member), as: UTF8.self)
        let names = Set(index.members.map(\.name))
        let source = Target.vagrant.profile.source
        if metadata.contains("\"libvirt\"") {
            if !names.contains("box.img") {
                found.broken("box-disk", "the box for libvirt lacks 'box.img'", source: source)
            }
            if !metadata.contains("\"virtual_size\"") {
                found.broken("box-metadata", "metadata.json lacks 'virtual_size'", source: source)
            }
        } else if metadata.contains("\"virtualbox\"") {
            if !names.contains("box.ovf") {
                found.broken("box-disk", "the box for VirtualBox lacks 'box.ovf'", source: source)
            }
        } else {
            found.broken("box-provider", "metadata.json names no provider", source: source)
        }
    }

    private func incus(_ index: TarIndex, _ found: inout LintFindings) throws {
        guard let member = index.members.first(where: { $0.name == "metadata.yaml" }) else { return }
        let metadata = String(decoding: try text(member), as: UTF8.self)
        for key in ["architecture:", "creation_date:"] where !metadata.contains(key) {
            found.broken(
                "incus-metadata", "metadata.yaml lacks '\(key.dropLast())'", source: Target.incus.profile.source)
        }
        if let disk = index.members.first(where: { $0.name == "rootfs.img" }) {
            try QCOW2Lint(source: source.part(disk.start, size: disk.size)).check(&found)
        }
    }
}

extension BlockSource {
    func sha256(cancelled: CancellationFlag) throws -> Digest {
        var hash = SHA256()
        var position: Int64 = 0
        while position < size {
            try cancelled.check()
            let bytes = try available(position, 1 << 20)
            bytes.withUnsafeBytes { hash.update($0) }
            position += Int64(bytes.count)
        }
        return hash.finalize()
    }
}
