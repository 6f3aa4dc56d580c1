import Diagnostics

// Root, groups, keyboard, time, network, firewall, boot loader, rpm repositories.
extension SpecDecoder {
    mutating func rootAccount() -> RootAccount {
        guard let node = root["root"] else { return RootAccount() }
        let keys = node.texts("ssh-keys")
        for key in keys where TextRule.sshKey.accepts(key.value) { checkKey(key) }
        var account = RootAccount(
            password: node["password"] == nil ? nil : password(node.text("password")), sshKeys: keys.map(\.value),
            range: node.range)
        account.allowsSSHPassword = node["ssh-password"]?.boolean ?? false
        if account.allowsSSHPassword {
            guard case .hashed? = account.password else {
                fail(
                    "no-password", "root has no password to log in with", node["ssh-password"]?.range,
                    hint: "give its hash in 'password', or a key in 'ssh-keys'")
                return account
            }
        }
        return account
    }

    mutating func groups() -> [GroupEntry] {
        var seen: [String: SourceRange] = [:]
        return root.list("groups").compactMap { node in
            guard let name = node.text("name") else { return nil }
            if let first = seen.updateValue(name.range ?? node.range, forKey: name.value) {
                fail(
                    "duplicate-group", "the group '\(name.value)' is given twice", name.range,
                    notes: [.init("first given here", at: first)])
            }
            return GroupEntry(
                name: name, gid: node["gid"]?.integer, isSystem: node["system"]?.boolean ?? false)
        }
    }

    func keyboard() -> Keyboard? {
        guard let node = root["keyboard"] else { return nil }
        let layouts = node.texts("layouts").map(\.value)
        guard !layouts.isEmpty else { return nil }
        let variants = layouts.map { layout in
            layout.contains("(") ? String(layout.drop { $0 != "(" }.dropFirst().dropLast()) : ""
        }
        return Keyboard(
            layouts: layouts.map { String($0.prefix { $0 != "(" }) }, variants: variants,
            model: node.text("model")?.value ?? "pc105", options: node.texts("options").map(\.value),
            range: root.member("keyboard")?.key.range)
    }

    mutating func time() -> TimeSettings? {
        guard let node = root["time"] else { return nil }
        let settings = TimeSettings(
            servers: node.texts("servers").map(\.value), pools: node.texts("pools").map(\.value),
            usesNTS: node["nts"]?.boolean ?? false, isSynchronized: node["synchronize"]?.boolean ?? true,
            range: root.member("time")?.key.range)
        let sources = settings.servers + settings.pools
        if !settings.isSynchronized, !sources.isEmpty {
            fail(
                "conflicting-keys", "a clock that is not synchronized has no servers",
                node["synchronize"]?.range ?? node.range)
        }
        if settings.usesNTS, sources.isEmpty {
            fail(
                "missing-key", "'nts' needs the servers that speak it", node["nts"]?.range,
                hint: "name them in 'servers'")
        }
        return settings
    }

    mutating func network() -> [NetworkInterface] {
        var seen: [NetworkInterface.Selection: SourceRange] = [:]
        return root.list("network").map { node in
            let name = node.text("interface")
            let mac = node.text("mac")
            if let mac, name != nil {
                fail("conflicting-keys", "an interface is chosen by 'interface' or by 'mac', not by both", mac.range)
            }
            let selection: NetworkInterface.Selection =
                if let mac { .mac(mac.value.lowercased()) } else if let name { .name(name.value) } else { .any }
            if let first = seen.updateValue(node.range, forKey: selection) {
                fail(
                    "duplicate-interface", "the same interface is described twice", node.firstRange,
                    notes: [.init("first described here", at: first)])
            }
            let addresses = node.texts("addresses").map(\.value)
            let interface = NetworkInterface(
                selection: selection, dhcp: node.choice("dhcp") ?? (addresses.isEmpty ? .both : .none),
                addresses: addresses, gateways: node.texts("gateways").map(\.value),
                nameservers: node.texts("nameservers").map(\.value), searchDomains: node.texts("search").map(\.value),
                mtu: node["mtu"]?.integer, acceptsRouterAdvertisements: node["router-advertisements"]?.boolean,
                isActivated: node["activate"]?.boolean ?? true, range: node.range)
            if let gateway = node.texts("gateways").first, addresses.isEmpty {
                fail(
                    "missing-key", "a gateway is of no use without an address", gateway.range,
                    hint: "add 'addresses: [192.0.2.10/24]', or leave the gateway to DHCP")
            }
            return interface
        }
    }

    mutating func firewall() -> Firewall? {
        guard let node = root["firewall"] else { return nil }
        let isEnabled = node["enabled"]?.boolean ?? true
        var ports = node.texts("ports").compactMap { text -> Firewall.Port? in
            guard let port = Firewall.Port(parsing: text.value) else { return nil }
            guard port.first >= 1, port.last <= 65535, port.first <= port.last else {
                fail(
                    "out-of-range", "'\(text.value)' is no range of ports", text.range,
                    hint: "1 to 65535, the lower first")
                return nil
            }
            return port
        }
        if node["ssh"]?.boolean ?? true { ports.insert(.init(first: 22, last: 22, transport: .tcp), at: 0) }
        if !isEnabled, let port = node.texts("ports").first ?? node.texts("trusted").first {
            fail("conflicting-keys", "a firewall that is off lets everything in", port.range)
        }
        return Firewall(
            isEnabled: isEnabled, ports: ports, trusted: node.texts("trusted").map(\.value),
            range: root.member("firewall")?.key.range)
    }

    func bootLoader() -> BootLoaderSettings {
        let node = root["boot-loader"]
        return BootLoaderSettings(timeout: node?["timeout"]?.integer, password: node?.text("password")?.value)
    }

    mutating func rpmRepositories() -> [RPMRepository] {
        root.list("rpm-repositories").compactMap { node in
            guard let name = node.text("name") else { return nil }
            let location: RPMRepository.Location
            if let url = node.text("baseurl") {
                location = .baseURL(url.value)
            } else if let url = node.text("mirrorlist") {
                location = .mirrorList(url.value)
            } else if let url = node.text("metalink") {
                location = .metalink(url.value)
            } else {
                return nil
            }
            failUnsupported(
                "'\(name.value)' is a repository of rpm packages, and Debian's tools install none",
                name.range ?? node.range,
                hint: "name the release in 'distribution' and further archives in 'repositories'; in a Kickstart "
                    + "'url --url=archive:debian/trixie' and 'repo --name=… --baseurl=archive:debian/trixie-backports'")
            return RPMRepository(
                name: name.value, location: location, cost: node["cost"]?.integer,
                include: node.texts("include").map(\.value), exclude: node.texts("exclude").map(\.value),
                proxy: node.text("proxy")?.value, verifiesTLS: node["verify-tls"]?.boolean ?? true, range: node.range)
        }
    }

    /// What cannot be done: an error, or with `--allow-unsupported` a warning, and it is left out.
    mutating func failUnsupported(_ message: String, _ range: SourceRange?, hint: String?) {
        report.add(
            Diagnostic(allowsUnsupported ? .warning : .error, code: "unsupported", message, at: range, hint: hint))
    }
}

extension Firewall.Port {
    /// `80/tcp`, `5000-5010/udp`; nil for what is neither.
    init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let transport = Transport(rawValue: String(parts[1])) else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2 else { return nil }
        self.init(first: first, last: last, transport: transport)
    }

    /// `80`, `5000-5010`.
    package var numbers: String { first == last ? "\(first)" : "\(first)-\(last)" }
}
