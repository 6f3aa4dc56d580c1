package import Diagnostics

/// `url`: the main repository.
package struct URLCommand: Sendable {
    package var url: Located<String>?
    package var proxy: Located<String>?
    package var noverifyssl: Located<Bool>
    package var mirrorlist: Located<String>?
    package var metalink: Located<String>?
    package var sslcacert: Located<String>?
    package var sslclientcert: Located<String>?
    package var sslclientkey: Located<String>?

    init(_ values: OptionValues) {
        url = values.string("url")
        proxy = values.string("proxy")
        noverifyssl = values.flag("noverifyssl")
        mirrorlist = values.string("mirrorlist")
        metalink = values.string("metalink")
        sslcacert = values.string("sslcacert")
        sslclientcert = values.string("sslclientcert")
        sslclientkey = values.string("sslclientkey")
    }
}

/// `repo`: one more repository.
package struct RepositoryCommand: Sendable {
    package var name: Located<String>
    package var baseurl: Located<String>?
    package var mirrorlist: Located<String>?
    package var cost: Located<Int>?
    package var excludepkgs: [Located<String>]
    package var includepkgs: [Located<String>]
    package var ignoregroups: Located<Bool>?
    package var proxy: Located<String>?
    package var noverifyssl: Located<Bool>
    package var install: Located<Bool>
    package var metalink: Located<String>?
    package var sslcacert: Located<String>?
    package var sslclientcert: Located<String>?
    package var sslclientkey: Located<String>?

    init(_ values: OptionValues) {
        name = values.required("name")
        baseurl = values.string("baseurl")
        mirrorlist = values.string("mirrorlist")
        cost = values.integer("cost")
        excludepkgs = values.list("excludepkgs")
        includepkgs = values.list("includepkgs")
        ignoregroups = values.bool("ignoregroups")
        proxy = values.string("proxy")
        noverifyssl = values.flag("noverifyssl")
        install = values.flag("install")
        metalink = values.string("metalink")
        sslcacert = values.string("sslcacert")
        sslclientcert = values.string("sslclientcert")
        sslclientkey = values.string("sslclientkey")
    }
}

/// `nfs`: the installation source on an NFS server.
package struct NFSCommand: Sendable {
    package var server: Located<String>
    package var dir: Located<String>
    package var opts: Located<String>?

    init(_ values: OptionValues) {
        server = values.required("server")
        dir = values.required("dir")
        opts = values.string("opts")
    }
}

/// `harddrive`: the installation source on a disk.
package struct HardDriveCommand: Sendable {
    package var biospart: Located<String>?
    package var partition: Located<String>?
    package var dir: Located<String>

    init(_ values: OptionValues) {
        biospart = values.string("biospart")
        partition = values.string("partition")
        dir = values.required("dir")
    }
}

/// `liveimg`: a disk image to be unpacked in place of packages.
package struct LiveImageCommand: Sendable {
    package var url: Located<String>
    package var proxy: Located<String>?
    package var noverifyssl: Located<Bool>
    package var checksum: Located<String>?

    init(_ values: OptionValues) {
        url = values.required("url")
        proxy = values.string("proxy")
        noverifyssl = values.flag("noverifyssl")
        checksum = values.string("checksum")
    }
}

/// `ostreesetup`: an OSTree commit in place of packages. `remote` is `osname` where none is given.
package struct OSTreeSetupCommand: Sendable {
    package var osname: Located<String>
    package var remote: Located<String>?
    package var url: Located<String>
    package var ref: Located<String>
    package var nogpg: Located<Bool>

    init(_ values: OptionValues) {
        osname = values.required("osname")
        remote = values.string("remote")
        url = values.required("url")
        ref = values.required("ref")
        nogpg = values.flag("nogpg")
    }
}

/// `ostreecontainer`: an OSTree container in place of packages. `remote` is `stateroot` where none is given.
package struct OSTreeContainerCommand: Sendable {
    package var stateroot: Located<String>?
    package var url: Located<String>
    package var transport: Located<String>?
    package var remote: Located<String>?
    package var noSignatureVerification: Located<Bool>

    init(_ values: OptionValues) {
        stateroot = values.string("stateroot")
        url = values.required("url")
        transport = values.string("transport")
        remote = values.string("remote")
        noSignatureVerification = values.flag("noSignatureVerification")
    }
}

/// `bootc`: a bootable container in place of packages. `targetImgref` is `sourceImgref` where none is given.
package struct BootcCommand: Sendable {
    package var stateroot: Located<String>?
    package var sourceImgref: Located<String>
    package var targetImgref: Located<String>?
    package var bootloader: Located<String>?
    package var composefs: Located<Bool>

    init(_ values: OptionValues) {
        stateroot = values.string("stateroot")
        sourceImgref = values.required("sourceImgref")
        targetImgref = values.string("targetImgref")
        bootloader = values.string("bootloader")
        composefs = values.flag("composefs")
    }
}

/// `module`: enables (or disables) a module stream.
package struct ModuleCommand: Sendable {
    package var name: Located<String>
    package var stream: Located<String>?
    package var disable: Located<Bool>

    init(_ values: OptionValues) {
        name = values.required("name")
        stream = values.string("stream")
        disable = values.flag("disable")
    }
}

/// `install`: installation mode; always so today.
package struct InstallCommand: Sendable {
    package var rootDevice: Located<String>?

    init(_ values: OptionValues) {
        rootDevice = values.string("rootDevice")
    }
}

/// `upgrade`: upgrade mode, gone since Fedora 20.
package struct UpgradeCommand: Sendable {
    package var rootDevice: Located<String>?

    init(_ values: OptionValues) {
        rootDevice = values.string("rootDevice")
    }
}

/// `updates`: an image with updates of the installer.
package struct UpdatesCommand: Sendable {
    /// `floppy` where an old file gives none.
    package var url: Located<String>

    init(_ values: OptionValues) {
        url = values.required("url")
    }
}

/// `driverdisk`: drivers for the installer.
package struct DriverDiskCommand: Sendable {
    package var partition: Located<String>?
    package var source: Located<String>?
    package var type: Located<String>?
    package var biospart: Located<String>?

    init(_ values: OptionValues) {
        partition = values.string("partition")
        source = values.string("source")
        type = values.string("type")
        biospart = values.string("biospart")
    }
}
