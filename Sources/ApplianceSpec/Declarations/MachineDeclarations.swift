extension SpecDeclarations {
    static let rootAccount = Record(
        name: "root",
        fields: [
            Field(
                "password", .text(.password), "`locked`, or a crypt(5) hash. Never a plain password.",
                standard: "locked"),
            Field("ssh-keys", .list(of: .text(.sshKey)), "Public keys that may log in."),
            Field("ssh-password", .boolean, "Whether root may log in over SSH with the password.", standard: "false"),
        ])

    static let group = Record(
        name: "a group",
        fields: [
            Field("name", .text(.groupName), "Its name.", need: .inEachFile),
            Field("gid", .integer(1...59999), "The numeric id.", standard: "the next free one"),
            Field("system", .boolean, "Its id is below 1000.", standard: "false"),
        ])

    static let keyboard = Record(
        name: "a keyboard",
        fields: [
            Field(
                "layouts", .list(of: .text(.keyboardLayout), atLeast: 1),
                "XKB layouts, the first one in force: `de`, or with a variant `de(nodeadkeys)`.", need: .inEachFile),
            Field("model", .text(.keyboardWord), "The XKB model.", standard: "pc105"),
            Field("options", .list(of: .text(.keyboardOption)), "XKB options, such as how layouts are switched."),
        ])

    static let time = Record(
        name: "time",
        fields: [
            Field("servers", .list(of: .text(.timeSource)), "NTP servers.", standard: "Debian's"),
            Field("pools", .list(of: .text(.timeSource)), "Names that stand for several NTP servers."),
            Field(
                "nts", .boolean, "Whether the servers are asked with Network Time Security, by chrony.",
                standard: "false"),
            Field("synchronize", .boolean, "Whether the clock follows NTP at all.", standard: "true"),
        ])

    static let network = Record(
        name: "a network interface",
        fields: [
            Field("interface", .text(.interface), "Its name.", standard: "every Ethernet card"),
            Field("mac", .text(.macAddress), "Its hardware address, in place of the name."),
            Field(
                "dhcp", .choice(NetworkInterface.DHCP.allCases.map(\.rawValue)), "What it asks DHCP for.",
                standard: "both; none with addresses"),
            Field("addresses", .list(of: .text(.addressWithPrefix)), "Addresses with their prefix lengths."),
            Field("gateways", .list(of: .text(.address)), "The default routes."),
            Field("nameservers", .list(of: .text(.address)), "DNS servers."),
            Field("search", .list(of: .text(.hostName)), "Domains in which short names are looked up."),
            Field("mtu", .integer(68...65535), "The largest packet, in bytes.", standard: "the network's"),
            Field(
                "router-advertisements", .boolean, "Whether IPv6 comes from the network's routers.", standard: "true"),
            Field("activate", .boolean, "Whether it is brought up at boot.", standard: "true"),
        ])

    static let firewall = Record(
        name: "a firewall",
        fields: [
            Field("enabled", .boolean, "Whether there is one.", standard: "true"),
            Field(
                "ports", .list(of: .text(.firewallPort)),
                "What is let in: `80/tcp`, `5000-5010/udp`. The application's port and SSH are let in anyway."),
            Field("ssh", .boolean, "Whether port 22 is let in.", standard: "true"),
            Field("trusted", .list(of: .text(.interface)), "Interfaces from which everything is let in."),
        ])

    static let bootLoader = Record(
        name: "a boot loader",
        fields: [
            Field("timeout", .integer(0...3600), "Seconds that the menu waits.", standard: "1"),
            Field(
                "password", .text(.bootLoaderPassword),
                "A hash of grub-mkpasswd-pbkdf2: changing an entry then needs the user `root` and this password.",
                standard: "none"),
        ])
}

extension TextRule {
    static let keyboardLayout = TextRule(
        "a keyboard layout", #"^[a-z]{2,10}([(][A-Za-z0-9_-]+[)])?$"#, examples: ["us", "de(nodeadkeys)"])
    static let keyboardWord = TextRule("a keyboard model", "^[A-Za-z0-9_-]+$", examples: ["pc105"])
    static let keyboardOption = TextRule(
        "a keyboard option", "^[a-z0-9_-]+:[A-Za-z0-9_-]+$", examples: ["grp:alt_shift_toggle"])
    static let timeSource = TextRule(
        "a time source", "^([A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45})$",
        examples: ["ntp.example.org", "192.0.2.1"])
    static let interface = TextRule(
        "a network interface", "^[A-Za-z][A-Za-z0-9_.-]{0,14}$", examples: ["eth0", "enp1s0"])
    static let macAddress = TextRule(
        "a MAC address", "^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$", id: "mac-address", examples: ["52:54:00:12:34:56"])

    private static let ipv4 =
        "((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
    private static let ipv6 = "(?=[^/]*:[^/]*:)[0-9A-Fa-f:]{2,39}"

    static let address = TextRule(
        "an IP address", "^(\(ipv4)|\(ipv6))$", id: "ip-address", examples: ["192.0.2.1", "2001:db8::1"])
    static let addressWithPrefix = TextRule(
        "an address with a prefix length", "^(\(ipv4)/(3[0-2]|[12]?[0-9])|\(ipv6)/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$",
        id: "ip-address", examples: ["192.0.2.10/24", "2001:db8::10/64"]
    ) { text in
        text.contains("/") ? nil : "with its prefix length: '\(text)/24'"
    }
    static let firewallPort = TextRule(
        "a firewall port", "^[0-9]{1,5}(-[0-9]{1,5})?/(tcp|udp|sctp)$", examples: ["80/tcp", "5000-5010/udp"])
    static let bootLoaderPassword = TextRule(
        "a boot loader password", "^grub[.]pbkdf2[.]sha512[.][0-9]{1,9}[.][0-9A-Fa-f]{2,256}[.][0-9A-Fa-f]{2,256}$",
        id: "password", examples: ["grub.pbkdf2.sha512.10000.…"]
    ) { _ in "a spec holds no plain password: write what 'grub-mkpasswd-pbkdf2' prints" }
    static let rpmURL = TextRule(
        "a URL", #"^(https?|ftp|file|nfs|media|hd|cdrom)://?[^\s]+$"#, id: "repository-uri",
        examples: ["https://mirror.example.org/os/"])
    static let interpreter = TextRule(
        "an interpreter", #"^/[^\n\r\x00]+$"#, examples: ["/bin/bash", "/usr/bin/python3"]
    ) { text in
        text.hasPrefix("/") ? nil : "its path in the image: '/usr/bin/\(text)'"
    }
}
