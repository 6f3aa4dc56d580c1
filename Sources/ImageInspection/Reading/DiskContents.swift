package import FileTrees

/// A disk image, opened: what divides it, and what lies in its parts.
package struct DiskContents: Sendable {
    /// A partition, or the whole disk where nothing divides it.
    package struct Part: Sendable {
        /// Nil for the whole disk.
        package var entry: DiskTable.Entry?
        package var source: BlockSource
        var reader: (any FilesystemReader)?
        package var other: OtherFilesystem?

        /// `partition 1`, `the disk`.
        package var title: String { entry.map { "partition \($0.number)" } ?? "the disk" }
        package var number: Int { entry?.number ?? 0 }
        /// Of a logical volume: what fstab and the kernel call it.
        var deviceNames: [String] = []
        package var facts: [Fact] { reader?.facts ?? other?.facts ?? [] }

        /// Whether it holds something that was not looked at.
        var isUnread: Bool {
            guard reader == nil, let other else { return false }
            return other.holdsFiles || other.type == "crypto_LUKS"
        }

        var type: String? { facts.first { $0.name == "type" }?.value }
    }

    /// What the user calls it, and the raw file that is read.
    package var name: String
    /// qemu-img's name of the file's format.
    package var format: String
    package var raw: BlockSource
    package var table: DiskTable
    package var parts: [Part]
    /// Whether the parts are the layers of one tree, each over those before it, and no disk's partitions.
    package private(set) var isTree = false
    /// See `attachSystem`.
    var system: (any FilesystemReader)?

    /// - Parameters:
    ///   - name: what the user calls the image
    ///   - format: `raw`, `qcow2`, …
    ///   - path: of the raw disk
    /// - Throws: `InspectionError`, `HostError`.
    package init(name: String, format: String, raw path: String) throws {
        self.name = name
        self.format = format
        let raw = try BlockSource(path)
        let table = try DiskTable.read(raw)
        (self.raw, self.table) = (raw, table)
        if table.kind == .none {
            parts = [try Self.part(nil, raw)]
        } else {
            // An extended partition holds others and has no content of its own.
            let entries = table.entries.filter { table.kind == .gpt || !["05", "0f", "85"].contains($0.type) }
            parts = try entries.sorted { $0.start < $1.start }.map {
                try Self.part($0, raw.part($0.start, size: $0.size))
            }
        }
        guard table.kind != .none || parts.contains(where: { !$0.facts.isEmpty }) else {
            throw InspectionError(
                .notAnImage, "'\(name)' is no disk image: it has neither a partition table nor a filesystem")
        }
    }

    /// The tree of a container: no disk at all.
    ///
    /// - Parameter layers: plain tars, the lowest first, and the folder of each where the tree begins
    /// - Throws: `HostError` when a tar cannot be read.
    package init(name: String, layers: [(archive: String, folder: String)]) throws {
        self.name = name
        format = "tar"
        raw = try BlockSource(layers.first?.archive ?? name)
        table = DiskTable(kind: .none, id: nil, entries: [], problems: [])
        let source = raw
        parts = try layers.map { layer in
            let tar = OtherFilesystem(type: "tar", uuid: nil, label: nil, holdsFiles: true)
            return Part(
                entry: nil, source: source,
                reader: try ArchivedFilesystem(layer.archive, of: tar, below: layer.folder), other: tar)
        }
        isTree = true
    }

    private static func part(_ entry: DiskTable.Entry?, _ source: BlockSource) throws -> Part {
        if let reader = try Ext4Reader(source) { return Part(entry: entry, source: source, reader: reader) }
        if let reader = try FATReader(source) { return Part(entry: entry, source: source, reader: reader) }
        return Part(entry: entry, source: source, other: try OtherFilesystem.probe(source))
    }

    /// The numbers of the parts whose files have no native reader, and which are not the same bytes in the other disk.
    package func foreignParts(differingFrom other: DiskContents, cancelled: CancellationFlag) throws -> [Int] {
        try parts.filter { part in
            guard part.reader == nil, part.other?.holdsFiles == true else { return false }
            guard let twin = other.parts.first(where: { $0.number == part.number }) else { return true }
            return try ByteComparison.firstDifference(part.source, twin.source, cancelled: cancelled) != nil
        }.map(\.number)
    }

    /// The numbers of the parts that hold files and have no native reader.
    package var foreignParts: [Int] {
        parts.filter { $0.reader == nil && $0.other?.holdsFiles == true }.map(\.number)
    }

    /// Gives a part the files that somebody else has read, as a tar.
    ///
    /// - Throws: `HostError` when the tar cannot be read.
    package mutating func attach(archive: String, to number: Int) throws {
        guard let index = parts.firstIndex(where: { $0.number == number }), let other = parts[index].other else {
            return
        }
        parts[index].reader = try ArchivedFilesystem(archive, of: other)
    }

    /// The numbers of the parts that are physical volumes of LVM.
    package var physicalVolumes: [Int] { parts.filter { $0.type == Self.physicalVolume }.map(\.number) }

    static let physicalVolume = "LVM2_member"

    /// Adds the files of a logical volume, which somebody else has read, as a tar.
    ///
    /// - Throws: `HostError` when the tar cannot be read.
    package mutating func attach(
        archive: String, ofVolume name: String, group: String, type: String, uuid: String?, label: String?
    ) throws {
        let other = OtherFilesystem(type: type, uuid: uuid, label: label, holdsFiles: true)
        let mapped = [group, name].map { $0.replacing("-", with: "--") }.joined(separator: "-")
        var part = Part(
            entry: nil, source: raw.part(0, size: 0), reader: try ArchivedFilesystem(archive, of: other), other: other)
        part.deviceNames = ["/dev/\(group)/\(name)", "/dev/mapper/\(mapped)"]
        parts.append(part)
    }

    /// Gives the disk the files of its system, all of them in one tar, in place of what can be read of its parts.
    ///
    /// - Throws: `HostError` when the tar cannot be read.
    package mutating func attachSystem(_ archive: String) throws {
        let tar = OtherFilesystem(type: "tar", uuid: nil, label: nil, holdsFiles: true)
        system = try ArchivedFilesystem(archive, of: tar)
    }

    /// Whether there is something on it that no native reader reads: other filesystems, volumes, what is encrypted.
    package var hasUnreadParts: Bool { parts.contains(where: \.isUnread) }

    /// The files of the first part that has any, and their contents.
    package func files() throws -> [FileRecord] { try parts.lazy.compactMap(\.reader).first?.files() ?? [] }

    package func content(of file: FileRecord) throws -> [UInt8] {
        try parts.lazy.compactMap(\.reader).first?.content(of: file, at: 0, Int(file.size)) ?? []
    }

    /// What lies at the byte of the raw disk: `the GPT header`, `partition 1: the ext4 superblock`, …
    func structure(at offset: Int64) throws -> String {
        if let part = parts.first(where: {
            $0.entry != nil && ($0.source.start..<$0.source.start + $0.source.size).contains(offset)
        }) ?? (table.kind == .none ? parts.first : nil) {
            let within = offset - part.source.start
            return "\(part.title): \(try part.reader?.structure(at: within) ?? "byte \(within)")"
        }
        if offset < 440 { return "the boot code in the master boot record" }
        if offset < 446 { return "the disk signature in the master boot record" }
        if offset < 510 { return "the partition entries of the master boot record" }
        guard table.kind == .gpt else { return "the space before the first partition" }
        switch offset {
        case ..<512: return "the end of the master boot record"
        case 512..<1024: return "the GPT header"
        case 1024..<(34 * 512): return "the GPT entries"
        case (raw.size - 512)...: return "the header of the GPT's copy"
        case (raw.size - 33 * 512)...: return "the entries of the GPT's copy"
        default: return "the space between partitions"
        }
    }
}
