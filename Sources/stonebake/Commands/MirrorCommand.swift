import ApplianceSpec
import ArgumentParser
import BuildPlanning
import Diagnostics
import Foundation
import HostSystem
import ProgressDisplay

struct MirrorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mirror",
        abstract: "Collect everything that specs are built from, for builds without a network.",
        discussion: """
            Brings every package, build tool and wheel that the specs' locks name into a folder, laid out as the archives \
            are. What is there already is verified and stays, so that several specs, and the same ones later, share one \
            folder. A lock that is missing or stale is made first, as a build makes it. With the folder, \
            `stonebake build --offline --mirror DIR SPEC` makes the same bytes without a network.

            EXAMPLE
              stonebake mirror Appliances/wsgi/appliance.yaml /srv/stonebake-mirror
              stonebake build --offline --mirror /srv/stonebake-mirror Appliances/wsgi/appliance.yaml
            """)

    @Argument(
        help: ArgumentHelp("The specs, and then the folder that is filled.", valueName: "spec… dir"),
        completion: .file())
    var paths: [String] = []

    @Option(help: "How errors in the specs are written: text, json, sarif or github.")
    var format: DiagnosticFormat = .text

    @Flag(help: "Refuse a lock that is missing or stale.")
    var locked = false

    @Flag(help: "Remove what an earlier run brought and none of these specs' locks needs.")
    var prune = false

    @OptionGroup var reading: ReadingOptions
    @OptionGroup var host: HostOptions

    func validate() throws {
        guard paths.count > 1, let folder = paths.last else {
            throw ValidationError("give one or several specs, and then the folder that is to be filled")
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else {
            throw ValidationError("'\(folder)' is a file: the folder that is to be filled comes last")
        }
        guard !FileManager.default.fileExists(atPath: "\(folder)/appliance.yaml") else {
            throw ValidationError("'\(folder)' is an appliance's own: the folder that is to be filled comes last")
        }
    }

    func run() async throws {
        let specs = try paths.dropLast().map {
            try LoadedSpec(path: SpecOptions.file($0), format: format, reading: reading)
        }
        let folder = MirrorFolder(path: URL(filePath: paths.last ?? "").standardized.path)
        try await Session.run(host, purpose: "mirror-\(specs.map(\.appliance.name.value).joined(separator: "-"))") {
            session in
            let locking = Locking(host: session.host)
            var locks: [(path: String, lock: Lockfile)] = []
            for spec in specs {
                locks.append((spec.lockPath, try await locking.lockForBuild(spec, onlyCurrent: locked)))
            }
            let contents = try MirrorContents(locks)
            let outcome = try await Mirroring(host: session.host, folder: folder).fill(with: contents, prune: prune)
            session.display.finish()
            print(outcome.text(folder: paths.last ?? "", specs: Array(paths.dropLast())))
        }
    }
}
