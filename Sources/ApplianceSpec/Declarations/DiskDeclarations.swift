// The keys below `disk:`.
extension SpecDeclarations {
    private static let filesystems = DiskSettings.Filesystem.allCases.map(\.rawValue)

    static let disk = Record(
        name: "a disk",
        fields: [
            Field("size", .text(.sizeOrAuto), "The size, or `auto`: what the contents need.", standard: "auto"),
            Field(
                "free", .text(.sizeOrShare), "Kept free when the size is `auto`; a share is of the contents.",
                standard: "20%"),
            Field("budget", .text(.size), "The largest disk that is accepted; of several, all together."),
            Field(
                "boot", .list(of: .choice(DiskSettings.Firmware.allCases.map(\.rawValue)), atLeast: 1),
                "What can boot it.",
                standard: "[bios, uefi]"),
            Field(
                "filesystem", .choice(filesystems),
                "The root filesystem; also that of partitions and volumes that name none.", standard: "ext4"),
            Field(
                "disks", .list(of: .record(diskName), atLeast: 1),
                "The disks, each an image of its own; the first one boots.", standard: "one"),
            Field(
                "partitions", .list(of: .record(partition), atLeast: 1),
                "The partitions, in order. GRUB's and the EFI system partition are added where `boot` needs them."),
            Field("volume-groups", .list(of: .record(volumeGroup), atLeast: 1), "LVM volume groups."),
            Field("btrfs", .list(of: .record(btrfsVolume), atLeast: 1), "Btrfs volumes with subvolumes."),
            Field("automatic", .record(automatic), "A usual layout, in place of partitions of one's own."),
            Field("data", .record(data), "Where the application's state lies, to outlive the image."),
        ])

    private static let data = Record(
        name: "data",
        fields: [
            Field(
                "on", .choice(DataSettings.Place.allCases.map(\.rawValue)),
                "A disk of its own, `data`, or a partition before the root filesystem.", standard: "disk"),
            Field("size", .text(.size), "Its size, and what the image of the disk can hold.", standard: "1 GiB"),
            Field(
                "folders", .list(of: .text(.imagePath)),
                "Folders of the image that lie on it. A kind has its own among them.", standard: "the kind's"),
        ])

    static let diskName = Record(
        name: "a named disk",
        fields: [
            Field(
                "name", .text(.deviceName), "What partitions, and the image's file name, call it.", need: .inEachFile),
            Field(
                "size", .text(.size), "Its size.", standard: "`disk.size` for the first, else what its contents need"),
        ])

    private static let space = [
        Field("size", .text(.size), "Its size.", standard: "what its contents need, and `disk.free`"),
        Field("grow", .boolean, "Whether it takes what is left.", standard: "false"),
        Field("max-size", .text(.size), "The most that it grows to."),
    ]

    private static let contents = [
        Field("mount", .text(.mountPoint), "Where it is mounted."),
        Field(
            "filesystem", .choice(StorageSettings.Format.allCases.map(\.rawValue)), "What it is formatted as.",
            standard: "`disk.filesystem`"),
        Field("label", .text(.filesystemLabel), "The filesystem's label."),
        Field("options", .list(of: .text(.mountOption)), "Mount options, for fstab.", standard: "[defaults]"),
        Field("mkfs-options", .list(of: .text(.line)), "Words for the program that makes the filesystem."),
        Field("encrypt", .record(encryption), "It is encrypted with LUKS."),
    ]

    static let partition = Record(
        name: "a partition",
        fields: [
            Field("disk", .text(.deviceName), "The disk that it lies on.", standard: "the first")
        ] + contents + space + [
            Field("volume-group", .text(.volumeName), "It is a physical volume of this group."),
            Field("btrfs-volume", .text(.volumeName), "It is the device of this Btrfs volume."),
        ])

    static let volumeGroup = Record(
        name: "a volume group",
        fields: [
            Field("name", .text(.volumeName), "Its name.", need: .inEachFile),
            Field("extent-size", .text(.size), "The unit of its volumes, a power of two.", standard: "4 MiB"),
            Field("reserved", .text(.sizeOrShare), "Kept free in it."),
            Field("volumes", .list(of: .record(logicalVolume), atLeast: 1), "Its volumes.", need: .inEachFile),
        ])

    static let logicalVolume = Record(
        name: "a logical volume",
        fields: [Field("name", .text(.volumeName), "Its name.", need: .inEachFile)] + contents + space + [
            Field(
                "percent", .integer(1...100),
                "Its share of what the group's volumes of a given size leave; `size` is then the least."),
            Field("thin-pool", .flag, "`true`: it is a pool of thin volumes."),
            Field("chunk-size", .text(.size), "The pool's unit, a power of two.", standard: "64 KiB"),
            Field("metadata-size", .text(.size), "Of the pool's metadata.", standard: "by its size"),
            Field("pool", .text(.volumeName), "It is a thin volume of this pool."),
        ])

    static let btrfsVolume = Record(
        name: "a Btrfs volume",
        fields: [
            Field("name", .text(.volumeName), "What its partition calls it.", need: .inEachFile),
            Field("label", .text(.filesystemLabel), "The filesystem's label.", standard: "the name"),
            Field("mount", .text(.mountPoint), "Where its top level is mounted."),
            Field("options", .list(of: .text(.mountOption)), "Mount options of its top level, for fstab."),
            Field("mkfs-options", .list(of: .text(.line)), "Words for mkfs.btrfs."),
            Field("subvolumes", .list(of: .record(subvolume)), "Its subvolumes."),
        ])

    static let subvolume = Record(
        name: "a subvolume",
        fields: [
            Field("name", .text(.subvolumePath), "Its path in the volume.", need: .inEachFile),
            Field("mount", .text(.mountPoint), "Where it is mounted."),
            Field("options", .list(of: .text(.mountOption)), "Mount options, for fstab."),
        ])

    static let encryption = Record(
        name: "encryption",
        fields: [
            Field(
                "secret", .text(.secretName),
                "The name of the secret that is the passphrase: `--secret NAME=FILE`, or `STONEBAKE_SECRET_NAME`.",
                need: .inEachFile),
            Field("version", .choice(["luks1", "luks2"]), "The format.", standard: "luks2"),
            Field("cipher", .text(.cipher), "The cipher.", standard: "aes-xts-plain64"),
            Field(
                "pbkdf", .choice(["argon2id", "argon2i", "pbkdf2"]), "How the key comes from the passphrase.",
                standard: "argon2id; pbkdf2 for luks1"),
            Field("pbkdf-memory", .text(.size), "Memory that argon2 takes.", standard: "64 MiB"),
            Field("pbkdf-time", .text(.duration), "Time that it takes, measured where the image is built."),
            Field("pbkdf-iterations", .integer(4...1_000_000_000), "Rounds, in place of a time."),
        ])

    static let automatic = Record(
        name: "an automatic layout",
        fields: [
            Field("type", .choice(["plain", "lvm", "thin", "btrfs"]), "What it stands on.", standard: "lvm"),
            Field("filesystem", .choice(filesystems), "Of root and home.", standard: "`disk.filesystem`"),
            Field(
                "home", .boolean, "Whether /home is separate.",
                standard: "true on a disk of a fixed size of 50 GiB and more, and with btrfs"),
            Field("boot", .boolean, "Whether /boot is separate.", standard: "true"),
            Field("swap", .boolean, "Whether there is swap space.", standard: "true"),
            Field("encrypt", .record(encryption), "All but /boot is encrypted with LUKS."),
        ])
}
