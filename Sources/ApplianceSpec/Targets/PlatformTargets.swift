/// KubeVirt: a container disk, one file in `/disk` of an image from scratch.
enum KubeVirtTarget: TargetDescription {
    static let source = "https://kubevirt.io/user-guide/storage/disks_and_volumes/#containerdisk"

    static let profile = TargetProfile(
        title: "KubeVirt", container: .ociLayout,
        guest: .virtualMachine(dataSources: ["NoCloud", "ConfigDrive"]),
        constraints: [
            TargetConstraint(.oneDisk, "a container disk holds exactly one file", source: source),
            TargetConstraint(.dhcp, "KubeVirt gives a machine its address by DHCP", source: source),
        ],
        source: source, judges: ["skopeo", "umoci"])
}

/// Incus: virtual machines and containers.
enum IncusTarget: TargetDescription {
    static let source = "https://linuxcontainers.org/incus/docs/main/reference/image_format/"

    static let profile = TargetProfile(
        title: "Incus", container: .incus,
        guest: GuestNeeds(
            kernelArguments: ["console=ttyS0"], drivers: GuestNeeds.virtioDrivers, dataSources: ["LXD", "NoCloud"]),
        constraints: constraints, source: source, judges: ["lxc image import"])

    static let constraints = [
        TargetConstraint(.oneDisk, "an image of a virtual machine is one disk", source: source),
        TargetConstraint(.firmware(.uefi), "its virtual machines start by UEFI", source: source),
    ]
}

/// LXD.
enum LXDTarget: TargetDescription {
    static let profile = TargetProfile(
        title: "LXD", container: .incus, guest: IncusTarget.profile.guest, constraints: IncusTarget.constraints,
        source: "https://documentation.ubuntu.com/lxd/en/latest/reference/image_format/", judges: ["lxc image import"])
}

/// Vagrant: boxes for libvirt and VirtualBox.
enum VagrantTarget: TargetDescription {
    static let source = "https://developer.hashicorp.com/vagrant/docs/boxes/format"

    static let profile = TargetProfile(
        title: "Vagrant", container: .box,
        guest: GuestNeeds(drivers: GuestNeeds.virtioDrivers + ["ahci"], dataSources: ["NoCloud"]),
        constraints: [
            TargetConstraint(.oneDisk, "Stonebake writes boxes of one disk", source: source),
            TargetConstraint(.architecture(.amd64), "Stonebake writes boxes of amd64", source: source),
            TargetConstraint(.dhcp, "Vagrant reaches a machine at the address that it gets by DHCP", source: source),
            TargetConstraint(.package("openssh-server"), "Vagrant logs in over SSH", source: source),
            TargetConstraint(
                .firmware(.bios), "the machines that Vagrant makes start by BIOS", source: source),
            VirtualBoxTarget.cloudKernel,
        ], source: source, judges: ["vagrant box add"])
}

/// The tree as a tar.
enum RootfsTarget: TargetDescription {
    static let profile = TargetProfile(
        title: "Root filesystem", container: .tar, source: "docs/deploy.md", judges: ["tar"], isBootable: false)
}

/// The tree as a container image.
enum OCITarget: TargetDescription {
    static let profile = TargetProfile(
        title: "OCI image", container: .ociImage,
        source: "https://github.com/opencontainers/image-spec/blob/main/image-layout.md", judges: ["skopeo", "umoci"],
        isBootable: false)
}
