import FileTrees

/// Reads FAT12, FAT16 and FAT32 with long names: EFI system partitions.
final class FATReader: FilesystemReader {
    private let source: BlockSource
    private let boot: [UInt8]
    /// Bytes.
    private let clusterSize: Int
    private let tableStart: Int64
    private let tableSize: Int64
    private let rootStart: Int64
    private let rootSize: Int64
    private let dataStart: Int64
    private let clusters: Int64
    private let bits: Int

    /// Nil when the source holds something else.
    init?(_ source: BlockSource) throws {
        let boot = try source.available(0, 512)
        guard boot.count == 512, boot[510] == 0x55, boot[511] == 0xAA else { return nil }
        let sector = Int64(boot.little(11, as: UInt16.self))
        let perCluster = Int64(boot[13])
        let isShort = boot.little(22, as: UInt16.self) != 0
        let kinds = ["FAT12   ", "FAT16   ", "FAT     ", "FAT32   "]
        guard [512, 1024, 2048, 4096].contains(sector), perCluster > 0, perCluster & (perCluster - 1) == 0,
            (1...2).contains(boot[16]), kinds.contains(boot.rawText(isShort ? 54..<62 : 82..<90))
        else { return nil }
        let reserved = Int64(boot.little(14, as: UInt16.self))
        let short = Int64(boot.little(19, as: UInt16.self))
        let total = short != 0 ? short : Int64(boot.little(32, as: UInt32.self))
        let table = isShort ? Int64(boot.little(22, as: UInt16.self)) : Int64(boot.little(36, as: UInt32.self))
        self.source = source
        self.boot = boot
        clusterSize = Int(sector * perCluster)
        tableStart = reserved * sector
        tableSize = table * sector
        rootStart = tableStart + Int64(boot[16]) * tableSize
        rootSize = (Int64(boot.little(17, as: UInt16.self)) * 32 + sector - 1) / sector * sector
        dataStart = rootStart + rootSize
        clusters = max(0, (total * sector - dataStart) / (sector * perCluster))
        bits = isShort ? (clusters < 4085 ? 12 : 16) : 32
    }

    var facts: [Fact] {
        let at = bits == 32 ? 67 : 39
        let serial = boot.little(at, as: UInt32.self)
        let digits = String(serial, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: 8 - digits.count) + digits
        let name = (try? volumeName()) ?? nil
        return [
            Fact("type", "vfat"), Fact("uuid", "\(padded.prefix(4))-\(padded.suffix(4))"),
            Fact("label", trimmed(name ?? boot.rawText(at + 4..<at + 15))), Fact("FAT", "\(bits) bits"),
            Fact("size", "\(dataStart + clusters * Int64(clusterSize))"), Fact("cluster size", "\(clusterSize)"),
            Fact("made by", trimmed(boot.rawText(3..<11))),
        ]
    }

    private func trimmed(_ text: String) -> String {
        var text = text
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }

    /// The entry in the root that holds the label.
    private func volumeName() throws -> String? {
        let root = try rootDirectory()
        for at in stride(from: 0, to: root.count - 31, by: 32) where root[at] != 0 {
            if root[at] != 0xE5, root[at + 11] & 0x3F == 0x08 { return root.rawText(at..<at + 11) }
        }
        return nil
    }

    private func rootDirectory() throws -> [UInt8] {
        bits == 32
            ? try chainContent(Int64(boot.little(44, as: UInt32.self)), limit: 16 << 20)
            : try source.bytes(rootStart, Int(rootSize))
    }

    func files() throws -> [FileRecord] {
        var result = [
            FileRecord(
                path: "", kind: .directory, mode: 0o755, uid: 0, gid: 0, size: 0, modified: 0, target: nil, links: 1,
                attributes: [:], handle: 0)
        ]
        var pending: [(String, [UInt8])] = [("", try rootDirectory())]
        while let (folder, bytes) = pending.popLast() {
            for file in records(in: bytes, folder: folder) {
                result.append(file)
                guard result.count < 100_000 else {
                    throw InspectionError(.damaged, "'\(source.path)': directories of a FAT lie in one another")
                }
                if file.kind == .directory {
                    pending.append((file.path, try chainContent(file.handle, limit: 16 << 20)))
                }
            }
        }
        return result.sortedBytewise { $0.path }
    }

    private func records(in bytes: [UInt8], folder: String) -> [FileRecord] {
        var result: [FileRecord] = []
        var long: [UInt16] = []
        for at in stride(from: 0, to: bytes.count - 31, by: 32) {
            if bytes[at] == 0 { break }
            let attributes = bytes[at + 11]
            if bytes[at] == 0xE5 {
                long = []
                continue
            }
            if attributes & 0x3F == 0x0F {
                let units = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30].map {
                    bytes.little(at + $0, as: UInt16.self)
                }
                long = units + long
                continue
            }
            let name =
                long.isEmpty ? shortName(bytes, at) : String(decoding: long.prefix { $0 != 0 }, as: UTF16.self)
            long = []
            if attributes & 0x08 != 0 || name == "." || name == ".." { continue }
            let isFolder = attributes & 0x10 != 0
            let cluster =
                Int64(bytes.little(at + 20, as: UInt16.self)) << 16 | Int64(bytes.little(at + 26, as: UInt16.self))
            result.append(
                FileRecord(
                    path: folder.isEmpty ? name : "\(folder)/\(name)", kind: isFolder ? .directory : .file,
                    mode: attributes & 1 != 0 ? 0o555 : 0o755, uid: 0, gid: 0,
                    size: isFolder ? 0 : Int64(bytes.little(at + 28, as: UInt32.self)),
                    modified: Self.time(
                        date: bytes.little(at + 24, as: UInt16.self), time: bytes.little(at + 22, as: UInt16.self)),
                    target: nil, links: 1, attributes: [:], handle: cluster))
        }
        return result
    }

    private func shortName(_ bytes: [UInt8], _ at: Int) -> String {
        let base = trimmed(bytes.rawText(at..<at + 8))
        let ending = trimmed(bytes.rawText(at + 8..<at + 11))
        // Windows NT's marks for names all in lower case.
        let lower = bytes[at + 12]
        let name = lower & 0x08 != 0 ? base.lowercased() : base
        return ending.isEmpty ? name : "\(name).\(lower & 0x10 != 0 ? ending.lowercased() : ending)"
    }

    /// Local time without a zone; taken as UTC, which is how Stonebake writes it.
    private static func time(date: UInt16, time: UInt16) -> Int64 {
        let (year, month, day) = (Int64(date >> 9) + 1980, Int64(date >> 5 & 15), Int64(date & 31))
        // Days since 1970 by the civil calendar (Howard Hinnant's days_from_civil).
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return days * 86400 + Int64(time >> 11) * 3600 + Int64(time >> 5 & 63) * 60 + Int64(time & 31) * 2
    }

    // MARK: Clusters

    /// The file allocation table, of which a piece is kept: a chain's links lie near one another.
    private struct Links {
        let source: BlockSource
        let start: Int64
        let bits: Int
        private var piece: [UInt8] = []
        private var pieceStart: Int64 = 0

        init(_ source: BlockSource, start: Int64, bits: Int) {
            self.source = source
            self.start = start
            self.bits = bits
        }

        /// The cluster behind that one; nil where the chain ends.
        mutating func next(_ cluster: Int64) throws -> Int64? {
            let value: Int64
            switch bits {
            case 12:
                let pair = try number(at: cluster * 3 / 2, as: UInt16.self)
                value = Int64(cluster & 1 == 1 ? pair >> 4 : pair & 0xFFF)
                return value >= 0xFF8 || value < 2 ? nil : value
            case 16:
                value = Int64(try number(at: cluster * 2, as: UInt16.self))
                return value >= 0xFFF8 || value < 2 ? nil : value
            default:
                value = Int64(try number(at: cluster * 4, as: UInt32.self) & 0x0FFF_FFFF)
                return value >= 0x0FFF_FFF8 || value < 2 ? nil : value
            }
        }

        private mutating func number<Integer: FixedWidthInteger>(
            at offset: Int64, as type: Integer.Type
        ) throws -> Integer {
            let size = Int64(MemoryLayout<Integer>.size)
            if offset < pieceStart || offset + size > pieceStart + Int64(piece.count) {
                pieceStart = offset
                piece = try source.available(start + offset, 4096)
                guard Int64(piece.count) >= size else { return try source.bytes(start + offset, Int(size)).little(0) }
            }
            return piece.little(Int(offset - pieceStart))
        }
    }

    private var links: Links { Links(source, start: tableStart, bits: bits) }

    /// - Parameter offset: bytes of the chain that are left out
    /// - Returns: what lies there, up to `limit` bytes from the chain's beginning and to the end of a cluster
    private func chainContent(_ first: Int64, from offset: Int64 = 0, limit: Int64) throws -> [UInt8] {
        var result: [UInt8] = []
        var links = links
        var cluster: Int64? = first >= 2 ? first : nil
        var position: Int64 = 0
        /// Clusters that lie side by side, and are read together.
        var run = (start: Int64(0), count: Int64(0))
        func read() throws {
            let place = dataStart + (run.start - 2) * Int64(clusterSize)
            if run.count > 0 { result += try source.bytes(place, Int(run.count) * clusterSize) }
            run.count = 0
        }
        while let number = cluster, position < limit {
            guard number < clusters + 2, position <= clusters * Int64(clusterSize) else {
                throw InspectionError(.damaged, "'\(source.path)': a FAT's chain of clusters is damaged")
            }
            if position + Int64(clusterSize) > offset {
                if number != run.start + run.count {
                    try read()
                    run.start = number
                }
                run.count += 1
            }
            position += Int64(clusterSize)
            cluster = try links.next(number)
        }
        try read()
        return result
    }

    func content(of file: FileRecord, at offset: Int64, _ count: Int) throws -> [UInt8] {
        guard file.kind == .file, offset < file.size else { return [] }
        let end = min(offset + Int64(count), file.size)
        let start = offset / Int64(clusterSize) * Int64(clusterSize)
        let all = try chainContent(file.handle, from: start, limit: end)
        guard start + Int64(all.count) >= end else {
            throw InspectionError(.damaged, "'\(source.path)': the file '\(file.path)' ends too early")
        }
        return Array(all[Int(offset - start)..<Int(end - start)])
    }

    func structure(at offset: Int64) throws -> String {
        if offset < tableStart { return offset < 512 ? "the FAT's boot sector" : "the FAT's reserved sectors" }
        if offset < rootStart { return "the file allocation table" }
        if offset < dataStart { return "the FAT's root directory" }
        let cluster = (offset - dataStart) / Int64(clusterSize) + 2
        if bits == 32, try chain(Int64(boot.little(44, as: UInt32.self))).contains(cluster) {
            return "the FAT's root directory"
        }
        for file in try files() where try chain(file.handle).contains(cluster) {
            return "\(file.kind == .directory ? "the directory" : "the content of") /\(file.path)"
        }
        return "cluster \(cluster) of the FAT, which no file uses"
    }

    private func chain(_ first: Int64) throws -> [Int64] {
        var result: [Int64] = []
        var links = links
        var cluster: Int64? = first >= 2 ? first : nil
        while let number = cluster, number < clusters + 2, Int64(result.count) <= clusters {
            result.append(number)
            cluster = try links.next(number)
        }
        return result
    }
}

extension [UInt8] {
    /// The text there with all its spaces; NUL ends nothing.
    func rawText(_ range: Range<Int>) -> String {
        String(decoding: self[range.clamped(to: indices)], as: UTF8.self)
    }
}
