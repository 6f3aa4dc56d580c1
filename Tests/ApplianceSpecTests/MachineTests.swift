import Diagnostics
import Testing

@testable import ApplianceSpec

/// What the keys about the machine come to.
struct MachineTests {
    private func text(_ path: String, _ spec: String) throws -> String {
        let files = try appliance(minimal(spec)).files
        let file = try #require(files.last { $0.path.value == path }, "\(files.map(\.path.value))")
        guard case .text(let text) = file.content else { return "\(file.content)" }
        return text
    }

    @Test func `a static address, names by MAC and DHCP become netplan's settings`() throws {
        let spec = """
            network:
              - {interface: eth0, addresses: [192.0.2.10/24], gateways: [192.0.2.1], nameservers: [192.0.2.53],
                 search: [example.org], mtu: 1400, router-advertisements: false}
              - {mac: '52:54:00:AB:34:56', dhcp: ipv4, activate: false}

            """
        #expect(
            try text("/etc/netplan/90-stonebake.yaml", spec) == """
                network:
                  version: 2
                  renderer: networkd
                  ethernets:
                    "eth0":
                      dhcp4: false
                      dhcp6: false
                      optional: true
                      accept-ra: false
                      addresses: ["192.0.2.10/24"]
                      routes: [{to: default, via: "192.0.2.1"}]
                      nameservers: {addresses: ["192.0.2.53"], search: ["example.org"]}
                      mtu: 1400
                    card1:
                      match: {macaddress: "52:54:00:ab:34:56"}
                      dhcp4: true
                      dhcp6: false
                      optional: true
                      activation-mode: manual

                """)
        #expect(
            try text("/etc/cloud/cloud.cfg.d/96-stonebake-network.cfg", spec).contains("network: {config: disabled}"))
    }

    @Test func `DHCP alone leaves the network to cloud-init too`() throws {
        let files = try appliance(minimal("network: [{interface: eth0}]\n")).files.map(\.path.value)
        #expect(files == ["/etc/netplan/90-stonebake.yaml"])
    }

    @Test func `a firewall lets in what is listed, SSH and the application, and drops the rest`() throws {
        let rules = try text(
            "/etc/nftables.conf", "firewall: {ports: [8080/tcp, 5000-5010/udp], trusted: [eth1]}\n")
        #expect(rules.contains("policy drop;"))
        #expect(rules.contains("\t\ttcp dport { 22, 8080 } accept\n"))
        #expect(rules.contains("\t\tudp dport { 5000-5010 } accept\n"))
        #expect(rules.contains("\t\tiifname { \"eth1\" } accept\n"))
        let closed = try text("/etc/nftables.conf", "firewall: {ssh: false}\n")
        #expect(!closed.contains("tcp dport"))
        let shop = try appliance(
            minimal("firewall: {ssh: false}\n") + """
                application: {wsgi: {module: 'hello:app', source: hello, listen: 8000}}

                """, files: ["hello/hello.py": "app = None\n"])
        guard case .text(let own)? = shop.files.first(where: { $0.path.value == "/etc/nftables.conf" })?.content else {
            Issue.record("no rules")
            return
        }
        #expect(own.contains("tcp dport { 8000 } accept"))
    }

    @Test func `with firewalld the same ports become its zone`() throws {
        let spec = "packages: {install: [firewalld]}\nfirewall: {ports: [80/tcp]}\n"
        let zone = try text("/etc/firewalld/zones/public.xml", spec)
        #expect(zone.contains("<port port=\"22\" protocol=\"tcp\"/>\n  <port port=\"80\" protocol=\"tcp\"/>"))
        let made = try appliance(minimal(spec))
        #expect(made.services.enable.map(\.value) == ["firewalld.service"])
        #expect(!made.packages.install.contains { $0.value == "nftables" })
    }

    @Test func `time comes from timesyncd, or from chrony where it is asked for`() throws {
        #expect(
            try text(
                "/etc/systemd/timesyncd.conf.d/50-stonebake.conf", "time: {servers: [a.example.org], pools: [b]}\n")
                == "[Time]\nNTP=a.example.org b\nFallbackNTP=\n")
        let chrony = "packages: {install: [chrony]}\ntime: {servers: [a.example.org]}\n"
        #expect(try text("/etc/chrony/chrony.conf", chrony).hasPrefix("server a.example.org iburst\n"))
        let nts = try appliance(minimal("time: {servers: [a.example.org], nts: true}\n"))
        #expect(nts.packages.install.map(\.value) == ["chrony"])
        #expect(nts.packages.remove.map(\.value) == ["systemd-timesyncd"])
        let none = try appliance(minimal("time: {synchronize: false}\n"))
        #expect(none.services.mask.map(\.value) == ["systemd-timesyncd.service"])
    }

    @Test func `SELinux brings its policy, its kernel arguments and a labelling at the first boot`() throws {
        let made = try appliance(minimal("selinux: enforcing\n"))
        #expect(made.packages.install.map(\.value) == ["selinux-basics", "selinux-policy-default", "auditd"])
        #expect(made.system.kernelArguments == ["security=selinux", "selinux=1"])
        #expect(made.files.map(\.path.value) == ["/etc/selinux/config", "/.autorelabel"])
        let off = try appliance(minimal("selinux: disabled\n"))
        #expect(off.files.isEmpty && off.packages.install.isEmpty && off.system.kernelArguments.isEmpty)
    }

    @Test func `the boot target is a link, which a spec's own file replaces`() throws {
        let spec = "services: {boot-target: graphical.target}\n"
        guard case .symlink(let target)? = try appliance(minimal(spec)).files.first?.content else {
            Issue.record("no link")
            return
        }
        #expect(target == "/usr/lib/systemd/system/graphical.target")
        let own = spec + "files: [{path: /etc/systemd/system/default.target, symlink: mine}]\n"
        #expect(try appliance(minimal(own)).files.count == 1)
    }

    @Test func `rpm repositories are kept as they are and refused, or left out with a warning`() throws {
        let spec = minimal(
            """
            rpm-repositories:
              - {name: base, mirrorlist: 'https://mirrors.example.org/?repo=x&arch=y', cost: 500, include: [a], exclude: [b],
                 proxy: 'http://proxy.example.org', verify-tls: false}
              - {name: more, baseurl: 'https://example.org/os/'}
              - {name: third, metalink: 'https://example.org/metalink'}

            """)
        let workspace = try Workspace(["a.yaml": spec])
        let report = workspace.compile().report
        #expect(
            report.sorted.map { "\($0.severity) \($0.code) \($0.range?.description ?? "")" } == [
                "error unsupported a.yaml:6:12", "error unsupported a.yaml:8:12", "error unsupported a.yaml:9:12",
            ])
        let (allowed, warnings) = SpecCompiler(
            workingDirectory: workspace.path, reading: SpecReading(allowsUnsupported: true)
        ).compile(
            "a.yaml")
        #expect(warnings.diagnostics.map(\.severity) == [.warning, .warning, .warning])
        let first = try #require(allowed?.rpmRepositories.first)
        #expect(first.location == .mirrorList("https://mirrors.example.org/?repo=x&arch=y"))
        #expect((first.cost, first.proxy, first.verifiesTLS) == (500, "http://proxy.example.org", false))
    }

    @Test(arguments: [
        ("network: [{interface: eth0, mac: '52:54:00:12:34:56'}]", "conflicting-keys", "5:34"),
        ("network: [{gateways: [192.0.2.1]}]", "missing-key", "5:23"),
        ("network: [{interface: eth0}, {interface: eth0}]", "duplicate-interface", "5:31"),
        ("network: [{addresses: [192.0.2.10]}]", "bad-ip-address", "5:24"),
        ("network: [{addresses: [192.0.2.256/24]}]", "bad-ip-address", "5:24"),
        ("firewall: {ports: [80]}", "wrong-type", "5:20"),
        ("firewall: {ports: [0/tcp]}", "out-of-range", "5:20"),
        ("firewall: {ports: [20-10/tcp]}", "out-of-range", "5:20"),
        ("firewall: {enabled: false, ports: [80/tcp]}", "conflicting-keys", "5:36"),
        ("time: {nts: true}", "missing-key", "5:13"),
        ("time: {synchronize: false, servers: [a]}", "conflicting-keys", "5:21"),
        ("root: {ssh-password: true}", "no-password", "5:22"),
        ("root: {password: hunter2}", "bad-password", "5:18"),
        ("groups: [{name: a}, {name: a}]", "duplicate-group", "5:28"),
        ("boot-loader: {password: hunter2}", "bad-password", "5:25"),
        ("keyboard: {layouts: []}", "empty-list", "5:21"),
        ("selinux: maybe", "unknown-value", "5:10"),
        ("scripts: [{run: x, where: moon}]", "unknown-value", "5:27"),
    ])
    func `what is wrong about the machine is reported at its place`(line: String, code: String, place: String) throws {
        let workspace = try Workspace(["a.yaml": minimal(line + "\n")])
        #expect(
            workspace.compile().report.sorted.map { "\($0.code) \($0.range?.description ?? "")" } == [
                "\(code) a.yaml:\(place)"
            ])
    }
}
