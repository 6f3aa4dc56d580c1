import ArgumentParser
import Diagnostics
import FileTrees
import Foundation

struct CatalogueCommand: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    static let configuration = CommandConfiguration(
        commandName: "catalogue",
        abstract: "List the appliances of a folder, with version, size and last result.",
        discussion: """
            Every folder that holds an appliance.yaml is listed. Size, build time, boot time and result are of the last \
            build and the last test, as they lie in the output folder; a test that was made before the last build does \
            not count. Of what is not built here, marked *, the folder's catalogue.json tells what the catalogue's last \
            test found, if that was the same version. `make test-catalogue` builds, boots and proves all of them.

            EXAMPLE
              stonebake catalogue
              stonebake catalogue Appliances --format json
              stonebake catalogue --only broker --only wsgi --require-passed
              stonebake catalogue --html catalogue.html --junit catalogue.xml --require-passed
            """)

    @Argument(help: "The folder whose folders hold the appliances.", completion: .directory)
    var folder = "Appliances"

    @Option(help: "Only this appliance; may be given several times. A document keeps the rows of the others.")
    var only: [String] = []

    @Option(help: "What is printed: text or json.")
    var format: Format = .text

    @Option(help: "Write a page with all checks and the screenshots.", completion: .file(extensions: ["html"]))
    var html: String?

    @Option(help: "Write JUnit XML, a suite for each boot.", completion: .file(extensions: ["xml"]))
    var junit: String?

    @Option(
        help: "Renew the table of a Markdown document, between its lines <!-- catalogue --> and <!-- end -->.",
        completion: .file(extensions: ["md"]))
    var markdown: String?

    @Flag(help: "Keep the results in the folder's catalogue.json, for checkouts in which nothing is built.")
    var record = false

    @Flag(help: "End with status 1 unless each appliance has passed its last test.")
    var requirePassed = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var reading: ReadingOptions

    func run() throws {
        do {
            let entries = try entries()
            let tables = CatalogueTables(entries: entries)
            if let html { try Files.write(CataloguePage(entries: entries).html, to: html) }
            if let junit { try Files.write(tables.junit, to: junit) }
            if let markdown {
                let document = try Files.readText(markdown)
                try Files.write(
                    tables.renewed(document, path: markdown, keepingOthers: !only.isEmpty), to: markdown)
            }
            if record {
                try CatalogueRecord(folder: root).renewed(with: entries, keepingOthers: !only.isEmpty).write(to: root)
            }
            switch format {
            case .text: print(tables.text)
            case .json: print(tables.json, terminator: "")
            }
            if requirePassed, !entries.allSatisfy(\.result.isProven) { throw RunEnded(exitCode: .inputWrong) }
        } catch let failure as HostError {
            printDiagnostics(failure.diagnostics, as: .text)
            throw RunEnded(exitCode: failure.exitCode)
        }
    }

    private var root: String { folder.hasSuffix("/") ? String(folder.dropLast()) : folder }

    /// - Throws: `HostError` where there is no such folder, no appliance in it, or none that is called so.
    private func entries() throws -> [CatalogueEntry] {
        guard Files.exists(root) else { throw HostError(.notFound, "there is no folder '\(root)'") }
        let names = try Files.names(in: root).sorted().filter { Files.exists("\(root)/\($0)/appliance.yaml") }
        guard !names.isEmpty else {
            throw HostError(
                .notFound, "no folder in '\(root)' holds an appliance.yaml",
                hint: "a catalogue is a folder of folders: Appliances/wsgi/appliance.yaml")
        }
        let record = CatalogueRecord(folder: root)
        let entries = names.map { name in
            var entry = CatalogueEntry(folder: "\(root)/\(name)", images: output.folder, reading: reading)
            if entry.result == .notBuilt {
                entry.recorded = record.appliances.first {
                    $0.name == entry.name && $0.version == entry.version && $0.imageBytes != nil
                }
            }
            return entry
        }
        if let unknown = only.first(where: { name in !entries.contains { $0.name == name } }) {
            let known = entries.map(\.name)
            throw HostError(
                .notFound, "no appliance in '\(root)' is called '\(unknown)'",
                hint: suggestion(for: unknown, in: known) ?? "there are: \(known.joined(separator: ", "))")
        }
        return only.isEmpty ? entries : entries.filter { only.contains($0.name) }
    }
}
