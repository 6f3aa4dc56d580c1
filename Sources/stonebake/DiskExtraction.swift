import FileTrees
import Foundation
import HostSystem
import ImageExport
import ImageInspection

/// Takes the raw disk out of an image file of any format that we write, into the run's scratch folder.
struct DiskExtraction: Sendable {
    let host: Host

    struct Raw: Sendable {
        var path: String
        var format: String
    }

    /// Nil where the file holds no disk.
    ///
    /// - Throws: `HostError`, `InspectionError`, `CancellationError`.
    func raw(_ path: String) async throws -> Raw? {
        let kind = try await blocking(named: "image") { try ImageContainer.of(BlockSource(path)) }
        switch kind {
        case .raw, .squashfs: return Raw(path: path, format: kind.rawValue)
        case .qcow2, .vmdk, .vhdx, .vhd, .vdi:
            try await blocking(named: "image") { try ExternalFiles.check(path) }
            let opening = ImageOpening(host: host)
            let format = kind == .vhd ? "vpc" : kind.rawValue
            return Raw(path: try await opening.converted(path, from: format), format: format)
        case .tar: return try await member(of: path)
        case .gzip, .xz, .zstd, .bzip2:
            let folder = try host.scratch.newFolder("image")
            let unpacked = "\(folder)/unpacked"
            try await blocking(named: "unpack") { cancelled in
                let output = try SparseOutput(unpacked)
                var limit = UnpackLimit(compressed: try BlockSource(path).size)
                try DecompressedFile.read(path) { piece in
                    try cancelled.check()
                    try limit.count(piece)
                    try output.write(piece)
                    return true
                }
            }
            let inner = try await blocking(named: "image") { try ImageContainer.of(BlockSource(unpacked)) }
            if inner == .tar { return try await member(of: unpacked) }
            return inner == .raw ? Raw(path: unpacked, format: kind.rawValue) : try await raw(unpacked)
        }
    }

    /// The disk of an OVA, an XVA, Compute Engine's archive, a box, or an image of Incus.
    private func member(of path: String) async throws -> Raw? {
        let folder = try host.scratch.newFolder("image")
        let found = try await blocking(named: "unpack") { cancelled in
            try ArchivedDisk(path: path, folder: folder, cancelled: cancelled).extract()
        }
        guard let found else { return nil }
        return found.isRaw ? Raw(path: found.path, format: found.format) : try await raw(found.path)
    }
}

/// The disk among an archive's members.
struct ArchivedDisk {
    let path: String
    let folder: String
    let cancelled: CancellationFlag

    struct Found: Sendable {
        var path: String
        var format: String
        var isRaw: Bool
    }

    func extract() throws -> Found? {
        let reader = try ArchiveReader(path: path)
        let output = "\(folder)/member"
        var xen: SparseOutput?
        while let entry = try reader.next() {
            try cancelled.check()
            let name = entry.path.split(separator: "/").last.map(String.init) ?? entry.path
            if entry.path.hasPrefix("Ref:"), !name.hasSuffix(".checksum"), let number = Int64(name) {
                guard (0..<Self.largest >> 20).contains(number) else { throw tooLarge(name) }
                let disk = try xen ?? SparseOutput("\(folder)/xva.raw")
                xen = disk
                try reader.readData { (piece, offset) throws(HostError) in
                    try disk.write(piece, at: number << 20 + offset)
                }
                continue
            }
            guard entry.kind == .file, isDisk(entry.path, name, size: entry.size) else { continue }
            guard entry.size <= Self.largest else { throw tooLarge(entry.path) }
            let file = try SparseOutput(output)
            try reader.readData { (piece, offset) throws(HostError) in try file.write(piece, at: offset) }
            try file.extend(to: entry.size)
            let inner = try ImageContainer.of(BlockSource(output))
            // A layer of a container disk is a tar itself.
            if inner == .tar || inner == .gzip {
                let deeper = ArchivedDisk(path: output, folder: "\(folder)/layer", cancelled: cancelled)
                try Files.makeFolder(deeper.folder)
                if let found = try deeper.extract() { return found }
                continue
            }
            return Found(path: output, format: name, isRaw: inner == .raw)
        }
        if xen != nil { return Found(path: "\(folder)/xva.raw", format: "xva", isRaw: true) }
        return nil
    }

    /// Bytes; no importer takes more, and no filesystem here holds a file that is much larger.
    private static let largest: Int64 = 8 << 40

    private func tooLarge(_ member: String) -> InspectionError {
        InspectionError(.unpacksTooLarge, "'\(member)' would be a disk of more than \(Files.sizeText(Self.largest))")
    }

    private func isDisk(_ path: String, _ name: String, size: Int64) -> Bool {
        if ["disk.raw", "box.img", "rootfs.img"].contains(name) { return true }
        if path.hasPrefix("disk/") { return true }
        if path.hasPrefix("blobs/sha256/") { return size > 1 << 20 }
        // In a tree there are images of boot loaders, which are no disks.
        guard path.split(separator: "/").filter({ $0 != "." }).count <= 2, !path.contains("rootfs/") else {
            return false
        }
        return [".vmdk", ".qcow2", ".raw", ".vhd", ".img"].contains(where: name.hasSuffix)
    }
}

/// A file whose zeros are not stored.
final class SparseOutput {
    private let descriptor: Int32
    private let path: String
    private var position: Int64 = 0
    /// Bytes that were written since the free space was looked at.
    private var unwatched = 0

    init(_ path: String) throws(HostError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot write", path) }
    }

    deinit { close(descriptor) }

    func write(_ bytes: UnsafeRawBufferPointer) throws(HostError) { try write(bytes, at: position) }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(HostError) {
        position = max(position, offset + Int64(bytes.count))
        if bytes.isZero { return try extend(to: position) }
        unwatched += bytes.count
        if unwatched >= 64 << 20 {
            unwatched = 0
            try Self.checkSpace(at: path)
        }
        var done = 0
        while done < bytes.count {
            let written = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset) + off_t(done))
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Files.failure(errno, "cannot write", path) }
            done += written
        }
    }

    /// What is only looked at leaves the machine some space.
    static func checkSpace(at path: String) throws(HostError) {
        guard let free = Files.freeSpace(at: Files.folder(of: path)), free < 1 << 30 else { return }
        throw HostError(
            .noSpace, "there is no space left to unpack the image in '\(Files.folder(of: path))'",
            hint: "free some space there; `stonebake cache gc` frees the cache")
    }

    func extend(to size: Int64) throws(HostError) {
        position = max(position, size)
        guard ftruncate(descriptor, off_t(position)) == 0 else { throw Files.failure(errno, "cannot write", path) }
    }
}
