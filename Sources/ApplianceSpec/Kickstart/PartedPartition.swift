import Diagnostics
import Kickstart

/// A partition that a `%pre` script makes with parted(8), and that `part --onpart=` then takes: what 20 of AlmaLinux's 52 cloud
/// images do, because their installer could not make a disk for BIOS and UEFI by itself.
struct PartedPartition {
    /// MiB.
    var size: Int
    /// To the end of the disk.
    var grows: Bool
    /// `sda`.
    var disk: String
    /// Of the script's header.
    var range: SourceRange

    /// By the names that `--onpart` uses: `sda1`, `nvme0n1p1`.
    static func all(in scripts: [ScriptSection]) -> [String: PartedPartition] {
        var partitions: [String: PartedPartition] = [:]
        var counts: [String: Int] = [:]
        for script in scripts {
            for line in script.lines {
                let words = Self.words(line.text)
                guard words.first == "parted" || words.first?.hasSuffix("/parted") == true,
                    let device = words.first(where: { $0.hasPrefix("/dev/") })
                else { continue }
                let disk = String(device.dropFirst("/dev/".count))
                if words.contains("mklabel") || words.contains("mktable") { counts[disk] = 0 }
                guard let start = words.firstIndex(of: "mkpart") else { continue }
                let ends = words[(start + 1)...].compactMap { Self.mebibytes($0) }
                guard ends.count >= 2, let from = ends[0] else { continue }
                let number = (counts[disk] ?? 0) + 1
                counts[disk] = number
                let name = disk + (disk.last?.isNumber == true ? "p" : "") + "\(number)"
                partitions[name] = PartedPartition(
                    size: ends[1].map { max($0 - from, 1) } ?? 1, grows: ends[1] == nil, disk: disk, range: script.range
                )
            }
        }
        return partitions
    }

    /// The line that makes it here.
    func statement(for command: PartitionCommand) -> String {
        var words = ["part", command.mountPoint.value]
        if let filesystem = command.fstype, filesystem.value != command.mountPoint.value {
            words.append("--fstype=\(filesystem.value)")
        }
        words.append("--size=\(size)")
        if grows { words.append("--grow") }
        for (name, value) in [("label", command.label), ("fsoptions", command.fsoptions)] {
            if let value { words.append("--\(name)=\(value.value)") }
        }
        return words.joined(separator: " ")
    }

    /// Words as a shell has them, as far as parted's need: quotes are dropped.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == " " || character == "\t" {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    /// `1MiB`, `2GB`, `100%`: MiB, or within it nil for the disk's end; nil for what is no place.
    private static func mebibytes(_ word: String) -> Int?? {
        if word == "100%" || word == "-1" || word == "-1s" { return .some(nil) }
        let digits = word.prefix { $0.isNumber || $0 == "." }
        guard let number = Double(digits) else { return nil }
        let factor: Double? =
            switch word.dropFirst(digits.count).lowercased() {
            case "mib", "m": 1
            case "gib", "g": 1024
            case "", "mb": 1e6 / 1_048_576
            case "gb": 1e9 / 1_048_576
            case "kib": 1.0 / 1024
            case "kb": 1e3 / 1_048_576
            case "b": 1.0 / 1_048_576
            case "s": 512.0 / 1_048_576
            default: nil
            }
        return factor.map { Int((number * $0).rounded()) }
    }
}
