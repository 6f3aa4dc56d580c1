import FileTrees

/// Which packages want to hear of which triggers (deb-triggers(5)): named ones and paths.
struct Interests: Sendable {
    /// Trigger to the lines of its interested packages: `libc-bin`, `man-db/noawait`.
    private(set) var files: [String: [String]] = [:]
    private(set) var named: [String: [String]] = [:]

    init() {}

    /// As dpkg's database has them.
    init(folder: String) throws(HostError) {
        let path = "\(folder)/triggers/File"
        guard Files.exists(path) else { return }
        for line in try Files.readText(path).split(separator: "\n") {
            guard let space = line.lastIndex(of: " ") else { continue }
            files[String(line[..<space]), default: []].append(String(line[line.index(after: space)...]))
        }
        for name in try Files.names(in: "\(folder)/triggers") where !["File", "Unincorp", "Lock"].contains(name) {
            named[name] = try Files.readText("\(folder)/triggers/\(name)").split(separator: "\n").map(String.init)
        }
    }

    /// With the interests that the packages' `triggers` files declare.
    func adding(_ packages: [UnpackedPackage]) -> Interests {
        var result = self
        for package in packages {
            for (directive, trigger) in Self.directives(package.control.text("triggers") ?? "") {
                guard directive.hasPrefix("interest") else { continue }
                let line = package.control.unambiguousName + (directive.hasSuffix("-noawait") ? "/noawait" : "")
                if trigger.hasPrefix("/") {
                    if result.files[trigger]?.contains(line) != true { result.files[trigger, default: []].append(line) }
                } else if result.named[trigger]?.contains(line) != true {
                    result.named[trigger, default: []].append(line)
                }
            }
        }
        return result
    }

    static func directives(_ text: String) -> [(directive: String, trigger: String)] {
        text.split(separator: "\n").compactMap { line in
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
            return words.count == 2 ? (String(words[0]), String(words[1])) : nil
        }
    }

    func write(to folder: String) throws(HostError) {
        let lines = files.sorted { $0.key < $1.key }.flatMap { trigger, names in names.map { "\(trigger) \($0)\n" } }
        try Files.write(lines.joined(), to: "\(folder)/triggers/File")
        for (trigger, names) in named where DebianPackage.isName(trigger) {
            try Files.write(names.map { "\($0)\n" }.joined(), to: "\(folder)/triggers/\(trigger)")
        }
    }

    /// Notes the path triggers that the packages' files set off, for dpkg to hand on when it runs next. Only those of
    /// packages recorded before count: one that is not configured yet sees everything when it is.
    func activate(_ packages: [UnpackedPackage], folder: String) throws(HostError) {
        guard !files.isEmpty else { return }
        var activated: Set<String> = []
        for package in packages {
            for path in package.paths where !path.isEmpty {
                for trigger in Self.prefixes(of: "/\(path)") where files[trigger] != nil { activated.insert(trigger) }
            }
        }
        guard !activated.isEmpty else { return }
        let path = "\(folder)/triggers/Unincorp"
        let before = Files.exists(path) ? try Files.readText(path) : ""
        try Files.write(before + activated.sorted().map { "\($0) -\n" }.joined(), to: path)
    }

    /// The path and every folder above it.
    private static func prefixes(of path: String) -> [String] {
        var prefixes = [path]
        var rest = path[...]
        while let slash = rest.lastIndex(of: "/"), slash > rest.startIndex {
            rest = rest[..<slash]
            prefixes.append(String(rest))
        }
        return prefixes
    }
}
