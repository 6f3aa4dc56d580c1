import ApplianceSpec
import BuildPlanning
import FileTrees
import HostSystem
import SandboxInside

/// Makes one filesystem, or swap space, with its tree as a file of its own, with the programs of the tools layer.
struct FilesystemMaker {
    let host: Host
    let tools: ToolsRoot
    let content: StorageLayout.Content
    let identity: DiskIdentity
    /// A folder of its own on the store's filesystem.
    let folder: String
    /// All times in it, in seconds since 1970.
    let timestamp: Int64

    /// A tree for it: a tar, and the subvolume that it is for (`` for the top level).
    struct Tree {
        var archive: String
        var subvolume: String
    }

    var image: String { "\(folder)/image" }
    private static let place = DiskWriter.place
    private static let file = "\(place)/image"
    private var format: StorageSettings.Format { .init(rawValue: content.format) ?? .ext4 }

    /// Makes the file; of XFS without its files, which Linux itself has to write.
    ///
    /// - Throws: `DiskError`, `HostError`, `CancellationError`.
    func make(_ trees: [Tree]) async throws {
        _ = try DiskFile.create(image, size: content.size)
        switch format {
        case .ext2, .ext3, .ext4: try await makeExt(trees)
        case .xfs: try await makeXFS()
        case .btrfs: try await makeBtrfs(trees)
        case .vfat: try await makeFAT(trees)
        case .swap: try makeSwap()
        case .efi, .biosBoot: break
        }
        // mkfs.btrfs makes a file larger that is too small for its tree.
        if let size = try Files.identity(image)?.size, size > content.size {
            throw DiskError(
                .size,
                "the \(content.format) filesystem of \(content.place) has \(Files.sizeText(content.size)), and "
                    + "needs \(Files.sizeText(size)) for its files",
                hint: "give it a larger size, or none")
        }
    }

    /// Has its own checker look at it, without changing it.
    ///
    /// - Throws: `DiskError.verification` when it is not clean.
    func check() async throws {
        let command: Command
        switch format {
        case .ext2, .ext3, .ext4: command = Command("e2fsck", ["-f", "-n", Self.file])
        case .xfs: command = Command("xfs_repair", ["-n", "-f", Self.file])
        case .btrfs: command = Command("btrfs", ["check", "--readonly", "--force", Self.file])
        case .vfat: command = Command("fsck.fat", ["-n", Self.file])
        case .efi, .swap, .biosBoot: return
        }
        let result = try await Sandbox(host: host).run(
            SandboxJob(layers: [tools.tree], command: command).with {
                $0.binds = [.init(folder, at: Self.place, readOnly: false)]
                $0.timestamp = timestamp
            })
        guard result.succeeded else {
            throw DiskError(
                .verification, "the finished \(content.format) filesystem of \(content.place) is damaged",
                hint: "this is a defect of Stonebake", notes: result.tail)
        }
    }

    /// One that writes as if the file were a disk with nothing but this filesystem on it.
    private var writer: DiskWriter {
        let partition = DiskLayout.Partition(
            number: 1, role: .root, name: "", typeGUID: "", uniqueGUID: "", start: 0, size: content.size,
            label: content.label, filesystemUUID: content.uuid)
        let layout = DiskLayout(
            diskGUID: "", size: content.size, partitions: [partition],
            root: content.parameters ?? .init(inodes: 1024, journalMebibytes: 4))
        return DiskWriter(
            host: host, tools: tools, layout: layout, disk: DiskFile(path: image), folder: folder, timestamp: timestamp)
    }

    private func run(
        _ command: Command, binds: [SandboxBind] = [], caching cached: String? = nil
    ) async throws {
        try await writer.run(
            command, "making the \(content.format) filesystem of \(content.place)",
            binds: [.init(folder, at: Self.place, readOnly: false)] + binds, caching: cached)
    }

    private func makeExt(_ trees: [Tree]) async throws {
        let writer = writer
        guard let tree = trees.first, let partition = writer.layout[.root] else { return }
        let features = Ext4Writer.features(of: format)
        let command = Ext4Writer.command(
            partition, parameters: writer.layout.root, hashSeed: identity.uuid("hash seed of \(content.place)"),
            archive: "\(Self.place)/tree.tar", disk: Self.file, mountPoint: content.mount ?? "/", features: features,
            more: content.makeOptions
        ).with {
            // Zeros are written as such, and not left as holes: what is encrypted afterwards has no holes.
            if content.isEncrypted { $0.environment["UNIX_IO_NOZEROOUT"] = "1" }
        }
        try await run(command, binds: [.init(tree.archive, at: "\(Self.place)/tree.tar")], caching: Self.file)
        let attributes = ExtendedAttributes(try RootArchive(tree.archive).entries)
        if !attributes.items.isEmpty { try await writer.write(attributes, to: partition) }
    }

    private func makeXFS() async throws {
        let label = content.label.map { ["-L", $0] } ?? []
        try await run(
            Command("mkfs.xfs", ["-q", "-f", "-m", "uuid=\(content.uuid)"] + label + content.makeOptions + [Self.file]))
    }

    /// The trees are laid out as folders, of which mkfs.btrfs makes subvolumes.
    private func makeBtrfs(_ trees: [Tree]) async throws {
        let tree = "\(Self.place)/tree"
        var lines = ["set -eu", "mkdir -m 755 \(tree)"]
        // A subvolume within another follows it.
        for subvolume in content.subvolumes.map(\.name).sorted() {
            lines.append("mkdir -p \(Command.quoted("\(tree)/\(subvolume)"))")
        }
        var binds: [SandboxBind] = []
        for (index, part) in trees.enumerated() {
            let target = Command.quoted(part.subvolume.isEmpty ? tree : "\(tree)/\(part.subvolume)")
            lines.append(
                "tar -x -f \(Self.place)/tree-\(index).tar -C \(target) --numeric-owner --same-owner -p --xattrs "
                    + "--xattrs-include='*' --warning=no-timestamp")
            binds.append(.init(part.archive, at: "\(Self.place)/tree-\(index).tar"))
        }
        let label = content.label.map { ["-L", $0] } ?? []
        let subvolumes = content.subvolumes.map(\.name).sorted().flatMap { ["--subvol", "rw:\($0)"] }
        let words =
            ["mkfs.btrfs", "-q", "-f", "-U", content.uuid, "--rootdir", tree] + label + subvolumes
            + content.makeOptions + [Self.file]
        lines.append(words.map(Command.quoted).joined(separator: " "))
        lines.append("rm -rf \(tree)")
        try await run(Command("sh", ["-c", lines.joined(separator: "\n")]), binds: binds)
    }

    private func makeFAT(_ trees: [Tree]) async throws {
        let identifier = content.uuid.filter { $0 != "-" }
        let label = content.label.map { ["-n", $0] } ?? []
        let words = ["mkfs.fat", "--invariant"] + label + content.makeOptions + ["-i", identifier, Self.file]
        var lines = ["set -eu", "export MTOOLS_SKIP_CHECK=1 TZ=UTC", words.map(Command.quoted).joined(separator: " ")]
        for tree in trees {
            let archive = try RootArchive(tree.archive)
            for (index, entry) in archive.entries.enumerated() where !entry.path.isEmpty {
                let target = Command.quoted("::/\(entry.path)")
                switch entry.type {
                case "5": lines.append("mmd -i \(Self.file) \(target)")
                case "0", "1":
                    let bytes = try archive.content(of: entry.path, limit: 4 << 30) ?? []
                    try Files.write(bytes, to: "\(folder)/file-\(index)")
                    lines.append("mcopy -i \(Self.file) \(Self.place)/file-\(index) \(target)")
                    lines.append("rm \(Self.place)/file-\(index)")
                default:
                    throw DiskError(
                        .badTree, "vfat cannot hold '\(content.mount ?? "")/\(entry.path)', which is no plain file",
                        hint: "give that filesystem another type")
                }
            }
        }
        try await run(Command("sh", ["-c", lines.joined(separator: "\n")]))
    }

    /// As mkswap(8) does for pages of 4 KiB: nothing but a header.
    private func makeSwap() throws {
        let disk = DiskFile(path: image)
        var page = [UInt8](repeating: 0, count: 4096)
        page.put(UInt32(1), at: 1024)
        page.put(UInt32(clamping: content.size / 4096 - 1), at: 1028)
        let digits = content.uuid.filter { $0 != "-" }
        for (index, start) in stride(from: 0, to: digits.count, by: 2).enumerated() {
            let first = digits.index(digits.startIndex, offsetBy: start)
            page[1036 + index] = UInt8(digits[first...].prefix(2), radix: 16) ?? 0
        }
        let label = Array((content.label ?? "").utf8.prefix(15))
        page.replaceSubrange(1052..<1052 + label.count, with: label)
        page.replaceSubrange(4086..<4096, with: Array("SWAPSPACE2".utf8))
        try disk.write(page, at: 0)
    }
}

extension StorageLayout.Content {
    /// Whether it comes to lie under encryption.
    var isEncrypted: Bool { encryption != nil || isInEncryptedGroup }
}
