internal import CArchive
internal import Glibc

/// Writes a stream of bytes as zstd, quickly rather than tightly. Other versions of the library give other bytes: this
/// is for what stays on the machine.
package final class StreamCompressor {
    private let handle: ArchiveHandle

    /// - Parameters:
    ///   - descriptor: written to from its position; stays the caller's to close
    ///   - name: what messages call it: a path
    package init(descriptor: Int32, name: String) throws(HostError) {
        handle = try ArchiveHandle(.writer, name: name)
        try handle.check(archive_write_set_format_raw(handle.pointer), "cannot write")
        try handle.check(archive_write_add_filter_zstd(handle.pointer), "cannot write")
        try handle.check(archive_write_set_options(handle.pointer, "compression-level=1"), "cannot write")
        try handle.check(archive_write_open_fd(handle.pointer, descriptor), "cannot write")
        guard let entry = archive_entry_new() else { throw HostError(.archive, "cannot allocate an archive entry") }
        defer { archive_entry_free(entry) }
        archive_entry_set_filetype(entry, S_IFREG as mode_t)
        try handle.check(archive_write_header(handle.pointer, entry), "cannot write")
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(HostError) {
        try handle.check(archive_write_data(handle.pointer, bytes.baseAddress, bytes.count), "cannot write")
    }

    /// Ends the stream.
    package func finish() throws(HostError) {
        try handle.check(archive_write_close(handle.pointer), "cannot write")
    }
}
