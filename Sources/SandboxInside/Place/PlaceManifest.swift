/// One thing that `place` puts into the root.
package struct PlacedEntry: Codable, Sendable {
    package enum Content: Codable, Sendable {
        case text(String)
        /// Absolute path on the host of a file or folder.
        case source(String)
        case symlink(String)
        case directory
        case absent
    }

    /// Absolute, in the root.
    package var path: String
    package var content: Content
    package var mode: UInt16?
    /// `user` or `user:group`, names or numbers; nil for root.
    package var owner: String?

    package init(path: String, content: Content, mode: UInt16? = nil, owner: String? = nil) {
        self.path = path
        self.content = content
        self.mode = mode
        self.owner = owner
    }
}

/// Names that are left out of every folder that is copied.
package struct IgnoredNames: Codable, Sendable {
    private let names: Set<String>
    private let suffixes: [String]

    package init(names: Set<String>, suffixes: [String]) {
        self.names = names
        self.suffixes = suffixes
    }

    func contains(_ name: String) -> Bool { names.contains(name) || suffixes.contains { name.hasSuffix($0) } }
}

/// What `place` is told.
package struct PlaceManifest: Codable, Sendable {
    package var entries: [PlacedEntry]
    package var ignored: IgnoredNames
    /// Of everything placed; seconds since 1970.
    package var timestamp: Int64

    package init(entries: [PlacedEntry], ignored: IgnoredNames, timestamp: Int64) {
        self.entries = entries
        self.ignored = ignored
        self.timestamp = timestamp
    }
}
