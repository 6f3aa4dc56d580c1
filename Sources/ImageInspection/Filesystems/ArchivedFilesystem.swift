import ContentDigest
import FileTrees

/// A filesystem whose files lie in a tar: libguestfs' appliance has read them into it, or it is the tree of a container.
final class ArchivedFilesystem: FilesystemReader {
    let facts: [Fact]
    private let path: String
    private let records: [FileRecord]
    /// The tar itself and where each member's content begins in it; nil where that is not plain to see.
    private let places: (source: BlockSource, starts: [Int64])?

    /// - Parameter folder: of the tar, where the tree begins; empty for all of it
    init(_ path: String, of filesystem: OtherFilesystem, below folder: String = "") throws {
        self.path = path
        facts = filesystem.facts
        let (records, count) = try Self.read(path, below: folder)
        self.records = records
        let source = try BlockSource(path)
        // Extended headers and long names are no members of their own.
        let headers: Set<UInt8> = [UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "K")]
        let starts = (try? TarIndex(source))?.members.filter { !headers.contains($0.type) }.map(\.start)
        places = starts.flatMap { $0.count == count ? (source, $0) : nil }
    }

    func files() throws -> [FileRecord] { records }

    private static func read(_ path: String, below folder: String) throws -> ([FileRecord], members: Int) {
        func placed(_ name: String) -> String? {
            if folder.isEmpty { return name }
            return name == folder
                ? "" : name.hasPrefix(folder + "/") ? String(name.dropFirst(folder.utf8.count + 1)) : nil
        }
        let reader = try ArchiveReader(path: path)
        var byPath: [String: FileRecord] = [:]
        var links: [String: Int] = [:]
        var index: Int64 = -1
        while let entry = try reader.next() {
            index += 1
            guard let name = placed(try entry.containedPath()) else { continue }
            if case .hardLink(let target) = entry.kind {
                let first = placed(try ArchiveEntry.contained(target)) ?? ""
                guard var record = byPath[first] else { continue }
                links[first, default: 1] += 1
                record.path = name
                byPath[name] = record
                continue
            }
            byPath[name] = try record(entry, named: name, index: index, reader: reader)
        }
        // Each name of a file counts all of them, as its inode does.
        let counts = Dictionary(
            links.compactMap { name, count in byPath[name].map { ($0.handle, count) } }, uniquingKeysWith: { $1 })
        let records = byPath.values.map { record in
            var record = record
            record.links = counts[record.handle] ?? 1
            return record
        }
        return (records.sortedBytewise { $0.path }, Int(index + 1))
    }

    private static func record(
        _ entry: ArchiveEntry, named name: String, index: Int64, reader: ArchiveReader
    ) throws -> FileRecord {
        var record = FileRecord(
            path: name, kind: .unknown, mode: entry.mode & 0o7777, uid: entry.uid, gid: entry.gid, size: entry.size,
            modified: entry.modified, target: nil, links: 1,
            attributes: Dictionary(
                entry.attributes.map { ($0.name, $0.value.hex($0.value.indices)) }, uniquingKeysWith: { $1 }),
            handle: index)
        switch entry.kind {
        case .file:
            record.kind = .file
            record.digest = try digest(reader)
        case .directory: record.kind = .directory
        case .fifo: record.kind = .fifo
        case .symlink(let target), .hardLink(let target):
            record.kind = .symlink
            record.target = target
        case .characterDevice(let major, let minor):
            record.kind = .characterDevice
            record.target = "\(major):\(minor)"
        case .blockDevice(let major, let minor):
            record.kind = .blockDevice
            record.target = "\(major):\(minor)"
        }
        return record
    }

    private static func digest(_ reader: ArchiveReader) throws -> Digest {
        var hash = SHA256()
        try reader.readData { (bytes, _) throws(HostError) in hash.update(bytes) }
        return hash.finalize()
    }

    /// At its place in the tar, or, where that is not known, by looking for the member anew.
    func content(of file: FileRecord, at offset: Int64, _ count: Int) throws -> [UInt8] {
        if let (source, starts) = places, starts.indices.contains(Int(file.handle)) {
            return try source.part(starts[Int(file.handle)], size: file.size).available(offset, count)
        }
        let reader = try ArchiveReader(path: path)
        var index: Int64 = -1
        while try reader.next() != nil {
            index += 1
            guard index == file.handle else { continue }
            var content = [UInt8](repeating: 0, count: Int(max(0, min(Int64(count), file.size - offset))))
            let end = offset + Int64(content.count)
            try reader.readData { (bytes, place) throws(HostError) in
                let first = max(place, offset)
                let last = min(place + Int64(bytes.count), end)
                guard first < last else { return }
                let part = bytes[Int(first - place)..<Int(last - place)]
                content.replaceSubrange(Int(first - offset)..<Int(last - offset), with: part)
            }
            return content
        }
        return []
    }

    func structure(at offset: Int64) throws -> String { "byte \(offset)" }
}
