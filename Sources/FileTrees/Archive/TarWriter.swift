internal import CArchive
package import ContentDigest
internal import Glibc

/// Writes a tar (POSIX pax, ustar where that suffices) whose bytes follow from its entries alone: numeric owners, whole
/// seconds, no access or change times. Hashes it on the way.
package final class TarWriter {
    private let handle: ArchiveHandle
    private let output: ArchiveOutput
    private let path: String
    /// For the contents of files: one for all of them, as new memory has to be given by the kernel page by page.
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)

    deinit { buffer.deallocate() }

    package enum Layout: Sendable {
        /// POSIX's extended headers where an entry needs them.
        case pax
        /// POSIX 1988: what readers of OVF and XVA know. An entry that it has no room for is an error.
        case ustar
        /// No archive: the bytes of one file, which are only compressed.
        case single
    }

    /// Creates the file, or truncates it.
    ///
    /// - Parameter compression: of the whole archive
    package init(
        path: String, layout: Layout = .pax, compression: ArchiveCompression? = nil
    ) throws(HostError) {
        self.path = path
        handle = try ArchiveHandle(.writer, name: path)
        output = try ArchiveOutput(path, isCompressed: compression != nil)
        switch layout {
        case .pax:
            try handle.check(archive_write_set_format_pax_restricted(handle.pointer), "cannot write")
            // One header for an attribute, the one that GNU tar and mke2fs read too.
            try handle.check(archive_write_set_options(handle.pointer, "xattrheader=SCHILY"), "cannot write")
        case .ustar: try handle.check(archive_write_set_format_ustar(handle.pointer), "cannot write")
        case .single: try handle.check(archive_write_set_format_raw(handle.pointer), "cannot write")
        }
        try compression?.add(to: handle)
        try handle.check(archive_write_set_bytes_per_block(handle.pointer, output.blockSize), "cannot write")
        try handle.check(archive_write_set_bytes_in_last_block(handle.pointer, 512), "cannot write")
        let context = Unmanaged.passUnretained(output).toOpaque()
        try handle.check(
            archive_write_open(
                handle.pointer, context, nil,
                { archive, context, buffer, count in
                    guard let context, let buffer else { return -1 }
                    let output = Unmanaged<ArchiveOutput>.fromOpaque(context).takeUnretainedValue()
                    let written = output.take(UnsafeRawBufferPointer(start: buffer, count: count))
                    if written < 0 { sb_archive_set_error(archive, errno, strerror(errno)) }
                    return written
                }, nil), "cannot write")
    }

    /// Adds an entry; a file's content follows from `descriptor`, which is read from its position.
    ///
    /// - Throws: `HostError` also when the file is shorter than the entry says.
    package func add(_ entry: ArchiveEntry, contentOf descriptor: Int32? = nil) throws(HostError) {
        let header = try Header(entry)
        try handle.check(archive_write_header(handle.pointer, header.pointer), "cannot write")
        guard let descriptor, entry.size > 0 else { return }
        if output.canSplice(entry.size) { return try splice(entry, from: descriptor) }
        var left = entry.size
        while left > 0 {
            let count = read(descriptor, buffer.baseAddress, min(buffer.count, Int(left)))
            guard count > 0 else { throw HostError.current("cannot read '/\(entry.path)'") }
            try handle.check(archive_write_data(handle.pointer, buffer.baseAddress, count), "cannot write")
            left -= Int64(count)
        }
    }

    /// Has the kernel move the content into the pipe. libarchive does not look at contents, and hands over what it is
    /// given: bytes that only stand for as many of the file's.
    private func splice(_ entry: ArchiveEntry, from descriptor: Int32) throws(HostError) {
        output.source = descriptor
        defer { output.source = nil }
        var left = entry.size
        while left > 0 {
            let count = min(buffer.count, Int(left))
            try handle.check(archive_write_data(handle.pointer, buffer.baseAddress, count), "cannot write")
            left -= Int64(count)
        }
    }

    /// Adds what `descriptor` has from its position to its end; `beforeEach` is called between pieces of it, and may stop
    /// it by throwing.
    func add(_ entry: ArchiveEntry, streaming descriptor: Int32, beforeEach: () throws -> Void) throws {
        let header = try Header(entry)
        try handle.check(archive_write_header(handle.pointer, header.pointer), "cannot write")
        while true {
            try beforeEach()
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw HostError.current("cannot read '\(entry.path)'") }
            if count == 0 { return }
            try handle.check(archive_write_data(handle.pointer, buffer.baseAddress, count), "cannot write")
        }
    }

    /// Adds the current member of another archive, by the entry given in its place.
    package func add(_ entry: ArchiveEntry, from reader: ArchiveReader) throws(HostError) {
        let header = try Header(entry)
        try handle.check(archive_write_header(handle.pointer, header.pointer), "cannot write")
        guard case .file = entry.kind, entry.size > 0 else { return }
        var position: Int64 = 0
        let handle = handle
        try reader.readData { (piece, offset) throws(HostError) in
            guard offset == position else { throw HostError(.archive, "'\(entry.path)' has holes") }
            try handle.check(archive_write_data(handle.pointer, piece.baseAddress, piece.count), "cannot write")
            position += Int64(piece.count)
        }
    }

    /// Adds a file with that content.
    package func add(_ entry: ArchiveEntry, content: [UInt8]) throws(HostError) {
        var entry = entry
        entry.size = Int64(content.count)
        let header = try Header(entry)
        try handle.check(archive_write_header(handle.pointer, header.pointer), "cannot write")
        try handle.check(archive_write_data(handle.pointer, content, content.count), "cannot write")
    }

    /// Ends the archive. Returns the digest, unless it went into a pipe, and the length, in bytes.
    package func finish() throws(HostError) -> (digest: Digest?, size: Int64) {
        try handle.check(archive_write_close(handle.pointer), "cannot write")
        guard output.flush() else { throw HostError.current("cannot write '\(path)'") }
        guard let hash = output.hash else { return (nil, output.size) }
        guard let digest = hash.finalize() else { throw HostError(.archive, "'\(path)' is finished already") }
        return (digest, output.size)
    }

    private final class Header {
        let pointer: OpaquePointer

        init(_ entry: ArchiveEntry) throws(HostError) {
            guard let pointer = archive_entry_new() else { throw HostError(.archive, "cannot allocate an entry") }
            self.pointer = pointer
            archive_entry_set_pathname(pointer, entry.path)
            archive_entry_set_perm(pointer, mode_t(entry.mode))
            archive_entry_set_uid(pointer, Int64(entry.uid))
            archive_entry_set_gid(pointer, Int64(entry.gid))
            archive_entry_set_mtime(pointer, time_t(entry.modified), 0)
            archive_entry_set_size(pointer, 0)
            switch entry.kind {
            case .file:
                archive_entry_set_filetype(pointer, S_IFREG)
                archive_entry_set_size(pointer, entry.size)
            case .directory: archive_entry_set_filetype(pointer, S_IFDIR)
            case .fifo: archive_entry_set_filetype(pointer, S_IFIFO)
            case .symlink(let target):
                archive_entry_set_filetype(pointer, S_IFLNK)
                archive_entry_set_symlink(pointer, target)
            case .hardLink(let target):
                archive_entry_set_filetype(pointer, S_IFREG)
                archive_entry_set_hardlink(pointer, target)
            case .characterDevice(let major, let minor):
                archive_entry_set_filetype(pointer, S_IFCHR)
                archive_entry_set_rdevmajor(pointer, dev_t(major))
                archive_entry_set_rdevminor(pointer, dev_t(minor))
            case .blockDevice(let major, let minor):
                archive_entry_set_filetype(pointer, S_IFBLK)
                archive_entry_set_rdevmajor(pointer, dev_t(major))
                archive_entry_set_rdevminor(pointer, dev_t(minor))
            }
            for attribute in entry.attributes {
                archive_entry_xattr_add_entry(pointer, attribute.name, attribute.value, attribute.value.count)
            }
        }

        deinit { archive_entry_free(pointer) }
    }
}
