package import Diagnostics
package import Kickstart

/// A Kickstart file as the loader of specs needs it: read with all that it includes, and compiled to a spec's tree.
struct KickstartFront {
    let paths: HostPaths
    let reading: SpecReading

    struct Result {
        var root: SpecNode
        /// The file itself, then what it includes.
        var files: [SourceFile]
        var outcomes: [KickstartOutcome]
        var report: DiagnosticReport
    }

    /// The version of an appliance that is a Kickstart file and nothing else.
    static let standardVersion = "1.0.0"

    /// - Parameter isNamed: whether it is what the call names, and no base: then it is called as its file is, unless it
    ///   says otherwise.
    func compile(_ file: SourceFile, isNamed: Bool) -> Result {
        let parsed = read(file)
        var compiler = KickstartCompiler(
            parsed.document, allowsUnsupported: reading.allowsUnsupported, isNamed: isNamed)
        compiler.compile()
        if isNamed {
            let place = compiler.root.range
            if compiler.root["name"] == nil { compiler.root.set("name", .text(Self.name(compiler.stem), place)) }
            if compiler.root["version"] == nil { compiler.root.set("version", .text(Self.standardVersion, place)) }
        }
        var report = parsed.report
        report.append(compiler.report)
        return Result(
            root: compiler.root.node, files: files(of: parsed.document, first: file), outcomes: compiler.outcomes,
            report: report)
    }

    func read(_ file: SourceFile) -> KickstartReading {
        let options = KickstartOptions(
            dialect: reading.dialect, allowsURLs: reading.fetch != nil, toleratesMissingIncludes: true)
        return KickstartReader(options: options) { load($0) }.read(path: file.path, text: file.text)
    }

    private func load(_ path: String) -> KickstartLoading {
        if path.contains("://") { return reading.fetch?(path) ?? .notFound }
        let absolute = paths.absolute(path)
        guard paths.kind(of: absolute) != .missing else { return .notFound }
        return switch TextFileReader(paths: paths).read(absolute, written: path) {
        case .text(let file): .text(file.text)
        case .refused(_, let message, _): .failed(message)
        }
    }

    /// Each file that something of the document stands in.
    private func files(of document: KickstartDocument, first: SourceFile) -> [SourceFile] {
        var files = [first]
        func add(_ range: SourceRange?) {
            guard let file = range?.file, !files.contains(where: { $0 === file || $0.path == file.path }) else {
                return
            }
            files.append(file)
        }
        for item in document.items {
            switch item {
            case .command(let statement): add(statement.range)
            case .script(let script):
                add(script.range)
                for line in script.lines { add(line.range) }
            case .packages(let section):
                add(section.range)
                for entry in section.entries { add(entry.kind.range) }
            case .certificate(let section): add(section.range)
            case .raw(let section): add(section.range)
            case .missingInclude(let include): add(include.path.range)
            }
        }
        return files
    }

    /// `fedora-live_base` as a name that images can have.
    private static func name(_ stem: String) -> String {
        let letters = stem.lowercased().map { character -> Character in
            character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
        }
        var parts = String(letters).split(separator: "-").joined(separator: "-")
        if parts.count > 63 { parts = String(parts.prefix(63)) }
        while parts.hasSuffix("-") { parts.removeLast() }
        return parts.isEmpty ? "appliance" : parts
    }
}

/// What becomes of each statement of a Kickstart file: `stonebake kickstart explain`.
package struct KickstartExplanation: Sendable {
    package var outcomes: [KickstartOutcome]
    package var report: DiagnosticReport
}

extension SpecCompiler {
    /// - Returns: nil, with the report, where the file cannot be read at all.
    package func explainKickstart(_ path: String) -> KickstartExplanation {
        switch TextFileReader(paths: paths).read(paths.absolute(path), written: path) {
        case .refused(let code, let message, let hint):
            return KickstartExplanation(
                outcomes: [], report: DiagnosticReport([Diagnostic(code: code, message, hint: hint)]))
        case .text(let file):
            let front = KickstartFront(paths: paths, reading: reading)
            let result = front.compile(file, isNamed: true)
            return KickstartExplanation(outcomes: result.outcomes, report: front.read(file).report)
        }
    }

    /// The document of a Kickstart file; nil, with the report, where the file cannot be read at all.
    package func readKickstart(_ path: String) -> (document: KickstartDocument?, report: DiagnosticReport) {
        switch TextFileReader(paths: paths).read(paths.absolute(path), written: path) {
        case .refused(let code, let message, let hint):
            return (nil, DiagnosticReport([Diagnostic(code: code, message, hint: hint)]))
        case .text(let file):
            let parsed = KickstartFront(paths: paths, reading: reading).read(file)
            var report = parsed.report
            for include in parsed.document.missingIncludes {
                var problem = include.problem
                if reading.allowsUnsupported { problem.severity = .warning }
                report.add(problem)
            }
            return (parsed.document, report)
        }
    }

    /// The spec, with its bases merged, as one YAML file: `stonebake kickstart convert`. Paths in it are relative to the
    /// folder of the file. Nil, with the report, where something is wrong.
    package func yaml(_ path: String) -> (text: String?, report: DiagnosticReport) {
        var loader = SpecLoader(paths: paths, reading: reading)
        loader.load(path)
        guard let first = loader.roots.first, !loader.report.hasErrors else { return (nil, loader.report) }
        let merged = loader.roots.dropFirst().reduce(first) { $0.merged(with: $1) }
        let folder = HostPaths.folder(of: paths.absolute(path))
        return (SpecYAML(paths: paths, folder: folder).text(merged), loader.report)
    }
}
