internal import CArchive
internal import Glibc

/// What all archives of a process need.
package enum Archives {
    /// Loads the locale through which libarchive converts names. Called before a process changes its root, as the new
    /// root may have none.
    ///
    /// - Throws: `HostError.unsupported` when the machine has no C.UTF-8.
    package static func prepare() throws(HostError) {
        guard localeIsSet else { throw HostError(.unsupported, "the C library has no C.UTF-8 locale") }
    }

    private static let localeIsSet: Bool = setlocale(LC_CTYPE, "C.UTF-8") != nil
}

/// A libarchive object, freed when it goes.
final class ArchiveHandle {
    enum Kind { case reader, writer }

    let pointer: OpaquePointer
    private let kind: Kind
    /// What messages call the archive: a path.
    let name: String

    init(_ kind: Kind, name: String) throws(HostError) {
        try Archives.prepare()
        guard let pointer = kind == .reader ? archive_read_new() : archive_write_new() else {
            throw HostError(.archive, "cannot allocate an archive object")
        }
        self.pointer = pointer
        self.kind = kind
        self.name = name
    }

    deinit {
        switch kind {
        case .reader: archive_read_free(pointer)
        case .writer: archive_write_free(pointer)
        }
    }

    /// Throws for every code but success and (a warning) what libarchive could still make sense of.
    func check(_ code: Int32, _ attempt: String) throws(HostError) {
        guard code == ARCHIVE_OK || code == ARCHIVE_WARN else { throw failure(attempt) }
    }

    func check(_ code: Int, _ attempt: String) throws(HostError) {
        guard code >= 0 || code == Int(ARCHIVE_WARN) else { throw failure(attempt) }
    }

    /// The error for the call that has just failed.
    func failure(_ attempt: String) -> HostError {
        let number = archive_errno(pointer)
        let reason = archive_error_string(pointer).map { String(cString: $0) } ?? "unknown error"
        let message = "\(attempt) '\(name)': \(reason)"
        return switch number {
        case ENOSPC: HostError(.noSpace, message)
        case EROFS: HostError(.readOnly, message)
        default: HostError(.archive, message)
        }
    }
}
