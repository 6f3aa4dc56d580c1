import FoundationEssentials

/// OpenPGP's ASCII armour (RFC 9580, section 6.2) around public keys.
enum ArmoredKeyring {
    /// The packets of all its blocks; nil when there is no armour, or nothing readable in it.
    static func decode(_ content: [UInt8]) -> [UInt8]? {
        guard content.first == UInt8(ascii: "-") else { return nil }
        var packets: [UInt8] = []
        var base64 = ""
        var state = State.outside
        for line in String(decoding: content, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            let line = line.trimmingSpace
            switch state {
            case .outside: if line == "-----BEGIN PGP PUBLIC KEY BLOCK-----" { state = .headers }
            case .headers: if line.isEmpty { state = .body }
            case .body:
                if line == "-----END PGP PUBLIC KEY BLOCK-----" {
                    guard let bytes = Data(base64Encoded: base64) else { return nil }
                    packets += bytes
                    base64 = ""
                    state = .outside
                } else if !line.hasPrefix("=") {
                    // A line that begins with `=` is the checksum, which says less than the signature will.
                    base64 += line
                }
            }
        }
        return packets.isEmpty ? nil : packets
    }

    private enum State { case outside, headers, body }
}
