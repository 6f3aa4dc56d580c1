package import Diagnostics

/// `autopart`: the default layout.
package struct AutoPartCommand: Sendable {
    package enum Scheme: String, Sendable, CaseIterable {
        case plain, lvm, thinp, btrfs
    }

    package var encrypted: Located<Bool>
    /// A secret: never printed, never in a layer.
    package var passphrase: Located<String>?
    package var escrowcert: Located<String>?
    package var backuppassphrase: Located<Bool>
    package var cipher: Located<String>?
    package var type: Located<Scheme>?
    package var fstype: Located<String>?
    package var nohome: Located<Bool>
    package var noboot: Located<Bool>
    package var noswap: Located<Bool>
    package var luksVersion: Located<String>?
    package var pbkdf: Located<String>?
    /// KiB.
    package var pbkdfMemory: Located<Int>?
    /// Milliseconds.
    package var pbkdfTime: Located<Int>?
    package var pbkdfIterations: Located<Int>?
    package var hibernation: Located<Bool>
    /// A secret.
    package var hwPassphrase: Located<String>?

    init(_ values: OptionValues) {
        encrypted = values.flag("encrypted")
        passphrase = values.string("passphrase")
        escrowcert = values.string("escrowcert")
        backuppassphrase = values.flag("backuppassphrase")
        cipher = values.string("cipher")
        type = values.choice("type")
        fstype = values.string("fstype")
        nohome = values.flag("nohome")
        noboot = values.flag("noboot")
        noswap = values.flag("noswap")
        luksVersion = values.string("luksVersion")
        pbkdf = values.string("pbkdf")
        pbkdfMemory = values.integer("pbkdfMemory")
        pbkdfTime = values.integer("pbkdfTime")
        pbkdfIterations = values.integer("pbkdfIterations")
        hibernation = values.flag("hibernation")
        hwPassphrase = values.string("hwPassphrase")
    }
}

/// `clearpart`: which partitions go first; `--disklabel` is the table that new disks get.
package struct ClearPartCommand: Sendable {
    package enum Scope: String, Sendable, CaseIterable {
        case all, linux, none, list
    }

    package var type: Located<Scope>?
    package var drives: [Located<String>]
    package var initlabel: Located<Bool>
    package var devices: [Located<String>]
    package var disklabel: Located<String>?
    package var cdl: Located<Bool>

    init(_ values: OptionValues) {
        type = values.choice("type")
        drives = values.list("drives")
        initlabel = values.flag("initlabel")
        devices = values.list("devices")
        disklabel = values.string("disklabel")
        cdl = values.flag("cdl")
    }
}

/// `ignoredisk`: disks that are left alone, or with `--only-use` those that are used.
package struct IgnoreDiskCommand: Sendable {
    package var drives: [Located<String>]
    package var onlyUse: [Located<String>]
    package var interactive: Located<Bool>

    init(_ values: OptionValues) {
        drives = values.list("drives")
        onlyUse = values.list("onlyUse")
        interactive = values.flag("interactive")
    }
}

/// `bootloader`: kernel arguments, timeout, password. `--md5pass=X` is told as `password` X with `iscrypted`.
package struct BootloaderCommand: Sendable {
    package enum Location: String, Sendable, CaseIterable {
        case mbr, partition, none, boot
    }

    /// Kernel arguments.
    package var append: Located<String>?
    /// Of LILO; nil where neither `--linear` nor `--nolinear` stands.
    package var linear: Located<Bool>?
    package var location: Located<Location>?
    package var lba32: Located<Bool>
    /// A secret.
    package var password: Located<String>?
    package var upgrade: Located<Bool>
    package var useLilo: Located<Bool>
    package var driveorder: [Located<String>]
    package var hvargs: Located<String>?
    /// Seconds.
    package var timeout: Located<Int>?
    package var `default`: Located<String>?
    package var iscrypted: Located<Bool>
    package var bootDrive: Located<String>?
    package var leavebootorder: Located<Bool>
    package var extlinux: Located<Bool>
    package var disabled: Located<Bool>
    package var nombr: Located<Bool>
    package var sdboot: Located<Bool>

    init(_ values: OptionValues) {
        append = values.string("append")
        linear = values.bool("linear")
        location = values.choice("location")
        lba32 = values.flag("lba32")
        password = values.string("password")
        upgrade = values.flag("upgrade")
        useLilo = values.flag("useLilo")
        driveorder = values.list("driveorder")
        hvargs = values.string("hvargs")
        timeout = values.integer("timeout")
        `default` = values.string("default")
        iscrypted = values.flag("iscrypted")
        bootDrive = values.string("bootDrive")
        leavebootorder = values.flag("leavebootorder")
        extlinux = values.flag("extlinux")
        disabled = values.flag("disabled")
        nombr = values.flag("nombr")
        sdboot = values.flag("sdboot")
    }
}

/// `zipl`: the boot loader of s390x.
package struct ZiplCommand: Sendable {
    package enum SecureBoot: String, Sendable, CaseIterable {
        case auto, force, disabled
    }

    package var secureBoot: Located<SecureBoot>?

    init(_ values: OptionValues) {
        secureBoot = values.choice("secureBoot")
    }
}
