import ApplianceSpec
import ContentDigest
import FileTrees
import XMLDocuments

/// An OVA: order of its members, manifest, envelope, and the disk in it.
struct OVALint {
    let source: BlockSource
    let index: TarIndex
    let target: Target?
    let cancelled: CancellationFlag

    func check(_ found: inout LintFindings) throws {
        let members = index.members
        for member in members
        where !member.magic.hasPrefix("ustar") || member.type == UInt8(ascii: "S") || member.type == UInt8(ascii: "x") {
            found.broken("ova-format", "'\(member.name)' is not a plain member of a ustar", source: LintSource.ovf)
        }
        guard let first = members.first, first.name.hasSuffix(".ovf") else {
            found.broken("ova-order", "the first member is not the envelope (.ovf)", source: LintSource.ovf)
            return
        }
        var complaint: String?
        guard
            let envelope = XMLElement.parse(
                try source.bytes(first.start, Int(min(first.size, 4 << 20))), complaint: &complaint)
        else {
            found.broken("ovf-xml", "the envelope is no XML: \(complaint ?? "")", source: LintSource.ovf)
            return
        }
        let files = envelope["References"]?.all("File") ?? []
        checkOrder(files, &found)
        try checkManifest(&found)
        for file in files {
            let name = file.attribute("href") ?? ""
            guard let member = members.first(where: { $0.name == name }) else {
                found.broken(
                    "ovf-missing-file", "the envelope refers to '\(name)', which is not there", source: LintSource.ovf)
                continue
            }
            if let size = file.attribute("size").flatMap({ Int64($0) }), size != member.size {
                found.broken(
                    "ovf-size", "the envelope says that '\(name)' has \(size) bytes, and it has \(member.size)",
                    source: LintSource.ovf)
            }
            try VMDKLint(source: source.part(member.start, size: member.size), isStream: true).check(&found)
        }
        checkEnvelope(envelope, files, &found)
    }

    private func checkOrder(_ files: [XMLElement], _ found: inout LintFindings) {
        let names = index.members.map(\.name)
        if let place = names.firstIndex(where: { $0.hasSuffix(".mf") }), place != 1 {
            found.broken("ova-order", "the manifest does not follow the envelope", source: LintSource.ovf)
        }
        let referred = files.compactMap { $0.attribute("href") }
        if names.filter(referred.contains) != referred {
            found.broken(
                "ova-order", "the files are not in the order of the envelope's References", source: LintSource.ovf)
        }
    }

    private func checkManifest(_ found: inout LintFindings) throws {
        guard let manifest = index.members.first(where: { $0.name.hasSuffix(".mf") }) else {
            found.warning(
                "ova-no-manifest", "there is no manifest", why: "nobody notices a damaged upload",
                source: LintSource.ovf,
                remedy: "add one: sha256 of each file")
            return
        }
        let text = String(decoding: try source.bytes(manifest.start, Int(min(manifest.size, 1 << 20))), as: UTF8.self)
        var named: Set<String> = []
        for line in text.split(whereSeparator: \.isNewline) {
            guard let parsed = ManifestLine(String(line)) else {
                found.broken(
                    "ova-manifest-line", "the manifest has a line that readers refuse: '\(line.prefix(60))'",
                    source: LintSource.ovf)
                continue
            }
            named.insert(parsed.file)
            guard ["SHA1", "SHA256"].contains(parsed.algorithm) else {
                found.error(
                    "ova-manifest-algorithm", "the manifest uses \(parsed.algorithm)",
                    why: "virt-v2v and older vSphere read SHA1 and SHA256 only",
                    source: "libguestfs, virt-v2v-input-vmware(1)",
                    remedy: "write it with SHA256")
                continue
            }
            guard let member = index.members.first(where: { $0.name == parsed.file }) else {
                found.broken(
                    "ova-manifest-file", "the manifest names '\(parsed.file)', which is not there",
                    source: LintSource.ovf)
                continue
            }
            let part = source.part(member.start, size: member.size)
            let digest =
                parsed.algorithm == "SHA1" ? try part.sha1(cancelled) : try part.sha256(cancelled: cancelled).hex
            if digest != parsed.digest.lowercased() {
                found.broken(
                    "ova-digest", "'\(parsed.file)' has another digest than the manifest says", source: LintSource.ovf)
            }
        }
        for member in index.members
        where !member.name.hasSuffix(".mf") && !member.name.hasSuffix(".cert") && !named.contains(member.name) {
            found.broken("ova-manifest-file", "the manifest does not name '\(member.name)'", source: LintSource.ovf)
        }
    }

    /// `SHA256(file)= hex`; nothing else is read by all.
    private struct ManifestLine {
        var algorithm: String
        var file: String
        var digest: String

        init?(_ line: String) {
            guard let open = line.firstIndex(of: "("), let end = line.lastIndex(of: ")"), open < end else { return nil }
            algorithm = String(line[..<open])
            file = String(line[line.index(after: open)..<end])
            let rest = line[line.index(after: end)...]
            guard rest.hasPrefix("= "), ["SHA1", "SHA256", "SHA512"].contains(algorithm) else { return nil }
            digest = String(rest.dropFirst(2))
            guard digest.allSatisfy(\.isHexDigit), !file.isEmpty else { return nil }
        }
    }

    private func checkEnvelope(_ envelope: XMLElement, _ files: [XMLElement], _ found: inout LintFindings) {
        for disk in envelope["DiskSection"]?.all("Disk") ?? [] {
            if disk.attribute("format")?.hasSuffix("#streamOptimized") != true {
                found.error(
                    "ovf-disk-format", "the disk's ovf:format does not end in #streamOptimized",
                    why: "VMware streams the disk", source: LintSource.ovf, remedy: "write a stream-optimised VMDK")
            }
            if !files.contains(where: { $0.attribute("id") == disk.attribute("fileRef") }) {
                found.broken("ovf-file-reference", "a disk refers to a file that is not listed", source: LintSource.ovf)
            }
        }
        let types = envelope.descendants("VirtualSystemType").map(\.text)
        if types.isEmpty {
            found.broken("ovf-hardware", "the envelope does not say for what hardware it is", source: LintSource.ovf)
        }
        for type in types {
            let isVirtualBox = type.hasPrefix("virtualbox")
            if target == .vmware, isVirtualBox {
                found.error(
                    "ovf-family", "the hardware is '\(type)'", why: "vSphere refuses families that are not vmx-…",
                    source: LintSource.ovf, remedy: "stonebake build SPEC --target vmware")
            } else if target == .virtualbox, !isVirtualBox {
                found.warning(
                    "ovf-family", "the hardware is '\(type)'", why: "VirtualBox guesses what it does not know",
                    source: LintSource.ovf, remedy: "stonebake build SPEC --target virtualbox")
            }
        }
    }
}

extension BlockSource {
    func sha1(_ cancelled: CancellationFlag) throws -> String {
        var hash = SHA1()
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
