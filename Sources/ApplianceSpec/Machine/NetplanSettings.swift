/// `/etc/netplan/90-stonebake.yaml` (netplan(5)), for systemd-networkd.
struct NetplanSettings {
    let interfaces: [NetworkInterface]

    /// Whether some interface is told what DHCP and routers would say otherwise.
    var isStatic: Bool { interfaces.contains { $0.dhcp != .both || !$0.addresses.isEmpty || !$0.isActivated } }

    var text: String {
        var lines = ["network:", "  version: 2", "  renderer: networkd", "  ethernets:"]
        for (number, interface) in interfaces.enumerated() {
            switch interface.selection {
            case .any:
                // networkd takes the first file that matches a card, and `zz` sorts behind single cards' names.
                for pattern in ["en", "eth"] {
                    lines += ["    zz-all-\(pattern):", "      match: {name: \"\(pattern)*\"}"]
                    lines += settings(of: interface)
                }
            case .name(let name):
                lines += ["    \"\(name)\":"] + settings(of: interface)
            case .mac(let address):
                lines += ["    card\(number):", "      match: {macaddress: \"\(address)\"}"] + settings(of: interface)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func settings(of interface: NetworkInterface) -> [String] {
        var lines = [
            "dhcp4: \([.both, .ipv4].contains(interface.dhcp))", "dhcp6: \([.both, .ipv6].contains(interface.dhcp))",
            "optional: true",
        ]
        if let accepts = interface.acceptsRouterAdvertisements { lines.append("accept-ra: \(accepts)") }
        if !interface.addresses.isEmpty { lines.append("addresses: \(list(interface.addresses))") }
        if !interface.gateways.isEmpty {
            let routes = interface.gateways.map { "{to: default, via: \"\($0)\"}" }
            lines.append("routes: [\(routes.joined(separator: ", "))]")
        }
        let names = [("addresses", interface.nameservers), ("search", interface.searchDomains)].filter { !$0.1.isEmpty }
        if !names.isEmpty {
            lines.append("nameservers: {\(names.map { "\($0.0): \(list($0.1))" }.joined(separator: ", "))}")
        }
        if let mtu = interface.mtu { lines.append("mtu: \(mtu)") }
        if !interface.isActivated { lines.append("activation-mode: manual") }
        return lines.map { "      \($0)" }
    }

    private func list(_ items: [String]) -> String {
        "[\(items.map { "\"\($0)\"" }.joined(separator: ", "))]"
    }
}
