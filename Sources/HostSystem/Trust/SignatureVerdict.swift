/// What gpgv's status lines say (doc/DETAILS of GnuPG), in plain words.
enum SignatureVerdict {
    /// What is wrong, to follow the file's name; nil when a known, valid key has signed exactly this text and no
    /// signature is bad.
    ///
    /// - Parameter succeeded: gpgv ended with 0. It does not where only one of several signatures has an unknown key,
    ///   which is what a repository in the middle of a change of keys looks like.
    static func problem(status lines: [String], succeeded: Bool) -> String? {
        if let key = keys("BADSIG", lines).first {
            return "was changed after it was signed: the signature by the key \(key) does not match"
        }
        // VALIDSIG alone is said of expired keys too.
        let isGood = !keys("GOODSIG", lines).isEmpty && !keys("VALIDSIG", lines).isEmpty
        let unknown = keys("NO_PUBKEY", lines)
        if isGood, succeeded || !unknown.isEmpty { return nil }
        if let key = keys("REVKEYSIG", lines).first { return "is signed with the key \(key), which was revoked" }
        if let key = keys("EXPKEYSIG", lines).first { return "is signed with the key \(key), which has expired" }
        if let key = keys("EXPSIG", lines).first { return "has a signature by the key \(key) that has expired" }
        if !unknown.isEmpty {
            let names = unknown.joined(separator: ", ")
            return "is signed with the key\(unknown.count == 1 ? "" : "s") \(names), not in the keyring"
        }
        return "has no valid signature"
    }

    static func hint(status lines: [String], keyrings: [String]) -> String? {
        guard !keys("NO_PUBKEY", lines).isEmpty else { return nil }
        let names = keyrings.map { "'\($0)'" }.joined(separator: ", ")
        return "searched \(names); is it the keyring of this archive, and up to date?"
    }

    private static func keys(_ keyword: String, _ lines: [String]) -> [String] {
        var keys: [String] = []
        for line in lines where line.hasPrefix("[GNUPG:] \(keyword) ") {
            let key = line.split(separator: " ").dropFirst(2).first.map(String.init) ?? "?"
            if !keys.contains(key) { keys.append(key) }
        }
        return keys
    }
}
