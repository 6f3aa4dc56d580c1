package import ContentDigest

/// One file of a filesystem, as its inode describes it. The content is asked for from the reader that found it.
package struct FileRecord: Sendable, Equatable {
    package enum Kind: String, Sendable, Codable {
        case file, directory, symlink, fifo, socket
        case characterDevice = "character device"
        case blockDevice = "block device"
        case unknown
    }

    /// From the filesystem's root, without a slash in front; empty for the root itself.
    package var path: String
    package var kind: Kind
    /// Permission bits with setuid, setgid and sticky.
    package var mode: UInt32
    package var uid: UInt32
    package var gid: UInt32
    /// Bytes.
    package var size: Int64
    /// Seconds since 1970.
    package var modified: Int64
    /// A symbolic link's target, or a device's `major:minor`.
    package var target: String?
    package var links: Int
    /// Extended attributes by name, as hexadecimal digits; read on demand where that costs.
    package var attributes: [String: String]
    /// What the reader finds the content by: an inode's number, a first cluster, an index.
    package var handle: Int64
    /// Of the content, where reading the filesystem gave it anyway.
    package var digest: Digest?
}

/// What is read of a filesystem, whichever it is.
package protocol FilesystemReader: Sendable {
    /// Names and values for people: type, UUID, label, sizes, features.
    var facts: [Fact] { get }
    /// All files, sorted by path.
    func files() throws -> [FileRecord]
    /// Up to `count` bytes of the file's content from `offset`; fewer at its end.
    func content(of file: FileRecord, at offset: Int64, _ count: Int) throws -> [UInt8]
    /// What lies at the byte of the filesystem: `the superblock`, `inode 12 (etc/passwd)`, …
    func structure(at offset: Int64) throws -> String
}

extension FilesystemReader {
    func wholeContent(of file: FileRecord, limit: Int64 = 256 << 20) throws -> [UInt8] {
        try content(of: file, at: 0, Int(min(file.size, limit)))
    }
}

/// A named property, in a fixed order.
package struct Fact: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
