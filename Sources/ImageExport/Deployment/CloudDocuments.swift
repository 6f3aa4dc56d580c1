import ApplianceSpec
import Diagnostics

/// Properties of an image in Glance ("Useful image properties"), by which Nova chooses devices and hosts.
struct OpenStackProperties {
    var facts: ApplianceFacts
    /// Bytes of the disk.
    var capacity: Int64

    var properties: [(String, String)] {
        [
            ("architecture", facts.machine), ("hw_disk_bus", "scsi"),
            ("hw_firmware_type", facts.needsUEFI ? "uefi" : "bios"), ("hw_qemu_guest_agent", "yes"),
            ("hw_rng_model", "virtio"), ("hw_scsi_model", "virtio-scsi"), ("hw_vif_model", "virtio"),
            ("os_admin_user", facts.distribution), ("os_distro", facts.distribution), ("os_type", "linux"),
            ("os_version", "\(facts.majorVersion)"), ("appliance_name", facts.name),
            ("appliance_version", facts.version),
        ]
    }

    /// GB, whole, and MB.
    var minimumDisk: Int64 { max(1, (capacity + (1 << 30) - 1) >> 30) }
    var minimumMemory: Int64 { facts.memoryMebibytes }

    var json: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(facts.stem), "disk_format": "qcow2", "container_format": "bare",
            "min_disk": .integer(Int(minimumDisk)), "min_ram": .integer(Int(minimumMemory)),
        ]
        for (name, value) in properties { members[name] = .string(value) }
        return .object(members)
    }
}

/// What `aws ec2 import-snapshot` and `register-image` read.
struct AWSDocuments {
    var facts: ApplianceFacts
    /// The image's file.
    var file: String

    static let bucket = "BUCKET"

    var importManifest: JSONValue {
        [
            "Description": .string(facts.stem), "Format": .string(file.hasSuffix(".raw") ? "RAW" : "VMDK"),
            "UserBucket": ["S3Bucket": .string(Self.bucket), "S3Key": .string(DeploymentGuide.objectName(file))],
        ]
    }

    /// RegisterImage takes i386 where nothing is said.
    var registration: JSONValue {
        var members: [String: JSONValue] = [
            "Name": .string(facts.stem), "Description": .string(facts.summary),
            "Architecture": .string(facts.architecture == .amd64 ? "x86_64" : "arm64"),
            "VirtualizationType": "hvm", "RootDeviceName": "/dev/xvda", "EnaSupport": true, "ImdsSupport": "v2.0",
            "BlockDeviceMappings": [
                [
                    "DeviceName": "/dev/xvda",
                    "Ebs": ["SnapshotId": "SNAPSHOT", "VolumeType": "gp3", "DeleteOnTermination": true],
                ]
            ],
        ]
        members["BootMode"] = .string(bootMode)
        return .object(members)
    }

    /// An instance type may want either; only where the disk has one is it said.
    var bootMode: String { facts.firmware.count > 1 ? "uefi-preferred" : facts.needsUEFI ? "uefi" : "legacy-bios" }
}
