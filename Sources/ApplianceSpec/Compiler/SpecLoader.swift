import Diagnostics
import FoundationEssentials

/// Reads a spec and everything that it extends, and checks each file by itself.
struct SpecLoader {
    let paths: HostPaths
    let reading: SpecReading
    private(set) var report = DiagnosticReport()
    /// In the order in which they are merged: bases before what extends them, each once.
    private(set) var roots: [SpecNode] = []
    /// In the order in which they were read: the named one first.
    private(set) var files: [SourceFile] = []
    private var finished: Set<String> = []

    /// A file that is being read, and where it was asked for.
    private struct Link {
        var path: String
        var range: SourceRange?
    }

    /// Whether every file could be read; where one could not, what it would have said must not be missed.
    var isComplete: Bool { roots.count == finished.count }

    init(paths: HostPaths, reading: SpecReading = SpecReading()) {
        self.paths = paths
        self.reading = reading
    }

    mutating func load(_ path: String) {
        load(paths.absolute(path), written: path, askedBy: nil, chain: [])
    }

    private mutating func load(_ path: String, written: String, askedBy range: SourceRange?, chain: [Link]) {
        let canonical = URL(filePath: path).resolvingSymlinksInPath().path
        if let start = chain.firstIndex(where: { $0.path == canonical }) {
            reportCycle(Array(chain[start...]) + [Link(path: canonical, range: range)])
            return
        }
        guard finished.insert(canonical).inserted else { return }
        let isKickstart = path.hasSuffix(".ks")
        guard path.hasSuffix(".yaml") || path.hasSuffix(".yml") || isKickstart else {
            fail(
                "unsupported-file", "'\(written)' is not a spec", range,
                hint: "a spec's name ends in '.yaml', a Kickstart's in '.ks'")
            return
        }
        switch TextFileReader(paths: paths).read(path, written: written) {
        case .refused(let code, let message, let hint): fail(code, message, range, hint: hint)
        case .text(let file) where isKickstart:
            let kickstart = KickstartFront(paths: paths, reading: reading).compile(file, isNamed: range == nil)
            files += kickstart.files
            report.append(kickstart.report)
            var validator = Validator()
            validator.check(kickstart.root, against: SpecDeclarations.spec)
            report.append(validator.report)
            roots.append(kickstart.root)
        case .text(let file):
            files.append(file)
            let (root, report) = YAMLReader.read(file)
            self.report.append(report)
            guard let root else { return }
            var validator = Validator()
            validator.check(root, against: SpecDeclarations.spec)
            self.report.append(validator.report)
            checkFirstKey(of: root)
            for base in bases(of: root) {
                guard let text = base.string, !text.isEmpty else { continue }
                let basePath = paths.absolute(text, in: HostPaths.folder(of: path))
                load(basePath, written: text, askedBy: base.range, chain: chain + [Link(path: canonical, range: range)])
            }
            roots.append(root)
        }
    }

    private func bases(of root: SpecNode) -> [SpecNode] {
        guard let extends = root["extends"] else { return [] }
        if case .list(let items) = extends.content { return items }
        return [extends]
    }

    private mutating func checkFirstKey(of root: SpecNode) {
        guard let member = root.member("stonebake"), let first = root.members.first, first.key.value != "stonebake"
        else { return }
        fail(
            "misplaced-key", "'stonebake' has to be the first key", member.key.range,
            hint: "it says which version of the language the rest is written in")
    }

    private mutating func reportCycle(_ links: [Link]) {
        let names = links.map { paths.shown($0.path) }
        let notes = zip(links, links.dropFirst()).map { from, to in
            Diagnostic.Note("\(paths.shown(from.path)) extends \(paths.shown(to.path))", at: to.range)
        }
        report.add(
            Diagnostic(
                code: "extends-cycle", "specs extend one another in a circle: \(names.joined(separator: " -> "))",
                at: links.last?.range, notes: notes))
    }

    private mutating func fail(_ code: String, _ message: String, _ range: SourceRange?, hint: String? = nil) {
        report.add(Diagnostic(code: code, message, at: range, hint: hint))
    }
}
