internal import CCrypt
internal import CCrypto

/// Hashes of passwords for an image. Their salts come from a text that is no secret, so that the same spec gives the same
/// bytes; two accounts, or two specs, have different ones.
package enum PasswordHash {
    /// `$y$…` (crypt(5)), what Debian's passwd(1) makes; nil for a password that libcrypt does not take.
    package static func yescrypt(_ password: String, salt text: String) -> String? {
        guard !password.isEmpty, !password.utf8.contains(0) else { return nil }
        let salt = bytes(of: text).map { CChar(bitPattern: $0) }
        var hash = [CChar](repeating: 0, count: 384)
        guard sb_crypt(password, "$y$", salt, &hash) != 0 else { return nil }
        return String(decoding: hash.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// What grub-mkpasswd-pbkdf2(1) prints, with its standard of 10,000 rounds.
    package static func grub(_ password: String, salt text: String) -> String {
        let salt = bytes(of: text) + bytes(of: text + " 2") + bytes(of: text + " 3") + bytes(of: text + " 4")
        var key = [UInt8](repeating: 0, count: 64)
        PKCS5_PBKDF2_HMAC(
            password, Int32(password.utf8.count), salt, Int32(salt.count), 10_000, EVP_sha512(), Int32(key.count), &key)
        return "grub.pbkdf2.sha512.10000.\(hexadecimal(salt)).\(hexadecimal(key))"
    }

    private static func bytes(of text: String) -> [UInt8] {
        let hex = Array(Digest.of("salt: \(text)").hex.utf8)
        return stride(from: 0, to: 32, by: 2).map { index in
            UInt8(String(decoding: hex[index...(index + 1)], as: UTF8.self), radix: 16) ?? 0
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let text = String(byte, radix: 16, uppercase: true)
            return text.count == 1 ? "0\(text)" : text
        }.joined()
    }
}

extension PasswordHash {
    /// Whether a hash of crypt(5), as /etc/shadow has it, is that password's.
    package static func matches(_ password: String, _ hash: String) -> Bool {
        guard !password.utf8.contains(0), !hash.isEmpty else { return false }
        var result = [CChar](repeating: 0, count: 384)
        guard sb_crypt_as(password, hash, &result) != 0 else { return false }
        return String(decoding: result.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) == hash
    }
}
