import Diagnostics

/// What the keys about the machine come to in packages, files and units. It is merged before what the spec says itself
/// about them, as an application's expansion is.
struct MachineExpansion {
    let appliance: Appliance

    func apply(to appliance: inout Appliance) {
        var expansion = Expansion()
        addKeyboard(to: &expansion)
        addTime(to: &expansion)
        addNetwork(to: &expansion)
        addFirewall(to: &expansion)
        addSELinux(to: &expansion)
        addRoot(to: &expansion)
        if let target = appliance.services.bootTarget {
            expansion.files.append(
                FileEntry(
                    path: Located("/etc/systemd/system/default.target", at: target.range),
                    content: .symlink("/usr/lib/systemd/system/\(target.value)"), range: target.range))
        }
        let refused = Set(appliance.packages.remove.map(\.value))
        let asked = Set(appliance.packages.install.map { SpecDecoder.packageName($0.value) })
        let added = expansion.packages.filter { !asked.contains($0) && !refused.contains($0) }
        appliance.packages.install = added.map { Located($0) } + appliance.packages.install
        appliance.packages.remove += expansion.removals.filter { !refused.contains($0) }.map { Located($0) }
        let own = Set(appliance.files.map(\.path.value))
        appliance.files = expansion.files.filter { !own.contains($0.path.value) } + appliance.files
        appliance.services.enable = expansion.enable.map { Located($0) } + appliance.services.enable
        appliance.services.mask = expansion.mask.map { Located($0) } + appliance.services.mask
        appliance.system.kernelArguments = expansion.kernelArguments + appliance.system.kernelArguments
    }

    private func asks(for package: String) -> Bool {
        appliance.packages.install.contains { SpecDecoder.packageName($0.value) == package }
    }

    private func text(_ path: String, _ text: String, mode: UInt16? = nil, at range: SourceRange?) -> FileEntry {
        FileEntry(path: Located(path, at: range), content: .text(text), mode: mode, range: range)
    }

    /// The configuration step writes `/etc/default/keyboard`, and lets console-setup look at it.
    private func addKeyboard(to expansion: inout Expansion) {
        guard appliance.system.keyboard != nil else { return }
        expansion.packages += ["console-setup", "keyboard-configuration", "kbd"]
    }

    // MARK: Time

    private func addTime(to expansion: inout Expansion) {
        guard let time = appliance.system.time else { return }
        let usesChrony = time.usesNTS || asks(for: "chrony")
        if usesChrony, time.isSynchronized {
            expansion.packages.append("chrony")
            // Both provide time-daemon, and a machine has one.
            expansion.removals.append("systemd-timesyncd")
        }
        guard time.isSynchronized else {
            expansion.mask.append(usesChrony ? "chrony.service" : "systemd-timesyncd.service")
            return
        }
        guard !(time.servers + time.pools).isEmpty else { return }
        expansion.files.append(
            usesChrony
                ? text("/etc/chrony/chrony.conf", Self.chronyConfiguration(time), at: time.range)
                : text(
                    "/etc/systemd/timesyncd.conf.d/50-stonebake.conf",
                    "[Time]\nNTP=\((time.servers + time.pools).joined(separator: " "))\nFallbackNTP=\n", at: time.range)
        )
    }

    /// Debian's own file, with other sources: what it names cannot be undone from a drop-in.
    private static func chronyConfiguration(_ time: TimeSettings) -> String {
        let options = "iburst" + (time.usesNTS ? " nts" : "")
        let sources = time.servers.map { "server \($0) \(options)\n" } + time.pools.map { "pool \($0) \(options)\n" }
        return sources.joined() + """
            sourcedir /run/chrony-dhcp
            sourcedir /etc/chrony/sources.d
            confdir /etc/chrony/conf.d
            keyfile /etc/chrony/chrony.keys
            driftfile /var/lib/chrony/chrony.drift
            ntsdumpdir /var/lib/chrony
            logdir /var/log/chrony
            maxupdateskew 100.0
            rtcsync
            makestep 1 3
            leapsectz right/UTC

            """
    }

    // MARK: Network and firewall

    private func addNetwork(to expansion: inout Expansion) {
        guard !appliance.network.isEmpty else { return }
        let range = appliance.network.first?.range
        let settings = NetplanSettings(interfaces: appliance.network)
        expansion.files.append(text("/etc/netplan/90-stonebake.yaml", settings.text, mode: 0o600, at: range))
        guard settings.isStatic else { return }
        // cloud-init would ask DHCP on each card that its data source does not describe.
        expansion.files.append(
            text(
                "/etc/cloud/cloud.cfg.d/96-stonebake-network.cfg",
                "# The spec describes the network.\nnetwork: {config: disabled}\n", at: range))
    }

    private func addFirewall(to expansion: inout Expansion) {
        guard let firewall = appliance.firewall else { return }
        let services = ["nftables", "firewalld"].filter(asks)
        guard firewall.isEnabled else {
            expansion.mask += services.map { "\($0).service" }
            return
        }
        var rules = FirewallRules(firewall: firewall)
        for port in appliance.application?.ports ?? [] { rules.open(port) }
        if services.contains("firewalld") {
            expansion.files.append(text("/etc/firewalld/zones/public.xml", rules.zone, at: firewall.range))
            if !firewall.trusted.isEmpty {
                expansion.files.append(text("/etc/firewalld/zones/trusted.xml", rules.trustedZone, at: firewall.range))
            }
            expansion.enable.append("firewalld.service")
        } else {
            expansion.packages.append("nftables")
            expansion.files.append(text("/etc/nftables.conf", rules.nftables, mode: 0o755, at: firewall.range))
            expansion.enable.append("nftables.service")
        }
    }

    // MARK: SELinux and root

    private func addSELinux(to expansion: inout Expansion) {
        guard let mode = appliance.system.selinux else { return }
        let isInstalled = asks(for: "selinux-basics")
        guard mode != .disabled || isInstalled else { return }
        expansion.files.append(
            text("/etc/selinux/config", "SELINUX=\(mode.rawValue)\nSELINUXTYPE=default\nSETLOCALDEFS=0\n", at: nil))
        guard mode != .disabled else { return }
        // What selinux-activate(8) does on a running machine.
        expansion.packages += ["selinux-basics", "selinux-policy-default", "auditd"]
        expansion.kernelArguments += ["security=selinux", "selinux=1"]
        expansion.files.append(text("/.autorelabel", "", at: nil))
    }

    private func addRoot(to expansion: inout Expansion) {
        guard appliance.root.allowsSSHPassword else { return }
        // The first setting that sshd reads holds, and cloud-init's file begins with 50.
        expansion.files.append(
            text(
                "/etc/ssh/sshd_config.d/20-root.conf",
                "PermitRootLogin yes\nMatch User root\n    PasswordAuthentication yes\n",
                at: appliance.root.range))
    }
}
