import Glibc

/// Several short texts that are looked for at once: one pass over a text says which of them occur in it. Most texts have
/// none, and a pass for each of forty takes twenty times as long.
struct NeedleSet: Sendable {
    /// Which occur, by their places in the list.
    typealias Found = Set<Int>

    private let needles: [[UInt8]]
    /// A bit for each two bytes that one of them begins with.
    private let beginnings: [UInt64]
    private let byBeginning: [UInt16: [Int]]

    /// - Parameter needles: of two bytes or more each
    init(_ needles: [[UInt8]]) {
        self.needles = needles
        var beginnings = [UInt64](repeating: 0, count: 1 << 16 / 64)
        var byBeginning: [UInt16: [Int]] = [:]
        for (index, needle) in needles.enumerated() {
            let pair = UInt16(needle[0]) | UInt16(needle[1]) << 8
            beginnings[Int(pair >> 6)] |= 1 << UInt64(pair & 63)
            byBeginning[pair, default: []].append(index)
        }
        self.beginnings = beginnings
        self.byBeginning = byBeginning
    }

    func occurring(in text: [UInt8]) -> Found {
        guard text.count >= 2 else { return [] }
        var found: Found = []
        text.withUnsafeBytes { text in
            beginnings.withUnsafeBufferPointer { beginnings in
                var pair = UInt16(text[0]) << 8
                for place in 1..<text.count {
                    pair = pair >> 8 | UInt16(text[place]) << 8
                    if beginnings[Int(pair >> 6)] >> UInt64(pair & 63) & 1 == 0 { continue }
                    for index in byBeginning[pair] ?? [] where isNeedle(index, in: text, at: place - 1) {
                        found.insert(index)
                    }
                }
            }
        }
        return found
    }

    private func isNeedle(_ index: Int, in text: UnsafeRawBufferPointer, at place: Int) -> Bool {
        let needle = needles[index]
        guard let base = text.baseAddress, needle.count <= text.count - place else { return false }
        return memcmp(base + place, needle, needle.count) == 0
    }
}
