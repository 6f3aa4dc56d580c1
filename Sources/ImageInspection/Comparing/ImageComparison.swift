import ContentDigest
package import FileTrees

/// Compares two disks: table, boot code, filesystems, files, packages; what is the same to the byte is not looked into.
package struct ImageComparison: Sendable {
    package let a: DiskContents
    package let b: DiskContents
    private let cancelled: CancellationFlag

    package init(_ a: DiskContents, _ b: DiskContents, cancelled: CancellationFlag) {
        self.a = a
        self.b = b
        self.cancelled = cancelled
    }

    /// - Throws: `InspectionError`, `HostError`, `CancellationError`.
    package func run() throws -> ImageDifference {
        let first = try ByteComparison.firstDifference(a.raw, b.raw, cancelled: cancelled)
        var findings = Findings()
        if first != nil {
            findings.disk = try diskFields()
            try comparePartitions(&findings)
        } else {
            for part in a.parts {
                guard let reader = part.reader else { continue }
                let files = try reader.files()
                findings.countA += files.count
                try findings.packagesA.merge(packages(reader, files)) { $1 }
            }
            findings.countB = findings.countA
            findings.packagesB = findings.packagesA
        }
        let packages = Self.changes(findings.packagesA, findings.packagesB)
        let same =
            findings.disk.isEmpty && findings.partitions.isEmpty && findings.filesystems.isEmpty && packages.isEmpty
            && findings.files.isEmpty
        func image(_ disk: DiskContents, _ packages: Int, _ files: Int) -> ImageDifference.Image {
            ImageDifference.Image(
                path: disk.name, format: disk.format, size: disk.raw.size, table: disk.table.kind.rawValue,
                packages: packages, files: files)
        }
        return ImageDifference(
            same: same, sameBytes: first == nil,
            a: image(a, findings.packagesA.count, findings.countA),
            b: image(b, findings.packagesB.count, findings.countB),
            disk: findings.disk, partitions: findings.partitions, filesystems: findings.filesystems,
            packages: packages, files: findings.files, firstByte: first,
            firstStructure: try first.map { try a.structure(at: min($0, max(0, a.raw.size - 1))) })
    }

    private struct Findings {
        var disk: [ImageDifference.Field] = []
        var partitions: [ImageDifference.Partition] = []
        var filesystems: [ImageDifference.Filesystem] = []
        var files: [ImageDifference.File] = []
        var packagesA: [String: String] = [:]
        var packagesB: [String: String] = [:]
        var countA = 0
        var countB = 0
    }

    // MARK: The disk

    private func diskFields() throws -> [ImageDifference.Field] {
        var fields: [ImageDifference.Field] = []
        func add(_ name: String, _ a: String?, _ b: String?) {
            if a != b { fields.append(.init(name, a, b)) }
        }
        add("size", "\(a.raw.size)", "\(b.raw.size)")
        add("partition table", a.table.kind.rawValue, b.table.kind.rawValue)
        add("disk id", a.table.id, b.table.id)
        add("table problems", problems(a), problems(b))
        if a.table.kind != .none || b.table.kind != .none {
            add("boot code", try digest(a, 0..<440), try digest(b, 0..<440))
            add("space before the first partition", try digest(a, space(a)), try digest(b, space(b)))
        }
        return fields
    }

    private func problems(_ disk: DiskContents) -> String? {
        disk.table.problems.isEmpty ? nil : disk.table.problems.joined(separator: "; ")
    }

    /// Where GRUB lies on an MBR disk; empty on a disk of ours.
    private func space(_ disk: DiskContents) -> Range<Int64> {
        let begin: Int64 = disk.table.kind == .gpt ? 34 * 512 : 512
        let end = disk.table.entries.map(\.start).min() ?? begin
        return begin..<max(begin, min(end, begin + 16 << 20))
    }

    /// Nil for nothing but zeros.
    private func digest(_ disk: DiskContents, _ range: Range<Int64>) throws -> String? {
        let bytes = try disk.raw.available(range.lowerBound, range.count)
        return bytes.isZero ? nil : Digest.of(bytes).short
    }

    // MARK: Partitions

    private func comparePartitions(_ findings: inout Findings) throws {
        let numbers = Set(a.parts.map(\.number)).union(b.parts.map(\.number)).sorted()
        for number in numbers {
            let (left, right) = (a.parts.first { $0.number == number }, b.parts.first { $0.number == number })
            switch (left, right) {
            case (let left?, let right?):
                try compare(left, right, &findings)
            case (let only?, nil):
                findings.partitions.append(.init(number: number, change: .removed, fields: fields(only, nil)))
                try count(only, in: &findings.packagesA, files: &findings.countA)
            case (nil, let only?):
                findings.partitions.append(.init(number: number, change: .added, fields: fields(nil, only)))
                try count(only, in: &findings.packagesB, files: &findings.countB)
            case (nil, nil): break
            }
        }
    }

    private func fields(_ a: DiskContents.Part?, _ b: DiskContents.Part?) -> [ImageDifference.Field] {
        let names: [(String, (DiskTable.Entry) -> String?)] = [
            ("type", { $0.type }), ("id", { $0.id }), ("name", { $0.name }), ("start", { "\($0.start)" }),
            ("size", { "\($0.size)" }), ("attributes", { $0.attributes }),
        ]
        let fields = names.map { ImageDifference.Field($0, a?.entry.flatMap($1), b?.entry.flatMap($1)) }
        return fields.filter { $0.a != $0.b } + (a == nil || b == nil ? [.init("filesystem", a?.type, b?.type)] : [])
    }

    private func compare(
        _ left: DiskContents.Part, _ right: DiskContents.Part, _ findings: inout Findings
    ) throws {
        var changed = fields(left, right)
        let first = try ByteComparison.firstDifference(left.source, right.source, cancelled: cancelled)
        defer {
            if !changed.isEmpty {
                findings.partitions.append(.init(number: left.number, change: .changed, fields: changed))
            }
        }
        if left.facts.isEmpty, right.facts.isEmpty {
            // Boot code and the like: bytes without a filesystem.
            if let first { changed.append(.init("content", "byte \(first)", "byte \(first)")) }
            return
        }
        try compareFilesystems(left, right, areSame: first == nil, &findings)
    }

    private func compareFilesystems(
        _ left: DiskContents.Part, _ right: DiskContents.Part, areSame: Bool, _ findings: inout Findings
    ) throws {
        let facts = areSame ? [] : Self.fields(left.facts, right.facts)
        guard let one = left.reader, let other = right.reader else {
            let type = left.type ?? right.type
            let note = areSame ? nil : "the contents differ; the files of \(type ?? "this filesystem") were not read"
            if note != nil || !facts.isEmpty {
                findings.filesystems.append(
                    .init(partition: left.number, type: type, fields: facts, note: note))
            }
            try count(left, in: &findings.packagesA, files: &findings.countA)
            try count(right, in: &findings.packagesB, files: &findings.countB)
            return
        }
        let filesA = try one.files()
        let filesB = areSame ? filesA : try other.files()
        findings.countA += filesA.count
        findings.countB += filesB.count
        let packagesA = try packages(one, filesA)
        findings.packagesA.merge(packagesA) { $1 }
        findings.packagesB.merge(areSame ? packagesA : try packages(other, filesB)) { $1 }
        if areSame { return }
        if !facts.isEmpty {
            findings.filesystems.append(.init(partition: left.number, type: left.type, fields: facts, note: nil))
        }
        findings.files += try FileComparison(partition: left.number, a: one, b: other, cancelled: cancelled)
            .run(filesA, filesB)
    }

    private func count(
        _ part: DiskContents.Part, in packages: inout [String: String], files: inout Int
    ) throws {
        guard let reader = part.reader else { return }
        let found = try reader.files()
        files += found.count
        try packages.merge(self.packages(reader, found)) { $1 }
    }

    private func packages(_ reader: any FilesystemReader, _ files: [FileRecord]) throws -> [String: String] {
        try DpkgStatus.packages(of: files) { try reader.wholeContent(of: $0) }
    }

    private static func fields(_ a: [Fact], _ b: [Fact]) -> [ImageDifference.Field] {
        let names = a.map(\.name) + b.map(\.name).filter { name in !a.contains { $0.name == name } }
        return names.compactMap { name in
            let (left, right) = (
                a.first { $0.name == name }?.value, b.first { $0.name == name }?.value
            )
            return left == right ? nil : .init(name, left, right)
        }
    }

    static func changes(_ a: [String: String], _ b: [String: String]) -> [ImageDifference.Package] {
        Set(a.keys).union(b.keys).sorted().compactMap { name in
            switch (a[name], b[name]) {
            case (let old?, let new?):
                old == new ? nil : .init(name: name, change: .changed, a: old, b: new)
            case (let old?, nil): .init(name: name, change: .removed, a: old, b: nil)
            case (nil, let new?): .init(name: name, change: .added, a: nil, b: new)
            case (nil, nil): nil
            }
        }
    }
}
