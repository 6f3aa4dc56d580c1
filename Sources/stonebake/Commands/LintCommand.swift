import ApplianceSpec
import ArgumentParser
import Diagnostics
import FileTrees
import Foundation
import ImageInspection
import ProgressDisplay

struct LintCommand: AsyncParsableCommand {
    enum Denied: String, ExpressibleByArgument, CaseIterable { case warnings }

    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Look at an image, ours or a stranger's, for what fails where it is to run.",
        discussion: """
            At its container (alignment, footer, headers, order, digests, sizes) and at what is on its disk (identity, secrets, \
            passwords, drivers in the initramfs, console, growth, data source, network, boot loaders, leftovers). Offline and \
            read-only; filesystems that have no reader here are read through libguestfs. Each finding says why it fails \
            there, who says so, and what helps. docs/lint.md lists them. `build` does the same with what it makes.

            EXIT STATUS
              0   nothing that fails (warnings alone, unless they are denied)
              1   an error was found
              2   the call is wrong; 69, 70 and 75 as everywhere

            EXAMPLE
              stonebake lint Images/wsgi-1.0.0/wsgi-1.0.0-azure.vhd
              stonebake lint their-appliance.ova --target vmware --format sarif
              stonebake lint image.qcow2 --deny warnings
            """)

    @Argument(help: "The image files.", completion: .file())
    var images: [String]

    @Option(help: "Where it is to run (otherwise: what the file's name says, and else what holds anywhere).")
    var target: Target?

    @Option(help: "How findings are written: text, json, sarif or github.")
    var format: DiagnosticFormat = .text

    @Option(help: "What fails besides errors: warnings.")
    var deny: Denied?

    @OptionGroup var host: HostOptions

    func run() async throws {
        for image in images {
            guard let identity = try Files.identity(image) else {
                throw HostError(.notFound, "there is no image '\(image)'")
            }
            guard !identity.isFolder else { throw HostError(.notFound, "'\(image)' is a folder, and no image") }
        }
        try await Session.run(host, purpose: "lint") { session in
            var diagnostics: [Diagnostic] = []
            for image in images {
                let target = target ?? Target(fileName: Files.name(of: image), certain: true)
                let findings = try await Linting(host: session.host).findings(image, target: target)
                diagnostics += findings.map { $0.diagnostic(image: image) }
            }
            session.display.finish()
            let report = DiagnosticReport(diagnostics)
            if format == .text {
                print(report.rendered(as: .text), terminator: "")
                let errors = diagnostics.count { $0.severity == .error }
                let warnings = diagnostics.count { $0.severity == .warning }
                print("\(images.joined(separator: ", ")): \(errors) errors, \(warnings) warnings")
            } else {
                print(report.rendered(as: format), terminator: "")
            }
            let fails = diagnostics.contains { $0.severity == .error || (deny == .warnings && $0.severity == .warning) }
            if fails { throw RunEnded(exitCode: .inputWrong) }
        }
    }
}
