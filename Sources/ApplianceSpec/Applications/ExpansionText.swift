import Diagnostics

/// What an appliance comes to once its bases are merged and its application is expanded, for people: `plan --expand`.
package func expansionText(_ appliance: Appliance) -> String {
    var sections: [String] = []
    func section(_ title: String, _ lines: [String]) {
        guard !lines.isEmpty else { return }
        sections.append(title + "\n" + lines.map { "  \($0)\n" }.joined())
    }
    let system =
        "\(appliance.distribution.name) \(appliance.distribution.release.value), \(appliance.architecture.rawValue)"
    section("\(appliance.name.value) \(appliance.version.value)", [appliance.summary, system])
    section(
        "packages",
        appliance.packages.install.map { $0.value + origin($0.range) }
            + appliance.packages.remove.map { "not \($0.value)" + origin($0.range) })
    if let python = appliance.python {
        let requirements = python.requirements.lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
        section("python environment \(python.path)", requirements)
    }
    section(
        "groups",
        appliance.groups.map { $0.name.value + ($0.gid.map { ", gid \($0)" } ?? "") + origin($0.name.range) })
    section("users", appliance.users.map(describe) + describe(appliance.root))
    section(
        "services",
        appliance.services.enable.map { "enable \($0.value)" }
            + appliance.services.disable.map { "disable \($0.value)" }
            + appliance.services.mask.map { "mask \($0.value)" })
    section("parameters", appliance.parameters.map(describe))
    sections += appliance.files.map { describe($0, in: appliance.directory) }
    section(
        "scripts",
        appliance.scripts.map { $0.name + ($0.place == .host ? ", beside the root" : "") + origin($0.range) })
    section("checks", appliance.checks.map { "\($0.name): \(describe($0.kind)), \(shortSeconds($0.timeout))" })
    section("targets", appliance.targets.map(\.value.rawValue))
    return sections.joined(separator: "\n")
}

/// Where a line of the spec asked for it.
private func origin(_ range: SourceRange?) -> String {
    range.map { "  (\($0.file.path):\($0.start.line))" } ?? ""
}

private func describe(_ user: UserEntry) -> String {
    var words = [user.name.value, user.isSystem ? "system user" : "user"]
    if let uid = user.uid { words.append("uid \(uid)") }
    if !user.groups.isEmpty { words.append("in \(user.groups.joined(separator: ", "))") }
    if let home = user.home { words.append("home \(home)") }
    if let shell = user.shell { words.append("shell \(shell)") }
    if !user.sshKeys.isEmpty { words.append("\(user.sshKeys.count) ssh keys") }
    // A hash is not shown: what is printed ends up in logs.
    if case .hashed = user.password { words.append("password by hash") }
    return words.joined(separator: ", ")
}

private func describe(_ root: RootAccount) -> [String] {
    guard !root.isUntouched else { return [] }
    var words = ["root"]
    switch root.password {
    case .hashed?: words.append("password by hash")
    case .locked?: words.append("locked")
    case nil: break
    }
    if !root.sshKeys.isEmpty { words.append("\(root.sshKeys.count) ssh keys") }
    return [words.joined(separator: ", ")]
}

private func describe(_ file: FileEntry, in folder: String) -> String {
    var head = "file \(file.path.value)"
    if let mode = file.mode {
        head += " " + String(repeating: "0", count: mode < 0o1000 ? 1 : 0) + String(mode, radix: 8)
    }
    if let owner = file.owner { head += " \(owner)" }
    switch file.content {
    case .text(let text) where FirstBootPrograms.all.contains(text):
        return head + ", a program of Stonebake's own: \(text.split(separator: "\n").count) lines\n"
    case .text(let text):
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let body = (lines.last == "" ? lines.dropLast() : lines[...]).map { $0.isEmpty ? "  |\n" : "  | \($0)\n" }
        return head + "\n" + body.joined()
    case .source(let path):
        return head + " from \(path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path)\n"
    case .symlink(let target): return head + " -> \(target)\n"
    case .directory: return head + " (folder)\n"
    case .absent: return head + " (removed)\n"
    }
}

private func describe(_ parameter: Parameter) -> String {
    var words = ["\(parameter.name.value): \(parameter.kind.rawValue), $\(parameter.variable)"]
    if parameter.isRequired { words.append("required") }
    if parameter.isGenerated {
        words.append("generated")
    } else if parameter.isSecret {
        words.append("secret")
    }
    if let standard = parameter.standard { words.append("otherwise '\(standard)'") }
    return words.joined(separator: ", ") + origin(parameter.name.range)
}

private func describe(_ kind: Check.Kind) -> String {
    switch kind {
    case .http(let check):
        var text = "\(check.method) port \(check.port) \(check.path) -> \(check.status)"
        text += check.contains.map { ", contains '\($0)'" }.joined()
        text += check.json.sorted { $0.key < $1.key }.map { ", \($0.key) is \($0.value)" }.joined()
        return text
    case .tcp(let check): return "port \(check.port)" + (check.expect.map { " says '\($0)'" } ?? "")
    case .command(let check): return "`\(check.run)` -> \(check.status)"
    case .unit(let check): return check.unit.map { "\($0) \(check.state)" } ?? "systemctl --failed is empty"
    case .bootTime(let check): return "at most \(shortSeconds(check.atMost))"
    case .udp(let check): return "udp port \(check.port)" + (check.expect.map { " says '\($0)'" } ?? "")
    case .client(let check):
        let transport = check.transport == .tcp ? "" : "\(check.transport.rawValue) "
        return check.isContinuation ? "over '\(check.connection ?? "")'" : "\(transport)port \(check.port)"
    case .reboot: return "the machine is up again"
    case .steps(let steps): return steps.map { "\($0.name) (\(describe($0.kind)))" }.joined(separator: "; ")
    }
}

/// `90 s`, `0.5 s`.
private func shortSeconds(_ seconds: Double) -> String {
    Int(exactly: seconds).map { "\($0) s" } ?? "\(seconds) s"
}
