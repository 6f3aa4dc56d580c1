import FileTrees
import HostSystem

/// Looks for what must not be given away with an image: private keys, tokens, credentials, wherever people and installations
/// put things; what packages bring below /usr is public.
struct SecretLint {
    let tree: ImageTree
    let cancelled: CancellationFlag

    static let source = "OWASP, Secrets Management Cheat Sheet; gitleaks' rules"
    private static let skipped = [
        "usr/", "bin/", "sbin/", "lib/", "lib32/", "lib64/", "libx32/", "var/lib/dpkg/", "var/lib/apt/", "var/cache/",
        "etc/ssl/certs/", "proc/", "sys/", "dev/",
    ]
    private static let kept = ["usr/local/", "usr/src/", "usr/games/"]
    /// Of a larger file only so much is looked into.
    private static let limit: Int64 = 2 << 20

    func check(_ found: inout LintFindings) throws {
        let files = SecretFiles(tree: tree)
        for file in tree.files + tree.unmounted where file.kind == .file && file.size > 0 {
            let name = file.path.lastComponent
            try cancelled.check()
            let isKnown = try files.check(file, name, &found)
            guard isLookedInto(file.path, name), let bytes = try tree.bytes(file.path, limit: Int(Self.limit)) else {
                continue
            }
            scan(bytes, file.path, &found)
            if !isKnown { SecretTexts(path: file.path, name: name).check(bytes, &found) }
        }
    }

    private func isLookedInto(_ path: String, _ name: String) -> Bool {
        let isKept = Self.kept.contains(where: path.hasPrefix)
        if !isKept, Self.skipped.contains(where: path.hasPrefix),
            !(name == ".env" || name.hasPrefix("id_rsa") || name.hasPrefix("id_ed25519") || name.hasPrefix("id_ecdsa"))
        {
            return false
        }
        // Tests and documentation of a library hold keys that are everybody's.
        guard path.holds("/site-packages/") || path.holds("/node_modules/") else { return true }
        return !["/test", "/fixtures/", "/example", "/docs/"].contains(where: path.holds)
            && !name.hasSuffix(".py") && !name.hasSuffix(".pyc")
    }

    private func scan(_ bytes: [UInt8], _ path: String, _ found: inout LintFindings) {
        let beginnings = Self.beginnings.occurring(in: bytes)
        if beginnings.isEmpty { return }
        let mayHoldKey = beginnings.contains(SecretPattern.all.count)
        if mayHoldKey, !path.hasPrefix("etc/ssh/ssh_host_"), hasPrivateKey(bytes) {
            found.error(
                "private-key", "/\(path) holds a private key",
                why: "who has the image has it, and every machine of it uses the same",
                source: Self.source, remedy: "remove it; make keys at the first boot, or take them from a parameter")
        }
        for (index, pattern) in SecretPattern.all.enumerated()
        where beginnings.contains(index) && contains(bytes, pattern) {
            found.error(
                pattern.code, "/\(path) holds \(pattern.what)", why: "who has the image has it", source: Self.source,
                remedy: "remove it, and make the token invalid")
        }
    }

    /// A PEM block with something in it: a mention of one is none.
    private func hasPrivateKey(_ bytes: [UInt8]) -> Bool {
        var position = 0
        while let start = place(of: Self.armour, in: bytes, from: position) {
            position = start + 11
            let head = String(decoding: bytes[start..<min(start + 64, bytes.count)], as: UTF8.self)
            guard let end = head.firstRange(of: "PRIVATE KEY") else { continue }
            let body = start + head.utf8.distance(from: head.startIndex, to: end.upperBound)
            // Up to its end: behind the dashes that close the first line.
            let behind = min(body + 5, bytes.count)
            let close = place(of: Self.dashes, in: bytes, from: behind) ?? bytes.count
            let rest = bytes[behind..<min(close, behind + 400)]
            if rest.filter({ SecretPattern.isWord($0) || $0 == 43 || $0 == 47 }).count >= 64 { return true }
        }
        return false
    }

    private func contains(_ bytes: [UInt8], _ pattern: SecretPattern) -> Bool {
        var position = 0
        while let start = place(of: pattern.bytes, in: bytes, from: position) {
            position = start + pattern.bytes.count
            // Part of a longer word is something else.
            if start > 0, SecretPattern.isWord(bytes[start - 1]) { continue }
            let end = position + pattern.length
            guard end <= bytes.count, bytes[position..<end].allSatisfy(pattern.characters) else { continue }
            // What an example shows: one character all along, or AWS' own key.
            guard Set(bytes[position..<end]).count > 5, !bytes[position..<end].ends(with: "EXAMPLE") else { continue }
            return true
        }
        return false
    }

    private func place(of needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { $0.place(of: needle, from: start) }
    }

    /// The patterns', and a private key's.
    private static let beginnings = NeedleSet(SecretPattern.all.map(\.bytes) + [armour])
    private static let armour = Array("-----BEGIN ".utf8)
    private static let dashes = Array("-----".utf8)
}

extension ArraySlice<UInt8> {
    fileprivate func ends(with text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
