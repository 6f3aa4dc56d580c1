import ApplianceSpec
import BootCheck
import Diagnostics
import Foundation
import HostSystem

/// What `test` and `run` boot: an image file, or the last build of a spec.
struct BootSubject {
    let image: String
    /// Nil for an image of which no spec is known.
    let appliance: Appliance?

    /// - Throws: `RunEnded` when a spec has errors, `HostError` when there is no image.
    init(_ subject: String, checks: String?, output: OutputOptions, reading: ReadingOptions) throws {
        guard Self.isSpec(subject) else {
            guard Files.exists(subject) else { throw HostError(.notFound, "there is no image '\(subject)'") }
            image = subject
            appliance = try checks.map { try Self.compile($0, reading) }
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

    func request(firmware: BootFirmware, output: String) -> BootRequest {
        guard let appliance else {
            return BootRequest(image: image, name: name, checks: [.noFailedUnits], firmware: firmware, output: output)
        }
        return BootRequest(image: image, of: appliance, firmware: firmware, output: output)
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
