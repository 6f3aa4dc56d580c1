import ApplianceSpec
import Diagnostics

// What grows when a machine gets a larger disk than its image has, and cloud-init's growpart does not know: volume groups.
extension StoragePlan {
    static let growthProgram = "/usr/local/lib/stonebake/grow-volumes"
    static let growthUnit = "stonebake-grow-volumes.service"

    static let growthUnitText = """
        # Made by Stonebake.
        [Unit]
        Description=Let volume groups and their volumes grow into a larger disk
        After=local-fs.target

        [Service]
        Type=oneshot
        ExecStart=\(growthProgram)

        [Install]
        WantedBy=multi-user.target

        """

    /// Extents.
    private func reserve(of group: StorageSettings.VolumeGroup) -> Int64 {
        guard case .bytes(let size)? = group.reserve else { return 0 }
        return (size.bytes + group.extentSize.bytes - 1) / group.extentSize.bytes
    }

    /// Physical volumes in the clear that lie last on their disk, and the volumes that grow; nil where there are none. What
    /// is encrypted would ask for its passphrase again.
    var growthScript: String? {
        var lines: [String] = []
        for group in settings.groups {
            let growing = group.volumes.filter { $0.space.grows && $0.pool == nil && $0.encryption == nil }
            let physical = physicalVolumes(of: group.name.value).filter {
                $0.settings.space.grows && $0.encryption == nil
            }
            guard let volume = growing.last(where: { $0.space.most == nil }), let partition = physical.last else {
                continue
            }
            let guid = identity.uuid("partition \(partition.number) of disk \(partition.disk)")
            // A pool has no filesystem that follows it.
            var option = " -r"
            if case .thinPool = volume.content { option = "" }
            lines.append("grow \(guid) \(group.name.value) \(volume.name.value) \(reserve(of: group))\(option)")
        }
        guard !lines.isEmpty else { return nil }
        return """
            #!/bin/sh
            # Made by Stonebake: where the disk is larger than its last partition, that and the volume that grows follow.
            # A disk that has not changed is left as it is.
            grow() {
                device=$(readlink -e "/dev/disk/by-partuuid/$1") || return 0
                name=${device##*/}
                read -r number <"/sys/class/block/$name/partition" || return 0
                disk=$(readlink -f "/sys/class/block/$name/..")
                # It ends with 1 where there is nothing to do.
                growpart "/dev/${disk##*/}" "$number" || true
                udevadm settle
                pvresize "$device" || return 0
                free=$(vgs --noheadings -o vg_free_count "$2") || return 0
                # What the spec keeps free stays so.
                test $((free - $4)) -le 0 || lvextend $5 -l "+$((free - $4))" "$2/$3"
            }
            \(lines.joined(separator: "\n"))

            """
    }
}
