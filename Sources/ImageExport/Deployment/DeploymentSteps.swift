import ApplianceSpec
import FileTrees
import HostSystem

extension DeploymentGuide {
    /// From the file to the running instance, in order.
    package var steps: [Step] {
        switch target {
        case .raw, .qcow2: machineSteps
        case .openstack: openStackSteps
        case .aws: awsSteps
        case .azure: azureSteps
        case .gce: gceSteps
        case .digitalocean: digitalOceanSteps
        case .oracle: oracleSteps
        case .vmware: vmwareSteps
        case .virtualbox: virtualBoxSteps
        case .hyperv: hyperVSteps
        case .libvirt: libvirtSteps
        case .proxmox: proxmoxSteps
        case .xen: xenSteps
        case .kubevirt: kubeVirtSteps
        case .incus: incusSteps("incus", remote: "incus")
        case .lxd: incusSteps("lxc", remote: "lxc")
        case .vagrant: vagrantSteps
        case .firecracker: firecrackerSteps
        case .rootfs: rootfsSteps
        case .oci: ociSteps
        }
    }

    private var memory: Int64 { facts.memoryMebibytes }
    private var uefi: Bool { facts.needsUEFI }

    private var machineSteps: [Step] {
        let format = target == .raw ? "raw" : "qcow2"
        let unpacked = image.hasSuffix(".xz") || image.hasSuffix(".zst")
        let file =
            unpacked
            ? Self.word(String(image.dropLast(image.hasSuffix(".xz") ? 3 : 4))) : quoted
        return
            (unpacked
            ? [
                Step(
                    "Unpack the disk",
                    image.hasSuffix(".xz") ? "unxz --keep --sparse \(quoted)" : "zstd -d --sparse \(quoted)")
            ]
            : []) + [
                Step(
                    "Run it under QEMU, with an overlay that keeps the image as it is",
                    "qemu-img create -q -f qcow2 -F \(format) -b \"$(realpath \(file))\" overlay.qcow2",
                    "qemu-system-x86_64 -accel kvm -accel tcg -cpu max -m \(memory) -smp \(facts.cpus) -nographic"
                        + (uefi ? " -bios /usr/share/ovmf/OVMF.fd" : "")
                        + " -drive file=overlay.qcow2,if=virtio -nic user,model=virtio,hostfwd=tcp:127.0.0.1:2222-:22")
            ]
    }

    private var openStackSteps: [Step] {
        let properties = OpenStackProperties(facts: facts, capacity: capacity)
        let options = properties.properties.map { "  --property \($0.0)=\(Command.quoted($0.1)) \\\n" }.joined()
        return [
            Step(
                "Upload the image with its properties",
                "openstack image create --disk-format qcow2 --container-format bare \\\n"
                    + "  --min-disk \(properties.minimumDisk) --min-ram \(properties.minimumMemory) \\\n" + options
                    + "  --file \(quoted) \(Command.quoted(facts.stem))"),
            Step(
                "Start an instance",
                "openstack server create --image \(Command.quoted(facts.stem)) --flavor \"$FLAVOR\" "
                    + "--network \"$NETWORK\" --key-name \"$KEY\" --wait \(facts.cloudName)"),
        ]
    }

    private var awsSteps: [Step] {
        let document = hasDocuments ? "file://import.json" : "\"\(diskContainer)\""
        let importing = [
            "task=$(aws ec2 import-snapshot --region \"$REGION\" --disk-container \(document) "
                + "--query ImportTaskId --output text)",
            "aws ec2 wait snapshot-imported --region \"$REGION\" --import-task-ids \"$task\"",
            "snapshot=$(aws ec2 describe-import-snapshot-tasks --region \"$REGION\" --import-task-ids \"$task\" "
                + "--query 'ImportSnapshotTasks[0].SnapshotTaskDetail.SnapshotId' --output text)",
        ]
        let filling =
            "sed \"s/\\\"\(AWSDocuments.bucket)\\\"/\\\"$BUCKET\\\"/\" \(beside("-aws-import.json")) >import.json"
        return [
            Step("Upload the disk", "aws s3 cp \(quoted) \"s3://$BUCKET/\(objectName)\" --region \"$REGION\""),
            Step(
                "Import it as a snapshot (the account needs the role 'vmimport') and wait for it",
                commands: hasDocuments ? [filling] + importing : importing),
            Step("Register the image", commands: registering),
            Step(
                "Start an instance",
                "aws ec2 run-instances --region \"$REGION\" --image-id \"$ami\" --instance-type "
                    + "\(facts.architecture == .amd64 ? "t3.small" : "t4g.small") --key-name \"$KEY\" "
                    + "--metadata-options HttpTokens=required"),
        ]
    }

    /// What the manifest says, in one word.
    private var diskContainer: String {
        let formats = [(".raw", "raw"), (".img", "raw"), (".vhd", "vhd"), (".vhdx", "vhdx")]
        let format = formats.first { name.hasSuffix($0.0) }?.1 ?? "vmdk"
        return "Format=\(format),UserBucket={S3Bucket=$BUCKET,S3Key=\(objectName)}"
    }

    private var registering: [String] {
        if hasDocuments {
            return [
                "sed \"s/\\\"SNAPSHOT\\\"/\\\"$snapshot\\\"/\" \(beside("-aws-register.json")) >register.json",
                "ami=$(aws ec2 register-image --region \"$REGION\" --cli-input-json file://register.json "
                    + "--query ImageId --output text)",
            ]
        }
        let boot = AWSDocuments(facts: facts, file: name).bootMode
        return [
            "ami=$(aws ec2 register-image --region \"$REGION\" --name \(facts.cloudName) "
                + "--architecture \(facts.architecture == .amd64 ? "x86_64" : "arm64") --virtualization-type hvm "
                + "--boot-mode \(boot) --ena-support --imds-support v2.0 --root-device-name /dev/xvda "
                + "--block-device-mappings \"DeviceName=/dev/xvda,Ebs={SnapshotId=$snapshot,VolumeType=gp3}\" "
                + "--query ImageId --output text)"
        ]
    }

    private var azureSteps: [Step] {
        let generation = uefi ? "V2" : "V1"
        let both = facts.firmware.count > 1
        return [
            Step(
                "Upload the disk as a page blob",
                "az storage account create --resource-group \"$GROUP\" --name \"$ACCOUNT\" --location \"$LOCATION\" --sku Standard_LRS",
                "az storage container create --account-name \"$ACCOUNT\" --name images",
                "az storage blob upload --account-name \"$ACCOUNT\" --container-name images --type page "
                    + "--file \(quoted) --name \(objectName)"),
            Step(
                both
                    ? "Make an image of generation 2 (UEFI); for generation 1 (BIOS) say V1" : "Make an image",
                "az image create --resource-group \"$GROUP\" --name \(facts.cloudName) --os-type Linux "
                    + "--hyper-v-generation \(both ? "V2" : generation) "
                    + "--source \"https://$ACCOUNT.blob.core.windows.net/images/\(objectName)\""),
            Step(
                "Start a virtual machine",
                "az vm create --resource-group \"$GROUP\" --name \(facts.cloudName) --image \(facts.cloudName) "
                    + "--size Standard_B1ms --admin-username debian --generate-ssh-keys"),
        ]
    }

    private var gceSteps: [Step] {
        let features =
            ["GVNIC", "VIRTIO_SCSI_MULTIQUEUE"] + (facts.firmware.contains(.uefi) ? ["UEFI_COMPATIBLE"] : [])
        return [
            Step("Upload the archive", "gcloud storage cp \(quoted) \"gs://$BUCKET/\(objectName)\""),
            Step(
                "Make an image of it",
                "gcloud compute images create \(facts.cloudName) --source-uri \"gs://$BUCKET/\(objectName)\" "
                    + "--architecture \(facts.architecture == .amd64 ? "X86_64" : "ARM64") "
                    + "--guest-os-features \(features.joined(separator: ","))"),
            Step(
                "Start an instance",
                "gcloud compute instances create \(facts.cloudName) --image \(facts.cloudName) --zone \"$ZONE\" "
                    + "--machine-type e2-small --metadata serial-port-enable=TRUE"),
        ]
    }

    private var digitalOceanSteps: [Step] {
        [
            Step(
                "Put the file into a Space, where DigitalOcean can fetch it (any address will do)",
                "aws s3 cp \(quoted) \"s3://$SPACE/\(objectName)\" --acl public-read "
                    + "--endpoint-url \"https://$REGION.digitaloceanspaces.com\""),
            Step(
                "Import it from there",
                "image=$(doctl compute image create \(facts.cloudName) --region \"$REGION\" --image-distribution Debian "
                    + "--image-url \"https://$SPACE.$REGION.digitaloceanspaces.com/\(objectName)\" --no-header --format ID)"
            ),
            Step(
                "Start a droplet when `doctl compute image get \"$image\"` calls the image available",
                "doctl compute droplet create \(facts.cloudName) --image \"$image\" --region \"$REGION\" --size \"$SIZE\" "
                    + "--ssh-keys \"$(doctl compute ssh-key list --no-header --format ID | head -n 1)\" --wait"),
        ]
    }

    private var oracleSteps: [Step] {
        [
            Step(
                "Upload the image",
                "oci os object put --bucket-name \"$BUCKET\" --file \(quoted) --name \(objectName)"),
            Step(
                "Import it",
                "oci compute image import from-object --compartment-id \"$COMPARTMENT\" --bucket-name \"$BUCKET\" "
                    + "--namespace \"$(oci os ns get --query data --raw-output)\" --name \(objectName) "
                    + "--display-name \(Command.quoted(facts.stem)) --source-image-type QCOW2 "
                    + "--launch-mode PARAVIRTUALIZED --operating-system Debian "
                    + "--operating-system-version \(facts.majorVersion)"),
        ]
    }

    private var vmwareSteps: [Step] {
        [
            Step(
                "Import the OVA into vSphere with govc",
                "export GOVC_URL",
                "govc import.ova -ds \"$DATASTORE\" -net \"$NETWORK\" -name \(Command.quoted(facts.stem)) \(quoted)"),
            Step(
                "Give the first user a key through cloud-init, and start it",
                "govc vm.change -vm \(Command.quoted(facts.stem)) -e guestinfo.userdata.encoding=base64 "
                    + "-e guestinfo.userdata=\"$(base64 -w0 user-data)\"",
                "govc vm.power -on \(Command.quoted(facts.stem))"),
        ]
    }

    private var virtualBoxSteps: [Step] {
        [
            Step(
                "Import the OVA",
                "VBoxManage import \(quoted) --vsys 0 --vmname \(Command.quoted(facts.stem))"),
            Step(
                "Attach a cloud-init seed, forward a port for ssh, and start it",
                "genisoimage -quiet -volid cidata -joliet -rock -output seed.iso user-data meta-data",
                "VBoxManage storageattach \(Command.quoted(facts.stem)) --storagectl 'SATA Controller' --port 1 "
                    + "--type dvddrive --medium seed.iso",
                "VBoxManage modifyvm \(Command.quoted(facts.stem)) --natpf1 ssh,tcp,127.0.0.1,2222,,22"
                    + (uefi ? " --firmware efi" : ""),
                "VBoxManage startvm \(Command.quoted(facts.stem)) --type headless"),
        ]
    }

    private var hyperVSteps: [Step] {
        let generation = facts.firmware.contains(.uefi) ? 2 : 1
        let stem = Self.powerShellWord(facts.stem)
        return [
            Step(
                "In PowerShell, as an administrator: make a virtual machine of generation \(generation) with the disk",
                "New-VM -Name \(stem) -Generation \(generation) -MemoryStartupBytes \(memory)MB "
                    + "-VHDPath (Resolve-Path -LiteralPath \(Self.powerShellWord(image))) -SwitchName $SWITCH",
                "Set-VMProcessor -VMName \(stem) -Count \(facts.cpus)"
                    + (generation == 2
                        ? "\nSet-VMFirmware -VMName \(stem) -SecureBootTemplate MicrosoftUEFICertificateAuthority"
                        : "")),
            Step(
                "Attach a cloud-init seed, and start it", "Add-VMDvdDrive -VMName \(stem) -Path seed.iso",
                "Start-VM -Name \(stem)"),
        ]
    }

    private var libvirtSteps: [Step] {
        let stem = Command.quoted(facts.stem)
        let installing = Step(
            hasDocuments
                ? "Put the disk where the domain's XML looks for it" : "Put the disk where libvirt has its disks",
            "sudo install -m 0644 \(quoted) \(LibvirtDomain.imageFolder)/")
        guard hasDocuments else {
            let disk = Command.quoted("path=\(LibvirtDomain.imageFolder)/\(name.replacing(",", with: ",,")),bus=virtio")
            return [
                installing,
                Step(
                    "Define the domain, and start it",
                    "virt-install --connect qemu:///system --import --name \(facts.cloudName) --memory \(memory) "
                        + "--vcpus \(facts.cpus) --osinfo detect=on,require=off --disk \(disk) "
                        + "--network network=default,model=virtio --graphics none\(uefi ? " --boot uefi" : "") --noautoconsole"
                ),
            ]
        }
        return [
            installing,
            Step(
                "Define the domain, and start it",
                "virsh -c qemu:///system define --validate \(beside("-libvirt.xml"))",
                "virsh -c qemu:///system start \(stem)", "virsh -c qemu:///system console \(stem)"),
        ]
    }

    private var proxmoxSteps: [Step] {
        [
            Step(
                "On the Proxmox host: make a virtual machine, and give it the disk",
                "qm create \"$VMID\" --name \(facts.cloudName) --memory \(memory) --cores \(facts.cpus) --ostype l26 "
                    + "--scsihw virtio-scsi-pci --net0 virtio,bridge=vmbr0 --serial0 socket --vga serial0 --agent 1"
                    + (uefi ? " --bios ovmf --efidisk0 \"$STORAGE:1\"" : ""),
                "qm importdisk \"$VMID\" \(quoted) \"$STORAGE\"",
                "qm set \"$VMID\" --scsi0 \"$STORAGE:vm-$VMID-disk-\(uefi ? 1 : 0)\" --boot order=scsi0 --ide2 \"$STORAGE:cloudinit\""
            ),
            Step(
                "Give cloud-init a key, and start it",
                "qm set \"$VMID\" --ciuser debian --sshkeys ~/.ssh/authorized_keys --ipconfig0 ip=dhcp",
                "qm start \"$VMID\""),
        ]
    }

    private var xenSteps: [Step] {
        [
            Step(
                "On the XCP-ng host: import the virtual machine",
                "uuid=$(xe vm-import filename=\(quoted) sr-uuid=\"$(xe sr-list name-label=\"$SR\" --minimal)\")"),
            Step("Start it", "xe vm-start uuid=\"$uuid\""),
        ]
    }

    private var kubeVirtSteps: [Step] {
        let reference = "\"$REGISTRY/\(facts.cloudName):latest\""
        // virtctl has no option for it, and BIOS is what KubeVirt begins with.
        let domain = "{\"firmware\":{\"bootloader\":{\"efi\":{\"secureBoot\":false}}}}"
        let patch = "{\"spec\":{\"template\":{\"spec\":{\"domain\":\(domain)}}}}"
        let firmware = uefi ? "kubectl patch --local --type merge --output yaml -f - -p '\(patch)' | " : ""
        return [
            Step(
                "Push the container disk to a registry",
                "skopeo copy oci-archive:\(quoted) \"docker://$REGISTRY/\(facts.cloudName):latest\""),
            Step(
                "Make a virtual machine of it",
                "virtctl create vm --name \(facts.cloudName) --memory \(memory)Mi "
                    + "--volume-containerdisk src:\(reference) | \(firmware)kubectl apply -f -",
                "virtctl console \(facts.cloudName)"),
        ]
    }

    private func incusSteps(_ program: String, remote: String) -> [Step] {
        let folder = image.contains("/") ? Files.folder(of: image) + "/" : ""
        func file(_ name: String) -> String { Self.word("\(folder)\(name)") }
        let (vm, container) = ("\(facts.cloudName)-vm", "\(facts.cloudName)-container")
        var steps: [Step] = []
        let formats = facts.formats
        // A stranger's file is one image.
        guard name.hasSuffix(".tar.xz") && ["incus.tar.xz", "lxd.tar.xz"].contains(name) else {
            let alias = facts.cloudName
            return [
                Step(
                    "Import the image, and start it", "\(program) image import \(quoted) --alias \(alias)",
                    "\(program) launch \(alias) \(alias)")
            ]
        }
        let splits = formats.packings.contains(.split)
        if formats.instances.contains(.vm) {
            steps.append(
                Step(
                    "Import the virtual machine, and start it",
                    splits
                        ? "\(program) image import \(quoted) \(file("disk.qcow2")) --alias \(vm)"
                        : "\(program) image import \(file("\(facts.stem)-vm.tar")) --alias \(vm)",
                    "\(program) launch \(vm) \(vm) --vm"))
        }
        if formats.instances.contains(.container) {
            steps.append(
                Step(
                    "Import the container, and start it",
                    splits
                        ? "\(program) image import \(quoted) \(file("rootfs.tar.xz")) --alias \(container)"
                        : "\(program) image import \(file("\(facts.stem)-container.tar.gz")) --alias \(container)",
                    "\(program) launch \(container) \(container)"))
        }
        return steps
    }

    private var vagrantSteps: [Step] {
        [
            // The catalogue names the boxes beside it, and Vagrant looks for them where it is called.
            Step(
                "Add the box",
                name.hasSuffix(".box")
                    ? "vagrant box add --name \(Command.quoted("stonebake/\(facts.name)")) \(quoted)"
                    : image.contains("/")
                        ? "(cd \(Self.word(Files.folder(of: image))) && vagrant box add \(Self.word(name)))"
                        : "vagrant box add \(quoted)"),
            Step(
                "Start a machine of it",
                "vagrant init \(Command.quoted("stonebake/\(facts.name)"))",
                "VAGRANT_EXPERIMENTAL=cloud_init,disks vagrant up"),
        ]
    }

    private var firecrackerSteps: [Step] {
        [
            Step(
                "Make the network device that the configuration names, and start the machine",
                "sudo ip tuntap add tap0 mode tap", "sudo ip link set tap0 up",
                "firecracker --no-api --config-file \(quoted)")
        ]
    }

    private var rootfsSteps: [Step] {
        [
            Step(
                "Unpack it as root, with owners and attributes",
                "sudo mkdir -p /var/lib/machines/\(facts.cloudName)",
                "sudo tar --extract --numeric-owner --xattrs --xattrs-include='*' --file \(quoted) "
                    + "--directory /var/lib/machines/\(facts.cloudName)"),
            Step("Start it", "sudo systemd-nspawn --boot --directory /var/lib/machines/\(facts.cloudName)"),
        ]
    }

    private var ociSteps: [Step] {
        [
            Step(
                "Run it with its own init, from the file",
                "podman run --detach --systemd=always --name \(facts.cloudName) oci-archive:\(quoted)"),
            Step(
                "Or push it to a registry, for others to run it from there",
                "skopeo copy oci-archive:\(quoted) \"docker://$REGISTRY/\(facts.cloudName):latest\""),
        ]
    }
}
