import FileTrees
import Glibc

/// Files beside an image that it names and that its readers open: a backing file, a data file, the extents and the parent of a
/// VMDK. In a stranger's image such a name can be that of any file of this machine (CVE-2024-32498).
package enum ExternalFiles {
    private struct Reference {
        var name: String
        /// Whether it is a part of the image itself, as VMware's are that consist of several files.
        var isPart = false
    }

    /// Empty for an image that is whole.
    private static func named(in source: BlockSource) throws -> [Reference] {
        switch try ImageContainer.of(source) {
        case .qcow2: try backing(source).map { Reference(name: $0) }
        case .vmdk: try extents(source)
        default: []
        }
    }

    private static func foreign(in source: BlockSource) throws -> String? {
        try named(in: source).first { !($0.isPart && isBeside($0.name, source)) }?.name
    }

    /// Whether a tool may open the image: it is whole, or what it names are plain files beside it.
    ///
    /// - Throws: `InspectionError.external` when it may not; `InspectionError` for a description without end; `HostError`.
    package static func check(_ path: String) throws {
        let source = try BlockSource(path)
        guard let name = try foreign(in: source) else { return }
        throw InspectionError(
            .external, "it needs another file, '\(name)', which is not opened",
            hint: "write it whole, where that file is: qemu-img convert")
    }

    static func check(_ source: BlockSource, _ found: inout LintFindings) throws {
        guard let name = try foreign(in: source) else { return }
        found.error(
            "vmdk-external", "the VMDK needs another file, '\(name)', which is not opened",
            why: "only this file is uploaded; and such a name can be that of any file of the machine that opens it",
            source: "Glance, format_inspector (CVE-2024-32498)",
            remedy: "write it whole, where that file is: qemu-img convert -O vmdk -o subformat=streamOptimized")
    }

    /// A descriptor's extents are files of its own folder. A link there could lead anywhere, and so could what they name.
    private static func isBeside(_ name: String, _ source: BlockSource) -> Bool {
        guard source.start == 0, !name.contains("/"), name.hasSuffix(".vmdk"), !name.contains(":") else { return false }
        let path = source.path.contains("/") ? "\(Files.folder(of: source.path))/\(name)" : name
        var info = stat()
        guard lstat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG, let beside = try? BlockSource(path) else {
            return false
        }
        return (try? named(in: beside).isEmpty) ?? false
    }

    private static func backing(_ source: BlockSource) throws -> [String] {
        let header = try source.available(0, 112)
        var names: [String] = []
        let (place, length) = (header.big(8, as: UInt64.self), header.big(16, as: UInt32.self))
        if place != 0 {
            let name = try source.available(Int64(clamping: place), Int(min(length, 1023)))
            names.append(String(decoding: name, as: UTF8.self))
        }
        if header.big(4, as: UInt32.self) >= 3, header.big(72, as: UInt64.self) & 4 != 0 {
            names.append("its data file")
        }
        return names
    }

    /// Of VMware's text: `RW 8 FLAT "name" 0`, `parentFileNameHint="name"`.
    private static func extents(_ source: BlockSource) throws -> [Reference] {
        let header = try source.available(0, 512)
        let isSparse = header.text(0..<4) == "KDMV"
        let limit = 1 << 20
        var text = ""
        if isSparse {
            let place = Int64(clamping: header.little(28, as: UInt64.self))
            guard place > 0, place < source.size / 512 else { return [] }
            let size = Int(min(max(header.little(36, as: UInt64.self), 20), UInt64(limit / 512))) * 512
            text = String(decoding: try source.available(place * 512, size).prefix { $0 != 0 }, as: UTF8.self)
        } else {
            guard source.size <= limit else {
                throw InspectionError(.damaged, "the VMDK's description has \(source.size) bytes")
            }
            text = String(decoding: try source.available(0, limit), as: UTF8.self)
        }
        var names: [Reference] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
            guard parts.count >= 2 else { continue }
            if line.contains("parentFileNameHint") {
                names.append(Reference(name: parts[1]))
            } else if ["RW ", "RDONLY ", "NOACCESS "].contains(where: line.drop(while: { $0 == " " }).hasPrefix) {
                // A sparse file's own data is its extent, unless it has none.
                if !isSparse || header.little(12, as: UInt64.self) == 0 {
                    names.append(Reference(name: parts[1], isPart: true))
                }
            }
        }
        return names
    }
}
