import ApplianceSpec
import ArgumentParser
import BootCheck
import Diagnostics
import FileTrees
import Foundation
import HostSystem
import ProgressDisplay

struct TestCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, junit }

    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Boot an image and run its checks.",
        discussion: """
            Takes a spec, whose last build is booted, or an image file; then --checks names the spec whose checks are \
            run (otherwise: it boots, and no unit has failed). A throw-away overlay is booted: the image stays as it is. \
            The console, a screenshot, report.json and junit.xml come into a folder `test` beside the image. Where KVM \
            does not work, QEMU emulates the machine, and all time limits are five times as long. Where the guest asks \
            for the passphrase of a disk, the secret of the spec is typed on the serial console. Parameters of the \
            appliance that are not given here have the example of the spec.

            EXAMPLE
              stonebake test Appliances/wsgi/appliance.yaml
              stonebake test shop.yaml --parameter site=shop.example.org --parameter-file admin-password=pw.txt
              stonebake test Images/wsgi-1.0.0/wsgi-1.0.0.qcow2 --checks Appliances/wsgi --firmware uefi
            """)

    @Argument(help: "A spec, or an image (raw or qcow2).", completion: .file())
    var subject: String

    @Option(help: "The spec whose checks are run on an image file.", completion: .file(extensions: ["yaml", "yml"]))
    var checks: String?

    @Option(help: "bios, uefi or uefi-secure-boot; may be given several times (otherwise the spec's first).")
    var firmware: [BootFirmware] = []

    @Option(help: ArgumentHelp("The size of the disk that the guest sees (otherwise the image's).", valueName: "size"))
    var diskSize: ByteSize?

    @Option(help: "What is printed: text, json or junit.")
    var format: Format = .text

    @Flag(help: "Print the page that the http check of `/` got (its first lines).")
    var showPage = false

    @Option(
        name: .customLong("disk"),
        help: ArgumentHelp(
            "Another disk's image; may be given several times (otherwise those that the spec names, beside the image).",
            valueName: "image"), completion: .file())
    var disks: [String] = []

    @OptionGroup var parameters: ParameterOptions
    @OptionGroup var secrets: SecretOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var reading: ReadingOptions
    @OptionGroup var host: HostOptions

    func run() async throws {
        let subject = try BootSubject(subject, checks: checks, disks: disks, output: output, reading: reading)
        let values = try parameters.values(for: subject.appliance, withExamples: true)
        let folder = "\(Files.folder(of: subject.image))/test"
        try await Session.run(host, purpose: "test-\(subject.name)", secrets: secrets) { session in
            var reports: [BootReport] = []
            for firmware in firmware.isEmpty ? [subject.defaultFirmware] : firmware {
                var request = try subject.request(
                    firmware: firmware, output: folder, secrets: session.host.secrets)
                request.diskSize = diskSize
                request.parameters = values.values
                request.parametersBy = values.delivery
                let title = "boot \(Files.name(of: subject.image)) with \(firmware.title)"
                let report = try await session.host.progress.step(
                    "boot", "\(title) and run \(request.checks.count) checks"
                ) { [request] in try await BootChecker(host: session.host).check(request) }
                reports.append(report)
            }
            session.display.finish()
            try show(reports, of: subject, folder)
            if !reports.allSatisfy(\.passed) { throw RunEnded(exitCode: .inputWrong) }
        }
    }

    private func show(_ reports: [BootReport], of subject: BootSubject, _ folder: String) throws {
        let json = try Self.json(reports)
        let junit = JUnit.xml(reports)
        try Files.write(json, to: "\(folder)/report.json")
        try Files.write(junit, to: "\(folder)/junit.xml")
        switch format {
        case .json: print(json, terminator: "")
        case .junit: print(junit, terminator: "")
        case .text:
            for report in reports {
                print(report.text)
                if showPage, let page = report.page(of: subject.pageCheck) {
                    print("\nThe page it served:\n\n" + page.map { "    \($0)" }.joined(separator: "\n"))
                }
            }
        }
    }

    private static func json(_ reports: [BootReport]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(reports), as: UTF8.self) + "\n"
    }
}

extension BootFirmware: ExpressibleByArgument {}
