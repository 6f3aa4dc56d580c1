package import ContentDigest

/// A file that a writer has finished.
package struct WrittenFile: Sendable, Equatable {
    package var path: String
    /// Bytes as read; sparse files take less.
    package var size: Int64
    package var sha256: Digest

    package init(path: String, size: Int64, sha256: Digest) {
        self.path = path
        self.size = size
        self.sha256 = sha256
    }

    init(_ output: FileOutput) {
        path = output.path
        (sha256, size) = output.finish()
    }
}
