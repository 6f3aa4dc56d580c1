/// What `unpack` is told.
package struct UnpackManifest: Codable, Sendable {
    package struct Package: Codable, Sendable {
        /// Of the .deb; absolute.
        package var path: String
        /// Its data archive, decompressed before and kept as zstd, which is read four times as quickly as xz.
        package var data: String?
        /// Where its data archive is kept in that form now.
        package var newData: String?

        package init(path: String) { self.path = path }
    }

    /// In the order in which dpkg would unpack them: where it matters (owners of shared folders), the first wins.
    package var packages: [Package]
    /// Whether dpkg's database is written. Tools are unpacked without: nothing of them is ever configured.
    package var database: Bool
    /// Folders that are there afterwards in any case, with mode 0755.
    package var folders: [String]
    /// For what no package has; seconds since 1970.
    package var timestamp: Int64
    package var threads: Int

    package init(packages: [Package], database: Bool, folders: [String], timestamp: Int64, threads: Int) {
        self.packages = packages
        self.database = database
        self.folders = folders
        self.timestamp = timestamp
        self.threads = threads
    }
}

/// What it answers on standard output.
package struct UnpackSummary: Codable, Sendable {
    package var packages: Int
    package var entries: Int
    package var bytes: Int64
    /// Of `newData`, those that are whole.
    package var kept: [String]
}
