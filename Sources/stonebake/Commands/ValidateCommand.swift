import ApplianceSpec
import ArgumentParser
import Diagnostics
import Foundation

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check specs and say everything that is wrong with them.",
        discussion: """
            EXAMPLE
              stonebake validate --format github Appliances/*/appliance.yaml
            """)

    @Argument(help: "The specs to check.", completion: .file(extensions: ["yaml", "yml", "ks"]))
    var specs: [String]

    @Option(help: "How errors are written: text, json, sarif or github.")
    var format: DiagnosticFormat = .text

    @OptionGroup var reading: ReadingOptions

    func run() throws {
        var all = DiagnosticReport()
        for spec in specs {
            all.append(reading.compiler.compile(SpecOptions.file(spec)).report)
        }
        printDiagnostics(all.diagnostics, as: format)
        if all.hasErrors { throw RunEnded(exitCode: .inputWrong) }
        if format == .text {
            print("\(specs.count == 1 ? "The spec is" : "All \(specs.count) specs are") well formed.")
        }
    }
}
