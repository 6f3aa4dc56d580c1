import ApplianceSpec
import ContentDigest
import Diagnostics
import HostSystem

/// Images of Incus and LXD, which differ in a name: virtual machine and container, each as one file (unified) or as
/// metadata and disk (split), and the simplestreams index by which the folder can be served as it is.
struct IncusFiles {
    let writer: TargetWriter
    let target: Target

    private var facts: ApplianceFacts { writer.facts }
    private var folder: String { "-\(target.rawValue)" }

    func files() async throws -> [FormatFile] {
        let formats = facts.formats
        let metadata = try await metadata()
        var files = [writer.file(metadata, as: "\(folder)/\(metadataName)", of: target)]
        var items: [SimpleStreams.Item] = [.init(kind: metadataName, path: metadataName, file: metadata)]
        if formats.instances.contains(.vm) {
            let image = try await writer.pool.file(.qcow2(usesZstd: false), of: writer.disk)
            if formats.packings.contains(.split) {
                files.append(try writer.link(image, as: "\(folder)/disk.qcow2", of: target))
                items.append(.init(kind: "disk-kvm.img", path: "disk.qcow2", file: image))
            }
            if formats.packings.contains(.unified) {
                files.append(
                    try await writer.link(.machineTar, as: "\(folder)/\(facts.stem)-vm.tar", of: target))
            }
        }
        if formats.instances.contains(.container) {
            if formats.packings.contains(.split) {
                let tree = try await writer.pool.file(.containerXZ, of: writer.disk)
                files.append(try writer.link(tree, as: "\(folder)/rootfs.tar.xz", of: target))
                items.append(.init(kind: "root.tar.xz", path: "rootfs.tar.xz", file: tree))
            }
            if formats.packings.contains(.unified) {
                files.append(
                    try await writer.link(.containerGzip, as: "\(folder)/\(facts.stem)-container.tar.gz", of: target))
            }
        }
        let streams = SimpleStreams(facts: facts, items: items)
        let combined = try await combinedDigests(metadata, items.dropFirst())
        files.append(try writer.text(streams.index.prettyText, as: "\(folder)/streams/v1/index.json", of: target))
        files.append(
            try writer.text(
                streams.products(combined: combined).prettyText, as: "\(folder)/streams/v1/images.json", of: target))
        let guide = DeploymentGuide(
            target: target, image: "\(facts.stem)\(folder)/\(metadataName)", facts: facts,
            capacity: try writer.capacity)
        files.append(try writer.text(guide.script, as: "\(folder).sh", of: target))
        return files
    }

    private var metadataName: String { "\(target.rawValue).tar.xz" }

    /// What simplestreams calls the digest of metadata and disk one behind the other.
    private func combinedDigests(
        _ metadata: WrittenFile, _ items: ArraySlice<SimpleStreams.Item>
    ) async throws -> [String: Digest] {
        var result: [String: Digest] = [:]
        for item in items {
            let paths = [metadata.path, item.file.path]
            result[item.kind] = try await blocking(named: "digest") { try Self.digest(ofAll: paths) }
        }
        return result
    }

    private static func digest(ofAll paths: [String]) throws -> Digest {
        var hash = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        for path in paths {
            let source = try DiskSource(path)
            for offset in stride(from: 0, to: source.size, by: buffer.count) {
                let count = Int(min(Int64(buffer.count), source.size - offset))
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
                try source.read(into: part, at: offset)
                hash.update(UnsafeRawBufferPointer(part))
            }
        }
        return hash.finalize()
    }

    private func metadata() async throws -> WrittenFile {
        let (path, archives) = (try writer.path("\(folder)/\(metadataName)"), IncusArchives(facts: facts))
        return try await writer.written { try archives.metadata(to: path) }
    }
}

/// The index and the one product of a simplestreams tree: what `incus remote add --protocol simplestreams`, LXD and
/// `sstream-query` read. A version that is no date is skipped by them without a word.
struct SimpleStreams {
    struct Item {
        /// Both key and `ftype`: clients want them equal.
        var kind: String
        /// Below the tree.
        var path: String
        var file: WrittenFile
    }

    var facts: ApplianceFacts
    var items: [Item]

    private var product: String { "\(facts.name):\(facts.version):default:\(facts.architecture.rawValue)" }

    var index: JSONValue {
        [
            "format": "index:1.0",
            "index": [
                "images": [
                    "datatype": "image-downloads", "path": "streams/v1/images.json", "format": "products:1.0",
                    "updated": .string(facts.date.iso), "products": [.string(product)],
                ]
            ],
        ]
    }

    /// - Parameter combined: of the metadata and each disk behind it, by the disk's kind
    func products(combined: [String: Digest]) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for (number, item) in items.enumerated() {
            var member: [String: JSONValue] = [
                "ftype": .string(item.kind), "path": .string(item.path),
                "sha256": .string(item.file.sha256.hex), "size": .integer(Int(item.file.size)),
            ]
            if number == 0 {
                for (kind, digest) in combined {
                    let name = kind == "root.tar.xz" ? "rootxz" : kind.split(separator: ".").joined(separator: "-")
                    member["combined_\(name)_sha256"] = .string(digest.hex)
                }
            }
            members[item.kind] = .object(member)
        }
        return [
            "format": "products:1.0", "datatype": "image-downloads", "content_id": "images",
            "updated": .string(facts.date.iso),
            "products": [
                product: [
                    "aliases": .string("\(facts.name),\(facts.name)/\(facts.version)"),
                    "arch": .string(facts.architecture.rawValue), "os": .string(facts.distribution),
                    "release": .string(facts.release), "release_title": .string(facts.release),
                    "variant": "default",
                    "versions": [
                        facts.date.compactWithTime: [
                            "pubname": .string(facts.stem), "label": "release", "items": .object(members),
                        ]
                    ],
                ]
            ],
        ]
    }
}
