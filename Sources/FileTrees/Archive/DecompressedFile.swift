internal import CArchive
internal import Glibc

/// What a compressed file holds, whatever that is: gzip, xz, zstd, bzip2, lz4.
package enum DecompressedFile {
    /// Calls `body` with piece after piece; it stops when that returns false.
    ///
    /// - Throws: `HostError.archive` where the file is damaged or cut off.
    package static func read(
        _ path: String, _ body: (UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let handle = try reader(named: path)
        try handle.check(archive_read_open_filename(handle.pointer, path, 1 << 18), "cannot open")
        try read(handle, body)
    }

    /// The same of a file that is in memory.
    ///
    /// - Parameter name: what messages call it
    package static func read(
        _ bytes: [UInt8], named name: String, _ body: (UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let handle = try reader(named: name)
        try bytes.withUnsafeBytes { buffer in
            try handle.check(archive_read_open_memory(handle.pointer, buffer.baseAddress, buffer.count), "cannot open")
            try read(handle, body)
        }
    }

    private static func reader(named name: String) throws(HostError) -> ArchiveHandle {
        let handle = try ArchiveHandle(.reader, name: name)
        try handle.check(archive_read_support_filter_all(handle.pointer), "cannot read")
        try handle.check(archive_read_support_format_raw(handle.pointer), "cannot read")
        return handle
    }

    private static func read(_ handle: ArchiveHandle, _ body: (UnsafeRawBufferPointer) throws -> Bool) throws {
        var entry: OpaquePointer?
        try handle.check(archive_read_next_header(handle.pointer, &entry), "cannot read")
        while true {
            var buffer: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let code = archive_read_data_block(handle.pointer, &buffer, &count, &offset)
            if code == ARCHIVE_EOF { return }
            guard code == ARCHIVE_OK else { throw handle.failure("cannot read") }
            guard try body(UnsafeRawBufferPointer(start: buffer, count: count)) else { return }
        }
    }
}

/// The names in an initramfs: cpio archives one behind the other, the last of them compressed.
package enum InitramfsIndex {
    /// - Throws: `HostError.archive` where nothing can be made of it.
    package static func names(_ bytes: [UInt8]) throws(HostError) -> [String] {
        let handle = try ArchiveHandle(.reader, name: "initramfs")
        var names: [String] = []
        var start = 0
        // Microcode comes first, uncompressed.
        while start + 110 <= bytes.count, Array(bytes[start..<start + 6]) == Array("070701".utf8) {
            start = try uncompressed(bytes, start, &names)
        }
        guard start < bytes.count else { return names }
        let rest = Array(bytes[start...])
        try handle.check(archive_read_support_filter_all(handle.pointer), "cannot read")
        try handle.check(archive_read_support_format_cpio(handle.pointer), "cannot read")
        let opened = rest.withUnsafeBytes { buffer -> (Int32, [String]) in
            var found: [String] = []
            let code = archive_read_open_memory(handle.pointer, buffer.baseAddress, buffer.count)
            guard code == ARCHIVE_OK else { return (code, found) }
            var entry: OpaquePointer?
            while true {
                let code = archive_read_next_header(handle.pointer, &entry)
                if code == ARCHIVE_EOF { return (ARCHIVE_OK, found) }
                guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let entry else { return (code, found) }
                if let name = archive_entry_pathname(entry) { found.append(String(cString: name)) }
            }
        }
        try handle.check(opened.0, "cannot read")
        return names + opened.1
    }

    /// Of one archive of the new ASCII format; returns where the next begins.
    private static func uncompressed(
        _ bytes: [UInt8], _ start: Int, _ names: inout [String]
    ) throws(HostError) -> Int {
        func field(_ position: Int, _ number: Int) -> Int {
            let first = position + 6 + number * 8
            return Int(String(decoding: bytes[first..<first + 8], as: UTF8.self), radix: 16) ?? -1
        }
        var position = start
        while position + 110 <= bytes.count, Array(bytes[position..<position + 6]) == Array("070701".utf8) {
            let (size, nameSize) = (field(position, 6), field(position, 11))
            let nameEnd = position + 110 + nameSize
            guard size >= 0, nameSize > 0, nameEnd <= bytes.count else { break }
            let name = String(decoding: bytes[position + 110..<nameEnd - 1], as: UTF8.self)
            position = ((nameEnd + 3) / 4 * 4 + size + 3) / 4 * 4
            if name == "TRAILER!!!" {
                while position < bytes.count, bytes[position] == 0 { position += 1 }
                return position
            }
            names.append(name)
        }
        throw HostError(.archive, "the initramfs is cut off")
    }
}
