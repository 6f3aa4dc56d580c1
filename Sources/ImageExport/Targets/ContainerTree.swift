import FileTrees

/// The tree as a container of Incus or LXD has it: its root is mounted by who starts it, and it has no disks. With the disk's
/// own fstab it waits for the EFI system partition for 90 seconds, and counts two units as failed.
enum ContainerTree {
    /// - Parameters:
    ///   - tree: the tar of the tree
    ///   - folder: where its members go in the archive; nil: as they are
    static func copy(
        _ tree: String, into archive: TarWriter, below folder: String?, cancelled: CancellationFlag
    ) throws {
        func placed(_ path: String) -> String {
            guard let folder else { return path }
            let relative = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
            return relative.isEmpty || relative == "." ? folder : "\(folder)/\(relative)"
        }
        let reader = try ArchiveReader(path: tree)
        while var entry = try reader.next() {
            try cancelled.check()
            let isTable = ["./etc/fstab", "etc/fstab"].contains(entry.path) && entry.kind == .file
            entry.path = placed(entry.path)
            if case .hardLink(let target) = entry.kind { entry.kind = .hardLink(target: placed(target)) }
            guard isTable else {
                try archive.add(entry, from: reader)
                continue
            }
            var table: [UInt8] = []
            try reader.readData { (piece, _) throws(HostError) in table += piece }
            let left = Array(withoutDisks(String(decoding: table, as: UTF8.self)).utf8)
            entry.size = Int64(left.count)
            try archive.add(entry, content: left)
        }
    }

    /// The lines that name no disk.
    static func withoutDisks(_ table: String) -> String {
        let disks = ["UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "/dev/"]
        return table.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            let device = line.split(whereSeparator: \.isWhitespace).first ?? ""
            return !disks.contains { device.hasPrefix($0) }
        }.joined(separator: "\n")
    }
}
