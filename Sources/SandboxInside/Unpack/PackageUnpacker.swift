import ContentDigest
import FileTrees

/// What unpacking one package gave.
struct UnpackedPackage: Sendable {
    var control: ControlFiles
    /// Every path of the data archive in its order, as dpkg lists them: `usr/bin/x`; empty for the root.
    var paths: [String]
    /// Folders, with what the package says of them.
    var folders: [(path: String, metadata: ContainedFolder.Metadata)]
    /// Folders that were not there before.
    var created: Set<String>
    /// `md5sums` as dpkg would make it, where the package brings none.
    var sums: String
    var bytes: Int64
}

/// Unpacks one package's data archive into the root, as dpkg would: folders that are there stay as they are, links to
/// folders stay links, conffiles get the name that `dpkg --configure` looks for.
struct PackageUnpacker {
    let root: ContainedFolder
    let claims: FileClaims
    let rules: PathRules
    let owners: OwnerNames
    /// Whether conffiles wait as `.dpkg-new` for their package to be configured.
    let conffilesWait: Bool

    /// - Parameters:
    ///   - data: the package's data archive
    ///   - only: nil for everything, otherwise the paths to which this is limited
    func unpack(
        _ data: ArchiveReader, _ control: ControlFiles, order: Int, only: Set<String>? = nil
    ) throws(HostError) -> UnpackedPackage {
        var work = Work(control: control, owner: Self.owner(control, order: order), conffilesWait: conffilesWait)
        while true {
            var path = "?"
            do {
                guard let entry = try data.next() else { break }
                path = entry.path
                if let only, !only.contains(try entry.containedPath()) { continue }
                try unpack(entry, data, &work)
            } catch {
                // Which entry of which package it was, whatever went wrong.
                var error = error
                error.message = "package \(control.name) \(control.version): entry '\(path)': \(error.message)"
                throw error
            }
        }
        return work.result
    }

    static func owner(_ control: ControlFiles, order: Int) -> FileClaims.Owner {
        FileClaims.Owner(
            name: control.name, version: control.version,
            replaces: Relation.groups(control.stanza["Replaces"]).flatMap { $0 },
            isMultiArchSame: control.isMultiArchSame, order: order)
    }

    private struct Work {
        let owner: FileClaims.Owner
        let conffiles: Set<String>
        let needsSums: Bool
        var result: UnpackedPackage
        /// This package's own links and files: nothing of it may lie behind the former, and its hard links may only
        /// name the latter.
        var links: Set<String> = []
        var files: [String: Bool] = [:]
        private(set) var sums: [String: String] = [:]

        mutating func addSum(_ sum: String, _ path: String) {
            sums[path] = sum
            result.sums += "\(sum)  \(path)\n"
        }

        init(control: ControlFiles, owner: FileClaims.Owner, conffilesWait: Bool) {
            self.owner = owner
            conffiles = conffilesWait ? Set(control.conffiles.filter { !$0.isRemoved }.map(\.path)) : []
            needsSums = control.files["md5sums"] == nil
            result = UnpackedPackage(control: control, paths: [], folders: [], created: [], sums: "", bytes: 0)
        }
    }

    private func unpack(_ entry: ArchiveEntry, _ data: ArchiveReader, _ work: inout Work) throws(HostError) {
        let path = try entry.containedPath()
        try refuseOwnLinks(path, work)
        work.result.paths.append(path)
        let metadata = self.metadata(entry, path)
        if entry.kind == .directory { return try unpackFolder(path, metadata, &work) }
        guard !path.isEmpty else { throw HostError(.archive, "the root is not a folder") }

        let isConffile = work.conffiles.contains(path)
        // dpkg's database calls the file by its own name, wherever a diversion puts it.
        let destination = rules.destination(of: path, package: work.owner.name)
        let claimed = try claims.claim(destination, for: work.owner)
        let place = destination + (isConffile ? ".dpkg-new" : "")
        guard claimed == .extract else {
            work.files[path] = false
            return
        }
        switch try root.occupant(place) {
        case .directory:
            // As dpkg: a link does not take a folder's place; anything else must not.
            if case .symlink = entry.kind { return }
            throw HostError(.archive, "a folder is in its place")
        case .linkToDirectory, .nothing, .other: break
        }
        switch entry.kind {
        case .file:
            try unpackFile(place, entry, metadata, data, path, &work)
            work.files[path] = true
        case .symlink(let target):
            try root.makeSymlink(place, target: target, metadata)
            work.links.insert(path)
        case .hardLink(let target):
            let target = try ArchiveEntry.contained(target)
            guard let present = work.files[target] else {
                throw HostError(.archive, "it links to '\(target)', which is no earlier file of the package")
            }
            guard present else { return }
            if let sum = work.sums[target] { work.addSum(sum, path) }
            let source = rules.destination(of: target, package: work.owner.name)
            try root.makeHardLink(place, to: source + (work.conffiles.contains(target) ? ".dpkg-new" : ""))
            work.files[path] = true
        case .characterDevice, .blockDevice, .fifo:
            try root.makeNode(place, entry.kind, metadata)
        case .directory: break
        }
    }

    private func unpackFolder(
        _ path: String, _ metadata: ContainedFolder.Metadata, _ work: inout Work
    ) throws(HostError) {
        if try root.makeFolder(path) { work.result.created.insert(path) }
        work.result.folders.append((path, metadata))
    }

    private func unpackFile(
        _ place: String, _ entry: ArchiveEntry, _ metadata: ContainedFolder.Metadata, _ data: ArchiveReader,
        _ path: String, _ work: inout Work
    ) throws(HostError) {
        var sum = MD5()
        var summed: Int64 = 0
        let needsSum = work.needsSums
        try root.makeFile(place, metadata) { (file) throws(HostError) in
            try data.readData { (piece, offset) throws(HostError) in
                if needsSum {
                    Self.addHole(to: &sum, offset - summed)
                    sum.update(piece)
                    summed = offset + Int64(piece.count)
                }
                try file.write(piece, at: offset)
            }
            try file.finish(size: entry.size)
        }
        if needsSum {
            Self.addHole(to: &sum, entry.size - summed)
            work.addSum(sum.finalize(), path)
        }
        work.result.bytes += entry.size
    }

    /// A hole in a sparse file is so many zeros.
    private static func addHole(to sum: inout MD5, _ size: Int64) {
        let zeros = [UInt8](repeating: 0, count: Int(min(max(size, 0), 1 << 16)))
        var left = size
        while left > 0 {
            zeros.withUnsafeBytes { sum.update(UnsafeRawBufferPointer(rebasing: $0[..<Int(min(left, 1 << 16))])) }
            left -= 1 << 16
        }
    }

    /// A package that puts a file behind its own link wants it somewhere that its file list does not say.
    private func refuseOwnLinks(_ path: String, _ work: Work) throws(HostError) {
        guard !work.links.isEmpty else { return }
        var index = path.startIndex
        while let slash = path[index...].firstIndex(of: "/") {
            let above = String(path[..<slash])
            if work.links.contains(above) {
                throw HostError(.archive, "it lies behind '\(above)', a symbolic link of the same package")
            }
            index = path.index(after: slash)
        }
    }

    private func metadata(_ entry: ArchiveEntry, _ path: String) -> ContainedFolder.Metadata {
        var metadata = ContainedFolder.Metadata(
            mode: entry.mode, uid: owners.user(entry.userName, entry.uid),
            gid: owners.group(entry.groupName, entry.gid),
            modified: entry.modified, attributes: entry.attributes)
        if let override = rules.override(of: path) {
            metadata.mode = override.mode
            metadata.uid = owners.user(named: override.user) ?? metadata.uid
            metadata.gid = owners.group(named: override.group) ?? metadata.gid
        }
        return metadata
    }
}
