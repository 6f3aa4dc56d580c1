import ContentDigest
import Diagnostics
import SystemPackage

// Distribution, packages, disk and the rest of what the machine is.
extension SpecDecoder {
    /// The oldest state that Debian's snapshot archive has: 2005-03-12.
    private static let firstSnapshot: Int64 = 1_110_585_600

    mutating func snapshot() -> Located<SnapshotDate>? {
        guard let given = root.text("snapshot"), TextRule.snapshotDate.accepts(given.value) else { return nil }
        guard let date = SnapshotDate(parsing: given.value) else {
            fail("bad-date", "there is no such day or time: '\(given.value)'", given.range)
            return nil
        }
        if date.seconds > now {
            fail(
                "bad-date", "the snapshot of '\(given.value)' is yet to come", given.range,
                hint: "it is \(SnapshotDate(seconds: now).text) now (UTC)")
        } else if date.seconds < Self.firstSnapshot {
            fail("bad-date", "no snapshot archive has a state of '\(given.value)'", given.range, hint: "2005 or later")
        }
        return Located(date, at: given.range)
    }

    mutating func repositories() -> [Repository] {
        var ids: [String: SourceRange] = [:]
        return root.list("repositories").compactMap { node in
            guard let suite = node.text("suite") else { return nil }
            let origin: Repository.Origin
            if let archive = node.text("archive") {
                origin = .archive(archive.value)
            } else if let uri = node.text("uri") {
                origin = .uri(uri.value)
                if node["signed-by"] == nil {
                    fail(
                        "unsigned-repository", "a repository with a URI needs 'signed-by'", uri.range,
                        hint: "put the keyring that its maintainers publish beside the spec")
                }
                if node["name"] == nil {
                    fail("missing-key", "a repository with a URI needs 'name'", uri.range, hint: "locks call it so")
                }
            } else {
                return nil
            }
            let base =
                switch origin {
                case .archive(let archive): node.text("name")?.value ?? archive
                case .uri(let uri): node.text("name")?.value ?? uri
                }
            let id = "\(base)/\(suite.value)"
            if let first = ids.updateValue(node.range, forKey: id) {
                fail(
                    "duplicate-repository", "the repository '\(id)' is given twice", suite.range,
                    notes: [.init("first given here", at: first)])
            }
            let components = node.texts("components").map(\.value)
            let signedBy = hostPath(node["signed-by"], wanted: .file)?.value
            var repository = Repository(
                id: id, origin: origin, suite: suite, components: components.isEmpty ? ["main"] : components,
                signedBy: signedBy, keyring: signedBy.flatMap { try? Digest.of(file: FilePath($0)) },
                priority: node["priority"]?.integer, range: node.range)
            repository.cost = node["cost"]?.integer
            repository.include = node.texts("include").map(\.value)
            repository.exclude = node.texts("exclude").map(\.value)
            return repository
        }
    }

    mutating func packages() -> PackageSelection {
        let node = root["packages"]
        let remove = node?.texts("remove") ?? []
        let install = inherited(node?.texts("install") ?? [])
        for item in install {
            let name = Self.packageName(item.value)
            guard let removal = remove.first(where: { Self.packageName($0.value) == name }) else { continue }
            fail(
                "conflicting-packages", "'\(name)' is both installed and removed", removal.range,
                notes: [.init("installed here", at: item.range)])
        }
        return PackageSelection(
            install: unique(install, "package") { $0 }, remove: unique(remove, "package") { $0 },
            recommends: node?["recommends"]?.boolean ?? false,
            hasDocumentation: node?["documentation"]?.boolean ?? true,
            languages: node?["languages"] == nil ? nil : node?.texts("languages").map(\.value))
    }

    /// Applies `-name`: what stands before it, from a base, is taken out.
    private mutating func inherited(_ items: [Located<String>]) -> [Located<String>] {
        var result: [Located<String>] = []
        for item in items {
            guard item.value.hasPrefix("-") else {
                result.append(item)
                continue
            }
            let name = String(item.value.dropFirst())
            let matches = result.filter { Self.packageName($0.value) == name }
            if let own = matches.first(where: { $0.range?.file === item.range?.file }) {
                fail(
                    "nothing-to-remove", "'\(name)' is asked for in this very file", item.range,
                    hint: "delete one of the two lines", notes: [.init("asked for here", at: own.range)])
            } else if matches.isEmpty, TextRule.packageRequest.accepts(item.value) {
                let names = result.filter { $0.range?.file !== item.range?.file }.map { Self.packageName($0.value) }
                fail(
                    "nothing-to-remove", "no base asks for the package '\(name)'", item.range,
                    hint: nearest(name, in: names).map { "did you mean '-\($0)'?" }
                        ?? "to keep a package out of the image, name it in 'packages.remove'")
            }
            result.removeAll { Self.packageName($0.value) == name }
        }
        return result
    }

    /// `nginx` of `nginx=1.26`, `nginx/trixie`, `nginx:amd64`.
    static func packageName(_ request: String) -> String {
        String(request.prefix { !"=/:".contains($0) })
    }

    func services() -> ServiceSettings {
        let node = root["services"]
        return ServiceSettings(
            enable: node?.texts("enable") ?? [], disable: node?.texts("disable") ?? [], mask: node?.texts("mask") ?? [],
            bootTarget: node?.text("boot-target"))
    }

    mutating func scripts() -> [ScriptEntry] {
        root.list("scripts").enumerated().compactMap { index, node in
            if let run = node.text("run") {
                let name = node.text("name")?.value ?? "script \(index + 1)"
                return placed(ScriptEntry(name: name, text: run.value, range: run.range), by: node)
            }
            guard let file = hostText(node["source"]) else { return nil }
            let script = ScriptEntry(
                name: node.text("name")?.value ?? HostPaths.name(of: file.path), text: file.text,
                range: node["source"]?.range, file: file.path)
            return placed(script, by: node)
        }
    }

    private func placed(_ script: ScriptEntry, by node: SpecNode) -> ScriptEntry {
        var script = script
        script.interpreter = node.text("interpreter")?.value
        script.log = node.text("log")?.value
        script.place = node.choice("where") ?? .image
        return script
    }

    mutating func system() -> SystemSettings {
        let locale = root.text("locale")
        if let locale, TextRule.locale.accepts(locale.value), !locale.value.uppercased().contains("UTF") {
            warn(
                "legacy-locale", "the locale '\(locale.value)' is not UTF-8", locale.range,
                hint: "'\(locale.value.prefix { $0 != "." }).UTF-8'")
        }
        let timezone = root.text("timezone")
        if let timezone, TextRule.timezone.accepts(timezone.value), !timeZones.contains(timezone.value) {
            fail(
                "unknown-timezone", "there is no time zone '\(timezone.value)'", timezone.range,
                hint: suggestion(for: timezone.value, in: timeZones)
                    ?? timeZones.first { $0.hasSuffix("/" + timezone.value) }.map { "did you mean '\($0)'?" })
        }
        return SystemSettings(
            hostname: root.text("hostname")?.value, locale: locale?.value ?? "C.UTF-8",
            moreLocales: root.texts("locales").map(\.value).filter { $0 != locale?.value },
            timezone: timezone?.value ?? "Etc/UTC", kernelArguments: root.texts("kernel-arguments").map(\.value),
            keyboard: keyboard(), time: time(), selinux: root.choice("selinux"))
    }

    mutating func memory() -> ByteSize {
        guard let memory = size(root["memory"]) else { return .mebibytes(1024) }
        if memory.value < .mebibytes(128) {
            fail(
                "bad-size", "a machine with \(memory.value) of memory does not boot", memory.range,
                hint: "at least 128 MiB")
        }
        return memory.value
    }

    func dataSources() -> [String] {
        let given = root["first-boot"]?.texts("data-sources").map(\.value) ?? []
        return given.isEmpty ? ["NoCloud", "ConfigDrive", "OpenStack", "Ec2", "Azure", "GCE", "None"] : given
    }

    mutating func checkSizes(of disk: DiskSettings, freeRange: SourceRange?) {
        let least = ByteSize.mebibytes(64)
        if let budget = disk.budget, budget.value < least {
            fail("bad-size", "no disk fits a budget of \(budget.value)", budget.range, hint: "at least 64 MiB")
        }
        guard case .fixed(let size) = disk.size.value else { return }
        if size < least {
            fail("bad-size", "a disk of \(size) holds no system", disk.size.range, hint: "at least 64 MiB, or 'auto'")
        }
        if size.bytes > 64 << 40 {
            fail("bad-size", "a disk of \(size) is more than any cloud takes", disk.size.range, hint: "at most 64 TiB")
        }
        if let budget = disk.budget, budget.value < size {
            fail(
                "over-budget", "the budget of \(budget.value) is less than the size of \(size)", budget.range,
                notes: [.init("the size is given here", at: disk.size.range)])
        }
        if let freeRange {
            warn("unused-key", "'free' has no effect on a disk of a fixed size", freeRange, hint: "use 'size: auto'")
        }
    }
}
