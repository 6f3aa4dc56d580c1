package import Diagnostics

/// `text`, `cmdline` and `graphical`: how the installer looks.
package struct DisplayModeCommand: Sendable {
    package var nonInteractive: Located<Bool>

    init(_ values: OptionValues) {
        nonInteractive = values.flag("nonInteractive")
    }
}

/// `reboot`, `halt`, `shutdown` and `poweroff`: what follows the installation.
package struct RebootCommand: Sendable {
    package var eject: Located<Bool>
    package var kexec: Located<Bool>

    init(_ values: OptionValues) {
        eject = values.flag("eject")
        kexec = values.flag("kexec")
    }
}

/// `vnc`: the installer over VNC. `--connect=HOST:PORT` is told as `host` and `port`.
package struct VNCCommand: Sendable {
    /// A secret.
    package var password: Located<String>?
    package var host: Located<String>?
    package var port: Located<String>?

    init(_ values: OptionValues) {
        password = values.string("password")
        host = values.string("host")
        port = values.string("port")
    }
}

/// `rdp`: the installer over RDP.
package struct RDPCommand: Sendable {
    package var username: Located<String>?
    /// A secret.
    package var password: Located<String>?

    init(_ values: OptionValues) {
        username = values.string("username")
        password = values.string("password")
    }
}

/// `rescue`: rescue mode.
package struct RescueCommand: Sendable {
    package var nomount: Located<Bool>
    package var romount: Located<Bool>

    init(_ values: OptionValues) {
        nomount = values.flag("nomount")
        romount = values.flag("romount")
    }
}

/// `autostep`: steps through the installer's pages.
package struct AutoStepCommand: Sendable {
    package var autoscreenshot: Located<Bool>

    init(_ values: OptionValues) {
        autoscreenshot = values.flag("autoscreenshot")
    }
}

/// `key`: the installation number of RHEL 5 and 6.
package struct KeyCommand: Sendable {
    package var skip: Located<Bool>
    /// Nil with `--skip`.
    package var key: Located<String>?

    init(_ values: OptionValues) {
        skip = values.flag("skip")
        key = values.string("key")
    }
}

/// `device`: a kernel module for a device.
package struct DeviceCommand: Sendable {
    package var opts: Located<String>?
    /// Before Fedora 8.
    package var type: Located<String>?
    package var moduleName: Located<String>

    init(_ values: OptionValues) {
        opts = values.string("opts")
        type = values.string("type")
        moduleName = values.required("moduleName")
    }
}

/// `dmraid`: a name for a firmware RAID.
package struct DMRaidCommand: Sendable {
    package var name: Located<String>
    package var devices: [Located<String>]

    init(_ values: OptionValues) {
        name = values.required("name")
        devices = values.list("devices")
    }
}

/// `multipath`: a path of a multipath device.
package struct MultipathCommand: Sendable {
    package var name: Located<String>
    package var device: Located<String>
    package var rule: Located<String>

    init(_ values: OptionValues) {
        name = values.required("name")
        device = values.required("device")
        rule = values.required("rule")
    }
}

/// `iscsi`: an iSCSI target.
package struct ISCSICommand: Sendable {
    package var target: Located<String>?
    package var ipaddr: Located<String>
    package var port: Located<Int>?
    package var user: Located<String>?
    /// A secret.
    package var password: Located<String>?
    package var reverseUser: Located<String>?
    package var reversePassword: Located<String>?
    package var iface: Located<String>?

    init(_ values: OptionValues) {
        target = values.string("target")
        ipaddr = values.required("ipaddr")
        port = values.integer("port")
        user = values.string("user")
        password = values.string("password")
        reverseUser = values.string("reverseUser")
        reversePassword = values.string("reversePassword")
        iface = values.string("iface")
    }
}

/// `iscsiname`: the initiator's name.
package struct ISCSINameCommand: Sendable {
    package var name: Located<String>

    init(_ values: OptionValues) {
        name = values.required("name")
    }
}

/// `fcoe`: Fibre Channel over Ethernet.
package struct FCoECommand: Sendable {
    package var nic: Located<String>
    package var dcb: Located<Bool>
    package var autovlan: Located<Bool>

    init(_ values: OptionValues) {
        nic = values.required("nic")
        dcb = values.flag("dcb")
        autovlan = values.flag("autovlan")
    }
}

/// `zfcp`: a Fibre Channel device of s390x.
package struct ZFCPCommand: Sendable {
    package var devnum: Located<String>
    package var fcplun: Located<String>?
    package var wwpn: Located<String>?
    package var scsiid: Located<String>
    package var scsilun: Located<String>

    init(_ values: OptionValues) {
        devnum = values.required("devnum")
        fcplun = values.string("fcplun")
        wwpn = values.string("wwpn")
        scsiid = values.required("scsiid")
        scsilun = values.required("scsilun")
    }
}

/// `nvdimm`: an NVDIMM device.
package struct NVDIMMCommand: Sendable {
    package var action: Located<String>
    package var namespace: Located<String>?
    package var blockdevs: [Located<String>]
    package var mode: Located<String>?
    package var sectorsize: Located<Int>?

    init(_ values: OptionValues) {
        action = values.required("action")
        namespace = values.string("namespace")
        blockdevs = values.list("blockdevs")
        mode = values.string("mode")
        sectorsize = values.integer("sectorsize")
    }
}
