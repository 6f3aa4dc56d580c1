import ContentDigest
import Diagnostics
import Kickstart

// Locale, keyboard, time, services, firewall, SELinux, boot loader, X.
extension KickstartCompiler {
    mutating func compile(_ command: LanguageCommand) {
        let locale = Self.locale(command.lang)
        root.set("locale", text: locale)
        let more = command.addsupport.map(Self.locale)
        root.set("locales", texts: more)
        applied("locale: \(([locale] + more).map(\.value).joined(separator: ", "))")
    }

    /// `en_US`, `en_US.utf8` and `en_US.UTF-8` are one.
    private static func locale(_ text: Located<String>) -> Located<String> {
        text.map { name in
            let parts = name.split(separator: "@", maxSplits: 1)
            guard let base = parts.first else { return name }
            let modifier = parts.count > 1 ? "@\(parts[1])" : ""
            let place = base.prefix { $0 != "." }
            let charset = base.dropFirst(place.count + 1)
            let isUTF8 = charset.isEmpty || ["utf8", "utf-8"].contains(charset.lowercased())
            // glibc's names: en_IN and modifiers such as @latin stay UTF-8 too.
            return "\(place).\(isUTF8 ? "UTF-8" : String(charset))\(modifier)"
        }
    }

    mutating func compile(_ command: KeyboardCommand) {
        let keymap = command.vckeymap ?? command.keyboard
        var layouts: [Located<String>] = []
        if !command.xlayouts.isEmpty {
            // `de (nodeadkeys)`, as localectl shows it.
            layouts = command.xlayouts.map { $0.map { $0.filter { $0 != " " } } }
            option(
                "vckeymap", isGiven: command.vckeymap != nil,
                noOp: "console-setup makes the console's keymap of the layouts")
        } else if let keymap {
            guard let layout = KeyboardMaps.layout(of: keymap.value) else {
                unsupported(
                    "there is no X layout known for the keymap '\(keymap.value)', and Debian's console is set up from one",
                    hint: "write 'keyboard --xlayouts=us' with the layout, or 'de (nodeadkeys)' with its variant",
                    at: keymap.range)
                return
            }
            layouts = [Located(layout, at: keymap.range)]
        } else {
            noOp("it names no layout")
            return
        }
        let range = place
        root.change("keyboard", at: place) { map in
            map.set("layouts", texts: layouts.map { Located($0.value, at: $0.range ?? range) })
            map.set("options", texts: command.switch)
        }
        applied("keyboard: \(layouts.map(\.value).joined(separator: ", "))")
    }

    mutating func compile(_ command: TimeZoneCommand) {
        let zone = command.timezone?.map { Self.renamedZones[$0] ?? $0 }
        root.set("timezone", text: zone)
        let range = place
        if !command.ntpservers.isEmpty {
            root.change("time", at: place) { map in
                for server in command.ntpservers {
                    map.append(.text(server.value, server.range ?? range), to: "servers")
                }
            }
        }
        if command.nontp.value { root.change("time", at: place) { $0.set("synchronize", false, at: range) } }
        applied(
            (zone.map { "timezone: \($0.value)" } ?? "no zone")
                + (command.utc.value ? "" : "; the hardware clock holds UTC all the same, as in every cloud"))
    }

    /// Names from before 1993, which Debian 13 has no more.
    private static let renamedZones = [
        "US/Alaska": "America/Anchorage", "US/Arizona": "America/Phoenix", "US/Central": "America/Chicago",
        "US/Eastern": "America/New_York", "US/Hawaii": "Pacific/Honolulu", "US/Mountain": "America/Denver",
        "US/Pacific": "America/Los_Angeles", "Canada/Atlantic": "America/Halifax", "Canada/Eastern": "America/Toronto",
        "Canada/Pacific": "America/Vancouver", "GB": "Europe/London", "Japan": "Asia/Tokyo",
        "Singapore": "Asia/Singapore",
        "Hongkong": "Asia/Hong_Kong", "PRC": "Asia/Shanghai", "ROK": "Asia/Seoul", "Israel": "Asia/Jerusalem",
        "Turkey": "Europe/Istanbul", "NZ": "Pacific/Auckland", "Brazil/East": "America/Sao_Paulo",
        "Etc/GMT0": "Etc/GMT",
        "Zulu": "Etc/UTC", "Universal": "Etc/UTC", "UCT": "Etc/UTC", "Poland": "Europe/Warsaw",
        "Portugal": "Europe/Lisbon",
    ]

    mutating func compile(_ command: TimeSourceCommand) {
        let range = place
        root.change("time", at: place) { map in
            if let server = command.ntpServer { map.append(.text(server.value, server.range ?? range), to: "servers") }
            if let pool = command.ntpPool { map.append(.text(pool.value, pool.range ?? range), to: "pools") }
            if command.ntpDisable.value { map.set("synchronize", false, at: range) }
            if command.nts.value { map.set("nts", true, at: range) }
        }
        applied(
            "time: " + (command.ntpDisable.value ? "not synchronized" : command.nts.value ? "chrony with NTS" : "NTP"))
    }

    mutating func compile(_ command: LanguageSupportCommand) {
        root.set("locales", texts: command.supported.map(Self.locale))
        applied("locales: \(command.supported.map(\.value).joined(separator: ", "))")
    }

    // MARK: Units

    /// Units that have another name in Debian.
    private static let unitNames = [
        "sshd": "ssh", "crond": "cron", "chronyd": "chrony", "httpd": "apache2", "named": "named", "nfs": "nfs-server",
        "libvirtd": "libvirtd", "vsftpd": "vsftpd", "ntpd": "ntpsec", "iscsid": "iscsid", "mysqld": "mysql",
    ]

    static func unit(_ service: Located<String>) -> Located<String> {
        service.map { name in
            let endings = ["service", "socket", "timer", "target", "path", "mount", "automount", "swap", "slice"]
            if let dot = name.lastIndex(of: "."), endings.contains(String(name[name.index(after: dot)...])) {
                return name
            }
            return (unitNames[name] ?? name) + ".service"
        }
    }

    mutating func compile(_ command: ServicesCommand) {
        let (enabled, disabled) = (command.enabled.map(Self.unit), command.disabled.map(Self.unit))
        let range = place
        root.change("services", at: place) { map in
            for unit in enabled { map.append(.text(unit.value, unit.range ?? range), to: "enable") }
            for unit in disabled { map.append(.text(unit.value, unit.range ?? range), to: "disable") }
        }
        applied((enabled.map { "enable \($0.value)" } + disabled.map { "disable \($0.value)" }).joined(separator: ", "))
    }

    mutating func compile(_ command: FirstBootCommand) {
        switch command.mode?.value {
        case .disabled?:
            let range = place
            root.change("services", at: place) { $0.append(.text("systemd-firstboot.service", range), to: "mask") }
            applied("nothing asks a person at the first boot: systemd-firstboot.service is masked")
        case .enabled?, .reconfig?:
            unsupported(
                "nothing can ask a person at the first boot of a machine in a cloud",
                hint:
                    "give the answers here (rootpw, user, timezone, …) or to cloud-init, and write 'firstboot --disable'"
            )
        case nil: noOp("it says nothing")
        }
    }

    mutating func setBootTarget(_ target: String) {
        let range = place
        root.change("services", at: place) { $0.set("boot-target", .text(target, range)) }
        applied("services.boot-target: \(target)")
    }

    mutating func compile(_ command: XConfigCommand) {
        if command.startxonboot.value {
            setBootTarget("graphical.target")
        } else {
            noOp("X configures itself")
        }
        if let desktop = command.defaultdesktop {
            option(
                "defaultdesktop", refused: desktop.range, isGiven: true, "the desktop is the one that is installed",
                hint: "write '@gnome-desktop' or '@kde-desktop' into %packages")
        }
    }

    mutating func compile(_ command: SELinuxCommand) {
        guard let mode = command.mode else { return noOp("it names no mode") }
        root.set("selinux", .text(mode.value.rawValue, mode.range ?? place))
        applied(
            mode.value == .disabled
                ? "selinux: disabled, as Debian has it; AppArmor stays"
                : "selinux: \(mode.value.rawValue), with Debian's policy; the first boot labels the file system")
    }

    // MARK: Firewall

    mutating func compile(_ command: FirewallCommand) {
        let range = place
        guard command.enabled.value else {
            root.change("firewall", at: place) { $0.set("enabled", false, at: range) }
            return applied("firewall: off")
        }
        var ports: [Located<String>] = []
        for port in command.ports {
            let parts = port.value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            let transport = parts.count > 1 ? parts[1] : "tcp"
            if let known = FirewallServices.ports[parts[0]]?.first(where: { $0.hasSuffix("/\(transport)") }) {
                ports.append(Located(known, at: port.range))
            } else {
                ports.append(Located("\(parts[0])/\(transport)", at: port.range))
            }
        }
        for service in command.services where service.value != "ssh" {
            guard let known = FirewallServices.ports[service.value] else {
                option(
                    "service", refused: service.range, isGiven: true, "there is no service '\(service.value)' known",
                    hint: "write its ports: '--port=8443:tcp'")
                continue
            }
            ports += known.map { Located($0, at: service.range) }
        }
        let closesSSH = command.removeServices.contains { $0.value == "ssh" }
        root.change("firewall", at: place) { map in
            map.set("enabled", true, at: range)
            map.set("ports", texts: ports.map { Located($0.value, at: $0.range ?? range) })
            if closesSSH { map.set("ssh", false, at: range) }
            map.set("trusted", texts: command.trusts)
        }
        applied(
            "firewall: \(((closesSSH ? [] : ["22/tcp"]) + ports.map(\.value)).joined(separator: ", ")), and nothing else"
        )
        option("use-system-defaults", isGiven: command.useSystemDefaults.value, noOp: "Debian has none")
        for (name, value) in [("high", command.high), ("medium", command.medium), ("telnet", command.telnet)] {
            option(
                name, refused: value?.range, isGiven: value != nil, "levels of an old firewall",
                hint: "write 'firewall --enabled' and what is to be let in")
        }
    }

    // MARK: Boot loader

    mutating func compile(_ command: BootloaderCommand) {
        if command.disabled.value || command.location?.value == BootloaderCommand.Location.none {
            unsupported(
                "without a boot loader the image starts nowhere",
                hint: "leave '\(command.disabled.value ? "--disabled" : "--location=none")' out",
                at: command.location?.range)
        }
        let arguments = (command.append?.value ?? "").split { $0 == " " || $0 == "\t" }.map {
            Located(String($0), at: command.append?.range ?? place)
        }
        root.set("kernel-arguments", texts: arguments)
        let range = place
        if let timeout = command.timeout {
            root.change("boot-loader", at: place) { $0.set("timeout", integer: timeout) }
        }
        if let password = command.password {
            let hash =
                command.iscrypted.value
                ? password.value : PasswordHash.grub(password.value, salt: "boot loader of \(stem)")
            root.change("boot-loader", at: place) { $0.set("password", .text(hash, range)) }
        }
        if command.nombr.value {
            root.change("disk", at: place) {
                $0.set("boot", SpecNode(content: .list([.text("uefi", range)]), range: range))
            }
        }
        var parts = ["GRUB for BIOS and UEFI"]
        if command.nombr.value { parts = ["GRUB for UEFI alone"] }
        if !arguments.isEmpty { parts.append("kernel-arguments: \(arguments.map(\.value).joined(separator: " "))") }
        if let timeout = command.timeout { parts.append("timeout: \(timeout.value)") }
        if command.password != nil { parts.append("a password for changing entries") }
        applied(parts.joined(separator: "; "))
        for (name, isGiven) in [
            ("extlinux", command.extlinux.value), ("sdboot", command.sdboot.value), ("useLilo", command.useLilo.value),
        ] {
            option(
                name, refused: nil, isGiven: isGiven, "images are started by GRUB", hint: "leave '--\(name)' out")
        }
        option(
            "location", refused: command.location?.range, isGiven: command.location?.value == .partition,
            "GRUB's core lies in a partition of its own, and the disk's first sector starts it",
            hint: "write '--location=mbr'")
        option("hvargs", isGiven: command.hvargs != nil, noOp: "no hypervisor is started")
        option("leavebootorder", isGiven: command.leavebootorder.value, noOp: "an image has no boot order")
        option("upgrade", isGiven: command.upgrade.value, noOp: "nothing is upgraded")
        option("lba32", isGiven: command.lba32.value, noOp: "GRUB needs no such word")
        option(
            "boot-drive", isGiven: command.bootDrive != nil || !command.driveorder.isEmpty,
            noOp: "the first disk boots, which is this one")
    }
}
