import ApplianceSpec
import ContentDigest
internal import Diagnostics
internal import FileTrees

/// An image of one layer in an OCI image layout (image-spec, "Image Layout Specification"): a folder of blobs by their
/// digests, and the archive of it that skopeo reads and writes.
struct OCILayoutWriter {
    struct Layer {
        var file: WrittenFile
        var mediaType: String
        /// Of the layer's tar, uncompressed.
        var difference: Digest
    }

    var facts: ApplianceFacts
    /// Of a container that runs, where it does.
    var command: [String]
    var comment: String

    struct Blob {
        var path: String
        var content: Content

        enum Content { case text(String), file(WrittenFile) }
    }

    /// The files of the layout, by their paths in it.
    func files(layer: Layer) -> [Blob] {
        let architecture = facts.architecture.rawValue
        var settings: [String: JSONValue] = [
            "Labels": [
                "org.opencontainers.image.title": .string(facts.name),
                "org.opencontainers.image.version": .string(facts.version),
                "org.opencontainers.image.description": .string(facts.summary),
            ]
        ]
        if !command.isEmpty {
            settings["Cmd"] = .array(command.map { .string($0) })
            settings["Env"] = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=oci"]
            settings["StopSignal"] = "SIGRTMIN+3"
        }
        let configuration: JSONValue = [
            "created": .string(facts.date.iso), "architecture": .string(architecture), "os": "linux",
            "config": .object(settings),
            "rootfs": ["type": "layers", "diff_ids": [.string("sha256:\(layer.difference.hex)")]],
            "history": [["created": .string(facts.date.iso), "created_by": "stonebake", "comment": .string(comment)]],
        ]
        let configurationText = configuration.prettyText
        let manifest: JSONValue = [
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.oci.image.config.v1+json", of: configurationText),
            "layers": [
                [
                    "mediaType": .string(layer.mediaType), "digest": .string("sha256:\(layer.file.sha256.hex)"),
                    "size": .integer(Int(layer.file.size)),
                ]
            ],
        ]
        let manifestText = manifest.prettyText
        let index: JSONValue = [
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [
                [
                    "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "digest": .string("sha256:\(Digest.of(manifestText).hex)"),
                    "size": .integer(manifestText.utf8.count),
                    "platform": ["architecture": .string(architecture), "os": "linux"],
                    "annotations": ["org.opencontainers.image.ref.name": .string(facts.version)],
                ]
            ],
        ]
        return [
            Blob(path: "oci-layout", content: .text("{\"imageLayoutVersion\":\"1.0.0\"}\n")),
            Blob(path: "index.json", content: .text(index.prettyText)),
            Blob(path: blob(Digest.of(configurationText)), content: .text(configurationText)),
            Blob(path: blob(Digest.of(manifestText)), content: .text(manifestText)),
            Blob(path: blob(layer.file.sha256), content: .file(layer.file)),
        ]
    }

    /// The layout as one tar.
    func archive(_ files: [Blob], to path: String) throws -> WrittenFile {
        let writer = try TarWriter(path: path, layout: .ustar)
        for folder in ["blobs", "blobs/sha256"] {
            try writer.add(
                ArchiveEntry(path: folder, kind: .directory, mode: 0o755, modified: facts.timestamp))
        }
        for file in files {
            let entry = ArchiveEntry(path: file.path, kind: .file, mode: 0o644, modified: facts.timestamp)
            switch file.content {
            case .text(let text): try writer.add(entry, content: Array(text.utf8))
            case .file(let written):
                var sized = entry
                sized.size = written.size
                try writer.add(sized, contentsOf: written.path)
            }
        }
        return try WrittenFile(writer, path)
    }

    private func blob(_ digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }

    private func descriptor(_ mediaType: String, of text: String) -> JSONValue {
        [
            "mediaType": .string(mediaType), "digest": .string("sha256:\(Digest.of(text).hex)"),
            "size": .integer(text.utf8.count),
        ]
    }
}
