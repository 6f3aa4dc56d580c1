internal import ContentDigest

/// What shows whether a kept file holds what it held.
enum ContentCheck: Equatable, Sendable {
    case sha256(Digest)
    /// See `CRC32C.of(sparse:)`. Of a disk, whose SHA-256 takes ten times as long: what it has to find is a flipped bit, and
    /// nobody who would look for another file with the same one.
    case crc32c(UInt32)

    private static let prefix = "crc32c:"

    /// Nil when it is neither.
    init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Self.prefix) else {
            guard let digest = Digest(hex: String(text)) else { return nil }
            self = .sha256(digest)
            return
        }
        let digits = text.dropFirst(Self.prefix.count)
        guard digits.utf8.count == 8, let value = UInt32(digits, radix: 16) else { return nil }
        self = .crc32c(value)
    }

    /// 64 hexadecimal digits, or eight of them with what they are before them.
    var text: String {
        switch self {
        case .sha256(let digest): return digest.hex
        case .crc32c(let value):
            let digits = String(value, radix: 16)
            return Self.prefix + String(repeating: "0", count: 8 - digits.count) + digits
        }
    }

    var isChecksum: Bool {
        if case .crc32c = self { true } else { false }
    }
}
