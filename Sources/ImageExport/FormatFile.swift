package import ApplianceSpec
package import ContentDigest

/// One file of a target, in the content store: ready to be published.
package struct FormatFile: Sendable, Equatable {
    package var target: Target
    /// Behind the name of the appliance: `.qcow2`, `-azure.vhd`, `-incus/streams/v1/index.json`.
    package var suffix: String
    /// Of the file in the store; nobody writes into it.
    package var path: String
    /// Bytes of the file as read; sparse files take less.
    package var size: Int64
    package var sha256: Digest
    /// Of several disks, which one it is; nil: the one that boots.
    package var disk: String?

    package init(
        target: Target, suffix: String, path: String, size: Int64, sha256: Digest, disk: String? = nil
    ) {
        self.target = target
        self.suffix = suffix
        self.path = path
        self.size = size
        self.sha256 = sha256
        self.disk = disk
    }

    /// `wsgi-1.0.0.qcow2`, `wsgi-1.0.0-data.qcow2`.
    package func name(stem: String) -> String { stem + (disk.map { "-\($0)" } ?? "") + suffix }
}

/// The files of a target that were made of a disk which is still being verified: they count once they are kept.
package struct UnkeptFormat: Sendable {
    package let target: Target
    /// In the staging folder; the disk itself where that is the format.
    package let files: [FormatFile]
    let staging: String
    let seconds: Double
}
