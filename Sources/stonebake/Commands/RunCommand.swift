import ApplianceSpec
import ArgumentParser
import BootCheck
import Foundation
import HostSystem
import ProgressDisplay

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Boot an image for a person, its console attached.",
        discussion: """
            Takes a spec, whose last build is booted, or an image file. The ports of the spec's checks and ssh are \
            forwarded on 127.0.0.1 and printed, with the line that logs in as root by a throw-away key. Ctrl-a x ends \
            the machine. What the guest writes is gone with it, unless --keep names a file. The appliance gets the parameters \
            that are given here and no others, as from a deployer.

            EXAMPLE
              stonebake run Appliances/wsgi/appliance.yaml
              stonebake run shop.yaml --parameter site=shop.example.org --parameters-by smbios
              stonebake run Images/wsgi-1.0.0/wsgi-1.0.0.qcow2 --port 8080:80 --memory 2048 --firmware uefi
            """)

    @Argument(help: "A spec, or an image (raw or qcow2).", completion: .file())
    var subject: String

    @Option(
        name: .customLong("port"),
        help: ArgumentHelp("Forward a port; may be given several times.", valueName: "[host:]guest"))
    var ports: [String] = []

    @Option(help: "bios, uefi or uefi-secure-boot (otherwise the spec's first).")
    var firmware: BootFirmware?

    @Option(help: ArgumentHelp("The machine's memory (otherwise the spec's, or 1024).", valueName: "MiB"))
    var memory: Int?

    @Option(help: "The machine's processors (otherwise the spec's, or 2).")
    var cpus: Int?

    @Option(help: ArgumentHelp("The size of the disk that the guest sees (otherwise the image's).", valueName: "size"))
    var diskSize: ByteSize?

    @Option(
        help: "Keep what the guest writes in this overlay (qcow2); made when it is not there.", completion: .file())
    var keep: String?

    @Option(
        name: .customLong("disk"),
        help: ArgumentHelp(
            "Another disk's image; may be given several times (otherwise those that the spec names, beside the image).",
            valueName: "image"), completion: .file())
    var disks: [String] = []

    @OptionGroup var parameters: ParameterOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var reading: ReadingOptions
    @OptionGroup var host: HostOptions

    func validate() throws {
        for port in ports where PortForward(port) == nil {
            throw ValidationError("'\(port)' is no port: give 80, or 8080:80 for this machine's port 8080")
        }
        if let memory, memory < 64 { throw ValidationError("a machine of \(memory) MiB boots nothing") }
        if let cpus, !(1...255).contains(cpus) { throw ValidationError("a machine has 1 to 255 processors") }
    }

    func run() async throws {
        let subject = try BootSubject(subject, checks: nil, disks: disks, output: output, reading: reading)
        var request = RunRequest(
            image: subject.image, name: subject.name, hostname: subject.appliance?.system.hostname,
            firmware: firmware ?? subject.defaultFirmware, ports: forwards(subject))
        if let appliance = subject.appliance {
            request.memory = appliance.memory
            request.cpus = appliance.cpus
            request.readsSeed = appliance.firstBoot.readsSeed
        }
        if let memory { request.memory = .mebibytes(Int64(memory)) }
        if let cpus { request.cpus = cpus }
        request.diskSize = diskSize
        request.otherDisks = subject.otherDisks
        request.guestParameters = try parameters.values(for: subject.appliance, withExamples: false)
        if let keep { request.changes = .kept(keep) }
        try await Session.run(host, purpose: "run-\(subject.name)") { [request] session in
            try await BootChecker(host: session.host).run(request) { guest in
                session.display.finish()
                printToStandardError(guest.text)
            }
        }
    }

    /// Those that were asked for, and those of the spec's checks that were not.
    private func forwards(_ subject: BootSubject) -> [PortForward] {
        let asked = ports.compactMap(PortForward.init)
        let checked = BootRequest.ports(of: subject.appliance?.checks ?? [])
        return asked + checked.filter { port in !asked.contains { $0.guest == port } }.map { PortForward(guest: $0) }
    }
}
