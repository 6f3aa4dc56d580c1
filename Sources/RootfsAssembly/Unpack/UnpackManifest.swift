/// What `stonebake internal unpack` is told.
struct UnpackManifest: Codable, Sendable {
    /// Absolute paths of .debs, in the order in which dpkg would unpack them: where it matters (owners of shared
    /// folders), the first wins.
    var packages: [String]
    /// Whether dpkg's database is written. Tools are unpacked without: nothing of them is ever configured.
    var database: Bool
    /// Folders that are there afterwards in any case, with mode 0755.
    var folders: [String]
    /// For what no package has; seconds since 1970.
    var timestamp: Int64
    var threads: Int
}

/// What it answers on standard output.
struct UnpackSummary: Codable, Sendable {
    var packages: Int
    var entries: Int
    var bytes: Int64
}
