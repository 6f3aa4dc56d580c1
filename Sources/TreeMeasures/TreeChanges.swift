package import ContentDigest

/// How a tree differs from one that was made before, when nothing but the contents of a few files does: names, kinds, owners,
/// modes, attributes and links are the same, and each file takes as many blocks as before.
package struct TreeChanges: Sendable, Equatable {
    /// The step that made the other tree.
    package var since: Digest
    package var files: [File]

    package struct File: Sendable, Codable, Equatable {
        /// Relative to the root.
        package var path: String
        /// Where its new content lies, on this machine.
        package var content: String
        /// Bytes, before and now.
        package var oldSize: Int64
        package var size: Int64

        package init(path: String, content: String, oldSize: Int64, size: Int64) {
            self.path = path
            self.content = content
            self.oldSize = oldSize
            self.size = size
        }
    }

    package init(since: Digest, files: [File]) {
        self.since = since
        self.files = files
    }
}
