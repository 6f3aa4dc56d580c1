/// Kickstart texts that nobody would write: pieces of real ones, changed at random.
///
/// Each input comes from its number alone, so that any of them can be made again.
package struct FuzzInputs: Sendable {
    private let seeds: [[UInt8]]
    private let run: UInt64

    /// Words that mean something to the parser, and some that trip programs up.
    private static let words: [String] =
        [
            "%end", "%include", "%include a", "%include b\n", "%ksappend a\n", "%packages", "%pre", "%post",
            "%certificate",
            "%addon x", "%nosuch", "#version=F7\n", "#version=", "#platform=", "--", "-", "=", "\"", "'", "\\", "#",
            "\n", "\r",
            "\r\n", " ", "\t", "@", "@^", "-@", "-", "*", ",", ":", "\u{0}", "\u{FEFF}", "\u{2028}", "\u{85}", "\u{A0}",
            "é", "e\u{301}",
            "👩‍👩‍👧", "99999999999999999999", "-1", "+1_0", "0", "1e9", "--size=", "--size", "--name=x", "--vgname",
            "--fstype=btrfs",
            "--on", "--nodefaults", "--optional", "part", "logvol", "volgroup", "raid", "btrfs", "network", "autopart",
            "realm join", "mount", "timezone", "keyboard", "rootpw", "user", "repo", "url", "firewall", "/", "//",
            "/../..",
            "swap", "pv.1", "eth1'{\"a\": 1}',eth2", "--teamslaves=", "--bridgeopts=a=b,c", "--device=", "zerombr yes",
        ]

    /// - Parameters:
    ///   - seeds: texts to begin with.
    ///   - run: another number makes other inputs.
    package init(seeds: [String], run: UInt64) {
        self.seeds = seeds.map { Array($0.utf8) } + [Array("lang en\n".utf8)]
        self.run = run
    }

    package func text(_ number: UInt64) -> String {
        var random = SplitMix(state: run &* 0x9E37_79B9_7F4A_7C15 &+ number)
        var bytes = piece(&random)
        for _ in 0..<random.below(8) { mutate(&bytes, &random) }
        return String(decoding: bytes.prefix(20_000), as: UTF8.self)
    }

    /// Which of some choices belongs to an input.
    package func choice(_ number: UInt64, of count: Int) -> Int {
        var random = SplitMix(state: ~run &+ number)
        return random.below(count)
    }

    /// Up to 30 lines in a row of one of the seeds.
    private func piece(_ random: inout SplitMix) -> [UInt8] {
        let lines = seeds[random.below(seeds.count)].split(separator: 10, omittingEmptySubsequences: false)
        let start = random.below(lines.count)
        let taken = lines[start..<min(lines.count, start + 1 + random.below(30))]
        return Array(taken.joined(separator: [10]))
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        let place = random.below(bytes.count + 1)
        let length = min(bytes.count - place, random.below(1 << random.below(8)))
        switch random.below(9) {
        case 0: if place < bytes.count { bytes[place] ^= 1 << UInt8(random.below(8)) }
        case 1: bytes.insert(UInt8(random.below(256)), at: place)
        case 2: bytes.removeSubrange(place..<(place + length))
        case 3: bytes.insert(contentsOf: bytes[place..<(place + length)], at: place)
        case 4, 5: bytes.insert(contentsOf: Array(Self.words[random.below(Self.words.count)].utf8), at: place)
        case 6: bytes.insert(contentsOf: piece(&random), at: place)
        case 7: bytes.removeSubrange(place...)
        default:
            bytes.replaceSubrange(
                place..<(place + length), with: Array(repeating: UInt8(random.below(128)), count: length))
        }
    }
}

/// Sebastiano Vigna's splitmix64: small, and the same everywhere.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// From 0 to below `count`; 0 when there is nothing to choose from.
    mutating func below(_ count: Int) -> Int { count < 1 ? 0 : Int(next() % UInt64(count)) }
}
