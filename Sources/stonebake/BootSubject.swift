import ApplianceSpec
import BootCheck
import BuildPlanning
import Diagnostics
import FileTrees
import Foundation
import HostSystem

/// What `test` and `run` boot: an image file, or the last build of a spec.
struct BootSubject {
    let image: String
    /// Images of the disks besides the one that boots.
    let otherDisks: [String]
    /// Nil for an image of which no spec is known.
    let appliance: Appliance?

    /// - Throws: `RunEnded` when a spec has errors, `HostError` when there is no image.
    init(
        _ subject: String, checks: String?, disks: [String] = [], output: OutputOptions, reading: ReadingOptions
    ) throws {
        for disk in disks where !Files.exists(disk) { throw HostError(.notFound, "there is no image '\(disk)'") }
        guard Self.isSpec(subject) else {
            guard Files.exists(subject) else { throw HostError(.notFound, "there is no image '\(subject)'") }
            image = subject
            appliance = try checks.map { try Self.compile($0, reading) }
            otherDisks = try disks.isEmpty ? Self.disks(of: appliance, beside: subject) : disks
            return
        }
        let appliance = try Self.compile(subject, reading)
        let folder = OutputFolder(root: output.folder, appliance: appliance)
        guard let last = folder.lastImage else {
            throw HostError(
                .notFound, "there is no image of '\(appliance.name.value)' in '\(folder.path)'",
                hint: "build it: stonebake build \(Command.quoted(subject))")
        }
        image = last.path
        self.appliance = appliance
        otherDisks = try disks.isEmpty ? Self.disks(of: appliance, beside: last.path) : disks
    }

    /// The images of an appliance's other disks, which a build has put beside the first one.
    private static func disks(of appliance: Appliance?, beside image: String) throws -> [String] {
        let names = appliance?.disk.storage?.disks.dropFirst().map(\.name.value) ?? []
        let end = image.lastIndex(of: ".").map { image[$0...] } ?? ""
        return try names.map { name in
            let path = "\(image.dropLast(end.count))-\(name)\(end)"
            guard Files.exists(path) else {
                throw HostError(
                    .notFound, "there is no image '\(path)' of the disk '\(name)'", hint: "name it with --disk FILE")
            }
            return path
        }
    }

    /// What the guest will ask for on its console: of the secrets, those that were given.
    private func passphrases(_ secrets: Secrets) throws -> [BootPassphrase] {
        guard let appliance else { return [] }
        let devices = appliance.storagePlan(BuildPlan.identity(of: appliance))?.encrypted ?? []
        return try devices.filter { secrets.has($0.secret) }.map {
            BootPassphrase(device: $0.name, value: try secrets.value(of: $0.secret))
        }
    }

    var name: String { appliance?.name.value ?? Files.name(of: image) }

    var defaultFirmware: BootFirmware {
        guard let appliance, !appliance.disk.boot.contains(.bios) else { return .bios }
        return .uefi
    }

    /// The name of the check that asks for the application's front page; nil when there is none.
    var pageCheck: String? {
        appliance?.checks.first { check in
            guard case .http(let http) = check.kind else { return false }
            return http.path == "/" && http.method == "GET"
        }?.name
    }

    func request(firmware: BootFirmware, output: String, secrets: Secrets) throws -> BootRequest {
        var request =
            appliance.map { BootRequest(image: image, of: $0, firmware: firmware, output: output) }
            ?? BootRequest(image: image, name: name, checks: [.noFailedUnits], firmware: firmware, output: output)
        request.otherDisks = otherDisks
        request.passphrases = try passphrases(secrets)
        return request
    }

    private static func isSpec(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { return true }
        return path.hasSuffix(".yaml") || path.hasSuffix(".yml") || path.hasSuffix(".ks")
    }

    private static func compile(_ spec: String, _ reading: ReadingOptions) throws -> Appliance {
        let (appliance, report) = reading.compiler.compile(SpecOptions.file(spec))
        printDiagnostics(report.diagnostics, as: .text)
        guard let appliance, !report.hasErrors else { throw RunEnded(exitCode: .inputWrong) }
        return appliance
    }
}
