import ApplianceSpec
import Diagnostics

@testable import PackageResolution

/// A pool made from the text of `Packages` indexes, and questions to it.
struct PoolFixture {
    let pool: PackagePool
    /// Ten lines, for requests to have places in.
    static let spec = SourceFile(path: "appliance.yaml", text: String(repeating: "- request\n", count: 10))

    /// - Parameter indexes: suite name, pin priority, and the text; missing `Architecture`, `Version`, `Size` and
    ///   `Installed-Size` fields are added.
    init(_ indexes: [(suite: String, priority: Int, text: String)]) throws {
        try self.init(indexes.map { ($0.suite, $0.priority, $0.text, PackageLimits()) })
    }

    init(_ indexes: [(suite: String, priority: Int, text: String, limits: PackageLimits)]) throws {
        pool = PackagePool(architecture: .amd64)
        for index in indexes {
            let source = PackageSource(
                repository: "test/\(index.suite)", suites: [index.suite], component: "main", priority: index.priority,
                limits: index.limits)
            let text = Array(Self.completed(index.text).utf8)
            _ = try text.withUnsafeBytes { try pool.add(source, text: $0) }
        }
    }

    init(_ text: String) throws {
        try self.init([("stable", 500, text)])
    }

    static func completed(_ text: String) -> String {
        let stanzas = text.split(separator: "\n\n").map { stanza in
            var lines = stanza.split(separator: "\n").map(String.init)
            let defaults = [
                "Version: 1", "Architecture: amd64", "Size: 1000", "Installed-Size: 10", "Filename: pool/x.deb",
                "SHA256: \(String(repeating: "0", count: 64))",
            ]
            for line in defaults {
                let key = line.prefix { $0 != ":" } + ":"
                if !lines.contains(where: { $0.hasPrefix(key) }) { lines.append(line) }
            }
            return lines.joined(separator: "\n") + "\n"
        }
        return stanzas.joined(separator: "\n")
    }

    /// Requests are at lines 1, 2, …; removals at lines 6, 7, ….
    static func goal(
        _ install: [String], base: [String] = [], remove: [String] = [], recommends: Bool = false,
        held: [String: String] = [:]
    ) -> PackageGoal {
        PackageGoal(
            base: base,
            install: install.enumerated().map { Located($1, at: spec.range(line: $0 + 1)) },
            remove: remove.enumerated().map { Located($1, at: spec.range(line: $0 + 6)) },
            recommends: recommends, hasEssential: true,
            held: held.mapValues { HeldVersion(version: $0, architecture: "amd64") })
    }

    /// `name` for version 1, else `name=version`, sorted.
    func choose(_ goal: PackageGoal) throws -> [String] {
        try PackageChooser(pool: pool).choose(goal).packages.map(text).sorted()
    }

    func text(_ id: PackageID) -> String {
        pool.version(of: id) == "1" ? pool.name(of: id) : "\(pool.name(of: id))=\(pool.version(of: id))"
    }

    func choose(_ install: String...) throws -> [String] { try choose(Self.goal(install)) }

    /// The diagnostics as lines: `1: message`, `   hint: …`, `   note: …`.
    func refusal(_ goal: PackageGoal) -> [String] {
        do {
            return ["no refusal: \(try choose(goal))"]
        } catch let error as ResolutionError {
            return Self.lines(error.diagnostics)
        } catch {
            return ["another error: \(error)"]
        }
    }

    func refusal(_ install: String...) -> [String] { refusal(Self.goal(install)) }

    static func lines(_ diagnostics: [Diagnostic]) -> [String] {
        diagnostics.flatMap { diagnostic in
            ["\(diagnostic.range.map { "\($0.start.line)" } ?? "-"): \(diagnostic.message)"]
                + (diagnostic.hint.map { ["   hint: \($0)"] } ?? [])
                + diagnostic.notes.map { note in
                    "   note: \(note.message)" + (note.range.map { " (line \($0.start.line))" } ?? "")
                }
        }
    }
}
