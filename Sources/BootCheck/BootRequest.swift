package import ApplianceSpec
import Diagnostics

/// An image to boot, and what must be true of it.
package struct BootRequest: Sendable {
    /// Path of the image.
    package var image: String
    /// Nil: told by the file's first bytes.
    package var format: DiskFormat?
    /// What reports call the appliance.
    package var name: String
    /// The host name that the seed gives: the one that the appliance sets itself, where it does.
    package var hostname: String
    package var checks: [Check]
    /// Whether cloud-init looks for a NoCloud seed; otherwise the key goes to systemd as a credential.
    package var readsSeed = true
    /// The size of the disk that the guest sees, as a cloud gives a larger one; nil: the image's own.
    package var diskSize: ByteSize?
    /// Images of the disks besides the one that boots, in order.
    package var otherDisks: [String] = []
    /// The values that the instance's parameters have, by their names: for checks that log in.
    package var parameters: [String: String] = [:]
    /// What is typed on the console when the guest asks for it.
    package var passphrases: [BootPassphrase] = []
    /// How the guest gets them.
    package var parametersBy = GuestParameters.Delivery.userData
    package var memory: ByteSize
    package var cpus: Int
    package var firmware: BootFirmware
    /// The folder that gets the console log and the screenshot, `console-bios.log` and `screenshot-bios.png`; it is
    /// made when it is not there.
    package var output: String
    /// A kernel to boot instead of what is on the disk: for tests, which have no disk.
    var kernel: MachineSettings.Kernel?

    package init(
        image: String, format: DiskFormat? = nil, name: String, hostname: String? = nil, checks: [Check] = [],
        memory: ByteSize = .mebibytes(1024), cpus: Int = 2, firmware: BootFirmware = .bios, output: String
    ) {
        self.image = image
        self.format = format
        self.name = name
        self.hostname = CloudSeed.hostname(for: hostname ?? name)
        self.checks = checks
        self.memory = memory
        self.cpus = cpus
        self.firmware = firmware
        self.output = output
    }

    /// For an image of an appliance, with the appliance's own checks, memory and processors.
    package init(image: String, of appliance: Appliance, firmware: BootFirmware, output: String) {
        self.init(
            image: image, name: appliance.name.value, hostname: appliance.system.hostname, checks: appliance.checks,
            memory: appliance.memory, cpus: appliance.cpus, firmware: firmware, output: output)
        readsSeed = appliance.firstBoot.readsSeed
    }

    var guestParameters: GuestParameters { GuestParameters(values: parameters, delivery: parametersBy) }

    /// The guest's ports that the checks need, and sshd's.
    var forwards: [PortForward] {
        Set(Self.ports(of: checks) + [22]).sorted().map { PortForward(guest: $0) }
    }

    /// The guest's UDP ports that the checks need, each once.
    var udpPorts: [Int] { Set(checks.flatMap { $0.kind.parts.compactMap(\.udpPort) }).sorted() }

    /// The guest's TCP ports that the checks need, each once.
    package static func ports(of checks: [Check]) -> [Int] {
        let ports = checks.flatMap { $0.kind.parts.compactMap(\.tcpPort) }
        return Set(ports).sorted()
    }
}

extension FirstBootSettings {
    /// Whether an image of the appliance takes a NoCloud seed.
    package var readsSeed: Bool { dataSources.contains { $0.lowercased() == "nocloud" } }
}
