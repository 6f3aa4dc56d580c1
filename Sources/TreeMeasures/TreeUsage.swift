/// What a tree takes in an ext4 filesystem with 4 KiB blocks and 256-byte inodes.
package struct TreeUsage: Sendable, Equatable, Codable {
    /// Blocks of 4 KiB that hold file contents, directories, long symbolic links and extended attributes.
    package var blocks: Int64
    /// Files, directories, links and devices; a hard link shares its target's.
    package var inodes: Int64

    package init(blocks: Int64, inodes: Int64) {
        self.blocks = blocks
        self.inodes = inodes
    }

    package var bytes: Int64 { blocks * 4096 }
}

extension TreeUsage {
    /// Counts what the entries of a tree take.
    package struct Counter {
        package enum Kind { case file, directory, symlink, hardLink, other }

        private var blocks: Int64 = 0
        private var inodes: Int64 = 0
        /// Bytes of directory entries, by directory: 8 and the name, rounded up to 4.
        private var directories: [Substring: Int64] = [:]

        package init() {}

        /// - Parameters:
        ///   - path: relative to the root, which is empty
        ///   - size: of a file's content, or of a symbolic link's target; in bytes
        ///   - hasAttributes: extended ones
        package mutating func add(_ path: String, _ kind: Kind, size: Int64, hasAttributes: Bool) {
            if !path.isEmpty {
                let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
                let parent = slash.map { path[..<$0] } ?? ""
                let name = path.utf8.count - (slash == nil ? 0 : parent.utf8.count + 1)
                directories[parent, default: 24] += Int64(8 + name + 3) / 4 * 4
            }
            if kind == .hardLink { return }
            inodes += 1
            if kind == .directory { directories[path[...], default: 24] += 0 }
            // Short links lie in the inode, and so do attributes as long as a capability.
            if kind == .symlink, size >= 60 { blocks += 1 }
            if hasAttributes { blocks += 1 }
            if kind == .file {
                let content = (size + Ext4Geometry.blockSize - 1) / Ext4Geometry.blockSize
                // A large file may need a block for its extents.
                blocks += content + content / 32768
            }
        }

        package var usage: TreeUsage {
            TreeUsage(
                blocks: directories.values.reduce(blocks) { $0 + Ext4Geometry.directoryBlocks($1) }, inodes: inodes)
        }
    }
}
