import Diagnostics
import Kickstart

// Script sections, certificates and add-ons.
extension KickstartCompiler {
    mutating func compile(_ script: ScriptSection) {
        switch script.kind.value {
        case .post: compilePost(script)
        case .pre: compilePre(script)
        case .preInstall:
            unsupported(
                "there is no installer in which anything could run before the packages are installed",
                hint: "do it in %post, or in a %post --nochroot, which runs beside the image's root")
        case .onError, .traceback:
            noOp("a build that fails keeps its log and leaves nothing behind")
        }
    }

    private mutating func compilePost(_ script: ScriptSection) {
        let body = script.body
        guard body.contains(where: { !$0.isWhitespace }) else { return noOp("it is empty") }
        scriptCount += 1
        var map = NodeMap(at: place)
        map.set("name", text: Located("%post \(scriptCount)", at: place))
        map.set("run", text: Located(body, at: script.lines.first?.range ?? place))
        // Without a word /bin/sh runs it, whatever its first line says.
        if script.interpreter.value != "/bin/sh" || body.hasPrefix("#!") {
            map.set("interpreter", text: Located(script.interpreter.value, at: script.interpreter.range ?? place))
        }
        var parts = ["runs with \(script.interpreter.value)"]
        let isBeside = script.nochroot.value
        if isBeside {
            map.set("where", .text("host", script.nochroot.range ?? place))
            parts = ["runs beside the image's root ($INSTALL_ROOT) with \(script.interpreter.value)"]
        }
        if let log = script.log {
            if let path = Self.logPath(log.value, isBeside: isBeside) {
                map.set("log", text: Located(path, at: log.range))
                parts.append("its output is also kept in \(path)")
            } else {
                parts.append("its output is kept in the build's log alone, as no installer has a '\(log.value)'")
            }
        }
        root.append(map.node, to: "scripts")
        applied(parts.joined(separator: "; "))
        option("erroronfail", isGiven: script.erroronfail.value, noOp: "a script that fails always fails the build")
    }

    /// Of a script beside the root, what lies in the root.
    private static func logPath(_ path: String, isBeside: Bool) -> String? {
        guard isBeside else { return path.hasPrefix("/") ? path : nil }
        for root in ["/mnt/sysimage", "/mnt/sysroot", "$INSTALL_ROOT", "$ANA_INSTALL_PATH", "${INSTALL_ROOT}"]
        where path.hasPrefix(root + "/") {
            return String(path.dropFirst(root.count))
        }
        return nil
    }

    private mutating func compilePre(_ script: ScriptSection) {
        let partitions = prePartitions.values.filter { $0.range.file === script.range.file }
        guard !partitions.isEmpty else {
            guard script.body.contains(where: { !$0.isWhitespace }) else { return noOp("it is empty") }
            return unsupported(
                "there is no installer and no disk before the build, so that nothing can run then",
                hint: "write what it finds out into the file; what it does to the system belongs into %post")
        }
        let layout = document.commands.compactMap { statement -> String? in
            guard case .partition(let command) = statement.command, let onpart = command.onpart,
                let partition = prePartitions[onpart.value]
            else { return nil }
            return partition.statement(for: command)
        }
        unsupported(
            "it partitions a disk that is there, and the disks of an image are made new"
                + (allowsUnsupported ? "; the layout that it would give is taken" : ""),
            hint: "leave the section out, and write:\n" + layout.map { "    \($0)" }.joined(separator: "\n"))
    }

    mutating func compile(_ section: CertificateSection) {
        guard let directory = section.directory, directory.value.hasPrefix("/") else {
            return noOp("without --dir it is for the installer alone")
        }
        var map = NodeMap(at: place)
        let path = (directory.value.hasSuffix("/") ? String(directory.value.dropLast()) : directory.value)
        map.set("path", text: Located("\(path)/\(section.filename.value)", at: section.filename.range ?? place))
        map.set("content", text: Located(section.body + "\n", at: place))
        root.append(map.node, to: "files")
        applied("files: \(path)/\(section.filename.value)")
        option("type", isGiven: section.type != nil, noOp: "a file has no type")
    }

    mutating func compile(_ section: RawSection) {
        if section.name.value == "%addon", section.arguments.first?.value == "stonebake" {
            return compileOwnSection(section)
        }
        if section.name.value == "%anaconda" { return noOp("there is no installer to be set up") }
        if section.arguments.contains(where: { $0.value == "--disable" }) {
            return noOp("there is no such add-on, which is what it asks for")
        }
        unsupported(
            "add-ons of the installer are not known",
            hint: section.arguments.first?.value == "com_redhat_kdump"
                ? "write 'kdump-tools' into %packages" : "do what it does in a %post script")
    }

    /// `%addon stonebake`: what Kickstart has no words for (name, version, checks, application, targets), as YAML.
    private mutating func compileOwnSection(_ section: RawSection) {
        guard let first = section.lines.first?.range else { return noOp("it is empty") }
        // With the lines before it left empty, so that places are those of the file.
        var lines = [String](repeating: "", count: first.start.line - 1)
        lines += section.lines.map(\.text)
        let source = SourceFile(path: first.file.path, text: lines.joined(separator: "\n"))
        let (node, report) = YAMLReader.read(source)
        self.report.append(report)
        guard let node else { return }
        if let member = node.member("extends") {
            return unsupported(
                "a Kickstart includes other Kickstarts", hint: "write '%include FILE'", at: member.key.range)
        }
        ownSections.append(node)
        applied(node.members.map(\.key.value).joined(separator: ", "))
    }
}
