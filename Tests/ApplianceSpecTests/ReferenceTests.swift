import Diagnostics
import Foundation
import Testing

@testable import ApplianceSpec

/// `docs/spec.md` and the pages of the application kinds: every example compiles, every table is what the declarations
/// say.
struct ReferenceTests {
    private static let spec = "docs/spec.md"
    private static let documents =
        [spec, "docs/checks.md"] + ApplicationKinds.all.map { "docs/kinds/\($0.field.key).md" }
    private static let files = [
        "hello/hello.py": "app = None\n", "requirements.txt": "flask>=3\n", "static/style.css": "",
        "report.sh": "true\n", "site.pp": "notice('hello')\n", "modules/shop/manifests/init.pp": "class shop {}\n",
        "keys/vendor.gpg": "a keyring",
    ].merging(WebProjects.files) { own, _ in own }

    /// A fenced block: what stands behind `yaml`, and the text.
    private struct Example {
        var line: Int
        var label: String
        var text: String
    }

    private func text(_ document: String) throws -> String {
        try String(contentsOfFile: "\(repository)/\(document)", encoding: .utf8)
    }

    private func examples(in document: String) throws -> [Example] {
        var examples: [Example] = []
        var open: Example?
        let lines = try text(document).split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if let example = open {
                if line == "```" {
                    examples.append(example)
                    open = nil
                } else {
                    open?.text += line + "\n"
                }
            } else if line.hasPrefix("```yaml") {
                open = Example(line: index + 1, label: line.dropFirst(7).trimmingCharacters(in: .whitespaces), text: "")
            } else {
                #expect(!line.hasPrefix("```"), "\(document):\(index + 1): a block that no test reads")
            }
        }
        return examples
    }

    @Test(arguments: documents) func `every example compiles without a word`(document: String) throws {
        let examples = try examples(in: document)
        #expect(examples.count >= (document == Self.spec ? 12 : 1))
        for example in examples where example.label != "base.yaml" {
            let workspace = try Workspace(Self.files)
            for other in examples where other.label == "base.yaml" {
                try workspace.write("base.yaml", Data(other.text.utf8))
            }
            let spec = example.label == "fragment" ? minimal(example.text) : example.text
            try workspace.write("a.yaml", Data(spec.utf8))
            let (appliance, report) = workspace.compile()
            #expect(report.rendered(as: .text) == "", "\(document):\(example.line)")
            #expect(appliance != nil)
        }
    }

    @Test func `the example of extends comes to what the text says`() throws {
        let examples = try examples(in: Self.spec)
        let shop = try #require(examples.first { $0.label == "appliance.yaml" })
        let base = try #require(examples.first { $0.label == "base.yaml" })
        let merged = try appliance(shop.text, files: ["base.yaml": base.text])
        #expect(merged.packages.install.map(\.value) == ["less", "curl"])
        #expect(merged.system.kernelArguments == ["quiet"])
        guard case .percent(30) = merged.disk.free else {
            Issue.record("\(merged.disk.free)")
            return
        }
    }

    /// Write them anew with `STONEBAKE_WRITE_REFERENCE=1 swift test --filter ReferenceTests`.
    @Test func `every table is the one that the declarations make, and none is missing`() throws {
        let writes = ProcessInfo.processInfo.environment["STONEBAKE_WRITE_REFERENCE"] != nil
        var records: [String: Record] = [:]
        collect(SpecDeclarations.spec, &records)
        for document in Self.documents {
            let text = try text(document)
            var parts = text.components(separatedBy: "<!-- fields: ")
            for index in parts.indices.dropFirst() {
                let name = parts[index].components(separatedBy: " -->")[0]
                let record = try #require(records[name], "there is no record '\(name)'")
                records[name] = nil
                let rest = parts[index].components(separatedBy: "<!-- end -->").dropFirst().joined(
                    separator: "<!-- end -->")
                parts[index] = "\(name) -->\n\(table(record))<!-- end -->\(rest)"
            }
            let made = parts.joined(separator: "<!-- fields: ")
            if writes { try made.write(toFile: "\(repository)/\(document)", atomically: true, encoding: .utf8) }
            #expect(made == text || writes, "\(document)")
        }
        #expect(records.keys.sorted() == ["an application"], "records without a table")
    }

    @Test func `each kind is in the tables of kinds, with its page`() throws {
        for document in ["docs/kinds.md", Self.spec] {
            let text = try text(document)
            for kind in ApplicationKinds.all {
                #expect(text.contains("| [`\(kind.field.key)`](kinds/\(kind.field.key).md) | "), "\(document)")
            }
        }
    }

    private func collect(_ record: Record, _ records: inout [String: Record]) {
        records[record.name] = record
        for field in record.fields {
            switch field.shape {
            case .record(let inner), .list(.record(let inner), _): collect(inner, &records)
            default: break
            }
        }
    }

    private func table(_ record: Record) -> String {
        let rows = record.fields.map { field in
            let need =
                switch field.need {
                case .inEachFile: "required here"
                case .afterMerge: "required"
                case .optional: field.standard ?? ""
                }
            return "| `\(field.key)` | \(describe(field.shape)) | \(need) | \(field.doc) |\n"
        }
        return "| key | value | default | meaning |\n|---|---|---|---|\n" + rows.joined()
    }

    private func describe(_ shape: Shape) -> String {
        switch shape {
        case .text(let rule): rule.name
        case .integer(let range) where range.count == 1: "`\(range.lowerBound)`"
        case .integer(SpecDeclarations.wholeNumbers): "a whole number"
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .boolean: "`true` or `false`"
        case .flag: "`true`"
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .list(let item, _): "list: \(describe(item))"
        case .map(let keys, let values): "map of \(keys.name) to \(describe(values))"
        case .record: "map"
        case .either(let shapes): shapes.map(describe).joined(separator: "; or ")
        case .anything: "any value"
        }
    }
}
