/// A SHA-256 digest: what content in the store is named by.
package struct Digest: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    package let hex: String

    /// Nil unless `hex` is 64 hexadecimal digits; upper case is folded.
    package init?(hex: String) {
        let lower = hex.lowercased()
        guard lower.utf8.count == 64,
            lower.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        self.hex = lower
    }

    init(bytes: some Sequence<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        hex = String(decoding: text, as: UTF8.self)
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let digest = Digest(hex: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not a SHA-256 digest"))
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }

    package var description: String { hex }

    /// The first twelve digits, for people.
    package var short: String { String(hex.prefix(12)) }

    package static func < (left: Self, right: Self) -> Bool { left.hex < right.hex }

    /// A version 8 UUID (RFC 9562: the content is ours) made from the first 16 bytes of this digest, so that what
    /// needs a UUID gets the same one for the same inputs.
    package var uuid: String {
        var digits = Array(hex.prefix(32))
        digits[12] = "8"
        let variant: [Character] = ["8", "9", "a", "b"]
        digits[16] = variant[(digits[16].hexDigitValue ?? 0) & 3]
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
