internal import CArchive
package import ContentDigest
internal import Glibc

/// How libarchive compresses what it writes, on several threads where it can.
package enum ArchiveCompression: Sendable {
    /// The preset, 0–9, decides about time and memory.
    case xz(preset: Int)
    case zstd(level: Int)

    func add(to handle: ArchiveHandle) throws(HostError) {
        switch self {
        case .xz(let preset):
            try handle.check(archive_write_add_filter_xz(handle.pointer), "cannot write")
            try set("xz", "compression-level", "\(preset)", handle)
            // Always the encoder of many threads, whose blocks do not depend on how many there are; with one it would be
            // another encoder, of other bytes.
            try set("xz", "threads", "\(max(2, min(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 8)))", handle)
        case .zstd(let level):
            try handle.check(archive_write_add_filter_zstd(handle.pointer), "cannot write")
            try set("zstd", "compression-level", "\(level)", handle)
        }
    }

    private func set(_ filter: String, _ option: String, _ value: String, _ handle: ArchiveHandle) throws(HostError) {
        try handle.check(archive_write_set_filter_option(handle.pointer, filter, option, value), "cannot write")
    }
}

/// A file by itself, compressed.
package enum CompressedFile {
    /// Returns the digest and length of what was written.
    ///
    /// - Throws: `HostError`, `CancellationError`.
    package static func write(
        _ source: String, to path: String, _ compression: ArchiveCompression, cancelled: CancellationFlag
    ) throws -> (sha256: Digest, size: Int64) {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw Files.failure(errno, "cannot open", source) }
        defer { close(input) }
        let writer = try TarWriter(path: path, layout: .single, compression: compression)
        try writer.add(ArchiveEntry(path: "data", kind: .file, mode: 0o644), streaming: input) {
            try cancelled.check()
        }
        let (digest, size) = try writer.finish()
        guard let digest else { throw HostError(.archive, "'\(path)' has no digest") }
        return (digest, size)
    }
}
