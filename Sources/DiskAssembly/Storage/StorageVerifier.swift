import BuildPlanning
import FileTrees
import HostSystem

/// Looks at finished disks of a layout through libguestfs, that is with Linux' own drivers and LVM, and says what system
/// is on them; anything that is not as planned is an error.
struct StorageVerifier: Sendable {
    let layout: StorageLayout
    /// The release string of the kernel that they must boot.
    let kernel: String
    /// Files that firmware looks for on the ESP.
    let systemPartitionFiles: [String]
    let progress: ProgressSink
    /// Drives behind the disks.
    let sources: Int

    func verify(_ handle: GuestfsHandle, _ cancelled: CancellationFlag) throws -> DiskImage.Inspection {
        for (number, disk) in layout.disks.enumerated() {
            var verifier = DiskVerifier(
                handle: handle, number: number, progress: progress, layout: disk.layout, kernel: kernel,
                systemPartitionFiles: [])
            verifier.rootType = root?.format ?? "ext4"
            for partition in disk.layout.partitions {
                try verifier.verify(partition, found: handle.properties(of: verifier.device(partition)))
            }
        }
        try cancelled.check()
        try verifyVolumes(handle)
        for content in layout.contents where content.format != "efi" { try verify(content, handle) }
        try cancelled.check()
        let kernels = try verifyTree(handle)
        try cancelled.check()
        // What was to be encrypted is attached in the clear too.
        let others = (layout.disks.count..<layout.disks.count + sources).map(DiskPlace.device)
        let systems = try handle.inspectOperatingSystems().filter { !others.contains($0) }
        guard systems.count == 1 else { throw failure("libguestfs sees operating systems on \(systems)") }
        let system = try handle.operatingSystem(at: systems[0])
        return DiskImage.Inspection(
            distribution: system.distribution, majorVersion: system.major, minorVersion: system.minor,
            productName: system.product, architecture: system.architecture, kernels: kernels)
    }

    private var root: StorageLayout.Content? { layout.content(mountedAt: "/")?.0 }

    /// The groups, as LVM sees them.
    private func verifyVolumes(_ handle: GuestfsHandle) throws {
        guard !layout.groups.isEmpty else { return }
        let text = try handle.shell("lvm lvs --noheadings --units b --nosuffix -o vg_name,lv_name,lv_size,lv_uuid")
        let found = Set(
            text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }.filter { !$0.isEmpty })
        for group in layout.groups {
            for volume in group.volumes {
                let line = "\(group.name) \(volume.name) \(volume.extents * group.extentSize) \(volume.uuid)"
                guard found.contains(line) else { throw failure("LVM has no volume '\(line)', but \(found.sorted())") }
            }
        }
    }

    /// libguestfs' own name of a device.
    private func device(_ content: StorageLayout.Content) -> String {
        if let encryption = content.encryption { return "/dev/mapper/\(encryption.name)" }
        switch content.place {
        case .partition(let disk, let number): return "\(DiskPlace.device(disk))\(number)"
        case .volume(let group, let name): return "/dev/\(group)/\(name)"
        }
    }

    private func verify(_ content: StorageLayout.Content, _ handle: GuestfsHandle) throws {
        let found = try handle.properties(of: device(content))
        let expected = ["TYPE": content.format, "UUID": content.uuid, "LABEL": content.label]
        for (key, value) in expected.sorted(by: { $0.key < $1.key }) {
            guard let value, found[key] != value else { continue }
            throw failure("\(content.place) has \(key)=\(found[key] ?? "nothing"), not \(value)")
        }
    }

    private struct Mount {
        var path: String
        var device: String
        var type: String
        var options: String
    }

    private var mounts: [Mount] {
        layout.contents.flatMap { content in
            let type = content.format == "efi" ? "vfat" : content.format
            let top = content.mount.map { [Mount(path: $0, device: device(content), type: type, options: "")] } ?? []
            return top
                + content.subvolumes.compactMap { subvolume in
                    subvolume.mount.map {
                        Mount(path: $0, device: device(content), type: type, options: ",subvol=\(subvolume.name)")
                    }
                }
        }.sorted { ($0.path.utf8.count, $0.path) < ($1.path.utf8.count, $1.path) }
    }

    /// Mounts all of it as the system will; returns the kernels in /boot.
    private func verifyTree(_ handle: GuestfsHandle) throws -> [String] {
        for mount in mounts {
            try handle.mountReadOnly(mount.device, at: mount.path, type: mount.type, options: mount.options)
        }
        let boot = try handle.names(in: "/boot")
        let kernels = boot.filter { $0.hasPrefix("vmlinuz-") }.map { String($0.dropFirst("vmlinuz-".count)) }
        guard kernels.contains(kernel) else { throw failure("/boot holds no kernel \(kernel)") }
        guard boot.contains("initrd.img-\(kernel)") else { throw failure("/boot holds no initramfs for \(kernel)") }
        let configuration = try handle.readText("/boot/grub/grub.cfg")
        let place = layout.content(mountedAt: "/boot") ?? layout.content(mountedAt: "/")
        guard configuration.contains("vmlinuz-\(kernel)"), configuration.contains(place?.0.uuid ?? "?") else {
            throw failure("/boot/grub/grub.cfg does not boot \(kernel) from its filesystem")
        }
        if !systemPartitionFiles.isEmpty {
            // Of a folder that is not the root, with a slash before them.
            let present = Set(try handle.paths(below: "/boot/efi").map { $0.drop { $0 == "/" } })
            for path in systemPartitionFiles where !present.contains(path[...]) {
                throw failure("the ESP holds no '\(path)'")
            }
        }
        try handle.unmountAll()
        return kernels
    }

    private func failure(_ reason: String) -> DiskError {
        DiskError(
            .verification, "the finished disks are not what was planned: \(reason)",
            hint: "this is a defect of Stonebake")
    }
}
