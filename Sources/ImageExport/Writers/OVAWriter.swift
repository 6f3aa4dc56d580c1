import ContentDigest
internal import FileTrees
internal import SystemPackage

/// An OVA: an uncompressed ustar with the envelope, its manifest, and the disk, in this order.
struct OVAWriter {
    var facts: ApplianceFacts
    var family: OVFDescription.Family

    /// - Parameters:
    ///   - disk: a stream-optimised VMDK
    ///   - capacity: of the disk in it, bytes
    func write(_ disk: WrittenFile, capacity: Int64, to path: String) throws -> WrittenFile {
        let (envelope, diskName) = (Self.envelopeName(facts), "\(facts.stem)-disk1.vmdk")
        let text = OVFDescription(
            family: family, facts: facts, diskFile: diskName, fileSize: disk.size, capacity: capacity
        ).document
        // As the strictest reader takes them: no space before the parenthesis, one behind the equals sign.
        let manifest =
            "SHA256(\(envelope))= \(Digest.of(text).hex)\n" + "SHA256(\(diskName))= \(disk.sha256.hex)\n"
        let writer = try TarWriter(path: path, layout: .ustar)
        try writer.add(entry(envelope), content: Array(text.utf8))
        try writer.add(entry("\(facts.stem).mf"), content: Array(manifest.utf8))
        try writer.add(entry(diskName, size: disk.size), contentsOf: disk.path)
        return try WrittenFile(writer, path)
    }

    static func envelopeName(_ facts: ApplianceFacts) -> String { "\(facts.stem).ovf" }

    private func entry(_ name: String, size: Int64 = 0) -> ArchiveEntry {
        ArchiveEntry(path: name, kind: .file, mode: 0o644, size: size, modified: facts.timestamp)
    }
}

extension TarWriter {
    /// Adds a file with the content of another.
    func add(_ entry: ArchiveEntry, contentsOf path: String) throws {
        let file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
        try file.closeAfter { try add(entry, contentOf: file.rawValue) }
    }
}

extension WrittenFile {
    /// Ends the archive.
    init(_ writer: TarWriter, _ path: String) throws {
        let (digest, size) = try writer.finish()
        guard let digest else { throw ExportError(.conversion, "'\(path)' has no digest") }
        self.init(path: path, size: size, sha256: digest)
    }
}
