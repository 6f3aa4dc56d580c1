import ApplianceSpec
import FileTrees
package import HostSystem

/// Boots a throw-away overlay of an image in QEMU and finds out whether the appliance's checks hold.
package struct BootChecker: Sendable {
    /// An emulated guest takes five to ten times as long as one with KVM, more on a busy machine; time limits are
    /// written for KVM.
    package static let emulationScale = 5.0

    let host: Host
    private let emulationScale: Double

    package init(host: Host) {
        self.init(host: host, emulationScale: BootChecker.emulationScale)
    }

    /// - Parameter emulationScale: what time limits are multiplied by where the guest is emulated.
    init(host: Host, emulationScale: Double) {
        self.host = host
        self.emulationScale = emulationScale
    }

    /// Boots the image, runs the checks, and ends the machine. The image is not written to.
    ///
    /// - Returns: what was found, also when the guest does not come up or a check fails.
    /// - Throws: `BootCheckError`, `HostError` when the check could not be made at all; `CancellationError`.
    package func check(_ request: BootRequest) async throws -> BootReport {
        let (qemu, proof) = try await host.virtualization()
        let scale = proof.accelerator == .kvm ? 1 : emulationScale
        try Files.makeFolder(request.output)
        let output = try FilePaths.absolute(request.output)
        let name = request.firmware.rawValue
        var report = BootReport(
            appliance: request.name, image: request.image, firmware: request.firmware, accelerator: proof.accelerator,
            acceleratorReason: proof.reason, qemu: "\(qemu.version)", timeScale: scale,
            consoleLog: "\(output)/console-\(name).log")
        let screenshot = "\(output)/screenshot-\(name).png"
        func examine() async throws -> BootFindings {
            let folder = try host.scratch.newFolder("boot")
            defer { discardTree(folder) }
            let settings = try await prepare(request, in: folder, qemu, proof.accelerator, log: report.consoleLog)
            return try await Machine.run(settings, folder: folder, runner: host.runner) { [host] machine in
                try await BootExamination(machine: machine, request: request, scale: scale, host: host)
                    .findings(screenshot: screenshot)
            }
        }
        var findings = try await examine()
        if let crash = findings.crash {
            // No guest may do that to QEMU: QEMU 10.0 does, now and then, when an emulated guest restarts (hw/pci/msix.c).
            host.progress.send(.message(.warning, "QEMU itself failed (\(crash)); the machine is started once more"))
            findings = try await examine()
        }
        report.add(findings)
        // Nobody echoes a passphrase. Should somebody do it one day, it still does not stay in a log.
        try Self.cover(request.passphrases, in: report.consoleLog)
        return report
    }

    /// Takes passphrases out of a file.
    static func cover(_ passphrases: [BootPassphrase], in path: String) throws {
        guard !passphrases.isEmpty, Files.exists(path) else { return }
        let bytes = try Files.read(path)
        var text = bytes
        for passphrase in passphrases {
            while let range = text.firstRange(of: passphrase.value) {
                text.replaceSubrange(range, with: Array("…".utf8))
            }
        }
        if text != bytes { try Files.write(text, to: path) }
    }

    /// Makes what the machine needs in its folder.
    func prepare(
        _ request: BootRequest, in path: String, _ qemu: QEMU, _ accelerator: Accelerator, log: String
    ) async throws -> MachineSettings {
        let folder = MachineFolder(path: path, runner: host.runner)
        if request.kernel == nil {
            try await folder.makeOverlay(of: request.image, format: request.format, size: request.diskSize)
            try await folder.makeOverlays(of: request.otherDisks)
        }
        let code = try folder.makeFirmware(request.firmware)
        let seed = ("stonebake-\(Files.name(of: path))-\(host.now())", request.hostname)
        let key = try await folder.makeKey(seed: request.readsSeed ? seed : nil, parameters: request.guestParameters)
        return MachineSettings(
            qemu: qemu, accelerator: accelerator, firmware: request.firmware, firmwareCode: code,
            disk: request.kernel == nil ? (MachineSettings.File.overlay, .qcow2) : nil, hasSeed: request.readsSeed,
            otherDisks: request.otherDisks.indices.map(MachineSettings.File.overlay),
            rootKey: request.readsSeed ? nil : key,
            credentialArguments: try request.guestParameters.write(to: path), memory: request.memory,
            cpus: request.cpus, forwards: request.forwards, udpPorts: request.udpPorts, consoleLog: log,
            kernel: request.kernel)
    }
}

/// What one boot showed.
struct BootFindings: Sendable {
    var trouble: BootTrouble?
    var checks: [BootReport.CheckResult]
    var bootTime: BootTime?
    var shutdown: BootReport.Shutdown?
    var console: [String]
    var screenshot: String?
    var seconds: Double
    /// What QEMU said when it was ended by a failure of its own; nil when it was not.
    var crash: String?
}

extension BootReport {
    fileprivate mutating func add(_ findings: BootFindings) {
        trouble = findings.trouble
        checks = findings.checks
        bootTime = findings.bootTime
        shutdown = findings.shutdown
        screenshot = findings.screenshot
        seconds = findings.seconds
        // A check that passed needs no console.
        console = passed ? [] : findings.console
    }
}
