internal import CArchive
internal import Glibc

/// Reads ar and tar archives (GNU, PAX, ustar), compressed with xz, zstd, gzip, bzip2 or lzma, or not.
///
/// A read error is an error: only libarchive's end-of-archive ends the entries. Not for use from two threads at once.
package final class ArchiveReader {
    fileprivate let handle: ArchiveHandle
    /// Where an inner archive's bytes come from; kept alive while it is read.
    private let source: Source?
    private typealias Support = (OpaquePointer?) -> Int32

    fileprivate final class Source {
        let outer: ArchiveReader
        var copy: StreamCompressor?

        init(_ outer: ArchiveReader, copy: StreamCompressor?) {
            self.outer = outer
            self.copy = copy
        }
    }

    /// Opens the archive at `path`; `descriptor` is used instead of opening it, and stays the caller's to close.
    package init(path: String, descriptor: Int32? = nil) throws(HostError) {
        handle = try ArchiveHandle(.reader, name: path)
        source = nil
        try Self.prepare(handle)
        let block = 128 << 10
        if let descriptor {
            try handle.check(archive_read_open_fd(handle.pointer, descriptor, block), "cannot open")
        } else {
            try handle.check(archive_read_open_filename(handle.pointer, path, block), "cannot open")
        }
    }

    /// Opens the archive that is the current entry of another one (`data.tar.xz` in a .deb).
    ///
    /// - Parameter copy: gets all that is read, decompressed. When it cannot be written it gets no more, and `isCopied`
    ///   tells.
    package convenience init(
        inside outer: ArchiveReader, name: String, copyingTo copy: StreamCompressor? = nil
    ) throws(HostError) {
        guard let copy else {
            try self.init(Source(outer, copy: nil), name: name)
            return
        }
        let plain = try ArchiveReader(Source(outer, copy: nil), name: name, formats: [archive_read_support_format_raw])
        guard try plain.next() != nil else { throw HostError(.archive, "'\(plain.handle.name)' is empty") }
        try self.init(Source(plain, copy: copy), name: "")
    }

    private init(
        _ source: Source, name: String,
        formats: [Support] = [archive_read_support_format_ar, archive_read_support_format_tar]
    ) throws(HostError) {
        let outer = source.outer.handle.name
        handle = try ArchiveHandle(.reader, name: name.isEmpty ? outer : "\(outer)/\(name)")
        self.source = source
        try Self.prepare(handle, formats)
        let context = Unmanaged.passUnretained(source).toOpaque()
        try handle.check(
            archive_read_open(
                handle.pointer, context, nil,
                { inner, context, buffer in
                    guard let inner, let context, let buffer else { return -1 }
                    return Unmanaged<Source>.fromOpaque(context).takeUnretainedValue().pass(to: inner, buffer)
                }, nil), "cannot open")
    }

    /// Whether all that was read is in the copy.
    package var isCopied: Bool { source?.copy != nil }

    private static func prepare(
        _ handle: ArchiveHandle,
        _ formats: [Support] = [archive_read_support_format_ar, archive_read_support_format_tar]
    ) throws(HostError) {
        // Named one by one: what is not needed is not offered to hostile input, and none runs a program.
        let filters: [Support] = [
            archive_read_support_filter_xz, archive_read_support_filter_zstd, archive_read_support_filter_gzip,
            archive_read_support_filter_bzip2, archive_read_support_filter_lzma,
        ]
        for support in filters + formats { try handle.check(support(handle.pointer), "cannot read") }
    }

    /// The next member; nil at the end.
    ///
    /// - Throws: `HostError.archive` for anything that is not a whole, readable header.
    package func next() throws(HostError) -> ArchiveEntry? {
        var pointer: OpaquePointer?
        let code = archive_read_next_header(handle.pointer, &pointer)
        if code == ARCHIVE_EOF { return nil }
        guard code == ARCHIVE_OK, let pointer else { throw handle.failure("cannot read") }
        return try entry(pointer)
    }

    /// Calls `body` with each piece of the current member's data and its offset: holes are skipped.
    package func readData(_ body: (UnsafeRawBufferPointer, Int64) throws(HostError) -> Void) throws(HostError) {
        while true {
            var buffer: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let code = archive_read_data_block(handle.pointer, &buffer, &count, &offset)
            if code == ARCHIVE_EOF { return }
            guard code == ARCHIVE_OK else { throw handle.failure("cannot read") }
            if count > 0 { try body(UnsafeRawBufferPointer(start: buffer, count: count), offset) }
        }
    }

    /// The current member's data as a whole; more than `limit` bytes are an error.
    package func readAll(limit: Int = 16 << 20) throws(HostError) -> [UInt8] {
        var bytes: [UInt8] = []
        let name = handle.name
        try readData { (piece, offset) throws(HostError) in
            guard Int(offset) + piece.count <= limit else {
                throw HostError(.archive, "a member of '\(name)' is larger than \(limit) bytes")
            }
            if bytes.count < Int(offset) { bytes += [UInt8](repeating: 0, count: Int(offset) - bytes.count) }
            bytes += piece
        }
        return bytes
    }

    private func entry(_ pointer: OpaquePointer) throws(HostError) -> ArchiveEntry {
        guard let path = text(archive_entry_pathname(pointer)) else {
            throw HostError(.archive, "'\(handle.name)' holds a name that is not UTF-8")
        }
        return ArchiveEntry(
            path: path, kind: try kind(pointer, path), mode: UInt32(archive_entry_perm(pointer)),
            uid: UInt32(truncatingIfNeeded: archive_entry_uid(pointer)),
            gid: UInt32(truncatingIfNeeded: archive_entry_gid(pointer)),
            userName: text(archive_entry_uname(pointer)), groupName: text(archive_entry_gname(pointer)),
            size: archive_entry_size(pointer), modified: Int64(archive_entry_mtime(pointer)),
            attributes: attributes(pointer))
    }

    private func kind(_ pointer: OpaquePointer, _ path: String) throws(HostError) -> ArchiveEntry.Kind {
        if let target = archive_entry_hardlink(pointer) {
            guard let target = text(target) else { throw unreadable(path) }
            return .hardLink(target: target)
        }
        let type = archive_entry_filetype(pointer)
        switch type {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        case S_IFIFO: return .fifo
        case S_IFLNK:
            guard let target = text(archive_entry_symlink(pointer)) else { throw unreadable(path) }
            return .symlink(target: target)
        case S_IFCHR, S_IFBLK:
            let major = UInt32(truncatingIfNeeded: archive_entry_rdevmajor(pointer))
            let minor = UInt32(truncatingIfNeeded: archive_entry_rdevminor(pointer))
            return type == S_IFCHR
                ? .characterDevice(major: major, minor: minor) : .blockDevice(major: major, minor: minor)
        default:
            throw HostError(.archive, "'\(path)' in '\(handle.name)' is of a kind that is not known (\(type))")
        }
    }

    private func unreadable(_ path: String) -> HostError {
        HostError(.archive, "the target of the link '\(path)' in '\(handle.name)' is not UTF-8")
    }

    private func attributes(_ pointer: OpaquePointer) -> [ArchiveEntry.Attribute] {
        guard archive_entry_xattr_reset(pointer) > 0 else { return [] }
        var attributes: [ArchiveEntry.Attribute] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while archive_entry_xattr_next(pointer, &name, &value, &size) == ARCHIVE_OK {
            guard let name else { continue }
            let bytes = Array(UnsafeRawBufferPointer(start: value, count: size))
            attributes.append(.init(name: String(cString: name), value: bytes))
        }
        return attributes.sorted { $0.name < $1.name }
    }

    private func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        pointer.flatMap { String(validatingCString: $0) }
    }
}

extension ArchiveReader.Source {
    /// Feeds the data of the outer archive's current entry to an inner archive.
    fileprivate func pass(to inner: OpaquePointer, _ buffer: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
        let handle = outer.handle.pointer
        var count = 0
        var offset: Int64 = 0
        switch archive_read_data_block(handle, buffer, &count, &offset) {
        case ARCHIVE_EOF: return 0
        case ARCHIVE_OK:
            do {
                try copy?.write(UnsafeRawBufferPointer(start: buffer.pointee, count: count))
            } catch {
                copy = nil
            }
            return count
        default:
            sb_archive_set_error(inner, archive_errno(handle), archive_error_string(handle))
            return -1
        }
    }
}
