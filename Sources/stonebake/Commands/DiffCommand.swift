import ArgumentParser
import Diagnostics
import Foundation
import HostSystem
import ImageInspection
import ProgressDisplay

struct DiffCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two images, or two locks.",
        discussion: """
            Of images, in any format that qemu-img reads: partition table, boot code, filesystems, packages, and every \
            file with its type, mode, owner, size, time, content, link target and extended attributes. Of locks: \
            packages, wheels, tools, repositories. Nothing is mounted and nothing is changed. A folder that `build` \
            made stands for its image, a spec's folder for its lock.

            EXIT STATUS
              0   they are the same, images to the byte of the disk that a machine sees
              1   they differ
              2   they cannot be compared; 69, 70 and 75 as everywhere

            EXAMPLE
              stonebake diff Images/wsgi-1.0.0/wsgi-1.0.0.raw Images/wsgi-1.0.1/wsgi-1.0.1.qcow2
              stonebake diff Appliances/wsgi/appliance.lock Backups/appliance.lock --format json
            """)

    @Argument(help: "An image, a lock, or a folder that holds one.", completion: .file())
    var a: String

    @Argument(help: "What it is compared with.", completion: .file())
    var b: String

    @Option(help: "What is printed: text or json.")
    var format: Format = .text

    @Flag(help: "List everything that differs, however much it is.")
    var all = false

    @OptionGroup var host: HostOptions

    func run() async throws {
        let (left, right) = (try subject(a), try subject(b))
        switch (left, right) {
        case (.lock(let one, let pathA), .lock(let other, let pathB)):
            let difference = LockDifference(one, path: pathA, other, path: pathB)
            try show(difference, difference.same) { DiffText(all: all).text(difference) }
        case (.image(let one), .image(let other)):
            try await Session.run(host, purpose: "diff") { session in
                let difference = try await compare(one, other, session)
                session.display.finish()
                try show(difference, difference.same && difference.sameBytes) { DiffText(all: all).text(difference) }
            }
        default:
            throw DiffTrouble("'\(left.path)' is \(left.kind) and '\(right.path)' is \(right.kind)")
        }
    }

    /// What is wrong with an input must not look like a difference.
    private func subject(_ path: String) throws -> DiffSubject {
        do {
            return try DiffSubject(path)
        } catch let failure as any Failure where failure.exitCode == .inputWrong {
            throw Self.trouble(failure)
        }
    }

    private func compare(_ one: String, _ other: String, _ session: Session) async throws -> ImageDifference {
        do {
            return try await ImageDiffer(host: session.host).compare(one, other)
        } catch let failure as any Failure where failure.exitCode == .inputWrong {
            throw Self.trouble(failure)
        }
    }

    private static func trouble(_ failure: any Failure) -> Trouble { Trouble(diagnostics: failure.diagnostics) }

    private struct Trouble: Failure {
        let diagnostics: [Diagnostic]
        var exitCode: Diagnostics.ExitCode { .usage }
    }

    private func show(_ value: some Encodable, _ same: Bool, _ text: () -> String) throws {
        switch format {
        case .text: print(text())
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(value), as: UTF8.self))
        }
        if !same { throw RunEnded(exitCode: .inputWrong) }
    }
}
