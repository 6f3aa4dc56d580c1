import ApplianceSpec
import ArgumentParser
import Diagnostics
import Foundation
import Kickstart

struct KickstartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kickstart",
        abstract: "Look at Kickstart files: what they mean, without includes, or as YAML.",
        discussion: """
            A Kickstart is a spec as good as a YAML file: every command takes one, and a YAML spec may extend one.

            EXAMPLE
              stonebake kickstart explain Kickstarts/debian-13.ks
              stonebake kickstart flatten Kickstarts/debian-13.ks > flat.ks
              stonebake kickstart convert Kickstarts/debian-13.ks > appliance.yaml
            """,
        subcommands: [ExplainCommand.self, FlattenCommand.self, ConvertCommand.self])

    struct ExplainCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "explain",
            abstract: "Say what becomes of every statement of a Kickstart file.",
            discussion: """
                Each command, section and package is applied, a no-op (with the reason), or an error (with what to write \
                instead). Ends with status 1 where there is an error.

                EXAMPLE
                  stonebake kickstart explain Kickstarts/debian-13.ks
                """)

        @Argument(help: "The Kickstart file.", completion: .file(extensions: ["ks"]))
        var file: String

        @Option(help: "How errors of the language are written: text, json, sarif or github.")
        var format: DiagnosticFormat = .text

        @OptionGroup var reading: ReadingOptions

        func run() throws {
            let explanation = reading.compiler.explainKickstart(file)
            if !explanation.outcomes.isEmpty { print(ExplanationText(outcomes: explanation.outcomes).text) }
            printDiagnostics(explanation.report.diagnostics, as: format)
            let isRefused = !reading.allowUnsupported && explanation.outcomes.contains { $0.status == .unsupported }
            if explanation.report.hasErrors || isRefused { throw RunEnded(exitCode: .inputWrong) }
        }
    }

    struct FlattenCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "flatten",
            abstract: "Write a Kickstart file with what it includes in place.",
            discussion: """
                EXAMPLE
                  stonebake kickstart flatten Kickstarts/debian-13.ks > flat.ks
                """)

        @Argument(help: "The Kickstart file.", completion: .file(extensions: ["ks"]))
        var file: String

        @Option(help: "How errors of the language are written: text, json, sarif or github.")
        var format: DiagnosticFormat = .text

        @OptionGroup var reading: ReadingOptions

        func run() throws {
            let (document, report) = reading.compiler.readKickstart(file)
            printDiagnostics(report.diagnostics, as: format)
            guard let document, !report.hasErrors else { throw RunEnded(exitCode: .inputWrong) }
            print(document.flattened, terminator: "")
        }
    }

    struct ConvertCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "convert",
            abstract: "Write a Kickstart file, with all that it includes, as a YAML spec.",
            discussion: """
                Building the one or the other gives the same images. Paths in it are relative to the folder of the \
                Kickstart file.

                EXAMPLE
                  stonebake kickstart convert Kickstarts/debian-13.ks > Kickstarts/debian-13.yaml
                """)

        @Argument(help: "The Kickstart file.", completion: .file(extensions: ["ks"]))
        var file: String

        @Option(help: "How errors are written: text, json, sarif or github.")
        var format: DiagnosticFormat = .text

        @OptionGroup var reading: ReadingOptions

        func run() throws {
            let (text, report) = reading.compiler.yaml(file)
            printDiagnostics(report.diagnostics, as: format)
            guard let text else { throw RunEnded(exitCode: .inputWrong) }
            print(text, terminator: "")
        }
    }
}

extension ReadingOptions {
    var compiler: SpecCompiler {
        SpecCompiler(workingDirectory: FileManager.default.currentDirectoryPath, reading: reading)
    }
}

/// The table of `kickstart explain`: place, what becomes of it, the statement, and in what way.
struct ExplanationText {
    let outcomes: [KickstartOutcome]

    var text: String {
        let width = min(outcomes.map { place($0).count }.max() ?? 0, 40)
        let lines = outcomes.map { outcome in
            let place = place(outcome)
            let head = place + String(repeating: " ", count: max(width - place.count, 0)) + "  "
            let status = outcome.status.rawValue
            let body = head + status + String(repeating: " ", count: 9 - status.count) + outcome.subject
            let indent = String(repeating: " ", count: head.count + 9)
            let hint = (outcome.hint ?? "").split(separator: "\n").map { "\n\(indent)  \($0)" }.joined()
            return "\(body)\n\(indent)→ \(outcome.text)\(hint)"
        }
        return lines.joined(separator: "\n") + "\n\n" + summary
    }

    private func place(_ outcome: KickstartOutcome) -> String {
        "\(outcome.range.file.path):\(outcome.range.start.line)"
    }

    private var summary: String {
        KickstartOutcome.Status.allCases.map { status in
            let count = outcomes.count { $0.status == status }
            return "\(count) \(status == .unsupported && count != 1 ? "errors" : status.rawValue)"
        }.joined(separator: ", ") + "."
    }
}
