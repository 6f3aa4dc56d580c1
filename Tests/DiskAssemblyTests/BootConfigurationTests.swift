import ApplianceSpec
import FileTrees
import Testing

@testable import BuildPlanning

@Suite struct BootConfigurationTests {
    static func configuration(
        firmware: [DiskSettings.Firmware] = [.bios, .uefi], arguments: [String] = []
    ) -> BootConfiguration {
        BootConfiguration(
            firmware: firmware, architecture: .amd64, identity: Sample.identity, kernel: "6.12.1-test-amd64",
            kernelArguments: arguments)
    }

    @Test func `GRUB's own checker accepts the configuration, whatever the kernel's arguments are`() async throws {
        let folder = try TestFolder()
        let arguments = ["quiet", "mitigations=auto,nosmt", "foo=it's {a} $b; \"c\" #d", "dyndbg=file a.c +p"]
        let configuration = Self.configuration(arguments: arguments)
        try Files.write(configuration.grubConfiguration, to: "\(folder.path)/grub.cfg")
        try Files.write(configuration.grubDefaults, to: "\(folder.path)/defaults")
        try Files.write(configuration.script, to: "\(folder.path)/script")
        try Files.write(BootConfiguration.efiConfiguration(rootUUID: "x"), to: "\(folder.path)/efi.cfg")
        let line = try await folder.shell(
            """
            grub-script-check grub.cfg
            grub-script-check efi.cfg
            sh -n script
            . ./defaults
            printf %s "$GRUB_CMDLINE_LINUX"
            """)
        #expect(
            line == "console=tty0 console=ttyS0,115200 consoleblank=0 quiet mitigations=auto,nosmt "
                + "foo=it's {a} $b; \"c\" #d dyndbg=file a.c +p")
        #expect(configuration.grubConfiguration.contains("'foo=it'\\''s {a} $b; \"c\" #d'"))
    }

    /// With what Azure recommends, Debian's init sleeps for five minutes at every start; it sources param.conf after each
    /// script of the list.
    @Test func `rootdelay is how long root is waited for, and no pause before it`() async throws {
        #expect(!Self.configuration().files.contains { $0.path.contains("rootdelay") })
        let configuration = Self.configuration(arguments: ["rootdelay=300"])
        #expect(configuration.changesInitramfs)
        let scripts = configuration.files.filter { $0.path.hasSuffix("/stonebake-rootdelay") }
        #expect(scripts.map(\.mode) == [0o755, 0o755])
        let folder = try TestFolder()
        for script in scripts {
            let name = script.path.split(separator: "/").dropLast().last ?? ""
            let text = script.text.replacing("/conf/param.conf", with: "param.conf").replacing(
                "/proc/cmdline", with: "cmdline")
            try Files.write(text, to: "\(folder.path)/\(name)")
        }
        let said = try await folder.shell(
            """
            echo 'quiet rootdelay=300 panic=5' >cmdline; ROOTDELAY=300
            sh ./init-top prereqs; sh ./init-top; . ./param.conf; echo "before: '$ROOTDELAY'"
            sh ./init-premount; . ./param.conf; echo "in the loop: '$ROOTDELAY'"
            echo 'rootdelay=3;reboot' >cmdline; : >param.conf; sh ./init-premount; cat param.conf
            """)
        #expect(said == "before: ''\nin the loop: '300'\n")
    }

    @Test func `kernel and initramfs are named, root is found by UUID, and both consoles get the messages`() {
        let text = Self.configuration().grubConfiguration
        let root = Sample.identity.rootUUID
        #expect(text.contains("search --no-floppy --fs-uuid --set=root \(root)"))
        #expect(
            text.contains(
                "linux /boot/vmlinuz-6.12.1-test-amd64 root=UUID=\(root) ro console=tty0 console=ttyS0,115200"))
        #expect(text.contains("initrd /boot/initrd.img-6.12.1-test-amd64"))
        #expect(text.contains("terminal_output console serial"))
    }

    @Test func `GRUB's environment block is what grub-editenv makes`() async throws {
        let folder = try TestFolder()
        _ = try await folder.shell("grub-editenv made create")
        #expect(BootConfiguration.emptyEnvironment == (try Files.readText("\(folder.path)/made")))
    }

    @Test(arguments: [
        ([DiskSettings.Firmware.bios, .uefi], true, true), ([.bios], true, false), ([.uefi], false, true),
    ])
    func `only what the firmware needs is installed and mounted`(
        firmware: [DiskSettings.Firmware], bios: Bool, uefi: Bool
    ) async throws {
        let configuration = Self.configuration(firmware: firmware)
        #expect(configuration.script.contains("grub-mkimage") == bios)
        #expect(configuration.fileSystemTable.contains("UUID=\(Sample.identity.espSerial) /boot/efi vfat") == uefi)
        #expect(configuration.fileSystemTable.contains("UUID=\(Sample.identity.rootUUID) / ext4"))
    }

    @Test(arguments: [
        ([DiskSettings.Firmware.bios, .uefi], ["i386-pc", "x86_64-efi"]), ([.bios], ["i386-pc"]),
        ([.uefi], ["x86_64-efi"]),
    ])
    func `the base brings GRUB's modules for all firmware, and the appliance keeps what it needs of them`(
        firmware: [DiskSettings.Firmware], platforms: [String]
    ) async throws {
        let folder = try TestFolder()
        let modules =
            "for platform in i386-pc x86_64-efi; do mkdir -p usr/lib/grub/$platform; cd usr/lib/grub/$platform"
        _ = try await folder.shell("\(modules); echo old >a.mod; echo old >b.mod; : >c.lst; : >boot.img; cd -; done")
        func run(_ script: String) async throws {
            let inside = ["/usr/lib/grub", "/boot/"].reduce(script) { $0.replacing($1, with: folder.path + $1) }
                .replacing("grub-mkimage", with: "made")
            _ = try await folder.shell("made() { : >boot/grub/i386-pc/core.img; }\n\(inside)")
        }
        try await run("set -e\n" + BootConfiguration.baseScript)
        #expect(try Files.names(in: "\(folder.path)/boot/grub").sorted() == ["i386-pc", "x86_64-efi"])
        // A package of the appliance brings a newer one.
        _ = try await folder.shell("for module in usr/lib/grub/*/b.mod; do echo new >$module; done")
        try await run(Self.configuration(firmware: firmware).script)
        #expect(try Files.names(in: "\(folder.path)/boot/grub").sorted() == platforms)
        for platform in platforms {
            let place = "\(folder.path)/boot/grub/\(platform)"
            let more = platform == "i386-pc" ? ["boot.img", "core.img"] : []
            #expect(try Files.names(in: place).sorted() == (["a.mod", "b.mod", "c.lst"] + more).sorted())
            #expect(try Files.readText("\(place)/b.mod") == "new\n")
        }
    }
}
