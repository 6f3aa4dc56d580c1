import FileTrees
import Foundation
import HostSystem
import ImageInspection

/// Finds the tree of a container in an archive: a root filesystem's tar, a container of Incus or LXD, the layers of an OCI
/// image. Any of them compressed or not.
struct TreeExtraction: Sendable {
    let host: Host

    /// Plain tars, the lowest layer first, and the folder of each where the tree begins; nil where the file holds none.
    ///
    /// - Throws: `HostError`, `InspectionError`, `CancellationError`.
    func layers(of path: String) async throws -> [(archive: String, folder: String)]? {
        guard let plain = try await plainTar(path) else { return nil }
        let names = try await blocking(named: "archive") { cancelled in
            try Self.names(in: plain, cancelled: cancelled)
        }
        if names.contains("oci-layout") { return try await imageLayers(of: plain) }
        return Self.folder(names).map { [(plain, $0)] }
    }

    /// The file itself, or what is compressed in it; nil where that is no tar.
    private func plainTar(_ path: String) async throws -> String? {
        let kind = try await blocking(named: "image") { try ImageContainer.of(BlockSource(path)) }
        switch kind {
        case .tar: return path
        case .gzip, .xz, .zstd, .bzip2: break
        default: return nil
        }
        let unpacked = "\(try host.scratch.newFolder("tree"))/tar"
        let isTar = try await blocking(named: "unpack") { cancelled in
            let output = try SparseOutput(unpacked)
            var limit = UnpackLimit(compressed: try BlockSource(path).size)
            var isFirst = true
            var isTar = true
            try DecompressedFile.read(path) { piece in
                try cancelled.check()
                try limit.count(piece)
                if isFirst { isTar = piece.count >= 262 && piece[257..<262].elementsEqual("ustar".utf8) }
                isFirst = false
                if isTar { try output.write(piece) }
                return isTar
            }
            return isTar && !isFirst
        }
        return isTar ? unpacked : nil
    }

    private static func names(in archive: String, cancelled: CancellationFlag) throws -> Set<String> {
        let reader = try ArchiveReader(path: archive)
        var names: Set<String> = []
        while let entry = try reader.next() {
            try cancelled.check()
            names.insert(entry.path.hasPrefix("./") ? String(entry.path.dropFirst(2)) : entry.path)
        }
        return names
    }

    /// What any root has, and nothing else.
    private static func folder(_ names: Set<String>) -> String? {
        ["", "rootfs"].first { folder in
            ["etc/passwd", "etc/os-release", "usr/lib/os-release"].contains {
                names.contains(folder.isEmpty ? $0 : "\(folder)/\($0)")
            }
        }
    }

    private struct Index: Decodable {
        struct Descriptor: Decodable {
            var digest: String
            var mediaType: String?
        }
        var manifests: [Descriptor]?
        var layers: [Descriptor]?
    }

    /// The layers of the image that the index names first.
    private func imageLayers(of archive: String) async throws -> [(archive: String, folder: String)]? {
        let folder = try host.scratch.newFolder("image-layers")
        let files = try await blocking(named: "unpack") { cancelled in
            var files: [String: String] = [:]
            let reader = try ArchiveReader(path: archive)
            while let entry = try reader.next() {
                try cancelled.check()
                let name = entry.path.hasPrefix("./") ? String(entry.path.dropFirst(2)) : entry.path
                guard entry.kind == .file, name == "index.json" || name.hasPrefix("blobs/") else { continue }
                let path = "\(folder)/\(files.count)"
                let output = try SparseOutput(path)
                try reader.readData { (piece, offset) throws(HostError) in try output.write(piece, at: offset) }
                try output.extend(to: entry.size)
                files[name] = path
            }
            return files
        }
        func blob(_ descriptor: Index.Descriptor) -> String? {
            files["blobs/" + descriptor.digest.replacing(":", with: "/")]
        }
        func read(_ path: String?) -> Index? {
            path.flatMap { try? JSONDecoder().decode(Index.self, from: Data(Files.read($0))) }
        }
        guard let first = read(files["index.json"])?.manifests?.first, let manifest = read(blob(first)) else {
            return nil
        }
        var layers: [(archive: String, folder: String)] = []
        for layer in manifest.layers ?? [] {
            guard let path = blob(layer), let plain = try await plainTar(path) else { continue }
            layers.append((plain, ""))
        }
        // A container disk is an image too, and its one layer holds a disk.
        let isTree = try await blocking(named: "archive") { [layers] cancelled in
            try layers.contains { Self.folder(try Self.names(in: $0.archive, cancelled: cancelled)) != nil }
        }
        return isTree ? layers : nil
    }
}
