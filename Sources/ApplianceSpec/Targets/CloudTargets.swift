/// Amazon EC2: a snapshot is imported and registered as an AMI.
enum AWSTarget: TargetDescription {
    static let source = "https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html"

    static let profile = TargetProfile(
        title: "Amazon EC2", container: .vmdk,
        guest: GuestNeeds(
            kernelArguments: ["console=ttyS0"], drivers: ["nvme", "ena", "xen-blkfront", "xen-netfront"],
            dataSources: ["Ec2"]),
        constraints: [
            TargetConstraint(
                .noBtrfsSubvolumes, "VM Import/Export takes ext2, ext3, ext4, XFS, JFS, and Btrfs without subvolumes",
                source: source),
            TargetConstraint(
                .noEncryption, "VM Import/Export takes no encrypted disk", source: source),
            TargetConstraint(.largestDisk(16 << 40), "an EBS volume has at most 16 TiB", source: source),
            TargetConstraint(.dhcp, "EC2 gives an instance its address by DHCP", source: source),
        ], source: source, judges: ["qemu-img", "VMDKstream's layout"])
}

/// Microsoft Azure: a fixed VHD, uploaded as a page blob; Gen1 starts by BIOS, Gen2 by UEFI.
enum AzureTarget: TargetDescription {
    static let source = "https://learn.microsoft.com/azure/virtual-machines/linux/create-upload-generic"

    static let profile = TargetProfile(
        title: "Microsoft Azure", container: .vhd,
        guest: GuestNeeds(
            kernelArguments: ["console=ttyS0", "earlyprintk=ttyS0", "rootdelay=300"],
            drivers: ["hv_vmbus", "hv_storvsc", "hv_netvsc"], dataSources: ["Azure"]),
        constraints: [
            TargetConstraint(
                .noLVM,
                "Azure's OS disk has no LVM: its names would collide when the disk is attached to another machine",
                source: source),
            TargetConstraint(
                .noSwap, "Azure wants no swap on the OS disk; the agent makes it on the temporary disk", source: source),
            TargetConstraint(
                .noEncryption,
                "nobody types a passphrase when Azure starts a machine, and its agent encrypts by itself",
                source: source),
            TargetConstraint(.largestDisk(2 << 40), "an uploaded VHD has at most 2 TiB", source: source),
            TargetConstraint(.dhcp, "Azure gives a machine its address by DHCP", source: source),
        ], source: source, judges: ["qemu-img", "vhdiinfo"])
}

/// Google Compute Engine: `disk.raw`, whole GiB, in a gzip-compressed tar of the old GNU format.
enum GCETarget: TargetDescription {
    static let source = "https://cloud.google.com/compute/docs/import/import-existing-image"

    static let profile = TargetProfile(
        title: "Google Compute Engine", container: .rawInTar,
        guest: GuestNeeds(
            kernelArguments: ["console=ttyS0,38400n8d"], drivers: ["virtio_scsi", "virtio_net", "nvme"],
            dataSources: ["GCE"]),
        constraints: [
            TargetConstraint(.oneDisk, "an image of Compute Engine is one boot disk", source: source),
            TargetConstraint(.noEncryption, "Compute Engine's import takes no encrypted boot disk", source: source),
            TargetConstraint(.largestDisk(2 << 40), "an imported disk has at most 2 TiB", source: source),
            TargetConstraint(.dhcp, "Compute Engine gives an instance its address by DHCP", source: source),
        ], source: source, judges: ["tar", "Python's tarfile"])
}

/// OpenStack: qcow2 in Glance, with the properties by which Nova chooses devices.
enum OpenStackTarget: TargetDescription {
    static let source = "https://docs.openstack.org/image-guide/openstack-images.html"

    static let profile = TargetProfile(
        title: "OpenStack", container: .qcow2,
        guest: .virtualMachine(dataSources: ["ConfigDrive", "OpenStack"]),
        constraints: [
            TargetConstraint(
                .noEncryption, "nobody types a passphrase when Nova starts an instance", source: source),
            TargetConstraint(
                .dhcp, "Neutron gives an instance its address, by DHCP or by cloud-init", source: source),
        ], source: source, judges: ["Glance", "oslo.utils format_inspector", "qemu-img"])
}

/// DigitalOcean: a custom image, compressed with gzip.
enum DigitalOceanTarget: TargetDescription {
    static let source = "https://docs.digitalocean.com/products/custom-images/details/limits/"

    static let profile = TargetProfile(
        title: "DigitalOcean", container: .rawGzip,
        guest: GuestNeeds(
            kernelArguments: ["console=ttyS0"], drivers: GuestNeeds.virtioDrivers,
            dataSources: ["ConfigDrive", "DigitalOcean"], lateDataSources: ["NoCloud"]),
        constraints: [
            TargetConstraint(.oneDisk, "a custom image is one disk", source: source),
            TargetConstraint(.noEncryption, "a droplet's console asks nobody at boot", source: source),
            TargetConstraint(.rootFilesystem([.ext3, .ext4]), "custom images have ext3 or ext4", source: source),
            TargetConstraint(.largestDisk(100_000_000_000), "a custom image has at most 100 GB", source: source),
            TargetConstraint(.dhcp, "a droplet of a custom image gets its address by DHCP", source: source),
            TargetConstraint(.package("openssh-server"), "a custom image needs an SSH server", source: source),
            TargetConstraint(.architecture(.amd64), "droplets are amd64", source: source),
        ], source: source, judges: ["gzip"])
}

/// Oracle Cloud Infrastructure: qcow2 or VMDK, one disk, root by UUID.
enum OracleTarget: TargetDescription {
    static let source = "https://docs.oracle.com/iaas/Content/Compute/Tasks/importingcustomimagelinux.htm"

    static let profile = TargetProfile(
        title: "Oracle Cloud", container: .qcow2,
        guest: GuestNeeds(
            kernelArguments: ["console=ttyS0"], drivers: GuestNeeds.virtioDrivers + ["iscsi_tcp"],
            dataSources: ["Oracle"]),
        constraints: [
            TargetConstraint(.oneDisk, "an imported image has one disk", source: source),
            TargetConstraint(.noEncryption, "the boot volume must not be encrypted", source: source),
            TargetConstraint(.largestDisk(400_000_000_000), "an imported disk has at most 400 GB", source: source),
            TargetConstraint(.dhcp, "Oracle Cloud gives an instance its address by DHCP", source: source),
        ], source: source, judges: ["qemu-img", "oslo.utils format_inspector"])
}
