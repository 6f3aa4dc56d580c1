import Diagnostics
import Testing

@testable import ApplianceSpec

/// What targets ask of a spec, and what they refuse.
@Suite struct TargetTests {
    private func report(_ spec: String, targets: [Target] = []) throws -> DiagnosticReport {
        let workspace = try Workspace(["a.yaml": minimal(spec)])
        return SpecCompiler(workingDirectory: workspace.path, reading: SpecReading(targets: targets)).compile("a.yaml")
            .report
    }

    private func appliance(_ spec: String, targets: [Target] = []) throws -> Appliance {
        let workspace = try Workspace(["a.yaml": minimal(spec)])
        let compiled = SpecCompiler(workingDirectory: workspace.path, reading: SpecReading(targets: targets)).compile(
            "a.yaml")
        return try #require(compiled.appliance, "\(compiled.report.rendered(as: .text))")
    }

    private static let lvm = """
        disk:
          partitions:
            - {filesystem: biosboot, size: 1 MiB}
            - {mount: /boot, size: 512 MiB}
            - {volume-group: vg, grow: true}
          volume-groups:
            - name: vg
              volumes: [{name: root, mount: /, grow: true}]

        """

    private static let swap = """
        disk:
          boot: [uefi]
          partitions:
            - {mount: /boot/efi, size: 64 MiB}
            - {filesystem: swap, size: 512 MiB}
            - {mount: /, grow: true}

        """

    private static let xfs = """
        disk:
          boot: [uefi]
          partitions:
            - {mount: /boot/efi, size: 64 MiB}
            - {mount: /, filesystem: xfs, grow: true}

        """

    private static let luks = """
        disk:
          boot: [uefi]
          partitions:
            - {mount: /boot/efi, size: 64 MiB}
            - {mount: /boot, size: 512 MiB}
            - {mount: /, grow: true, encrypt: {secret: disk}}

        """

    /// The spec, its target, the place of the error, and words of it.
    @Test(arguments: [
        (lvm, Target.azure, 11, "no LVM"),
        (swap, .azure, 9, "no swap on the OS disk"),
        (xfs, .digitalocean, 9, "ext3 or ext4"),
        (xfs, .firecracker, 9, "written as ext4"),
        (luks, .azure, 10, "passphrase"),
        (luks, .gce, 10, "no encrypted boot disk"),
        (luks, .openstack, 10, "passphrase"),
        (luks, .aws, 10, "no encrypted disk"),
        (luks, .oracle, 10, "must not be encrypted"),
        ("disk: {boot: [bios]}\n", .incus, 5, "start by UEFI"),
        ("architecture: arm64\n", .vmware, 5, "amd64"),
        ("disk: {size: 500 GiB}\n", .oracle, 5, "400 GB"),
        ("disk: {size: 3 TiB}\n", .azure, 5, "2 TiB"),
        ("kernel-arguments: [rootdelay=5]\n", .azure, 5, "rootdelay=300"),
        ("packages: {remove: [open-vm-tools]}\n", .vmware, 5, "open-vm-tools"),
        ("packages: {remove: [cloud-init]}\n", .aws, 5, "cloud-init"),
        ("first-boot: {data-sources: [NoCloud, None]}\n", .aws, 5, "needs Ec2"),
        ("first-boot: {data-sources: [NoCloud, ConfigDrive]}\n", .digitalocean, 5, "must not stand before ConfigDrive"),
        ("kernel-arguments: ['console=ttyS0,9600']\n", .gce, 5, "console=ttyS0,38400n8d"),
        ("kernel-arguments: [quiet, cloud-init=disabled]\n", .aws, 5, "turns it off"),
        ("kernel-arguments: [ds=nocloud]\n", .azure, 5, "allows 'nocloud' alone"),
        ("kernel-arguments: ['modprobe.blacklist=floppy,vmw-pvscsi']\n", .vmware, 5, "the driver 'vmw_pvscsi'"),
        ("services: {mask: [cloud-init-local.service]}\n", .openstack, 5, "cloud-init-local.service"),
        ("services: {disable: [qemu-guest-agent.service]}\n", .libvirt, 5, "qemu-guest-agent"),
        ("services: {mask: [serial-getty@ttyS0.service]}\n", .firecracker, 5, "serial line"),
        ("services: {disable: [ssh.service]}\n", .vagrant, 5, "SSH server"),
        ("packages: {remove: [openssh-server]}\n", .vagrant, 5, "SSH"),
        ("files: [{path: /etc/cloud/cloud-init.disabled, content: ''}]\n", .gce, 5, "turns it off"),
        ("network: [{interface: eth0, addresses: [192.0.2.10/24]}]\n", .azure, 5, "by DHCP"),
        ("network: [{mac: '52:54:00:12:34:56', dhcp: ipv4}]\n", .aws, 5, "by DHCP"),
        ("disk: {size: 100 GiB}\n", .digitalocean, 5, "100 GB"),
        ("disk: {boot: [uefi]}\n", .vagrant, 5, "start by BIOS"),
        ("architecture: arm64\n", .proxmox, 5, "amd64"), ("architecture: arm64\n", .digitalocean, 5, "amd64"),
    ])
    func `what contradicts a target is refused at its line`(
        spec: String, target: Target, line: Int, words: String
    ) throws {
        // Named by the spec, and on the command line.
        for report in [try report(spec + "targets: [\(target.rawValue)]\n"), try report(spec, targets: [target])] {
            let found = report.diagnostics.filter { $0.code == "target-conflict" }
            #expect(found.count == 1, "\(report.rendered(as: .text))")
            #expect(found.first?.range?.start.line == line)
            #expect(found.first?.message.contains(words) == true)
        }
        // The same is fine for whoever asks for nothing.
        #expect(try !report(spec).hasErrors)
    }

    /// Near to what is refused, and right.
    @Test(arguments: [
        ("kernel-arguments: ['console=ttyS0,9600']\n", Target.aws),
        ("kernel-arguments: ['console=ttyS0,38400n8d']\n", .gce),
        ("kernel-arguments: [ds=nocloud]\n", .proxmox), ("kernel-arguments: [cloud-init=disabled]\n", .firecracker),
        ("services: {disable: [ssh.service]}\n", .aws), ("disk: {size: 100 GB}\n", .digitalocean),
        ("network: [{interface: eth0, addresses: [192.0.2.10/24]}]\n", .libvirt),
        ("network: [{interface: eth0, addresses: [192.0.2.10/24]}, {interface: eth1, dhcp: ipv4}]\n", .aws),
        ("files: [{path: /etc/cloud/cloud-init.disabled, absent: true}]\n", .gce), ("disk: {boot: [bios]}\n", .vagrant),
    ])
    func `what does not contradict a target is taken`(spec: String, target: Target) throws {
        let report = try report(spec, targets: [target])
        #expect(!report.hasErrors, "\(report.rendered(as: .text))")
    }

    @Test func `where a release's cloud kernel lacks a target's driver, it gets the other one`() throws {
        func appliance(_ more: String, release: String = "bookworm") throws -> Appliance {
            let compiled = try compile(more, release)
            return try #require(compiled.appliance, "\(compiled.report.rendered(as: .text))")
        }
        func compile(_ more: String, _ release: String) throws -> (appliance: Appliance?, report: DiagnosticReport) {
            let workspace = try Workspace(["a.yaml": minimal(more).replacing("trixie", with: release)])
            let reading = SpecReading(targets: [.virtualbox, .vagrant])
            let compiled = SpecCompiler(workingDirectory: workspace.path, reading: reading).compile("a.yaml")
            return (compiled.appliance, compiled.report)
        }
        let old = try appliance("")
        #expect(old.packages.install.map(\.value) == ["linux-image-amd64"])
        #expect(old.packages.remove.map(\.value) == ["linux-image-cloud-amd64"])
        let own = try appliance("packages: {install: [linux-image-rt-amd64]}\n")
        #expect(own.packages.install.map(\.value) == ["linux-image-rt-amd64"])
        #expect(try appliance("", release: "trixie").packages.remove.isEmpty)
        let refused = try compile("packages: {install: [linux-image-cloud-amd64]}\n", "bookworm").report.diagnostics
        #expect(refused.contains { $0.code == "target-conflict" && $0.range?.start.line == 5 }, "\(refused)")
    }

    @Test func `two disks are refused where an image is one`() throws {
        let disks = """
            disk:
              disks: [{name: system}, {name: data, size: 1 GiB}]
              partitions:
                - {disk: system, filesystem: biosboot, size: 1 MiB}
                - {disk: system, mount: /, grow: true}
                - {disk: data, mount: /srv, grow: true}

            """
        for target in Target.allCases {
            let isRefused = target.profile.constraints.contains { $0.kind == .oneDisk }
            let found = try report(disks, targets: [target]).diagnostics.filter {
                $0.message.contains(target.profile.constraints.first { $0.kind == .oneDisk }?.reason ?? "\u{0}")
            }
            #expect(found.isEmpty != isRefused, "\(target)")
        }
    }

    @Test func `several targets share one root: it gets what any of them needs`() throws {
        let appliance = try appliance("targets: [azure, vmware, gce, digitalocean]\n")
        #expect(
            appliance.system.kernelArguments == ["console=ttyS0,38400n8d", "earlyprintk=ttyS0", "rootdelay=300"])
        #expect(Set(appliance.initramfsModules).isSuperset(of: ["hv_storvsc", "vmw_pvscsi", "virtio_scsi", "nvme"]))
        #expect(appliance.initramfsModules.count == Set(appliance.initramfsModules).count)
        #expect(appliance.packages.install.map(\.value) == ["open-vm-tools"])
        let sources = appliance.firstBoot.dataSources
        #expect(Set(sources).isSuperset(of: ["Azure", "VMware", "GCE", "DigitalOcean", "NoCloud"]))
        #expect(sources.last == "None")
        let order = ["ConfigDrive", "DigitalOcean", "NoCloud"].compactMap(sources.firstIndex)
        #expect(order == order.sorted() && order.count == 3)
    }

    @Test func `Incus and LXD have their own data source, though the usual list would do`() throws {
        for target in [Target.incus, .lxd] {
            let sources = try appliance("targets: [\(target.rawValue)]\n").firstBoot.dataSources
            #expect(sources.contains("LXD") && sources.last == "None")
        }
        let own = "first-boot: {data-sources: [NoCloud, None]}\ntargets: [lxd]\n"
        #expect(try appliance(own).firstBoot.dataSources == ["NoCloud", "None"])
    }

    @Test func `an image that names no platform is as it was`() throws {
        let plain = try appliance("")
        let named = try appliance("targets: [raw, qcow2]\n")
        for appliance in [plain, named] {
            #expect(appliance.initramfsModules.isEmpty && appliance.system.kernelArguments.isEmpty)
            #expect(appliance.packages.install.isEmpty)
            #expect(appliance.firstBoot.dataSources.first == "NoCloud")
        }
    }

    @Test func `the command line's targets stand in place of the spec's`() throws {
        #expect(try appliance("targets: [raw]\n", targets: [.xen, .gce]).targets.map(\.value) == [.xen, .gce])
    }

    @Test(arguments: Target.allCases)
    func `each target says for whom it is and who says so`(target: Target) {
        let profile = target.profile
        #expect(!profile.title.isEmpty && !profile.source.isEmpty && !profile.judges.isEmpty)
        for constraint in profile.constraints { #expect(!constraint.reason.isEmpty && !constraint.source.isEmpty) }
        let known = SpecDeclarations.dataSources
        #expect(profile.guest.dataSources.allSatisfy(known.contains))
    }
}
