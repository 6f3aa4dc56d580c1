package import Diagnostics

/// `part` and `partition`: one partition.
package struct PartitionCommand: Sendable {
    /// A path, normalised, or `swap`, `pv.ID`, `raid.ID`, `btrfs.ID`, `biosboot`, `prepboot`, `none`.
    package var mountPoint: Located<String>
    package var active: Located<Bool>
    package var asprimary: Located<Bool>
    /// Cylinder.
    package var start: Located<Int>?
    /// Cylinder.
    package var end: Located<Int>?
    package var fstype: Located<String>?
    package var grow: Located<Bool>
    /// MiB; no bound when absent.
    package var maxsize: Located<Int>?
    package var noformat: Located<Bool>
    package var onbiosdisk: Located<String>?
    /// A disk name, without `/dev/` as a rule.
    package var ondisk: Located<String>?
    /// An existing partition; a leading `/dev/` is taken away.
    package var onpart: Located<String>?
    /// The size is to be chosen for us.
    package var recommended: Located<Bool>
    /// MiB.
    package var size: Located<Int>?
    /// Bytes.
    package var bytesPerInode: Located<Int>?
    /// For /etc/fstab.
    package var fsoptions: Located<String>?
    package var label: Located<String>?
    package var encrypted: Located<Bool>
    /// A secret: never printed, never in a layer.
    package var passphrase: Located<String>?
    package var fsprofile: Located<String>?
    package var escrowcert: Located<String>?
    package var backuppassphrase: Located<Bool>
    package var cipher: Located<String>?
    package var hibernation: Located<Bool>
    package var resize: Located<Bool>
    /// Handed to mkfs.
    package var mkfsoptions: Located<String>?
    package var luksVersion: Located<String>?
    package var pbkdf: Located<String>?
    /// KiB.
    package var pbkdfMemory: Located<Int>?
    /// Milliseconds.
    package var pbkdfTime: Located<Int>?
    package var pbkdfIterations: Located<Int>?
    /// A secret.
    package var hwPassphrase: Located<String>?

    init(_ values: OptionValues) {
        mountPoint = values.required("mountPoint")
        active = values.flag("active")
        asprimary = values.flag("asprimary")
        start = values.integer("start")
        end = values.integer("end")
        fstype = values.string("fstype")
        grow = values.flag("grow")
        maxsize = values.integer("maxsize")
        noformat = values.flag("noformat")
        onbiosdisk = values.string("onbiosdisk")
        ondisk = values.string("ondisk")
        onpart = values.string("onpart")
        recommended = values.flag("recommended")
        size = values.integer("size")
        bytesPerInode = values.integer("bytesPerInode")
        fsoptions = values.string("fsoptions")
        label = values.string("label")
        encrypted = values.flag("encrypted")
        passphrase = values.string("passphrase")
        fsprofile = values.string("fsprofile")
        escrowcert = values.string("escrowcert")
        backuppassphrase = values.flag("backuppassphrase")
        cipher = values.string("cipher")
        hibernation = values.flag("hibernation")
        resize = values.flag("resize")
        mkfsoptions = values.string("mkfsoptions")
        luksVersion = values.string("luksVersion")
        pbkdf = values.string("pbkdf")
        pbkdfMemory = values.integer("pbkdfMemory")
        pbkdfTime = values.integer("pbkdfTime")
        pbkdfIterations = values.integer("pbkdfIterations")
        hwPassphrase = values.string("hwPassphrase")
    }
}

/// `volgroup`: an LVM volume group on `pv.ID` partitions.
package struct VolumeGroupCommand: Sendable {
    package var name: Located<String>
    package var partitions: [Located<String>]
    package var noformat: Located<Bool>
    /// KiB (before Fedora 21 and RHEL 7: 32768 when absent).
    package var pesize: Located<Int>?
    package var useexisting: Located<Bool>
    /// MiB.
    package var reservedSpace: Located<Int>?
    /// 1 to 99.
    package var reservedPercent: Located<Int>?

    init(_ values: OptionValues) {
        name = values.required("name")
        partitions = values.list("partitions")
        noformat = values.flag("noformat")
        pesize = values.integer("pesize")
        useexisting = values.flag("useexisting")
        reservedSpace = values.integer("reservedSpace")
        reservedPercent = values.integer("reservedPercent")
    }
}

/// `logvol`: an LVM logical volume, thin pool or thin volume.
package struct LogicalVolumeCommand: Sendable {
    /// A path, normalised, or `swap`, `pv.ID`, `raid.ID`, `btrfs.ID`, `biosboot`, `prepboot`, `none`.
    package var mountPoint: Located<String>
    package var fstype: Located<String>?
    package var grow: Located<Bool>
    /// MiB; no bound when absent.
    package var maxsize: Located<Int>?
    package var name: Located<String>
    package var noformat: Located<Bool>
    /// Of the volume group, 0 to 100.
    package var percent: Located<Int>?
    /// The size is to be chosen for us.
    package var recommended: Located<Bool>
    /// MiB.
    package var size: Located<Int>?
    package var useexisting: Located<Bool>
    package var vgname: Located<String>
    /// Bytes.
    package var bytesPerInode: Located<Int>?
    /// For /etc/fstab.
    package var fsoptions: Located<String>?
    package var encrypted: Located<Bool>
    /// A secret: never printed, never in a layer.
    package var passphrase: Located<String>?
    package var fsprofile: Located<String>?
    package var escrowcert: Located<String>?
    package var backuppassphrase: Located<Bool>
    package var cipher: Located<String>?
    package var hibernation: Located<Bool>
    package var thinpool: Located<Bool>
    package var thin: Located<Bool>
    package var poolname: Located<String>?
    /// KiB.
    package var chunksize: Located<Int>?
    /// MiB.
    package var metadatasize: Located<Int>?
    package var profile: Located<String>?
    package var label: Located<String>?
    package var resize: Located<Bool>
    /// Handed to mkfs.
    package var mkfsoptions: Located<String>?
    /// MiB.
    package var cachesize: Located<Int>?
    package var cachemode: Located<String>?
    package var cachepvs: [Located<String>]
    package var luksVersion: Located<String>?
    package var pbkdf: Located<String>?
    /// KiB.
    package var pbkdfMemory: Located<Int>?
    /// Milliseconds.
    package var pbkdfTime: Located<Int>?
    package var pbkdfIterations: Located<Int>?

    init(_ values: OptionValues) {
        mountPoint = values.required("mountPoint")
        fstype = values.string("fstype")
        grow = values.flag("grow")
        maxsize = values.integer("maxsize")
        name = values.required("name")
        noformat = values.flag("noformat")
        percent = values.integer("percent")
        recommended = values.flag("recommended")
        size = values.integer("size")
        useexisting = values.flag("useexisting")
        vgname = values.required("vgname")
        bytesPerInode = values.integer("bytesPerInode")
        fsoptions = values.string("fsoptions")
        encrypted = values.flag("encrypted")
        passphrase = values.string("passphrase")
        fsprofile = values.string("fsprofile")
        escrowcert = values.string("escrowcert")
        backuppassphrase = values.flag("backuppassphrase")
        cipher = values.string("cipher")
        hibernation = values.flag("hibernation")
        thinpool = values.flag("thinpool")
        thin = values.flag("thin")
        poolname = values.string("poolname")
        chunksize = values.integer("chunksize")
        metadatasize = values.integer("metadatasize")
        profile = values.string("profile")
        label = values.string("label")
        resize = values.flag("resize")
        mkfsoptions = values.string("mkfsoptions")
        cachesize = values.integer("cachesize")
        cachemode = values.string("cachemode")
        cachepvs = values.list("cachepvs")
        luksVersion = values.string("luksVersion")
        pbkdf = values.string("pbkdf")
        pbkdfMemory = values.integer("pbkdfMemory")
        pbkdfTime = values.integer("pbkdfTime")
        pbkdfIterations = values.integer("pbkdfIterations")
    }
}

/// `raid`: a software RAID device on `raid.ID` partitions.
package struct RAIDCommand: Sendable {
    /// A path, normalised, or `swap`, `pv.ID`, `raid.ID`, `btrfs.ID`, `biosboot`, `prepboot`, `none`.
    package var mountPoint: Located<String>
    package var partitions: [Located<String>]
    package var device: Located<String>
    package var fstype: Located<String>?
    package var level: Located<String>?
    package var noformat: Located<Bool>
    package var spares: Located<Int>?
    package var useexisting: Located<Bool>
    /// For /etc/fstab.
    package var fsoptions: Located<String>?
    /// Bytes.
    package var bytesPerInode: Located<Int>?
    package var encrypted: Located<Bool>
    /// A secret: never printed, never in a layer.
    package var passphrase: Located<String>?
    package var fsprofile: Located<String>?
    package var escrowcert: Located<String>?
    package var backuppassphrase: Located<Bool>
    package var cipher: Located<String>?
    package var label: Located<String>?
    /// Handed to mkfs.
    package var mkfsoptions: Located<String>?
    /// KiB.
    package var chunksize: Located<Int>?
    package var luksVersion: Located<String>?
    package var pbkdf: Located<String>?
    /// KiB.
    package var pbkdfMemory: Located<Int>?
    /// Milliseconds.
    package var pbkdfTime: Located<Int>?
    package var pbkdfIterations: Located<Int>?

    init(_ values: OptionValues) {
        mountPoint = values.required("mountPoint")
        partitions = values.list("partitions")
        device = values.required("device")
        fstype = values.string("fstype")
        level = values.string("level")
        noformat = values.flag("noformat")
        spares = values.integer("spares")
        useexisting = values.flag("useexisting")
        fsoptions = values.string("fsoptions")
        bytesPerInode = values.integer("bytesPerInode")
        encrypted = values.flag("encrypted")
        passphrase = values.string("passphrase")
        fsprofile = values.string("fsprofile")
        escrowcert = values.string("escrowcert")
        backuppassphrase = values.flag("backuppassphrase")
        cipher = values.string("cipher")
        label = values.string("label")
        mkfsoptions = values.string("mkfsoptions")
        chunksize = values.integer("chunksize")
        luksVersion = values.string("luksVersion")
        pbkdf = values.string("pbkdf")
        pbkdfMemory = values.integer("pbkdfMemory")
        pbkdfTime = values.integer("pbkdfTime")
        pbkdfIterations = values.integer("pbkdfIterations")
    }
}

/// `btrfs`: a volume on `btrfs.ID` partitions, or with `--subvol` a subvolume of `devices[0]`, which is a mount point,
/// `LABEL=…` or a volume's name.
package struct BtrfsCommand: Sendable {
    /// A path, normalised, or `none`.
    package var mountPoint: Located<String>
    package var noformat: Located<Bool>
    package var useexisting: Located<Bool>
    package var label: Located<String>?
    package var data: Located<String>?
    package var metadata: Located<String>?
    package var subvol: Located<Bool>
    package var parent: Located<String>?
    package var name: Located<String>?
    /// Handed to mkfs.
    package var mkfsoptions: Located<String>?
    /// Partitions of a volume, the parent of a subvolume.
    package var devices: [Located<String>]

    init(_ values: OptionValues) {
        mountPoint = values.required("mountPoint")
        noformat = values.flag("noformat")
        useexisting = values.flag("useexisting")
        label = values.string("label")
        data = values.string("data")
        metadata = values.string("metadata")
        subvol = values.flag("subvol")
        parent = values.string("parent")
        name = values.string("name")
        mkfsoptions = values.string("mkfsoptions")
        devices = values.list("devices")
    }
}

/// `mount`: an existing device on a mount point.
package struct MountCommand: Sendable {
    package var device: Located<String>
    /// A path, normalised, or `swap`, `pv.ID`, `raid.ID`, `btrfs.ID`, `biosboot`, `prepboot`, `none`.
    package var mountPoint: Located<String>
    /// Handed to mkfs.
    package var mkfsoptions: Located<String>?
    package var mountoptions: Located<String>?
    package var reformat: Located<Bool>
    /// The file system of `--reformat=FSTYPE`.
    package var format: Located<String>?

    init(_ values: OptionValues) {
        device = values.required("device")
        mountPoint = values.required("mountPoint")
        mkfsoptions = values.string("mkfsoptions")
        mountoptions = values.string("mountoptions")
        reformat = values.flag("reformat")
        format = values.string("format")
    }
}

/// `reqpart`: the partitions that the platform needs.
package struct ReqPartCommand: Sendable {
    package var addBoot: Located<Bool>

    init(_ values: OptionValues) {
        addBoot = values.flag("addBoot")
    }
}

/// `snapshot`: an LVM snapshot of `VG/LV`.
package struct SnapshotCommand: Sendable {
    package var origin: Located<String>
    package var name: Located<String>
    package var when: Located<String>

    init(_ values: OptionValues) {
        origin = values.required("origin")
        name = values.required("name")
        when = values.required("when")
    }
}
