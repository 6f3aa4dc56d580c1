import BuildPlanning
import FileTrees
import HostSystem
import SandboxInside
import TreeMeasures

/// Makes a disk out of the last one where only the contents of a few files differ, each of which takes as many blocks as
/// before. mke2fs lays a tree out by its files' sizes in blocks alone, so that it would give the same bytes: the files'
/// blocks and their lengths are all that changes.
struct DiskPatcher {
    let host: Host
    let tools: ToolsRoot
    let layout: DiskLayout
    /// Seconds since 1970.
    let timestamp: Int64

    private static let place = "/run/stonebake"

    /// Whether a disk can be patched for these changes at all. A block of zeros would be a hole.
    func canWrite(_ changes: TreeChanges) throws(HostError) -> Bool {
        for file in changes.files {
            let content = try Files.read(file.content)
            guard content.count == file.size else { return false }
            for start in stride(from: 0, to: content.count, by: Self.blockSize) {
                let block = content[start..<min(start + Self.blockSize, content.count)]
                if block.allSatisfy({ $0 == 0 }) { return false }
            }
        }
        return true
    }

    private static let blockSize = Int(Ext4Geometry.blockSize)

    /// Copies the old disk and writes the changes into the copy.
    ///
    /// - Returns: false when the old disk is not of the shape that this can change; nothing is promised of the copy then.
    /// - Throws: `HostError`, `DiskError`, `CancellationError`.
    func patch(_ old: String, with changes: TreeChanges, into disk: DiskFile) async throws -> Bool {
        guard let partition = layout[.root], let uuid = partition.filesystemUUID.flatMap(Self.bytes(ofUUID:)) else {
            return false
        }
        async let copied: Void = Timeline.measure("copy the last disk") {
            try await blocking(named: "copy") { try SparseCopy.copy(old, to: disk.path, cancelled: $0) }
        }
        let places = try await places(of: changes.files.map(\.path), in: old, partition)
        try await copied
        guard let places else { return false }
        for (file, place) in zip(changes.files, places.places) {
            let count = (file.size + Ext4Geometry.blockSize - 1) / Ext4Geometry.blockSize
            let position = partition.start + place.offset
            var inode = Ext4Inode(
                bytes: try disk.bytes(Ext4Inode.size, at: position), number: place.inode, filesystem: uuid)
            guard Int64(place.blocks.count) == count, inode.isSound, inode.length == file.oldSize else { return false }
            let content = try Files.read(file.content)
            for (index, block) in place.blocks.enumerated() {
                let start = index * Self.blockSize
                var piece = Array(content[start..<min(start + Self.blockSize, content.count)])
                piece += [UInt8](repeating: 0, count: Self.blockSize - piece.count)
                try disk.write(piece, at: partition.start + block * Ext4Geometry.blockSize)
            }
            if file.size != file.oldSize {
                inode.setLength(file.size)
                try disk.write(inode.bytes, at: position)
            }
        }
        return true
    }

    private func places(
        of paths: [String], in disk: String, _ partition: DiskLayout.Partition
    ) async throws -> Ext4Places? {
        guard let requests = Ext4Places.requests(paths) else { return nil }
        let folder = try host.scratch.newFolder("places")
        try Files.write(requests, to: "\(folder)/requests")
        let command = Command(
            "debugfs", ["-f", "\(Self.place)/requests", "\(Self.place)/disk.raw?offset=\(partition.start)"]
        ).with { $0.output = .capture(limit: 16 << 20) }
        let job = SandboxJob(layers: [tools.tree], command: command).with {
            $0.binds = [
                .init("\(folder)/requests", at: "\(Self.place)/requests"), .init(disk, at: "\(Self.place)/disk.raw"),
            ]
            $0.timestamp = timestamp
        }
        let result = try await Sandbox(host: host).run(job)
        guard result.succeeded else { return nil }
        return Ext4Places(
            answers: String(decoding: result.output, as: UTF8.self), count: paths.count,
            blockSize: Ext4Geometry.blockSize)
    }

    private static func bytes(ofUUID text: String) -> [UInt8]? {
        let digits = text.filter { $0 != "-" }
        guard digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var rest = digits[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
