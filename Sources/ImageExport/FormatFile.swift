package import ApplianceSpec
package import ContentDigest

/// One format of a disk, in the content store: ready to be published.
package struct FormatFile: Sendable, Equatable {
    package var target: Target
    /// Of the file in the store; nobody writes into it.
    package var path: String
    /// Bytes of the file as read; sparse files take less.
    package var size: Int64
    package var sha256: Digest
    /// Of several disks, which one it is; nil: the one that boots.
    package var disk: String?

    /// `wsgi-1.0.0.qcow2`, `wsgi-1.0.0-data.qcow2`.
    func name(stem: String) -> String { stem + (disk.map { "-\($0)" } ?? "") + ".\(target.fileExtension)" }
}

/// A format that was made of a disk which is still being verified: it counts once it is kept.
package struct UnkeptFormat: Sendable {
    let target: Target
    /// Of the file; the disk itself where that is the format.
    package let path: String
    let staging: String
    let size: Int64
    let sha256: Digest
    let seconds: Double
}

extension Target {
    /// Of the target's files.
    package var fileExtension: String {
        switch self {
        case .raw: "raw"
        case .qcow2: "qcow2"
        }
    }
}
