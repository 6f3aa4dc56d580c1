import CLinux
import Glibc

/// Finds the lines of a text that one of the rules of `SecretTexts` for any text could hit, by what it asks for in them. Most
/// texts have none, and finding that out by strings of Swift's takes fifty times as long.
enum SecretTraces {
    /// In their order, each once; other characters than LF may divide them further.
    static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let ranges = bytes.withUnsafeBytes { text in
            var found: [Range<Int>] = []
            passwords(text, &found)
            for word in words { text.find(word, &found) }
            keys(text, &found)
            addresses(text, &found)
            return found
        }
        var end = 0
        return ranges.sorted { $0.lowerBound < $1.lowerBound }.compactMap { range in
            guard range.lowerBound >= end else { return nil }
            end = range.upperBound
            return bytes[range]
        }
    }

    /// All begin with `$`.
    private static let hashes = SecretTexts.methods.map { Array($0.start.utf8) }

    /// `$6$`, say: looked for at each dollar, as memmem(3) is slow with such short ones, and there are many of them.
    private static func passwords(_ text: UnsafeRawBufferPointer, _ found: inout [Range<Int>]) {
        var position = 0
        while let place = text.place(of: UInt8(ascii: "$"), from: position) {
            position = place + 1
            guard let base = text.baseAddress,
                hashes.contains(where: { $0.count <= text.count - place && memcmp(base + place, $0, $0.count) == 0 })
            else { continue }
            let line = text.line(around: place)
            found.append(line)
            position = line.upperBound
        }
    }

    /// The last one is the Kelvin sign, which becomes a k where the name of AWS' key is compared.
    private static let words = ["client-key-data:", "\"private_key_id\":", "\u{212A}"].map { Array($0.utf8) }

    /// `aws_secret_access_key`, in whatever letters.
    private static func keys(_ text: UnsafeRawBufferPointer, _ found: inout [Range<Int>]) {
        let name = "aws_secret_access_key"
        var position = 0
        while let place = text.place(of: UInt8(ascii: "_"), from: position) {
            position = place + 1
            let start = place - 3
            guard start >= 0, start + name.utf8.count <= text.count, let base = text.baseAddress else { continue }
            let candidate = (base + start).assumingMemoryBound(to: CChar.self)
            if strncasecmp(candidate, name, name.utf8.count) == 0 {
                let line = text.line(around: place)
                found.append(line)
                position = line.upperBound
            }
        }
    }

    /// `scheme://…@`.
    private static func addresses(_ text: UnsafeRawBufferPointer, _ found: inout [Range<Int>]) {
        var position = 0
        while let place = text.place(of: address, from: position) {
            let line = text.line(around: place)
            position = line.upperBound
            if let sign = text.place(of: UInt8(ascii: "@"), from: place), sign < line.upperBound { found.append(line) }
        }
    }

    private static let address = Array("://".utf8)
}

extension UnsafeRawBufferPointer {
    /// memmem(3), as nothing of Swift's is as quick.
    func place(of needle: [UInt8], from start: Int) -> Int? {
        guard let baseAddress, start < count,
            let hit = sb_find(baseAddress + start, count - start, needle, needle.count)
        else { return nil }
        return UnsafeRawPointer(hit) - baseAddress
    }

    fileprivate func place(of byte: UInt8, from start: Int) -> Int? {
        guard let baseAddress, start < count, let hit = memchr(baseAddress + start, Int32(byte), count - start) else {
            return nil
        }
        return UnsafeRawPointer(hit) - baseAddress
    }

    /// Between two LFs.
    fileprivate func line(around place: Int) -> Range<Int> {
        var start = place
        while start > 0, self[start - 1] != UInt8(ascii: "\n") { start -= 1 }
        return start..<(self.place(of: UInt8(ascii: "\n"), from: place) ?? count)
    }

    /// Adds the lines that hold it.
    fileprivate func find(_ needle: [UInt8], _ found: inout [Range<Int>]) {
        var position = 0
        while let place = place(of: needle, from: position) {
            let line = line(around: place)
            found.append(line)
            position = line.upperBound
        }
    }
}

extension String {
    /// Whether its UTF-8 holds that of `part`, of which there is something.
    func holds(_ part: String) -> Bool {
        let needle = Array(part.utf8)
        return utf8.withContiguousStorageIfAvailable {
            UnsafeRawBufferPointer($0).place(of: needle, from: 0) != nil
        } ?? contains(part)
    }

    /// What follows its last slash.
    var lastComponent: String {
        guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")) else { return self }
        return String(self[index(after: slash)...])
    }
}
