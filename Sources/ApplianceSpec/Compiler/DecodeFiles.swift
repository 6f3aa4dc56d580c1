import Diagnostics
import FoundationEssentials

// Files and users: what is put into the image besides packages.
extension SpecDecoder {
    mutating func files() -> [FileEntry] {
        var seen: [String: SourceRange] = [:]
        return root.list("files").compactMap { node in
            guard let path = node.text("path"), let content = content(of: node) else { return nil }
            // A later file may replace what a base puts there; twice in one file is a slip.
            if let first = seen.updateValue(node.range, forKey: path.value), first.file === node.range.file {
                fail(
                    "duplicate-file", "'\(path.value)' is given twice", path.range,
                    notes: [.init("first given here", at: first)])
            }
            let mode = node.text("mode").flatMap { UInt16($0.value, radix: 8) }
            if let mode, mode & 0o002 != 0, mode & 0o1000 == 0 {
                warn("world-writable", "everyone may write to '\(path.value)'", node["mode"]?.range)
            }
            if case .symlink = content, let mode = node["mode"] {
                warn("unused-key", "a symbolic link has no mode of its own", mode.range)
            }
            if ["/dev", "/proc", "/run", "/sys"].contains(where: { path.value == $0 || path.value.hasPrefix($0 + "/") })
            {
                fail("volatile-path", "'\(path.value)' does not outlive a boot", path.range)
            }
            return FileEntry(
                path: path, content: content, mode: mode, owner: node.text("owner")?.value, range: node.range)
        }
    }

    private mutating func content(of node: SpecNode) -> FileEntry.Content? {
        if let text = node.text("content") { return .text(text.value) }
        if let target = node.text("symlink") { return .symlink(target.value) }
        if node["directory"] != nil { return .directory }
        if node["absent"] != nil { return .absent }
        return sourceTree(node["source"]).map { .source($0.value) }
    }

    mutating func users() -> [UserEntry] {
        var seen: [String: SourceRange] = [:]
        var ids: [Int: SourceRange] = [:]
        return root.list("users").compactMap { node in
            guard let name = node.text("name") else { return nil }
            if let first = seen.updateValue(name.range ?? node.range, forKey: name.value) {
                fail(
                    "duplicate-user", "the user '\(name.value)' is given twice", name.range,
                    notes: [.init("first given here", at: first)])
            }
            if name.value == "root" {
                fail(
                    "reserved-user", "root is not for a spec to change", name.range,
                    hint:
                        "its password and keys are under 'root'; for another administrator add a user with 'groups: [sudo]'"
                )
            }
            let isSystem = node["system"]?.boolean ?? false
            let uid = node["uid"]?.integer
            if let uid, isSystem ? uid > 999 : uid < 1000 {
                fail(
                    "bad-uid", "\(uid) is not a uid for \(isSystem ? "a system user" : "a person")", node["uid"]?.range,
                    hint: isSystem ? "1 to 999" : "1000 to 59999; or is it 'system: true'?")
            }
            if let uid, let range = node["uid"]?.range, let first = ids.updateValue(range, forKey: uid) {
                fail(
                    "duplicate-uid", "two users have the uid \(uid)", range,
                    notes: [.init("the first is here", at: first)])
            }
            let keys = node.texts("ssh-keys")
            for key in keys where TextRule.sshKey.accepts(key.value) { checkKey(key) }
            return UserEntry(
                name: name, uid: uid, gid: node["gid"]?.integer, groups: node.texts("groups").map(\.value),
                sshKeys: keys.map(\.value),
                password: password(node.text("password")), shell: node.text("shell")?.value,
                home: node.text("home")?.value, gecos: node.text("comment")?.value, isSystem: isSystem)
        }
    }

    func password(_ text: Located<String>?) -> UserEntry.Password {
        guard let text, text.value != "locked" else { return .locked }
        return .hashed(text.value)
    }

    /// The blob (RFC 4253, 6.6) names its own algorithm, which has to be the one before it; RSA needs 2048 bits.
    mutating func checkKey(_ key: Located<String>) {
        let words = key.value.split(separator: " ")
        guard words.count >= 2, let blob = Data(base64Encoded: String(words[1])), blob.count > 4 else {
            fail("bad-ssh-public-key", "this SSH public key is cut or damaged", key.range)
            return
        }
        func field(at offset: Int) -> (Data, Int)? {
            guard blob.count >= offset + 4 else { return nil }
            let length = blob.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard length <= blob.count - offset - 4 else { return nil }
            return (Data(blob.dropFirst(offset + 4).prefix(length)), offset + 4 + length)
        }
        guard let (type, afterType) = field(at: 0), type.elementsEqual(words[0].utf8),
            let (first, end) = field(at: afterType)
        else {
            fail("bad-ssh-public-key", "this SSH public key is not an \(words[0]) key", key.range)
            return
        }
        if words[0] == "ssh-rsa", let (modulus, _) = field(at: end), modulus.count < 256 {
            fail("bad-ssh-public-key", "an RSA key needs at least 2048 bits", key.range, hint: "make an ed25519 one")
        }
        if words[0] == "ssh-ed25519", first.count != 32 {
            fail("bad-ssh-public-key", "this SSH public key is cut or damaged", key.range)
        }
    }
}
