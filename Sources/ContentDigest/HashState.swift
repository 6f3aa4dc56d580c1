internal import CCrypto

/// A hash function of libcrypto's that takes data in pieces.
struct HashState: ~Copyable {
    private let context: OpaquePointer

    init(_ function: HashFunction) {
        // What is asked for is either there or was found missing when the program began: see `libcryptoFault`. No
        // memory for a few hundred bytes ends the process here as it does everywhere in Swift.
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, function.pointer, nil) == 1 else {
            preconditionFailure("no memory for a hash")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        EVP_DigestUpdate(context, base, bytes.count)
    }

    consuming func finalize(count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        EVP_DigestFinal_ex(context, &bytes, nil)
        return bytes
    }
}

/// From a library context of our own: the machine's OpenSSL configuration may restrict what programs get (a FIPS mode has
/// no MD5), which is about cryptography and not about names for content.
final class HashFunction: Sendable {
    nonisolated(unsafe) let pointer: OpaquePointer?

    private nonisolated(unsafe) static let library: OpaquePointer? = OSSL_LIB_CTX_new()
    static let sha256 = HashFunction("SHA256")
    static let md5 = HashFunction("MD5")
    static let sha1 = HashFunction("SHA1")

    private init(_ name: String) {
        pointer = Self.library.flatMap { EVP_MD_fetch($0, name, nil) }
    }
}

/// Why nothing can be hashed on this machine; nil when everything can. Asked once, before anything is hashed.
package func libcryptoFault() -> String? {
    for (name, function) in [("SHA-256", HashFunction.sha256), ("MD5", HashFunction.md5), ("SHA-1", HashFunction.sha1)]
    where function.pointer == nil {
        return "libcrypto has no \(name)"
    }
    return nil
}

extension Digest {
    /// PBKDF2 (RFC 8018) with SHA-256 and a million rounds, half a second of a processor's time: for what somebody might
    /// try to guess. Nil when libcrypto has no such function.
    package static func slow(_ secret: [UInt8], salt: [UInt8]) -> Digest? {
        var result = [UInt8](repeating: 0, count: 32)
        let code = secret.withUnsafeBytes { bytes in
            PKCS5_PBKDF2_HMAC(
                bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count), salt, Int32(salt.count), 1_000_000,
                HashFunction.sha256.pointer, Int32(result.count), &result)
        }
        return code == 1 ? Digest(bytes: result) : nil
    }
}
