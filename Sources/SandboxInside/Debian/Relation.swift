/// One name of a relationship field (deb-control(5)): `libc6 (>= 2.38)`, `python3:any`.
package struct Relation: Sendable, Equatable {
    package var name: String
    /// `<<`, `<=`, `=`, `>=`, `>>`.
    var comparison: String?
    var version: String?

    /// The groups of a field: all of them are needed, and one of each suffices.
    package static func groups(_ field: String?) -> [[Relation]] {
        guard let field else { return [] }
        return field.split(separator: ",").map { group in
            group.split(separator: "|").compactMap { Relation(String($0)) }
        }
        .filter { !$0.isEmpty }
    }

    init?(_ text: String) {
        let words = text.split { " \t\n()".contains($0) }
        guard let first = words.first else { return nil }
        name = String(first.split(separator: ":").first ?? first)
        if words.count >= 3, ["<<", "<=", "=", ">=", ">>"].contains(words[1]) {
            comparison = String(words[1])
            version = String(words[2])
        } else if words.count >= 2, let operatorEnd = words[1].firstIndex(where: { !"<=>".contains($0) }),
            operatorEnd > words[1].startIndex
        {
            comparison = String(words[1][..<operatorEnd])
            version = String(words[1][operatorEnd...])
        }
    }

    /// Whether a package of that name (real, not provided) and version is meant.
    func matches(name: String, version: String) -> Bool {
        guard name == self.name else { return false }
        guard let comparison, let wanted = self.version else { return true }
        let order = DebianVersion.compare(version, wanted)
        return switch comparison {
        case "<<": order < 0
        case "<=": order <= 0
        case ">=": order >= 0
        case ">>": order > 0
        default: order == 0
        }
    }
}

/// deb-version(7).
package enum DebianVersion {
    /// Negative, zero or positive as `left` is older than, as old as or newer than `right`.
    package static func compare(_ left: String, _ right: String) -> Int {
        let (a, b) = (parts(left), parts(right))
        if a.epoch != b.epoch { return a.epoch < b.epoch ? -1 : 1 }
        let upstream = compareParts(Array(a.upstream.utf8), Array(b.upstream.utf8))
        return upstream != 0 ? upstream : compareParts(Array(a.revision.utf8), Array(b.revision.utf8))
    }

    private static func parts(_ version: String) -> (epoch: Int, upstream: Substring, revision: Substring) {
        var rest = version[...]
        var epoch = 0
        if let colon = rest.firstIndex(of: ":") {
            epoch = Int(rest[..<colon]) ?? 0
            rest = rest[rest.index(after: colon)...]
        }
        guard let dash = rest.lastIndex(of: "-") else { return (epoch, rest, "") }
        return (epoch, rest[..<dash], rest[rest.index(after: dash)...])
    }

    private static func compareParts(_ a: [UInt8], _ b: [UInt8]) -> Int {
        func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
        /// `~` before the end, the end before letters, letters before everything else.
        func rank(_ bytes: [UInt8], _ index: Int) -> Int {
            guard index < bytes.count, !isDigit(bytes[index]) else { return 0 }
            let byte = Int(bytes[index])
            if byte == 126 { return -1 }
            let isLetter = (65...90).contains(byte) || (97...122).contains(byte)
            return isLetter ? byte : byte + 256
        }
        var (i, j) = (0, 0)
        while i < a.count || j < b.count {
            while (i < a.count && !isDigit(a[i])) || (j < b.count && !isDigit(b[j])) {
                let (left, right) = (rank(a, i), rank(b, j))
                if left != right { return left - right }
                i += 1
                j += 1
            }
            while i < a.count, a[i] == 48 { i += 1 }
            while j < b.count, b[j] == 48 { j += 1 }
            var difference = 0
            while i < a.count, isDigit(a[i]), j < b.count, isDigit(b[j]) {
                if difference == 0 { difference = Int(a[i]) - Int(b[j]) }
                i += 1
                j += 1
            }
            if i < a.count, isDigit(a[i]) { return 1 }
            if j < b.count, isDigit(b[j]) { return -1 }
            if difference != 0 { return difference }
        }
        return 0
    }
}
