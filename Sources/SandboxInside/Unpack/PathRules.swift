import FileTrees

/// What dpkg's administrator files say about single paths: diversions (dpkg-divert(1)) and overrides of owner and mode
/// (dpkg-statoverride(1)).
struct PathRules: Sendable {
    private var diversions: [String: (target: String, package: String)] = [:]
    private var overrides: [String: (user: String, group: String, mode: UInt32)] = [:]

    init(diversions: String = "", overrides: String = "") {
        let lines = diversions.split(separator: "\n", omittingEmptySubsequences: false)
        for index in stride(from: 0, to: lines.count - 2, by: 3) {
            let (from, to) = (lines[index].drop { $0 == "/" }, lines[index + 1].drop { $0 == "/" })
            self.diversions[String(from)] = (String(to), String(lines[index + 2]))
        }
        for line in overrides.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3)
            guard words.count == 4, let mode = UInt32(words[2], radix: 8) else { continue }
            self.overrides[String(words[3].drop { $0 == "/" })] = (String(words[0]), String(words[1]), mode)
        }
    }

    /// Where the package's file at `path` is put. `:` as a package is the administrator's: nobody is exempt.
    func destination(of path: String, package: String) -> String {
        guard let diversion = diversions[path], diversion.package != package else { return path }
        return diversion.target
    }

    func override(of path: String) -> (user: String, group: String, mode: UInt32)? { overrides[path] }
}

/// The ids of a root's users and groups. dpkg lets a name in an archive count more than the number beside it.
struct OwnerNames: Sendable {
    private var users: [String: UInt32]
    private var primaryGroups: [String: UInt32] = [:]
    private var groups: [String: UInt32]

    /// From the text of passwd(5) and group(5).
    init(passwd: String = "", group: String = "") {
        func ids(_ text: String) -> [String: UInt32] {
            var ids: [String: UInt32] = [:]
            for line in text.split(separator: "\n") {
                let fields = line.split(separator: ":", omittingEmptySubsequences: false)
                guard fields.count > 2, let id = UInt32(fields[2]) else { continue }
                ids[String(fields[0])] = id
            }
            return ids
        }
        users = ids(passwd)
        groups = ids(group)
        for line in passwd.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count > 3, let group = UInt32(fields[3]) { primaryGroups[String(fields[0])] = group }
        }
    }

    func user(_ name: String?, _ number: UInt32) -> UInt32 { name.flatMap { users[$0] } ?? number }
    func group(_ name: String?, _ number: UInt32) -> UInt32 { name.flatMap { groups[$0] } ?? number }

    func primaryGroup(of user: String) -> UInt32? { primaryGroups[user] }

    /// A name or `#number`, as statoverride has it; also a plain number.
    func user(named text: String) -> UInt32? { users[text] ?? UInt32(text.drop { $0 == "#" }) }
    func group(named text: String) -> UInt32? { groups[text] ?? UInt32(text.drop { $0 == "#" }) }
}
