import Diagnostics
import Kickstart

// `network`: each line an interface, and the host name.
extension KickstartCompiler {
    mutating func compile(_ command: NetworkCommand) {
        if let hostname = command.hostname { root.set("hostname", text: hostname) }
        let isAboutInterface =
            command.device != nil || command.bootproto != nil || command.ip != nil || command.ipv6 != nil
            || command.gateway != nil || command.nameserver != nil || command.mtu != nil || command.onboot != nil
            || command.noipv4.value || command.noipv6.value || command.ipv4DnsSearch != nil
            || command.ipv6DnsSearch != nil || command.bondslaves != nil || command.bridgeslaves != nil
            || command.vlanid != nil || !command.teamslaves.isEmpty || command.ipv6gateway != nil
        guard isAboutInterface || command.hostname == nil else {
            return applied("hostname: \(command.hostname?.value ?? "")")
        }
        guard !refuseUnusual(command) else { return }
        var map = NodeMap(at: place)
        guard select(command, &map), address(command, &map) else { return }
        for (key, value) in [("nameservers", command.nameserver)] {
            map.set(key, texts: Self.list(value))
        }
        map.set("search", texts: Self.list(command.ipv4DnsSearch) + Self.list(command.ipv6DnsSearch))
        if let text = command.mtu {
            guard let mtu = Int(text.value) else {
                return unsupported("'\(text.value)' is no number of bytes", hint: "write '--mtu=1500'", at: text.range)
            }
            map.set("mtu", integer: Located(mtu, at: text.range))
        }
        if command.noipv6.value { map.set("router-advertisements", false, at: command.noipv6.range) }
        if command.onboot?.value == false { map.set("activate", false, at: command.onboot?.range) }
        let host = command.hostname.map { "; hostname: \($0.value)" } ?? ""
        if map.isEmpty {
            applied("DHCP on every card, as without the line\(host)")
        } else {
            root.append(map.node, to: "network")
            applied("network: \(summary(map))\(host)")
        }
        option("activate", isGiven: command.activate != nil, noOp: "there is no installer that would need the network")
        option("nodns", isGiven: command.nodns.value, noOp: "there is no installer that would look names up")
        option("notksdevice", isGiven: command.notksdevice.value, noOp: "no Kickstart is fetched over the network")
    }

    private func summary(_ map: NodeMap) -> String {
        let name = map["interface"]?.string ?? map["mac"]?.string ?? "every card"
        let addresses = map["addresses"]?.items.compactMap(\.string) ?? []
        return "\(name), \(addresses.isEmpty ? "DHCP" : addresses.joined(separator: ", "))"
    }

    private static func list(_ text: Located<String>?) -> [Located<String>] {
        (text?.value ?? "").split { $0 == "," || $0 == " " }.map { Located(String($0), at: text?.range) }
    }

    /// What netplan could do and no key says.
    private mutating func refuseUnusual(_ command: NetworkCommand) -> Bool {
        let unusual: [(String, SourceRange?)] = [
            ("bondslaves", command.bondslaves?.range), ("bondopts", command.bondopts?.range),
            ("bridgeslaves", command.bridgeslaves?.range), ("bridgeopts", command.bridgeopts?.range),
            ("vlanid", command.vlanid?.range), ("interfacename", command.interfacename?.range),
            ("teamslaves", command.teamslaves.first?.range), ("teamconfig", command.teamconfig?.range),
            ("essid", command.essid?.range), ("wepkey", command.wepkey?.range), ("wpakey", command.wpakey?.range),
            ("ethtool", command.ethtool?.range), ("dhcpclass", command.dhcpclass?.range),
            ("bindto", command.bindto?.range),
            ("nodefroute", command.nodefroute.value ? command.nodefroute.range ?? place : nil),
            ("ipv4-ignore-auto-dns", command.ipv4IgnoreAutoDns.value ? command.ipv4IgnoreAutoDns.range ?? place : nil),
            ("ipv6-ignore-auto-dns", command.ipv6IgnoreAutoDns.value ? command.ipv6IgnoreAutoDns.range ?? place : nil),
        ]
        guard let (name, range) = unusual.first(where: { $0.1 != nil }) else { return false }
        unsupported(
            "'--\(name)' has no key in the appliance",
            hint: "write a netplan file in a %post script: /etc/netplan/95-network.yaml", at: range)
        return true
    }

    private mutating func select(_ command: NetworkCommand, _ map: inout NodeMap) -> Bool {
        guard let device = command.device else { return true }
        if ["link", "bootif", "ibft"].contains(device.value.lowercased()) { return true }
        let parts = device.value.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 6 {
            map.set("mac", text: device)
        } else {
            map.set("interface", text: device)
        }
        return true
    }

    /// Addresses and DHCP, as `network`'s keys have them.
    private mutating func address(_ command: NetworkCommand, _ map: inout NodeMap) -> Bool {
        var addresses: [Located<String>] = []
        var (ipv4, ipv6) = (true, true)
        switch command.bootproto?.value {
        case .query?, .ibft?:
            unsupported(
                "'--bootproto=\(command.bootproto?.value.rawValue ?? "")' asks a person or a firmware",
                hint: "write '--bootproto=dhcp' or '--bootproto=static --ip=… --netmask=…'",
                at: command.bootproto?.range)
            return false
        case .static?: ipv4 = false
        case .dhcp?, .bootp?, nil: ipv4 = command.ip == nil
        }
        if let ip = command.ip, !command.noipv4.value, command.bootproto?.value == .static || command.bootproto == nil {
            guard let netmask = command.netmask else {
                unsupported("an address needs its netmask", hint: "write '--netmask=255.255.255.0'", at: ip.range)
                return false
            }
            guard let prefix = Self.prefixLength(netmask.value) else {
                unsupported(
                    "'\(netmask.value)' is no netmask", hint: "write '--netmask=255.255.255.0'", at: netmask.range)
                return false
            }
            addresses.append(Located("\(ip.value)/\(prefix)", at: ip.range))
        }
        switch command.ipv6?.value {
        case "auto"?: break
        case "dhcp"?: break
        case let address?:
            ipv6 = false
            addresses.append(Located(address.contains("/") ? address : "\(address)/64", at: command.ipv6?.range))
        case nil: ipv6 = command.bootproto?.value != .static
        }
        if command.noipv4.value { ipv4 = false }
        if command.noipv6.value { ipv6 = false }
        map.set("addresses", texts: addresses)
        let dhcp: NetworkInterface.DHCP = ipv4 ? (ipv6 ? .both : .ipv4) : (ipv6 ? .ipv6 : .none)
        if dhcp != (addresses.isEmpty ? .both : .none) { map.set("dhcp", .text(dhcp.rawValue, place)) }
        let gateways = [command.gateway, command.ipv6gateway].compactMap { $0 }
        if addresses.isEmpty {
            option("gateway", isGiven: !gateways.isEmpty, noOp: "DHCP says it")
        } else {
            map.set("gateways", texts: gateways)
        }
        return true
    }

    /// 24 of `255.255.255.0`, or of `24`.
    private static func prefixLength(_ netmask: String) -> Int? {
        if let number = Int(netmask), (0...32).contains(number) { return number }
        let bytes = netmask.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard bytes.count == 4, !bytes.contains(nil) else { return nil }
        let bits = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1 ?? 0) }
        let length = bits.nonzeroBitCount
        return bits == (length == 0 ? 0 : UInt32.max << UInt32(32 - length)) ? length : nil
    }
}
