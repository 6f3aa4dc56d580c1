import Foundation
import Testing

@Suite struct `docs/stonebake.1` {
    private struct Argument: Decodable {
        struct Name: Decodable {
            let name: String
            let kind: String
        }
        let names: [Name]?
        let abstract: String?
        let shouldDisplay: Bool
    }

    private struct Command: Decodable {
        let commandName: String
        let abstract: String?
        let arguments: [Argument]?
        let subcommands: [Command]?
        let shouldDisplay: Bool?
    }

    private struct Tool: Decodable { let command: Command }

    /// `make man` writes the page. What it must say is what the program says of itself.
    @Test func `describes every subcommand and option, in the program's own words`() throws {
        let page = try String(
            contentsOf: StonebakeProcess.repository.appendingPathComponent("docs/stonebake.1"), encoding: .utf8)
        let dump = try StonebakeProcess.run("--experimental-dump-help")
        let tool = try JSONDecoder().decode(Tool.self, from: Data(dump.output.utf8))
        let missing = sayings(of: tool.command).filter { !page.contains($0) }
        #expect(missing.isEmpty, "run `make man`: \(missing)")
        #expect(page.contains("EXIT STATUS"))
    }

    private func sayings(of command: Command) -> [String] {
        guard command.shouldDisplay ?? true, command.commandName != "help" else { return [] }
        var result = [command.commandName] + (command.abstract.map { [$0] } ?? [])
        for argument in command.arguments ?? [] where argument.shouldDisplay {
            result += (argument.names ?? []).filter { $0.kind == "long" }.map { "-\($0.name)" }
            // The page breaks lines after sentences; the first one tells whether it is current.
            if let first = argument.abstract?.split(separator: "(").first {
                result.append(first.trimmingCharacters(in: .whitespaces))
            }
        }
        return result + (command.subcommands ?? []).flatMap { sayings(of: $0) }
    }
}
