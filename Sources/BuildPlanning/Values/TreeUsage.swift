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
