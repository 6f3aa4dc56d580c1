import FileTrees

/// dpkg's database below a root, as dpkg's own `--unpack` would write it: dpkg reads it next, for `--configure`.
///
///     /var/lib/dpkg/status                  one stanza a package: `install ok unpacked`, its conffiles new
///     /var/lib/dpkg/info/format             1
///     /var/lib/dpkg/info/<name>.list        its paths; `<name>:<arch>` where Multi-Arch is `same`
///     /var/lib/dpkg/info/<name>.md5sums, .preinst, .postinst, .triggers, …
///     /var/lib/dpkg/triggers/File, <name>   who is interested in which path or named trigger
///     /var/lib/dpkg/triggers/Unincorp       what unpacking has set off
struct DpkgDatabase {
    /// `/var/lib/dpkg` below the root that this process sees.
    let folder: String

    /// What is installed already, by path; empty for a new root.
    func installedFiles() throws(HostError) -> [String: FileClaims.Owner] {
        guard Files.exists("\(folder)/status") else { return [:] }
        var versions: [String: (version: String, isSame: Bool)] = [:]
        for stanza in ControlStanza.stanzas(try Files.readText("\(folder)/status")) {
            guard let name = stanza["Package"], let version = stanza["Version"] else { continue }
            versions[name] = (version, stanza["Multi-Arch"] == "same")
        }
        var files: [String: FileClaims.Owner] = [:]
        for file in try Files.names(in: "\(folder)/info") where file.hasSuffix(".list") {
            let name = String(file.dropLast(5).split(separator: ":").first ?? "")
            guard let known = versions[name] else { continue }
            let owner = FileClaims.Owner(
                name: name, version: known.version, replaces: [], isMultiArchSame: known.isSame, order: -1)
            for line in try Files.readText("\(folder)/info/\(file)").split(separator: "\n") where line != "/." {
                files[String(line.dropFirst())] = owner
            }
        }
        return files
    }

    /// Diversions and overrides that are in force.
    func pathRules() throws(HostError) -> PathRules {
        PathRules(diversions: try text("diversions"), overrides: try text("statoverride"))
    }

    /// Makes what an empty database has.
    func prepare(foreignArchitectures: [String], native: String) throws(HostError) {
        for name in ["info", "updates", "triggers", "alternatives", "parts"] {
            try Files.makeFolder("\(folder)/\(name)")
        }
        if !Files.exists("\(folder)/info/format") { try Files.write("1\n", to: "\(folder)/info/format") }
        for name in ["status", "available", "diversions", "statoverride"] where !Files.exists("\(folder)/\(name)") {
            try Files.write("", to: "\(folder)/\(name)")
        }
        guard !foreignArchitectures.isEmpty, !Files.exists("\(folder)/arch") else { return }
        try Files.write(([native] + foreignArchitectures).map { "\($0)\n" }.joined(), to: "\(folder)/arch")
    }

    /// Records the packages as unpacked. `claims` knows what changed hands among them and with installed ones.
    func record(_ packages: [UnpackedPackage], _ claims: FileClaims) throws(HostError) {
        for package in packages { try recordInfo(package, lost: claims.lost(by: package.control.name)) }
        let new = Set(packages.map(\.control.name))
        for name in claims.losers where !new.contains(name) { try shorten(name, by: claims.lost(by: name)) }
        try recordStatus(packages)
        let interests = try Interests(folder: folder)
        try interests.activate(packages, folder: folder)
        try interests.adding(packages).write(to: folder)
    }

    private func recordInfo(_ package: UnpackedPackage, lost: Set<String>) throws(HostError) {
        let stem = "\(folder)/info/\(package.control.unambiguousName)"
        let list = package.paths.filter { !lost.contains($0) }.map { $0.isEmpty ? "/.\n" : "/\($0)\n" }
        try Files.write(list.joined(), to: "\(stem).list")
        for (name, content) in package.control.files where name != "control" {
            guard DebianPackage.isName(name) else { continue }
            let isScript = ["preinst", "postinst", "prerm", "postrm", "config"].contains(name)
            try Files.write(content, to: "\(stem).\(name)", mode: isScript ? 0o755 : 0o644)
        }
        if package.control.files["md5sums"] == nil {
            try Files.write(package.sums, to: "\(stem).md5sums")
        }
    }

    /// Takes paths off an installed package's list.
    private func shorten(_ name: String, by lost: Set<String>) throws(HostError) {
        for file in try Files.names(in: "\(folder)/info")
        where file == "\(name).list" || (file.hasPrefix("\(name):") && file.hasSuffix(".list")) {
            let lines = try Files.readText("\(folder)/info/\(file)").split(separator: "\n")
            let kept = lines.filter { !lost.contains(String($0.dropFirst())) }
            try Files.write(kept.map { "\($0)\n" }.joined(), to: "\(folder)/info/\(file)")
        }
    }

    private func recordStatus(_ packages: [UnpackedPackage]) throws(HostError) {
        var text = try text("status")
        for package in packages { text += (text.isEmpty ? "" : "\n") + Self.stanza(package.control).text }
        try Files.write(text, to: "\(folder)/status")
    }

    static func stanza(_ control: ControlFiles) -> ControlStanza {
        var stanza = control.stanza
        stanza.fields.removeAll { ["status", "conffiles"].contains($0.name.lowercased()) }
        stanza.fields.insert(("Status", "install ok unpacked"), at: 1)
        let conffiles = control.conffiles
        if !conffiles.isEmpty {
            stanza.fields.append(
                (
                    "Conffiles",
                    conffiles.map { "\n /\($0.path) newconffile" + ($0.isRemoved ? " remove-on-upgrade" : "") }.joined()
                ))
        }
        return stanza
    }

    private func text(_ name: String) throws(HostError) -> String {
        let path = "\(folder)/\(name)"
        return Files.exists(path) ? try Files.readText(path, limit: 1 << 30) : ""
    }
}
