import BuildPlanning
import FileTrees
import HostSystem

/// Looks at a finished disk through libguestfs, that is with Linux' own drivers, and says what it is; anything that is
/// not as planned is an error. The disk is attached read-only: looking does not change it.
struct DiskVerifier {
    let handle: GuestfsHandle
    /// Among the session's disks, from 0.
    let number: Int
    let progress: ProgressSink
    let layout: DiskLayout
    /// The release string of the kernel that it must boot.
    let kernel: String
    /// Files that firmware looks for on the ESP.
    let systemPartitionFiles: [String]
    var rootType = "ext4"

    /// - Parameter system: what an inspection has said of this system on another disk. A dozen emulated programs would
    ///   say it again, in half of the time of a look.
    func verify(_ cancelled: CancellationFlag, knowing system: DiskImage.Inspection? = nil) throws
        -> DiskImage.Inspection
    {
        let identified = try identify()
        try cancelled.check()
        for partition in layout.partitions {
            try verify(partition, found: identified?[partition.number] ?? handle.properties(of: device(partition)))
        }
        try cancelled.check()
        guard let root = layout[.root] else { throw failure("it has no root partition") }
        let device = device(root)
        let kernels = try verifyTree(device)
        try cancelled.check()
        if var system {
            system.kernels = kernels
            return system
        }
        // Half of an inspection is asking, of each partition, half a dozen programs what it is. All but the root have been
        // looked at, and those of other disks are no business of this one's.
        _ = try? handle.shell(forgetScript(allBut: root))
        return try inspect(device, kernels: kernels)
    }

    /// Has the disk looked at anew, and says what blkid(8) sees in its partitions, by their numbers.
    ///
    /// In a trimmed appliance, which has no udev to give the partitions their names, all of it is one call: a program that
    /// is emulated costs 30 ms, and six of them would do it for three partitions.
    ///
    /// - Returns: nil in libguestfs' own appliance, where blkid has not been asked yet
    private func identify() throws(DiskError) -> [Int: [String: String]]? {
        let places = layout.partitions.map { "\"$place-part\($0.number)\"" }.joined(separator: " ")
        // Disks are attached in their order, which their places there tell; the kernel's names may be in another one.
        let text = try handle.shell(
            """
            [ -e /links ] || exit 0
            for place in /dev/disk/by-path/scsi-*:0:\(number):0; do :; done
            blockdev --flushbufs --rereadpt "$place" && . /links || exit
            blkid -c /dev/null -p -i -o export \(places)
            echo done
            """)
        guard !text.isEmpty else {
            try handle.reread(disk)
            return nil
        }
        return Self.properties(text)
    }

    /// What `blkid -o export` prints of several partitions: lines `NAME=value`, the first of each its device's name.
    static func properties(_ text: String) -> [Int: [String: String]] {
        var result: [Int: [String: String]] = [:]
        var number: Int?
        for line in text.split(separator: "\n") {
            guard let sign = line.firstIndex(of: "=") else { continue }
            let (name, value) = (String(line[..<sign]), String(line[line.index(after: sign)...]))
            if name == "DEVNAME" { number = value.split(separator: "-part").last.flatMap { Int($0) } }
            if let number { result[number, default: [:]][name] = value }
        }
        return result
    }

    /// libguestfs' names of devices are translated in its calls, and not in a shell: the kernel may have found the disks
    /// in another order. They are numbered as libguestfs does it, by the place where they are attached.
    private func forgetScript(allBut root: DiskLayout.Partition) -> String {
        """
        \(findingPlace)
        for link in /dev/disk/by-path/*-part*; do
            [ "$link" != "$place-part\(root.number)" ] || continue
            delpart "${link%-part*}" "${link##*-part}" && rm -f "$link"
        done
        """
    }

    private var findingPlace: String {
        let folder = "/dev/disk/by-path"
        return "place=\(folder)/$(ls -1v \(folder) | grep -v -e '-part[0-9]*$' | sed -n '\(number + 1)p')"
    }

    private var disk: String { DiskPlace.device(number) }

    func device(_ partition: DiskLayout.Partition) -> String { "\(disk)\(partition.number)" }

    /// - Parameter found: what blkid sees there
    func verify(_ partition: DiskLayout.Partition, found: [String: String]) throws(DiskError) {
        // blkid counts in sectors of 512 bytes and writes GUIDs in lower case, names and labels with escapes.
        var expected = [
            "PART_ENTRY_SCHEME": "gpt",
            "PART_ENTRY_NUMBER": "\(partition.number)",
            "PART_ENTRY_TYPE": partition.typeGUID.lowercased(),
            "PART_ENTRY_UUID": partition.uniqueGUID.lowercased(),
            "PART_ENTRY_OFFSET": "\(partition.start / 512)",
            "PART_ENTRY_SIZE": "\(partition.size / 512)",
        ]
        expected["UUID"] = partition.filesystemUUID
        expected["LABEL"] = partition.label
        switch partition.role {
        case .root: expected["TYPE"] = rootType
        case .esp: expected["TYPE"] = "vfat"
        case .swap: expected["TYPE"] = "swap"
        case .physicalVolume: expected["TYPE"] = "LVM2_member"
        case .encrypted: expected["TYPE"] = "crypto_LUKS"
        // Of layouts that are not the standard one; StorageVerifier looks at their filesystems.
        case .data, .biosBoot: break
        }
        for (key, value) in expected.sorted(by: { $0.key < $1.key }) where found[key] != value {
            throw failure("partition \(partition.number) has \(key)=\(found[key] ?? "nothing"), not \(value)")
        }
    }

    /// Mounts root and ESP; returns the kernels in /boot.
    private func verifyTree(_ root: String) throws(DiskError) -> [String] {
        try handle.mountReadOnly(root, at: "/")
        let boot = try handle.names(in: "/boot")
        let kernels = boot.filter { $0.hasPrefix("vmlinuz-") }.map { String($0.dropFirst("vmlinuz-".count)) }
        guard kernels.contains(kernel) else { throw failure("/boot holds no kernel \(kernel)") }
        guard boot.contains("initrd.img-\(kernel)") else { throw failure("/boot holds no initramfs for \(kernel)") }
        let configuration = try handle.readText("/boot/grub/grub.cfg")
        guard configuration.contains("vmlinuz-\(kernel)"), configuration.contains(layout[.root]?.filesystemUUID ?? "?")
        else { throw failure("/boot/grub/grub.cfg does not boot \(kernel) from the root filesystem") }
        try handle.unmountAll()
        if let system = layout[.esp] {
            try handle.mountReadOnly(device(system), at: "/")
            // Each asked for by itself: a list would be an emulated program's, and this is the daemon's own call.
            for path in systemPartitionFiles where try !handle.isFile("/\(path)") {
                throw failure("the ESP holds no '\(path)'")
            }
            try handle.unmountAll()
        }
        return kernels
    }

    private func inspect(_ root: String, kernels: [String]) throws(DiskError) -> DiskImage.Inspection {
        // Other disks of the session are other appliances'.
        let systems = try handle.inspectOperatingSystems().filter {
            $0.hasPrefix(disk) && $0.dropFirst(disk.count).first?.isLetter != true
        }
        guard systems == [root] else {
            throw failure("libguestfs sees operating systems on \(systems), not on \(root) alone")
        }
        let system = try handle.operatingSystem(at: root)
        return DiskImage.Inspection(
            distribution: system.distribution, majorVersion: system.major, minorVersion: system.minor,
            productName: system.product, architecture: system.architecture, kernels: kernels)
    }

    func failure(_ reason: String) -> DiskError {
        DiskError(
            .verification, "the finished disk is not what was planned: \(reason)",
            hint: "this is a defect of Stonebake")
    }
}
