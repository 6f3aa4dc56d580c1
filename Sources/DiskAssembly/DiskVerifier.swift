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
        let sight = try sight()
        try cancelled.check()
        for partition in layout.partitions {
            try verify(
                partition, found: sight?.partitions[partition.number] ?? handle.properties(of: device(partition)))
        }
        try cancelled.check()
        guard let root = layout[.root] else { throw failure("it has no root partition") }
        let device = device(root)
        let kernels = try verify(sight?.files ?? files(on: device))
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

    /// What is on a disk, in the appliance's own words.
    struct Sight: Equatable {
        /// What blkid(8) says of each partition, by its number.
        var partitions: [Int: [String: String]]
        /// Nil where a filesystem could not be mounted.
        var files: BootingFiles?
    }

    /// What a disk boots from.
    struct BootingFiles: Equatable {
        /// The names in /boot.
        var boot: [String] = []
        /// Those of `systemPartitionFiles` that are there.
        var system: Set<String> = []
        /// /boot/grub/grub.cfg.
        var configuration = ""
    }

    /// Has the disk looked at anew.
    ///
    /// In a trimmed appliance, which has no udev to give the partitions their names, all of it is one call: a program that
    /// is emulated costs 20 ms, and calls of libguestfs' start two or three of them each.
    ///
    /// - Returns: nil in libguestfs' own appliance, where nothing but the partition table has been read
    private func sight() throws(DiskError) -> Sight? {
        let places = layout.partitions.map { "\"$place-part\($0.number)\"" }.joined(separator: " ")
        // Disks are attached in their order, which their places there tell; the kernel's names may be in another one.
        let text = try handle.shell(
            """
            [ -e /links ] || exit 0
            for place in /dev/disk/by-path/scsi-*:0:\(number):0; do :; done
            blockdev --flushbufs --rereadpt "$place" && . /links || exit
            blkid -c /dev/null -p -i -o export \(places)
            echo \(Self.marks.boot)
            \(filesScript)
            """)
        guard !text.isEmpty else {
            try handle.reread(disk)
            return nil
        }
        return Self.sight(text)
    }

    private static let marks = (boot: "=boot", system: "=system", configuration: "=configuration")

    /// Prints `BootingFiles`; nothing where something cannot be mounted, of which libguestfs' own calls then say why.
    private var filesScript: String {
        guard let root = layout[.root] else { return "" }
        let mount = { (partition: DiskLayout.Partition, type: String, place: String) in
            "mount -t \(type) -o ro \"$place-part\(partition.number)\" \(place) 2>/dev/null"
        }
        var (mounts, places) = (mount(root, rootType, "/sysroot"), "/sysroot")
        if let system = layout[.esp] {
            mounts += " && { \(mount(system, "vfat", "/esp")) || { umount /sysroot; exit 0; }; }"
            places = "/esp \(places)"
        }
        let expected = systemPartitionFiles.map(Command.quoted).joined(separator: " ")
        return """
            \(mounts) || exit 0
            cd /sysroot/boot && printf '%s\\n' *
            echo \(Self.marks.system)
            for file in \(expected); do [ ! -f "/esp/$file" ] || printf '%s\\n' "$file"; done
            echo \(Self.marks.configuration)
            cat grub/grub.cfg
            cd / && umount \(places)
            """
    }

    /// What the shell in the appliance prints.
    static func sight(_ text: String) -> Sight {
        var rest = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        func part(before mark: String?) -> ArraySlice<Substring> {
            let end = mark.flatMap { rest.firstIndex(of: $0[...]) } ?? rest.endIndex
            defer { rest = rest[min(end + 1, rest.endIndex)...] }
            return rest[..<end]
        }
        let partitions = properties(part(before: marks.boot))
        guard rest.contains(marks.configuration[...]) else { return Sight(partitions: partitions, files: nil) }
        return Sight(
            partitions: partitions,
            files: BootingFiles(
                boot: part(before: marks.system).map(String.init),
                system: Set(part(before: marks.configuration).map(String.init)),
                configuration: part(before: nil).joined(separator: "\n")))
    }

    /// What `blkid -o export` prints of several partitions: lines `NAME=value`, the first of each its device's name.
    private static func properties(_ lines: some Sequence<Substring>) -> [Int: [String: String]] {
        var result: [Int: [String: String]] = [:]
        var number: Int?
        for line in lines {
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

    /// The same by libguestfs' own calls.
    private func files(on root: String) throws(DiskError) -> BootingFiles {
        var files = BootingFiles()
        try handle.mountReadOnly(root, at: "/")
        files.boot = try handle.names(in: "/boot")
        // What is missing is told by name, not as a file that cannot be read.
        if files.boot.contains("grub") { files.configuration = try handle.readText("/boot/grub/grub.cfg") }
        try handle.unmountAll()
        if let system = layout[.esp] {
            try handle.mountReadOnly(device(system), at: "/")
            files.system = Set(try handle.paths(below: "/")).intersection(systemPartitionFiles)
            try handle.unmountAll()
        }
        return files
    }

    /// Returns the kernels in /boot.
    private func verify(_ files: BootingFiles) throws(DiskError) -> [String] {
        let boot = files.boot
        let kernels = boot.filter { $0.hasPrefix("vmlinuz-") }.map { String($0.dropFirst("vmlinuz-".count)) }
        guard kernels.contains(kernel) else { throw failure("/boot holds no kernel \(kernel)") }
        guard boot.contains("initrd.img-\(kernel)") else { throw failure("/boot holds no initramfs for \(kernel)") }
        let configuration = files.configuration
        guard configuration.contains("vmlinuz-\(kernel)"), configuration.contains(layout[.root]?.filesystemUUID ?? "?")
        else { throw failure("/boot/grub/grub.cfg does not boot \(kernel) from the root filesystem") }
        if layout[.esp] != nil, let path = systemPartitionFiles.first(where: { !files.system.contains($0) }) {
            throw failure("the ESP holds no '\(path)'")
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
