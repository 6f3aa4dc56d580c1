import ApplianceSpec
import FileTrees
import HostSystem
import Testing

@testable import BootCheck

@Suite struct ArgumentsTests {
    private func settings(_ firmware: BootFirmware = .bios, _ change: (inout MachineSettings) -> Void = { _ in })
        -> String
    {
        var settings = MachineSettings(
            qemu: QEMU(executable: "qemu-system-x86_64", version: .init(10, 0)), accelerator: .tcg, firmware: firmware,
            firmwareCode: firmware == .bios ? nil : "/fw/code.fd", disk: ("overlay.qcow2", .qcow2), hasSeed: true,
            memory: .mebibytes(512), cpus: 2, forwards: [.init(guest: 22), .init(guest: 80, host: 8080)],
            consoleLog: "/out/console.log")
        change(&settings)
        return settings.command.shellLine
    }

    @Test func `the whole command line`() {
        let expected = [
            "qemu-system-x86_64 -nodefaults -no-user-config -machine q35,graphics=off -accel tcg,thread=multi -cpu max",
            "-smp 2 -m 512M -display none -device VGA -rtc base=utc",
            "-object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng",
            "-device pvpanic -action panic=none",
            "-drive id=disk,if=none,format=qcow2,cache=unsafe,discard=unmap,file=overlay.qcow2",
            "-device virtio-blk-pci,drive=disk,bootindex=0",
            "-drive id=seed,if=none,format=raw,readonly=on,file=seed.iso -device virtio-blk-pci,drive=seed",
            "-netdev user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:0-:22,hostfwd=tcp:127.0.0.1:8080-:80",
            "-device virtio-net-pci,netdev=net,romfile=",
            "-chardev socket,id=monitor,path=qmp,server=on,wait=off -mon chardev=monitor,mode=control",
            "-chardev socket,id=console,path=console,server=on,wait=off,logfile=/out/console.log,logappend=off",
            "-serial chardev:console",
            "-chardev socket,id=agent,path=agent,server=on,wait=off -device virtio-serial-pci",
            "-device virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
        ]
        #expect(settings() == expected.joined(separator: " "))
    }

    @Test func `UEFI gets its code read-only and a copy of its variables`() {
        let line = settings(.uefi)
        #expect(line.contains("-drive if=pflash,unit=0,format=raw,readonly=on,file=/fw/code.fd"))
        #expect(line.contains("-drive if=pflash,unit=1,format=raw,file=variables.fd"))
        #expect(!line.contains("smm=on"))
    }

    @Test func `Secure Boot protects the variables`() {
        let line = settings(.secureBoot)
        #expect(line.contains("-machine q35,graphics=off,smm=on"))
        #expect(line.contains("-global driver=cfi.pflash01,property=secure,value=on"))
    }

    @Test func `KVM, a kept disk, a network with an outside, a path with a comma`() {
        let line = settings {
            $0.accelerator = .kvm
            $0.isThrowAway = false
            $0.hasNetworkOutside = true
            $0.disk = ("/a,b/disk.raw", .raw)
        }
        #expect(line.contains("-accel kvm -cpu max"))
        #expect(line.contains("format=raw,cache=writeback,discard=unmap,file=/a,,b/disk.raw"))
        #expect(!line.contains("restrict=on"))
    }

    @Test func `without a seed the key is a credential`() {
        let line = settings {
            $0.hasSeed = false
            $0.rootKey = "ssh-ed25519 AAAA"
        }
        #expect(
            line.contains(
                "type=11,value=io.systemd.credential.binary:ssh.authorized_keys.root=c3NoLWVkMjU1MTkgQUFBQQ=="))
        #expect(!line.contains("seed.iso"))
    }

    @Test(arguments: [
        ("80", PortForward(guest: 80)), ("8080:80", PortForward(guest: 80, host: 8080)), ("0", nil), ("65536", nil),
        ("80:", nil), (":80", nil), ("a", nil), ("1:2:3", nil), ("-1", nil),
    ])
    func `a port is given alone or with this machine's`(text: String, forward: PortForward?) {
        #expect(PortForward(text) == forward)
    }

    @Test(arguments: [
        ("wsgi", "wsgi"), ("My App_2", "my-app-2"), ("-x-", "x"), ("äö", "appliance"),
        (String(repeating: "a", count: 80), String(repeating: "a", count: 63)),
    ])
    func `a host name is made of any name`(name: String, hostname: String) {
        #expect(CloudSeed.hostname(for: name) == hostname)
    }

    @Test func `the seed holds an identity and a key, nothing else`() {
        let seed = CloudSeed(instance: "i-1", hostname: "wsgi", publicKey: "ssh-ed25519 AAAA test")
        #expect(seed.files.map(\.name) == ["meta-data", "user-data"])
        #expect(
            seed.files.map { String(decoding: $0.content, as: UTF8.self) } == [
                "instance-id: i-1\nlocal-hostname: wsgi\n",
                "#cloud-config\ndisable_root: false\nssh_authorized_keys:\n  - ssh-ed25519 AAAA test\n",
            ])
    }

    @Test(
        arguments: [
            ([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3], DiskFormat.qcow2), ([0, 0, 0, 0], .raw), ([], .raw), ([0x51], .raw),
        ] as [([UInt8], DiskFormat)])
    func `a format is told by the first bytes`(header: [UInt8], format: DiskFormat) {
        #expect(DiskFormat.of(header: header) == format)
    }
}
