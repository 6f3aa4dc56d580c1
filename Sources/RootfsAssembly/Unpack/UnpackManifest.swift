/// What `stonebake internal unpack` is told.
struct UnpackManifest: Codable, Sendable {
    struct Package: Codable, Sendable {
        /// Of the .deb; absolute.
        var path: String
        /// Its data archive, decompressed before and kept as zstd, which is read four times as quickly as xz.
        var data: String?
        /// Where its data archive is kept in that form now.
        var newData: String?
    }

    /// In the order in which dpkg would unpack them: where it matters (owners of shared folders), the first wins.
    var packages: [Package]
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
    /// Of `newData`, those that are whole.
    var kept: [String]
}
