import ApplianceSpec
import FileTrees
import Foundation
import ImageInspection

/// Differences for people: what matters first, long lists cut short unless all is asked for.
struct DiffText {
    /// Nil: everything.
    let limit: Int?

    init(all: Bool) { limit = all ? nil : 20 }

    // MARK: Images

    func text(_ difference: ImageDifference) -> String {
        var lines = [summary(difference)]
        lines += ["  a: \(line(difference.a))", "  b: \(line(difference.b))"]
        if let byte = difference.firstByte, let structure = difference.firstStructure {
            lines.append("  the first byte that differs: \(byte), in \(structure)")
        }
        lines += section("Disk", difference.disk.map { field($0) })
        lines += section("Partitions", difference.partitions.flatMap(partition))
        lines += section("Filesystems", difference.filesystems.flatMap(filesystem))
        lines += section("Packages", difference.packages.map { item($0.change.rawValue, $0.name, $0.a, $0.b) })
        let timesOnly = difference.files.filter(\.differsInTimesOnly)
        lines += section("Files", difference.files.filter { !$0.differsInTimesOnly }.map(file))
        lines += section("Files of which only the times differ", timesOnly.map(file))
        return lines.joined(separator: "\n")
    }

    private func summary(_ difference: ImageDifference) -> String {
        if difference.sameBytes { return "The disks are the same, byte for byte." }
        if difference.same {
            return
                "The disks hold the same files, packages and tables, but are not the same bytes."
        }
        let changes = difference.files
        func count(_ change: ImageDifference.Change) -> Int { changes.filter { $0.change == change }.count }
        let parts = [
            counted(
                difference.disk.count + difference.partitions.count, "difference in the partition table",
                "differences in the partition table"),
            counted(difference.filesystems.count, "filesystem", "filesystems"),
            counted(difference.packages.count, "package", "packages"),
            counted(count(.changed), "file changed", "files changed"),
            counted(count(.added), "file added", "files added"),
            counted(count(.removed), "file removed", "files removed"),
        ]
        return "The images differ: " + parts.compactMap { $0 }.joined(separator: ", ") + "."
    }

    private func counted(_ count: Int, _ one: String, _ many: String) -> String? {
        count == 0 ? nil : "\(count) \(count == 1 ? one : many)"
    }

    private func line(_ image: ImageDifference.Image) -> String {
        "\(image.path) (\(image.format), \(ByteSize(bytes: image.size)), \(image.table == "none" ? "no partition table" : image.table.uppercased()), \(image.packages) packages, \(image.files) files)"
    }

    private func partition(_ partition: ImageDifference.Partition) -> [String] {
        ["\(mark(partition.change.rawValue)) partition \(partition.number)"]
            + partition.fields.map { "    \(field($0))" }
    }

    private func filesystem(_ filesystem: ImageDifference.Filesystem) -> [String] {
        let place = filesystem.partition == 0 ? "the disk" : "partition \(filesystem.partition)"
        return ["~ \(filesystem.type ?? "filesystem") in \(place)"]
            + filesystem.fields.map { "    \(field($0))" } + (filesystem.note.map { ["    \($0)"] } ?? [])
    }

    /// `/etc/motd (content from byte 12)`.
    func sentence(_ file: ImageDifference.File) -> String {
        switch file.change {
        case .added: "\(file.path) is in the second build alone"
        case .removed: "\(file.path) is in the first build alone"
        case .changed: String(self.file(file).dropFirst(2))
        }
    }

    private func file(_ file: ImageDifference.File) -> String {
        var details: [String] = []
        switch file.change {
        case .added: details = file.sizeB.map { ["\(ByteSize(bytes: $0))"] } ?? [file.kind.rawValue]
        case .removed: details = file.sizeA.map { ["\(ByteSize(bytes: $0))"] } ?? [file.kind.rawValue]
        case .changed:
            if let offset = file.contentOffset { details.append("content from byte \(offset)") }
            details += file.fields.map { "\($0.name) \($0.a ?? "–") → \($0.b ?? "–")" }
        }
        return "\(mark(file.change.rawValue)) \(file.path)  (\(details.joined(separator: "; ")))"
    }

    // MARK: Locks

    func text(_ difference: LockDifference) -> String {
        var lines = [
            difference.same ? "The locks are the same." : "The locks differ.",
            "  a: \(line(difference.a))", "  b: \(line(difference.b))",
        ]
        lines += section(
            "Spec",
            difference.spec.map {
                $0.name == "input" ? "~ \($0.a ?? "")" : "~ \($0.name): \($0.a ?? "–") → \($0.b ?? "–")"
            })
        lines += section(
            "Repositories", difference.repositories.map { "~ \($0.name): \($0.a ?? "–") → \($0.b ?? "–")" })
        for (title, items) in [
            ("Packages", difference.packages), ("Python wheels", difference.wheels), ("Build tools", difference.tools),
        ] {
            lines += section(title, items.map(item))
        }
        return lines.joined(separator: "\n")
    }

    private func line(_ lock: LockDifference.Summary) -> String {
        "\(lock.path) (\(lock.name) \(lock.version), \(lock.packages) packages, \(ByteSize(bytes: lock.download)) to download, \(ByteSize(bytes: lock.installed)) installed)"
    }

    private func item(_ item: LockDifference.Item) -> String {
        var text = self.item(item.change, item.name, item.a, item.b)
        if let a = item.sizeA, let b = item.sizeB, a != b {
            text += "  (\(ByteSize(bytes: a)) → \(ByteSize(bytes: b)))"
        } else if let only = item.sizeA ?? item.sizeB, item.change != "changed" {
            text += "  (\(ByteSize(bytes: only)))"
        }
        // With the version, path and digest change too; without it they are the news.
        if item.change == "changed", item.a == item.b {
            text += "  (\(item.fields.map { "\($0.name) \($0.a ?? "–") → \($0.b ?? "–")" }.joined(separator: "; ")))"
        }
        return text
    }

    // MARK: Pieces

    private func item(_ change: String, _ name: String, _ a: String?, _ b: String?) -> String {
        switch (a, b) {
        case (let old?, let new?): "\(mark(change)) \(name) \(old == new ? old : "\(old) → \(new)")"
        default: "\(mark(change)) \(name) \(a ?? b ?? "")"
        }
    }

    private func mark(_ change: String) -> String {
        switch change {
        case "added": "+"
        case "removed": "-"
        default: "~"
        }
    }

    /// Sizes are shown as such where they are round enough to be told apart.
    private func field(_ field: ImageDifference.Field) -> String {
        func value(_ text: String?) -> String {
            guard let text else { return "–" }
            return text.isEmpty ? "''" : text
        }
        return "\(field.name): \(value(field.a)) → \(value(field.b))"
    }

    private func section(_ title: String, _ lines: [String]) -> [String] {
        guard !lines.isEmpty else { return [] }
        let shown = limit.map { Array(lines.prefix($0)) } ?? lines
        let rest = lines.count - shown.count
        return ["", "\(title):"] + shown.map { "  \($0)" } + (rest > 0 ? ["  … and \(rest) more (--all)"] : [])
    }
}

extension ImageDifference.File {
    /// Neither content nor owner nor mode: what happened at another time.
    var differsInTimesOnly: Bool {
        change == .changed && contentOffset == nil && fields.allSatisfy { $0.name == "modified" }
    }
}
