import ApplianceSpec
import BootCheck
import Diagnostics
import FileTrees
import Foundation
import HostSystem
import ProgressDisplay

/// A catalogue as text, JSON, Markdown and JUnit.
struct CatalogueTables {
    let entries: [CatalogueEntry]

    private static let head = ["appliance", "version", "size", "build", "boot", "last result"]

    private func cells(_ entry: CatalogueEntry) -> [String] {
        [
            entry.name, entry.version ?? "–", entry.image.map { "\(ByteSize(bytes: $0.size))" } ?? "–",
            entry.build.map { formatted(seconds: $0.seconds) } ?? "–",
            entry.bootSeconds.map { formatted(seconds: $0) } ?? "–", entry.result.text,
        ]
    }

    /// Of an appliance that is not built here, as the record has it.
    private func cells(_ recorded: CatalogueRecord.Entry) -> [String] {
        [
            recorded.name, recorded.version, recorded.imageBytes.map { "\(ByteSize(bytes: $0))" } ?? "–",
            recorded.buildSeconds.map { formatted(seconds: $0) } ?? "–",
            recorded.bootSeconds.map { formatted(seconds: $0) } ?? "–", "\(recorded.text)*",
        ]
    }

    var text: String {
        var lines = table([Self.head] + entries.map { entry in entry.recorded.map(cells) ?? cells(entry) })
        if let day = entries.compactMap(\.recorded?.day).max() {
            lines.append("  * not built here: as the last test of the catalogue found it, \(day)")
        }
        for entry in entries {
            switch entry.result {
            case .failed(_, _, let why): lines.append("  \(entry.name): \(why)")
            case .notCompiling:
                lines.append("  \(entry.name): \(entry.summary); see stonebake validate \(entry.folder)")
            case .passed, .notTested, .notBuilt: break
            }
        }
        return lines.joined(separator: "\n")
    }

    var json: String {
        let values = entries.map { entry in
            var object: [String: JSONValue] = [
                "name": .string(entry.name), "folder": .string(entry.folder), "summary": .string(entry.summary),
                "result": .string(entry.result.word),
            ]
            object["version"] = entry.version.map { .string($0) }
            object["output"] = entry.output.map { .string($0) }
            object["imageBytes"] = entry.image.map { .integer(Int($0.size)) }
            object["buildSeconds"] = entry.build.map { .number($0.seconds) }
            object["builtAt"] = entry.build.map { .integer(Int($0.builtAt)) }
            object["bootSeconds"] = entry.bootSeconds.map { .number($0) }
            if !entry.boots.isEmpty { object["checks"] = .integer(entry.boots.flatMap(\.checks).count) }
            object["recorded"] = entry.recorded?.json
            if case .failed(_, _, let why) = entry.result { object["why"] = .string(why) }
            return JSONValue.object(object)
        }
        return JSONValue.array(values).prettyText
    }

    /// The table of docs/catalogue.md, with what it was measured on.
    ///
    /// - Parameter old: rows of appliances that are not among the entries, as they stand in the document
    private func markdown(keeping old: [(name: String, row: String)]) -> String {
        var lines = ["| appliance | version | what it is | size (qcow2) | build | boot | last result |"]
        lines.append("|---|---|---|---|---|---|---|")
        let rows = entries.map { entry in
            let cells = cells(entry)
            let link = "[`\(entry.name)`](../\(entry.folder)/README.md)"
            let row = [link, cells[1], entry.summary] + cells[2...]
            return (entry.name, "| " + row.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |")
        }
        let kept = old.filter { old in !entries.contains { $0.name == old.name } }
        lines += (rows + kept.map { ($0.name, $0.row) }).sorted { $0.0 < $1.0 }.map(\.1)
        if let boot = entries.flatMap(\.boots).first {
            let date = entries.compactMap(\.build?.builtAt).max().map { Date(timeIntervalSince1970: Double($0)) }
            let day = date.map { $0.formatted(.iso8601.year().month().day()) } ?? ""
            lines += ["", "Made \(day), with QEMU \(boot.qemu), \(boot.accelerator.rawValue)."]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A document with the table between its marks anew.
    ///
    /// - Parameter keepingOthers: whether rows of appliances that are not among the entries stay as they are
    /// - Throws: `HostError` where it has no marks.
    func renewed(_ document: String, path: String, keepingOthers: Bool) throws(HostError) -> String {
        let start = "<!-- catalogue -->\n"
        let end = "<!-- end -->"
        guard let first = document.firstRange(of: start),
            let last = document[first.upperBound...].firstRange(of: end)
        else {
            throw HostError(
                .notFound, "'\(path)' has no place for the table", hint: "the lines '<!-- catalogue -->' and '\(end)'")
        }
        let old = document[first.upperBound..<last.lowerBound].split(separator: "\n").compactMap { line in
            line.wholeMatch(of: /\| \[`([^`]+)`\].*/).map { (name: String($0.1), row: String(line)) }
        }
        return document[..<first.upperBound] + markdown(keeping: keepingOthers ? old : [])
            + document[last.lowerBound...]
    }

    /// A suite for each boot; one that was never built or booted is a suite with a failure.
    var junit: String {
        let missing = entries.filter(\.boots.isEmpty).map { ($0.name, $0.result.text) }
        return JUnit.xml(entries.flatMap(\.boots), missing: missing)
    }
}
