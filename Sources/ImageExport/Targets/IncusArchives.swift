import Diagnostics
import FileTrees
import HostSystem

/// The archives of Incus and LXD that are the same for both: `metadata.yaml`, alone or before the disk or the tree.
struct IncusArchives: Sendable {
    var facts: ApplianceFacts

    func metadata(to path: String) throws -> WrittenFile {
        let archive = try TarWriter(path: path, layout: .ustar, compression: .xz(preset: 1))
        try addDescription(to: archive)
        return try WrittenFile(archive, path)
    }

    /// - Parameter image: the path of a qcow2
    func machine(of image: String, to path: String) throws -> WrittenFile {
        let archive = try TarWriter(path: path, layout: .ustar)
        try addDescription(to: archive)
        let size = try Files.identity(image)?.size ?? 0
        try archive.add(entry("rootfs.img", size: size), contentsOf: image)
        return try WrittenFile(archive, path)
    }

    /// The tree below `rootfs`, behind the metadata.
    ///
    /// - Parameter tree: the path of its tar
    func container(
        of tree: String, to path: String, workers: Int, cancelled: CancellationFlag
    ) throws -> WrittenFile {
        let plain = "\(path).plain"
        defer { discardTree(plain) }
        let archive = try TarWriter(path: plain)
        try addDescription(to: archive)
        try ContainerTree.copy(tree, into: archive, below: "rootfs", cancelled: cancelled)
        _ = try archive.finish()
        return try GzipWriter(workers: workers).write(
            ComposedStream(try DiskSource(plain)), to: path, cancelled: cancelled)
    }

    private func addDescription(to archive: TarWriter) throws {
        try archive.add(entry("metadata.yaml"), content: Array(description.utf8))
    }

    private func entry(_ name: String, size: Int64 = 0) -> ArchiveEntry {
        ArchiveEntry(path: name, kind: .file, mode: 0o644, size: size, modified: facts.timestamp)
    }

    private var description: String {
        let properties = [
            ("architecture", facts.machine), ("description", "\(facts.summary) (\(facts.stem))"),
            ("name", facts.stem), ("os", facts.distribution.prefix(1).uppercased() + facts.distribution.dropFirst()),
            ("release", facts.release), ("serial", facts.date.compactWithTime), ("variant", "default"),
        ]
        // JSON's strings are YAML's too.
        return "architecture: \(facts.machine)\ncreation_date: \(facts.timestamp)\nproperties:\n"
            + properties.map { "  \($0.0): \(JSONValue.string($0.1).compactText)\n" }.joined() + "templates: {}\n"
    }
}
