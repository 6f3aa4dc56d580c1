/// A firewall as nftables' rules or as firewalld's zones.
struct FirewallRules {
    private var ports: [Firewall.Port]
    private let trusted: [String]

    init(firewall: Firewall) {
        trusted = firewall.trusted
        ports = []
        for port in firewall.ports where !ports.contains(port) { ports.append(port) }
    }

    /// Lets a TCP port in that the spec did not have to name.
    mutating func open(_ port: Int) {
        let isOpen = ports.contains { $0.transport == .tcp && ($0.first...$0.last).contains(port) }
        if !isOpen { ports.append(.init(first: port, last: port, transport: .tcp)) }
    }

    /// `/etc/nftables.conf` (nft(8)).
    var nftables: String {
        var rules = [
            "type filter hook input priority filter; policy drop;", "ct state established,related accept",
            "ct state invalid drop", "iif \"lo\" accept", "meta l4proto { icmp, ipv6-icmp } accept",
            // Answers to DHCPv6 come from a link-local address that was never asked.
            "ip6 saddr fe80::/10 udp dport 546 accept",
        ]
        if !trusted.isEmpty {
            rules.append("iifname { \(trusted.map { "\"\($0)\"" }.joined(separator: ", ")) } accept")
        }
        for transport in Firewall.Port.Transport.allCases {
            let numbers = ports.filter { $0.transport == transport }.map(\.numbers)
            if !numbers.isEmpty {
                rules.append("\(transport.rawValue) dport { \(numbers.joined(separator: ", ")) } accept")
            }
        }
        return """
            #!/usr/sbin/nft -f
            # Made by Stonebake.
            flush ruleset
            table inet filter {
            \tchain input {
            \(rules.map { "\t\t\($0)" }.joined(separator: "\n"))
            \t}
            \tchain forward {
            \t\ttype filter hook forward priority filter; policy drop;
            \t}
            \tchain output {
            \t\ttype filter hook output priority filter; policy accept;
            \t}
            }

            """
    }

    /// `/etc/firewalld/zones/public.xml` (firewalld.zone(5)).
    var zone: String {
        let lines = ports.map { "  <port port=\"\($0.numbers)\" protocol=\"\($0.transport.rawValue)\"/>\n" }
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<zone>\n  <short>Public</short>\n"
            + "  <service name=\"dhcpv6-client\"/>\n" + lines.joined() + "</zone>\n"
    }

    var trustedZone: String {
        let lines = trusted.map { "  <interface name=\"\($0)\"/>\n" }
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<zone target=\"ACCEPT\">\n  <short>Trusted</short>\n"
            + lines.joined() + "</zone>\n"
    }
}
