package import ApplianceSpec

/// An image to boot for a person.
package struct RunRequest: Sendable {
    /// Where the guest's changes go.
    package enum Changes: Sendable, Equatable {
        /// Gone with the machine.
        case discarded
        /// An overlay at this path: made at the first run, used again by later ones as long as the image is the same. Beside
        /// it stay those of other disks (`PATH-1`) and root's key (`PATH-key`).
        case kept(String)
    }

    package var image: String
    /// Nil: told by the file's first bytes.
    package var format: DiskFormat?
    package var name: String
    package var hostname: String
    /// See `BootRequest.readsSeed`.
    package var readsSeed = true
    /// See `BootRequest.diskSize`; an overlay that was kept has the size that it was made with.
    package var diskSize: ByteSize?
    /// See `BootRequest.otherDisks`.
    package var otherDisks: [String] = []
    /// What the appliance's parameters are at this boot.
    package var guestParameters = GuestParameters()
    package var memory: ByteSize
    package var cpus: Int
    package var firmware: BootFirmware
    /// Port 22 is added where it is not among them.
    package var ports: [PortForward]
    package var changes: Changes
    /// Where the console is recorded; nil: nowhere that stays.
    package var consoleLog: String?
    /// See `BootRequest.kernel`.
    var kernel: MachineSettings.Kernel?

    package init(
        image: String, format: DiskFormat? = nil, name: String, hostname: String? = nil,
        memory: ByteSize = .mebibytes(1024), cpus: Int = 2, firmware: BootFirmware = .bios, ports: [PortForward] = [],
        changes: Changes = .discarded, consoleLog: String? = nil
    ) {
        self.image = image
        self.format = format
        self.name = name
        self.hostname = CloudSeed.hostname(for: hostname ?? name)
        self.memory = memory
        self.cpus = cpus
        self.firmware = firmware
        self.ports = ports
        self.changes = changes
        self.consoleLog = consoleLog
    }

    var forwards: [PortForward] {
        ports.contains { $0.guest == 22 } ? ports : ports + [PortForward(guest: 22)]
    }
}

extension PortForward {
    /// Reads `80` (any free port here to the guest's 80) or `8080:80`; nil for anything else.
    package init?(_ text: String) {
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard (1...2).contains(numbers.count), numbers.allSatisfy({ (1...65535).contains($0) }),
            let guest = numbers.last
        else { return nil }
        self.init(guest: guest, host: numbers.count == 2 ? numbers.first : nil)
    }
}

/// What a person needs to reach a guest that runs.
package struct RunningGuest: Sendable, Equatable {
    /// Guest port to the port on 127.0.0.1.
    package var ports: [Int: Int]
    /// The line that logs in as root, for a shell.
    package var sshCommand: String
    package var accelerator: String

    /// One line for each forwarded port, and how to leave.
    package var text: String {
        let lines = ports.sorted { $0.key < $1.key }.map { guest, host in
            switch guest {
            case 22: "  \(sshCommand)"
            case 80, 443, 8000, 8080:
                "  http\(guest == 443 ? "s" : "")://127.0.0.1:\(host)/ is the guest's port \(guest)"
            default: "  127.0.0.1:\(host) is the guest's port \(guest)"
            }
        }
        return (["The guest starts (\(accelerator)); reach it at"] + lines).joined(separator: "\n") + "\n"
    }
}
