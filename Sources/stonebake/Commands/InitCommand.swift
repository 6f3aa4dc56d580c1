import ApplianceSpec
import ArgumentParser
import FileTrees
import Foundation
import HostSystem

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a new appliance: a spec with comments that builds and boots as it is.",
        discussion: """
            Makes a folder of the appliance's name with its spec, appliance.yaml, and the source that the spec names. A \
            folder that is there already is left as it is.

            EXAMPLE
              stonebake init shop
              stonebake init --kind web-app Appliances/shop
            """)

    @Argument(help: "The appliance's name: lower-case letters, digits and hyphens; a path makes it elsewhere.")
    var name: String

    @Option(help: "What it is: wsgi, web-app or broker.")
    var kind: NewAppliance.Kind = .wsgi

    private var lastPart: String { URL(filePath: name).lastPathComponent }

    func validate() throws {
        guard isApplianceName(lastPart) else {
            throw ValidationError(
                "'\(lastPart)' is not a name: lower-case letters, digits and hyphens, at most 63, for example ticket-shop"
            )
        }
        guard !Files.exists(folder) else {
            throw ValidationError("'\(folder)' is there already: give another name, or remove it")
        }
    }

    private var folder: String { name.hasSuffix("/") ? String(name.dropLast()) : name }

    func run() throws {
        // Made aside: there is a whole one or none.
        let aside = "\(folder).stonebake-new-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: aside) }
        for (path, text) in NewAppliance(name: lastPart, folder: Command.quoted(folder), kind: kind).files {
            let url = URL(filePath: "\(aside)/\(path)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        try FileManager.default.moveItem(atPath: aside, toPath: folder)
        print("\(folder)/appliance.yaml is written. Next: stonebake build \(Command.quoted(folder))")
    }
}

extension NewAppliance.Kind: ExpressibleByArgument {}
