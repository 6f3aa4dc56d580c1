package import Diagnostics

/// `network`: one interface, and the host name. With `--noipv4` the boot protocol means nothing.
package struct NetworkCommand: Sendable {
    package enum BootProtocol: String, Sendable, CaseIterable {
        case dhcp, bootp, `static`, query, ibft
    }

    package var bootproto: Located<BootProtocol>?
    package var dhcpclass: Located<String>?
    package var device: Located<String>?
    package var essid: Located<String>?
    package var ethtool: Located<String>?
    package var gateway: Located<String>?
    package var hostname: Located<String>?
    package var ip: Located<String>?
    /// Bytes.
    package var mtu: Located<String>?
    package var nameserver: Located<String>?
    package var netmask: Located<String>?
    package var nodns: Located<Bool>
    package var onboot: Located<Bool>?
    package var wepkey: Located<String>?
    package var notksdevice: Located<Bool>
    package var noipv4: Located<Bool>
    package var noipv6: Located<Bool>
    package var ipv6: Located<String>?
    /// Nil where neither `--activate` nor `--no-activate` stands.
    package var activate: Located<Bool>?
    package var nodefroute: Located<Bool>
    package var vlanid: Located<String>?
    package var bondslaves: Located<String>?
    package var bondopts: Located<String>?
    package var wpakey: Located<String>?
    package var ipv6gateway: Located<String>?
    package var teamslaves: [Located<String>]
    package var teamconfig: Located<String>?
    package var interfacename: Located<String>?
    package var bridgeslaves: Located<String>?
    /// `KEY=VALUE,…`.
    package var bridgeopts: Located<String>?
    package var bindto: Located<String>?
    package var ipv4DnsSearch: Located<String>?
    package var ipv6DnsSearch: Located<String>?
    package var ipv4IgnoreAutoDns: Located<Bool>
    package var ipv6IgnoreAutoDns: Located<Bool>

    init(_ values: OptionValues) {
        bootproto = values.choice("bootproto")
        dhcpclass = values.string("dhcpclass")
        device = values.string("device")
        essid = values.string("essid")
        ethtool = values.string("ethtool")
        gateway = values.string("gateway")
        hostname = values.string("hostname")
        ip = values.string("ip")
        mtu = values.string("mtu")
        nameserver = values.string("nameserver")
        netmask = values.string("netmask")
        nodns = values.flag("nodns")
        onboot = values.bool("onboot")
        wepkey = values.string("wepkey")
        notksdevice = values.flag("notksdevice")
        noipv4 = values.flag("noipv4")
        noipv6 = values.flag("noipv6")
        ipv6 = values.string("ipv6")
        activate = values.bool("activate")
        nodefroute = values.flag("nodefroute")
        vlanid = values.string("vlanid")
        bondslaves = values.string("bondslaves")
        bondopts = values.string("bondopts")
        wpakey = values.string("wpakey")
        ipv6gateway = values.string("ipv6gateway")
        teamslaves = values.list("teamslaves")
        teamconfig = values.string("teamconfig")
        interfacename = values.string("interfacename")
        bridgeslaves = values.string("bridgeslaves")
        bridgeopts = values.string("bridgeopts")
        bindto = values.string("bindto")
        ipv4DnsSearch = values.string("ipv4DnsSearch")
        ipv6DnsSearch = values.string("ipv6DnsSearch")
        ipv4IgnoreAutoDns = values.flag("ipv4IgnoreAutoDns")
        ipv6IgnoreAutoDns = values.flag("ipv6IgnoreAutoDns")
    }
}

/// `firewall`: on or off, and what it lets in.
package struct FirewallCommand: Sendable {
    package var enabled: Located<Bool>
    /// `PORT:PROTOCOL` each.
    package var ports: [Located<String>]
    package var high: Located<String>?
    package var medium: Located<String>?
    package var trusts: [Located<String>]
    package var services: [Located<String>]
    package var telnet: Located<String>?
    package var removeServices: [Located<String>]
    package var useSystemDefaults: Located<Bool>

    init(_ values: OptionValues) {
        enabled = values.flag("enabled", default: true)
        ports = values.list("ports")
        high = values.string("high")
        medium = values.string("medium")
        trusts = values.list("trusts")
        services = values.list("services")
        telnet = values.string("telnet")
        removeServices = values.list("removeServices")
        useSystemDefaults = values.flag("useSystemDefaults")
    }
}

/// `selinux`: the mode; nil where the line has none.
package struct SELinuxCommand: Sendable {
    package enum Mode: String, Sendable, CaseIterable {
        case disabled, enforcing, permissive
    }

    package var mode: Located<Mode>?

    init(_ values: OptionValues) {
        mode = values.choice("mode")
    }
}

/// `services`: units that are enabled or disabled.
package struct ServicesCommand: Sendable {
    package var disabled: [Located<String>]
    package var enabled: [Located<String>]

    init(_ values: OptionValues) {
        disabled = values.list("disabled")
        enabled = values.list("enabled")
    }
}

/// `firstboot`: whether the setup assistant runs; nil where the line says nothing.
package struct FirstBootCommand: Sendable {
    package enum Mode: String, Sendable, CaseIterable {
        case disabled, enabled, reconfig
    }

    package var mode: Located<Mode>?

    init(_ values: OptionValues) {
        mode = values.choice("mode")
    }
}

/// `logging`: where the installer logs to.
package struct LoggingCommand: Sendable {
    package var host: Located<String>?
    package var port: Located<String>?
    package var level: Located<String>?

    init(_ values: OptionValues) {
        host = values.string("host")
        port = values.string("port")
        level = values.string("level")
    }
}

/// `rhsm`: Red Hat's subscription.
package struct RHSMCommand: Sendable {
    package var organization: Located<String>
    package var activationKeys: [Located<String>]
    package var connectToInsights: Located<Bool>
    package var proxy: Located<String>?
    package var serverHostname: Located<String>?
    package var rhsmBaseurl: Located<String>?
    package var flatpakRegistryUrl: Located<String>?

    init(_ values: OptionValues) {
        organization = values.required("organization")
        activationKeys = values.list("activationKeys")
        connectToInsights = values.flag("connectToInsights")
        proxy = values.string("proxy")
        serverHostname = values.string("serverHostname")
        rhsmBaseurl = values.string("rhsmBaseurl")
        flatpakRegistryUrl = values.string("flatpakRegistryUrl")
    }
}

/// `syspurpose`: what a subscribed system is for.
package struct SystemPurposeCommand: Sendable {
    package var role: Located<String>?
    package var sla: Located<String>?
    package var usage: Located<String>?
    package var addons: [Located<String>]

    init(_ values: OptionValues) {
        role = values.string("role")
        sla = values.string("sla")
        usage = values.string("usage")
        addons = values.list("addons")
    }
}

/// `eula`: agreed.
package struct EULACommand: Sendable {
    package var agreed: Located<Bool>

    init(_ values: OptionValues) {
        agreed = values.flag("agreed")
    }
}

/// `realm join`: a domain to be joined. Other realm commands are refused.
package struct RealmCommand: Sendable {
    /// The realm.
    package var realm: Located<String>
    /// All words behind `join`, for realmd.
    package var arguments: [Located<String>]

    init(_ values: OptionValues) {
        realm = values.required("realm")
        arguments = values.list("arguments")
    }
}
