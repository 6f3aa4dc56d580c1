package import ContentDigest
internal import CLinux
package import FileTrees
internal import Glibc

/// One thing that the store keeps.
package struct StoreItem: Sendable {
    package enum Kind: String, Sendable { case blob, entry, partial }

    package var kind: Kind
    /// A blob's content, an entry's step; nil for a download that broke off.
    package var digest: Digest?
    /// `packages wsgi` for an entry; nil for others.
    package var title: String?
    /// Bytes on disk.
    package var size: Int64
    /// Seconds since 1970.
    package var lastUse: Int64
    package var path: String
}

extension ContentStore {
    /// All that the store keeps, the longest unused first.
    package func list() throws(HostError) -> [StoreItem] {
        var items: [StoreItem] = []
        for shelf in try Files.names(in: "\(root)/blobs/sha256") {
            for name in try Files.names(in: "\(root)/blobs/sha256/\(shelf)") {
                let path = "\(root)/blobs/sha256/\(shelf)/\(name)"
                guard let usage = DiskUsage(file: path) else { continue }
                items.append(
                    StoreItem(
                        kind: .blob, digest: Digest(hex: name), size: usage.bytes, lastUse: usage.accessed, path: path))
            }
        }
        for shelf in try Files.names(in: "\(root)/entries") {
            for name in try Files.names(in: "\(root)/entries/\(shelf)") {
                let path = "\(root)/entries/\(shelf)/\(name)"
                let use = DiskUsage(file: "\(path)/record.json") ?? DiskUsage(file: path)
                let record = record(in: path)
                items.append(
                    StoreItem(
                        kind: .entry, digest: Digest(hex: name), title: record.map { "\($0.kind) \($0.name)" },
                        size: DiskUsage.bytes(below: path), lastUse: use?.accessed ?? 0, path: path))
            }
        }
        for name in try Files.names(in: "\(root)/partial") where !name.hasSuffix(".from") {
            let path = "\(root)/partial/\(name)"
            guard let usage = DiskUsage(file: path) else { continue }
            items.append(StoreItem(kind: .partial, size: usage.bytes, lastUse: usage.modified, path: path))
        }
        return items.sorted { ($0.lastUse, $0.path) < ($1.lastUse, $1.path) }
    }

    /// Removes what has not been used for long, and then the longest unused until the store is small enough. What a
    /// build that is running now has used stays, and so do the step results and blobs in `keeping`.
    ///
    /// - Parameters:
    ///   - maxSize: bytes; nil: any size.
    ///   - age: seconds since the last use from which on things go; nil: any age.
    ///   - now: seconds since 1970.
    /// - Returns: what was removed.
    package func gc(
        maxSize: Int64?, olderThan age: Int64?, keeping: Set<Digest> = [], now: Int64
    ) throws(HostError) -> [StoreItem] {
        try sweepDeadRuns()
        let items = try list()
        var size = items.reduce(0) { $0 + $1.size }
        var removed: [StoreItem] = []
        for item in items {
            if let digest = item.digest, keeping.contains(digest) { continue }
            let isOld = age.map { now - item.lastUse >= $0 } ?? false
            let isTooMuch = maxSize.map { size > $0 } ?? false
            guard isOld || isTooMuch, try remove(item) else { continue }
            size -= item.size
            removed.append(item)
        }
        try forgetRemovedCopies()
        return removed
    }

    /// False when it is in use, or has been used since it was looked at.
    ///
    /// - Parameter evenIfUsed: a use since then does not matter, but by a run that goes on now.
    func remove(_ item: StoreItem, evenIfUsed: Bool = false) throws(HostError) -> Bool {
        switch item.kind {
        case .blob:
            return try holdingRemovals(exclusively: true) { () throws(HostError) in
                guard try isFree(item, evenIfUsed) else { return false }
                try Files.remove(item.path)
                return true
            }
        case .entry:
            // Out of sight at once: a build that starts now does not find half of it.
            let grave = try run.newFolder("removed")
            let isGone = try holdingRemovals(exclusively: true) { () throws(HostError) in
                guard try isFree(item, evenIfUsed) else { return false }
                try Files.move(item.path, to: "\(grave)/entry")
                return true
            }
            try removeTree(grave)
            return isGone
        case .partial:
            let lock = try FileLock.acquire("\(root)/locks/download-\(Files.name(of: item.path))")
            guard let lock else { return false }
            defer { withExtendedLifetime(lock) {} }
            try Files.remove(item.path)
            try Files.remove("\(item.path).from")
        }
        return true
    }

    /// Whether no run that goes on now has taken it into use. Asked for each thing at the moment of its removal: a run may
    /// have begun while others were removed.
    private func isFree(_ item: StoreItem, _ evenIfUsed: Bool) throws(HostError) -> Bool {
        guard let use = DiskUsage(file: item.kind == .entry ? "\(item.path)/record.json" : item.path) else {
            // A damaged entry has none, and a run that needs it makes it anew.
            return try Files.identity(item.path) != nil
        }
        if let since = try oldestLivingRun(), use.accessed >= since { return false }
        return evenIfUsed || use.accessed <= item.lastUse
    }

    /// Seconds since 1970; 0 when it is not there.
    func lastUse(ofEntry path: String) -> Int64 { DiskUsage(file: "\(path)/record.json")?.accessed ?? 0 }

    /// When the oldest of the other runs that go on now began to make something; seconds since 1970.
    private func oldestLivingRun() throws(HostError) -> Int64? {
        try livingRuns().compactMap { DiskUsage(file: "\(root)/runs/\($0)")?.modified }.min()
    }
}

/// What a file or a tree takes on disk.
private struct DiskUsage {
    var bytes: Int64
    /// Seconds since 1970.
    var accessed: Int64
    var modified: Int64

    /// Nil when it is not there (another process may have removed it meanwhile).
    init?(file path: String) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return nil }
        bytes = Int64(info.st_blocks) * 512
        accessed = Int64(info.st_atim.tv_sec)
        modified = Int64(info.st_mtim.tv_sec)
    }

    /// Of all that can be looked at below the path. A hard link's blocks are counted once a name; layers have few.
    static func bytes(below path: String) -> Int64 {
        guard var own = DiskUsage(file: path), let names = try? Files.names(in: path) else { return 0 }
        for name in names {
            let child = "\(path)/\(name)"
            var info = stat()
            guard lstat(child, &info) == 0 else { continue }
            own.bytes += info.st_mode & S_IFMT == S_IFDIR ? bytes(below: child) : Int64(info.st_blocks) * 512
        }
        return own.bytes
    }
}
