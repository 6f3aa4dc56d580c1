import BuildPlanning
internal import FileTrees
internal import Glibc
internal import TreeMeasures

/// The headers of a root filesystem's tar (POSIX.1-2017 pax, with GNU's long names): what the tree takes, and single
/// files out of it. Contents are skipped by seeking, so that 400 MB take a tenth of a second.
struct RootArchive {
    struct Entry {
        /// Without `./` in front: `boot/grub/grub.cfg`; empty for the root itself.
        var path: String
        /// The type flag of ustar: `0` file, `1` hard link, `2` symbolic link, `5` directory, ….
        var type: Character
        /// Bytes of content, and where they begin in the archive.
        var size: Int64
        var offset: Int64
        var linkTarget: String
        /// Extended attributes by name.
        var attributes: [String: [UInt8]]
    }

    let path: String
    let entries: [Entry]

    /// - Throws: `DiskError.badTree` when it is cut off or no tar; `HostError` when it cannot be read.
    init(_ path: String) throws {
        let file = try InputFile(path)
        var entries: [Entry] = []
        var parser = TarHeaderParser()
        var offset: Int64 = 0
        while let block = try file.block(at: offset) {
            guard let header = try parser.header(block, archive: path) else { break }
            offset += 512
            guard (0...file.size).contains(header.size) else { throw Self.bad(path, "an entry's size is impossible") }
            if header.isExtension {
                guard header.size <= 1 << 20 else { throw Self.bad(path, "an extended header is too long") }
                try parser.take(try file.bytes(at: offset, count: Int(header.size)), of: header, archive: path)
            } else {
                entries.append(parser.entry(header, offset: offset))
            }
            offset += (header.size + 511) / 512 * 512
        }
        guard offset <= file.size, !entries.isEmpty else { throw Self.bad(path, "it is cut off") }
        self.path = path
        self.entries = entries
    }

    /// The content of a regular file or of a hard link to one, at most `limit` bytes; nil when it is not there.
    func content(of name: String, limit: Int64 = 64 << 20) throws -> [UInt8]? {
        guard let entry = entries.last(where: { $0.path == name }) else { return nil }
        if entry.type == "1" { return try content(of: entry.linkTarget, limit: limit) }
        guard entry.type == "0" else { return nil }
        guard entry.size <= limit else { throw Self.bad(path, "'\(name)' is larger than it should be") }
        return try InputFile(path).bytes(at: entry.offset, count: Int(entry.size))
    }

    /// What the tree takes in ext4.
    var usage: TreeUsage { Self.usage(of: entries) }

    static func usage(of entries: [Entry]) -> TreeUsage {
        var blocks: Int64 = 0
        var inodes: Int64 = 0
        /// Bytes of directory entries, by directory: 8 and the name, rounded up to 4.
        var directories: [String: Int64] = [:]
        for entry in entries {
            let (parent, name) = split(entry.path)
            if !name.isEmpty { directories[parent, default: 24] += Int64(8 + name.utf8.count + 3) / 4 * 4 }
            if entry.type == "1" { continue }
            inodes += 1
            if entry.type == "5" { directories[entry.path, default: 24] += 0 }
            // Short links lie in the inode, and so do attributes as long as a capability.
            if entry.type == "2", entry.linkTarget.utf8.count >= 60 { blocks += 1 }
            if !entry.attributes.isEmpty { blocks += 1 }
            if entry.type == "0" {
                let content = (entry.size + Ext4Geometry.blockSize - 1) / Ext4Geometry.blockSize
                // A large file may need a block for its extents.
                blocks += content + content / 32768
            }
        }
        for bytes in directories.values { blocks += Ext4Geometry.directoryBlocks(bytes) }
        return TreeUsage(blocks: blocks, inodes: inodes)
    }

    private static func split(_ path: String) -> (parent: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    static func bad(_ path: String, _ reason: String) -> DiskError {
        DiskError(.badTree, "the root filesystem's archive '\(path)' cannot be read: \(reason)")
    }
}

/// A file read at offsets.
private final class InputFile {
    let path: String
    let size: Int64
    private let descriptor: Int32

    init(_ path: String) throws(HostError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot open", path) }
        var info = stat()
        fstat(descriptor, &info)
        size = Int64(info.st_size)
    }

    deinit { close(descriptor) }

    /// The 512 bytes there; nil at the end.
    func block(at offset: Int64) throws -> [UInt8]? {
        offset + 512 <= size ? try bytes(at: offset, count: 512) : nil
    }

    func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        guard count >= 0, offset + Int64(count) <= size else { throw RootArchive.bad(path, "it is cut off") }
        var done = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while done < count {
                let got = pread(descriptor, buffer.baseAddress?.advanced(by: done), count - done, off_t(offset) + done)
                if got < 0, errno == EINTR { continue }
                if got <= 0 { break }
                done += got
            }
            initialized = done
        }
        guard done == count else { throw Files.failure(errno, "cannot read", path) }
        return bytes
    }
}
