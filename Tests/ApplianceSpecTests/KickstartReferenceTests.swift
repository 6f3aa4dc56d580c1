import Diagnostics
import Foundation
import Testing

@testable import ApplianceSpec
@testable import Kickstart

/// `docs/kickstart.md`: its table is the code's, and the code's has every command of the language.
struct KickstartReferenceTests {
    private static let path = repository + "/docs/kickstart.md"

    @Test func `every command of every version of the language has a meaning`() {
        let named = KickstartCommandTable.rows.flatMap(\.names)
        #expect(Set(named).count == named.count, "a command that stands twice")
        let known = GrammarTable.commandNames.filter { !$0.hasPrefix("%") }
        #expect(known.count >= 80)
        #expect(known.filter { !named.contains($0) } == [], "commands without a meaning")
        #expect(named.filter { !known.contains($0) } == [], "meanings of no command")
        for row in KickstartCommandTable.rows {
            #expect(!row.text.isEmpty && (row.meaning != .refused || row.hint?.isEmpty == false), "\(row.names)")
        }
    }

    /// Write it anew with `STONEBAKE_WRITE_REFERENCE=1 swift test --filter KickstartReferenceTests`.
    @Test func `the table of commands is the one that the code makes`() throws {
        let text = try String(contentsOfFile: Self.path, encoding: .utf8)
        let parts = text.components(separatedBy: "<!-- commands -->\n")
        try #require(parts.count == 2)
        let rest = parts[1].components(separatedBy: "<!-- end -->").dropFirst().joined(separator: "<!-- end -->")
        let rows = KickstartCommandTable.rows.map { row in
            let names = row.names.map { "`\($0)`" }.joined(separator: ", ")
            let hint = row.hint.map { "; \($0)" } ?? ""
            return "| \(names) | \(row.meaning.rawValue) | \(row.text)\(hint) |\n"
        }
        let table = "| command | | what it becomes, or why not |\n|---|---|---|\n" + rows.joined()
        let made = "\(parts[0])<!-- commands -->\n\(table)<!-- end -->\(rest)"
        let writes = ProcessInfo.processInfo.environment["STONEBAKE_WRITE_REFERENCE"] != nil
        if writes { try made.write(toFile: Self.path, atomically: true, encoding: .utf8) }
        #expect(made == text || writes)
    }

    @Test func `its example means what the text says, and both bases name their archive`() throws {
        let text = try String(contentsOfFile: Self.path, encoding: .utf8)
        let example = try #require(
            text.components(separatedBy: "## A file\n\n").last?.components(separatedBy: "\nThe app").first)
        let lines = example.split(separator: "\n", omittingEmptySubsequences: false).map { $0.dropFirst(4) }
        let kickstart = lines.joined(separator: "\n").replacingOccurrences(
            of: "$y$j9T$…", with: "$6$saltsalt$0123456789012345678901")
        let workspace = try Workspace(["my-server.ks": kickstart, "parts/system.ks": "lang C.UTF-8\n"])
        let report = workspace.compile("my-server.ks").report
        // The check asks for a port that only the spec's author knows of.
        let errors = report.diagnostics.filter { $0.severity == .error && $0.code != "nothing-listens" }
        #expect(errors.isEmpty, "\(report.rendered(as: .text))")
        for (name, release) in [("debian-13", "trixie"), ("debian-12", "bookworm")] {
            let base = try String(contentsOfFile: "\(repository)/Kickstarts/\(name).ks", encoding: .utf8)
            #expect(base.contains("\nurl --url=archive:debian/\(release)\n"))
            #expect(base.contains("repo --name=backports --baseurl=archive:debian/\(release)-backports"))
            let (appliance, said) = SpecCompiler(workingDirectory: repository).compile("Kickstarts/\(name).ks")
            #expect(said.rendered(as: .text) == "")
            #expect(appliance?.distribution.release.value == release)
            #expect(appliance?.sources.count == 3)
        }
    }
}
