import ApplianceSpec
import FoundationEssentials
import HostSystem

extension MachineSettings {
    /// QEMU's command line. Relative names lie in the machine's folder, which is QEMU's working directory: a socket's
    /// address holds 108 bytes, a folder's path may be longer.
    var command: Command {
        Command(
            qemu.executable, machine + credentials + firmwareArguments + kernelArguments + disks + network + channels)
    }

    private var machine: [String] {
        var type = "q35"
        // With graphics off, SeaBIOS and through it GRUB speak on the serial console too, where they are recorded.
        type += ",graphics=off"
        if firmware == .secureBoot { type += ",smm=on" }
        return [
            "-nodefaults", "-no-user-config", "-machine", type,
            "-accel", accelerator == .kvm ? "kvm" : "tcg,thread=multi", "-cpu", "max",
            "-smp", "\(cpus)", "-m", "\(max(1, memory.bytes >> 20))M",
            "-display", "none", "-device", "VGA", "-rtc", "base=utc",
            "-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng",
            // Only tells; the machine goes on, so that the console gets the whole trace.
            "-device", "pvpanic", "-action", "panic=none",
        ]
    }

    /// The credential `ssh.authorized_keys.root` of systemd.system-credentials(7), through SMBIOS.
    private var credentials: [String] {
        guard let rootKey else { return credentialArguments }
        let value = Data(rootKey.utf8).base64EncodedString()
        return ["-smbios", "type=11,value=io.systemd.credential.binary:ssh.authorized_keys.root=\(value)"]
            + credentialArguments
    }

    private var firmwareArguments: [String] {
        guard let firmwareCode else { return [] }
        let drives = [
            "-drive", "if=pflash,unit=0,format=raw,readonly=on,file=\(Self.escaped(firmwareCode))",
            "-drive", "if=pflash,unit=1,format=raw,file=\(File.variables)",
        ]
        guard firmware == .secureBoot else { return drives }
        // Only code in system management mode may write the variables: without it Secure Boot could be switched off.
        return drives + [
            "-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1",
        ]
    }

    private var kernelArguments: [String] {
        guard let kernel else { return [] }
        return ["-kernel", kernel.path, "-append", kernel.commandLine]
            + (kernel.initramfs.map { ["-initrd", $0] } ?? [])
    }

    private var disks: [String] {
        var arguments: [String] = []
        let cache = isThrowAway ? "unsafe" : "writeback"
        if let disk {
            arguments += [
                "-drive",
                "id=disk,if=none,format=\(disk.format.rawValue),cache=\(cache),discard=unmap,"
                    + "file=\(Self.escaped(disk.path))",
                "-device", "virtio-blk-pci,drive=disk,bootindex=0",
            ]
        }
        for (index, path) in otherDisks.enumerated() {
            arguments += [
                "-drive",
                "id=disk\(index + 1),if=none,format=qcow2,cache=\(cache),discard=unmap,file=\(Self.escaped(path))",
                "-device", "virtio-blk-pci,drive=disk\(index + 1)",
            ]
        }
        if hasSeed {
            arguments += [
                "-drive", "id=seed,if=none,format=raw,readonly=on,file=\(File.seed)",
                "-device", "virtio-blk-pci,drive=seed",
            ]
        }
        return arguments
    }

    private var network: [String] {
        var options = "user,id=net"
        if !hasNetworkOutside { options += ",restrict=on" }
        for forward in forwards {
            options += ",hostfwd=tcp:127.0.0.1:\(forward.host ?? 0)-:\(forward.guest)"
        }
        // Without its ROM the card is not tried for booting.
        guard hasNeighbour else { return ["-netdev", options, "-device", "virtio-net-pci,netdev=net,romfile="] }
        // User networking that reaches nothing outside lets no datagram of the guest out, not even an answer: those go to
        // a neighbour on the same hub (`Neighbour`).
        return [
            "-netdev", options, "-netdev",
            "dgram,id=lan,local.type=unix,local.path=\(File.hub),remote.type=unix,remote.path=\(File.neighbour)",
            "-netdev", "hubport,id=hub-net,hubid=0,netdev=net", "-netdev", "hubport,id=hub-lan,hubid=0,netdev=lan",
            "-netdev", "hubport,id=hub-guest,hubid=0", "-device",
            "virtio-net-pci,netdev=hub-guest,romfile=,mac=\(EthernetAddress.guest)",
        ]
    }

    private var channels: [String] {
        let socket = "server=on,wait=off"
        return [
            "-chardev", "socket,id=monitor,path=\(File.monitor),\(socket)", "-mon", "chardev=monitor,mode=control",
            "-chardev",
            "socket,id=console,path=\(File.console),\(socket),logfile=\(Self.escaped(consoleLog)),logappend=off",
            "-serial", "chardev:console",
            "-chardev", "socket,id=agent,path=\(File.agent),\(socket)", "-device", "virtio-serial-pci",
            "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
        ]
    }

    /// A path within a QEMU option, where a comma is written twice.
    private static func escaped(_ path: String) -> String {
        path.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
    }
}
