import CArchive

/// Writes small ISO 9660 images (with Joliet and Rock Ridge names), as a NoCloud seed is one.
package enum ISOWriter {
    package struct File: Sendable, Equatable {
        /// A relative path: `meta-data`.
        package var name: String
        package var content: [UInt8]

        package init(name: String, content: [UInt8]) {
            self.name = name
            self.content = content
        }

        package init(name: String, text: String) {
            self.init(name: name, content: Array(text.utf8))
        }
    }

    /// Writes a new image; what lies at `path` is replaced.
    ///
    /// - Parameters:
    ///   - volume: the volume identifier: at most 32 capital letters, digits and underscores.
    ///   - time: seconds since 1970 that the files carry.
    /// - Throws: `HostError` (`archive`).
    package static func write(
        to path: String, volume: String, files: [File], time: Int64 = 0
    ) throws(HostError) {
        guard !volume.isEmpty, volume.utf8.count <= 32,
            volume.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) || $0 == 95 })
        else { throw HostError(.archive, "'\(volume)' is no volume identifier of ISO 9660") }
        guard let archive = archive_write_new() else { throw HostError(.archive, "libarchive does not start") }
        defer { archive_write_free(archive) }
        try check(archive_write_set_format_iso9660(archive), archive, path)
        try check(archive_write_set_format_option(archive, "iso9660", "volume-id", volume), archive, path)
        try check(archive_write_open_filename(archive, path), archive, path)
        for file in files { try add(file, time, archive, path) }
        try check(archive_write_close(archive), archive, path)
    }

    private static func add(_ file: File, _ time: Int64, _ archive: OpaquePointer, _ path: String) throws(HostError) {
        guard let entry = archive_entry_new() else { throw HostError(.archive, "libarchive has no memory left") }
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname_utf8(entry, file.name)
        archive_entry_set_size(entry, Int64(file.content.count))
        archive_entry_set_filetype(entry, 0o100000)
        archive_entry_set_perm(entry, 0o444)
        archive_entry_set_mtime(entry, Int(time), 0)
        try check(archive_write_header(archive, entry), archive, path)
        let written = file.content.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
        guard written == file.content.count else {
            try check(Int32(clamping: min(written, -1)), archive, path)
            return
        }
    }

    private static func check(_ code: Int32, _ archive: OpaquePointer, _ path: String) throws(HostError) {
        guard code < ARCHIVE_OK else { return }
        let text = archive_error_string(archive).map { String(cString: $0) } ?? "libarchive says no more"
        throw HostError(.archive, "cannot write '\(path)': \(text)")
    }
}
