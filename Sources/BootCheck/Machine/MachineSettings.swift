import ApplianceSpec
import HostSystem

/// The firmware that a machine starts with.
package enum BootFirmware: String, Sendable, Codable, CaseIterable {
    case bios
    case uefi
    /// UEFI with Secure Boot on and Microsoft's keys enrolled, as Debian's shim is signed.
    case secureBoot = "uefi-secure-boot"

    package var title: String {
        switch self {
        case .bios: "BIOS"
        case .uefi: "UEFI"
        case .secureBoot: "UEFI with Secure Boot"
        }
    }
}

/// How a disk's bytes are laid out in its file.
package enum DiskFormat: String, Sendable, Codable {
    case raw, qcow2

    /// By the file's first bytes (`QFI\u{fb}` is qcow2), not by its name.
    package static func of(header: some Sequence<UInt8>) -> DiskFormat {
        Array(header.prefix(4)) == [0x51, 0x46, 0x49, 0xfb] ? .qcow2 : .raw
    }
}

/// A guest's TCP port that is reached on this machine's loopback address.
package struct PortForward: Sendable, Codable, Equatable {
    package var guest: Int
    /// Nil: any that is free; QEMU chooses it while it binds, so nobody else can take it in between.
    package var host: Int?

    package init(guest: Int, host: Int? = nil) {
        self.guest = guest
        self.host = host
    }
}

/// A machine to start; everything that its QEMU command line depends on.
struct MachineSettings: Sendable {
    struct Kernel: Sendable {
        var path: String
        var initramfs: String?
        var commandLine: String
    }

    /// Files within the machine's own folder, by the names that they have there.
    enum File {
        static let overlay = "overlay.qcow2"
        /// Of a disk besides the one that boots, from 0.
        static func overlay(_ number: Int) -> String { "overlay-\(number + 1).qcow2" }
        static let variables = "variables.fd"
        static let seed = "seed.iso"
        static let monitor = "qmp"
        static let console = "console"
        static let agent = "agent"
        /// QEMU's end and ours of the wire between hub and neighbour.
        static let hub = "hub"
        static let neighbour = "neighbour"
    }

    var qemu: QEMU
    var accelerator: Accelerator
    var firmware: BootFirmware
    /// The firmware's code; nil for BIOS.
    var firmwareCode: String?
    /// The disk that the guest writes to: a path and its format; nil where a kernel alone is booted.
    var disk: (path: String, format: DiskFormat)?
    /// Whether what the guest writes may be lost with a power cut.
    var isThrowAway = true
    var hasSeed = false
    /// Overlays (qcow2) of the disks besides the one that boots.
    var otherDisks: [String] = []
    /// An OpenSSH public key that systemd (252 and later) takes for root, of a guest that reads no seed.
    var rootKey: String?
    /// For parameters that come as systemd's credentials; files in the machine's folder.
    var credentialArguments: [String] = []
    var memory: ByteSize
    var cpus: Int
    var forwards: [PortForward]
    /// Whether the guest reaches more than what is forwarded to it.
    var hasNetworkOutside = false
    /// The guest's UDP ports that are reached on this machine's loopback address.
    var udpPorts: [Int] = []
    /// Where the console is recorded.
    var consoleLog: String
    /// Boots this kernel instead of what is on the disk.
    var kernel: Kernel?

    /// Whether another machine is on the guest's network, for datagrams.
    var hasNeighbour: Bool { !udpPorts.isEmpty }
}
