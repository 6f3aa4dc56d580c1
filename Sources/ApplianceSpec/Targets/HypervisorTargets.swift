/// The disk itself.
enum RawTarget: TargetDescription {
    static let profile = TargetProfile(title: "Raw disk", container: .raw, source: "docs/disk.md", judges: ["bmaptool"])
}

/// qcow2, compressed with zstd.
enum QCOW2Target: TargetDescription {
    static let profile = TargetProfile(
        title: "QEMU", container: .qcow2, source: "https://www.qemu.org/docs/master/interop/qcow2.html",
        judges: ["qemu-img"])
}

/// VMware vSphere, Workstation, Fusion: an OVA whose disk is a stream-optimised VMDK.
enum VMwareTarget: TargetDescription {
    static let source = "https://www.dmtf.org/standards/ovf (DSP0243), VMware's Virtual Disk Format 5.0"

    static let profile = TargetProfile(
        title: "VMware", container: .ova,
        guest: GuestNeeds(
            kernelArguments: ["console=ttyS0"], drivers: ["vmw_pvscsi", "vmxnet3"], dataSources: ["VMware", "OVF"],
            packages: ["open-vm-tools"]),
        constraints: [
            TargetConstraint(.oneDisk, "Stonebake writes OVAs of one disk", source: source),
            TargetConstraint(.architecture(.amd64), "its virtual machines of this kind are amd64", source: source),
        ], source: source, judges: ["cot", "virt-v2v", "VMDKstream's layout"])
}

/// VirtualBox: an OVA of its own family, which VMware would not take, and the other way round.
enum VirtualBoxTarget: TargetDescription {
    static let source = "https://www.virtualbox.org/manual/ch01.html#ovf"

    static let profile = TargetProfile(
        title: "VirtualBox", container: .ova,
        guest: GuestNeeds(drivers: ["ahci", "virtio_net"], dataSources: ["NoCloud"]),
        constraints: [
            TargetConstraint(.oneDisk, "Stonebake writes OVAs of one disk", source: source),
            TargetConstraint(.architecture(.amd64), "its virtual machines of this kind are amd64", source: source),
            cloudKernel,
        ], source: source, judges: ["cot", "VMDKstream's layout"])

    /// Of Debian 12's flavours `cloud` leaves SATA_AHCI out; Debian 13's has it.
    static let cloudKernel = TargetConstraint(
        .noKernel("linux-image-cloud-amd64", release: "bookworm", in: "linux-image-amd64"),
        "its disk is behind AHCI, which Debian 12's cloud kernel has no driver for",
        source: "linux-image-cloud-amd64 6.1, /boot/config: SATA_AHCI is not set")
}

/// Hyper-V: VHDX, generation 2 by UEFI.
enum HyperVTarget: TargetDescription {
    static let source =
        "https://learn.microsoft.com/windows-server/virtualization/hyper-v/supported-debian-virtual-machines-on-hyper-v"

    static let profile = TargetProfile(
        title: "Hyper-V", container: .vhdx,
        guest: GuestNeeds(
            kernelArguments: ["console=ttyS0"], drivers: ["hv_vmbus", "hv_storvsc", "hv_netvsc"],
            dataSources: ["NoCloud"], packages: ["hyperv-daemons"]),
        constraints: [TargetConstraint(.largestDisk(64 << 40), "a VHDX has at most 64 TiB", source: source)],
        source: source, judges: ["qemu-img"])
}

/// libvirt: qcow2 and the domain's XML.
enum LibvirtTarget: TargetDescription {
    static let profile = TargetProfile(
        title: "libvirt", container: .qcow2, guest: .virtualMachine(),
        source: "https://libvirt.org/formatdomain.html",
        judges: ["virt-xml-validate", "virsh define", "virt-install", "qemu-img"])
}

/// Proxmox VE.
enum ProxmoxTarget: TargetDescription {
    static let source = "https://pve.proxmox.com/wiki/Cloud-Init_Support"

    static let profile = TargetProfile(
        title: "Proxmox VE", container: .qcow2, guest: .virtualMachine(dataSources: ["NoCloud", "ConfigDrive"]),
        constraints: [TargetConstraint(.architecture(.amd64), "Proxmox VE runs amd64", source: source)],
        source: source, judges: ["qemu-img"])
}

/// XenServer and XCP-ng: XVA.
enum XenTarget: TargetDescription {
    static let source = "https://docs.xcp-ng.org/vms/#-import-and-export-vms"

    static let profile = TargetProfile(
        title: "XCP-ng", container: .xva,
        // Its guest agent (xe-guest-utilities, xen-guest-agent) is in no archive of Debian's: docs/deploy.md.
        guest: GuestNeeds(drivers: ["xen-blkfront", "xen-netfront"], dataSources: ["NoCloud", "ConfigDrive"]),
        constraints: [
            TargetConstraint(.oneDisk, "Stonebake writes XVAs of one disk", source: source),
            TargetConstraint(.architecture(.amd64), "XCP-ng runs amd64", source: source),
            TargetConstraint(.largestDisk(2 << 40), "a virtual disk has at most 2 TiB", source: source),
        ], source: source, judges: ["xva-img"])
}

/// Firecracker: an uncompressed kernel and the root filesystem without a partition table.
enum FirecrackerTarget: TargetDescription {
    static let source = "https://github.com/firecracker-microvm/firecracker/blob/main/docs/rootfs-and-kernel-setup.md"

    static let profile = TargetProfile(
        title: "Firecracker", container: .kernelAndFilesystem,
        guest: GuestNeeds(
            kernelArguments: ["console=ttyS0"], drivers: ["virtio_mmio", "virtio_blk", "virtio_net"],
            dataSources: ["None"]),
        constraints: [
            TargetConstraint(.oneDisk, "the root drive is one filesystem", source: source),
            TargetConstraint(
                .rootOnPartition, "the root drive is one filesystem, without a partition table", source: source),
            TargetConstraint(.rootFilesystem([.ext4]), "the root drive is written as ext4", source: source),
            TargetConstraint(.noEncryption, "there is no console that asks for a passphrase", source: source),
            TargetConstraint(.architecture(.amd64), "Stonebake unpacks kernels of amd64", source: source),
        ], source: source, judges: ["e2fsck", "file"])
}
