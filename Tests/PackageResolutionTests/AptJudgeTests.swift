import ApplianceSpec
import BuildPlanning
import Diagnostics
import HostSystem
import Testing

@testable import PackageResolution

/// Package sets of the real archive, judged by apt.
@Suite(.serialized) struct AptJudgeTests {
    /// The catalogue's rows as far as trixie has them, then what is large, much used or rich in alternatives. A `+`
    /// asks for Recommends too.
    static let installable = [
        // The catalogue.
        "nginx-light gunicorn python3-venv",
        "nginx-light gunicorn python3-django",
        "nginx-light gunicorn python3-django postgresql python3-psycopg",
        "nginx-light gunicorn python3-pyramid",
        "nginx-light python3-venv",
        "python3-txws python3-txzmq rabbitmq-server python3-venv",
        "rabbitmq-server",
        "puppetserver puppet-agent",
        "suricata suricata-update jq",
        "python3-websockets nginx-light coturn",
        "glusterfs-server xfsprogs",
        "nodejs node-ws nginx-light",
        "postgresql rabbitmq-server python3-rpm python3-librepo python3-createrepo-c python3-libcomps python3-dnf",
        "python3-dogtail xvfb xfwm4 at-spi2-core",
        "ansible-core git",
        "slurm-wlm munge",
        "podman crun netavark",
        // Desktops.
        "gnome-shell gdm3", "kde-standard", "xfce4", "lxqt", "libreoffice", "firefox-esr",
        // Servers.
        "postgresql", "mariadb-server", "apache2 libapache2-mod-php", "exim4", "postfix dovecot-imapd", "samba",
        "bind9", "squid", "haproxy varnish", "redis-server prometheus", "docker.io", "qemu-system-x86 ovmf",
        "libvirt-daemon-system", "tomcat10", "icinga2", "spamassassin", "openvpn wireguard-tools",
        // Tools.
        "build-essential devscripts", "default-jdk maven", "texlive", "emacs-nox vim", "ffmpeg imagemagick",
        // With Recommends.
        "+nginx-light", "+podman", "+postgresql", "+docker.io", "+gnome-shell gdm3",
    ]

    /// For each row of the catalogue something that cannot be with it, and others; apt and we refuse.
    static let uninstallable = [
        "nginx-light gunicorn python3-venv exim4-daemon-light postfix",
        "nginx-light gunicorn python3-django libavcodec61 libavcodec-extra61",
        "nginx-light gunicorn python3-django postgresql python3-psycopg systemd-sysv sysvinit-core",
        "nginx-light gunicorn python3-pyramid mail-transport-agent",
        "nginx-light python3-venv nginx=0",
        "python3-txws python3-txzmq rabbitmq-server python3-pysnmp-pyasn1",
        "rabbitmq-server erlang-base=0",
        "puppetserver puppet-agent postfix dma",
        "suricata suricata-update jq libvectorscan5",
        "python3-websockets nginx-light coturn exim4-daemon-heavy courier-mta",
        "glusterfs-server xfsprogs postfix esmtp-run",
        "nodejs node-ws nginx-light nodejs:i386",
        "postgresql rabbitmq-server python3-dnf libavcodec61 libavcodec-extra61",
        "python3-dogtail xvfb xfwm4 at-spi2-core systemd-sysv sysvinit-core",
        "ansible-core git exim4-daemon-light exim4-daemon-heavy",
        "slurm-wlm munge libjwt-gnutls2",
        "podman crun netavark nullmailer postfix",
        "janus",
        "gnome-shell gdm3 systemd-sysv sysvinit-core",
    ]

    @Test func `apt finds nothing missing, broken or to remove, and would not choose less`() async throws {
        let trial = try await AptTrial()
        defer { trial.finish() }
        let table = try await trial.judge(Self.installable)
        print(table.joined(separator: "\n"))
    }

    /// A whole lock as a build makes it, for each release: its image is installed by apt exactly, its base layer by
    /// itself too, and its tools.
    @Test(arguments: ["trixie", "bookworm"])
    func `a whole appliance is locked so that apt agrees`(release: String) async throws {
        let trial = try await AptTrial(release: release)
        defer { trial.finish() }
        let request = trial.request(["nginx-light", "gunicorn", "python3-venv"])
        let spec = LockedSpec(name: "wsgi", version: "1", inputs: request.inputs())
        let resolver = PackageResolver(host: trial.host)
        let lock = try await resolver.resolve(request, spec: spec, previous: nil, update: .all)
        let base = lock.packages.filter { $0.layer == .base }
        for packages in [lock.packages, base, lock.tools] {
            let texts = Set(packages.map { "\($0.name)=\($0.version)" })
            let verdict = try await trial.apt.install(texts.sorted())
            #expect(verdict.succeeded && verdict.installed == texts && verdict.removed.isEmpty)
        }
        // Another appliance shares the base layer.
        let other = trial.request(["postgresql", "podman"])
        let second = try await resolver.resolve(other, spec: spec, previous: nil, update: .all)
        #expect(second.packages.filter { $0.layer == .base } == base)
        // The same again gives the same bytes, also when it starts from the lock.
        let again = try await resolver.resolve(request, spec: spec, previous: lock, update: .keep)
        #expect(try LockfileFormat.encode(again) == LockfileFormat.encode(lock))
    }

    /// Sets by the pin priority of the backports (0: what apt gives them). apt alone finds nothing for those with a
    /// `=`, because it looks for what a package of another suite needs less far than we do; it has to agree to ours.
    static let pinned: [(backports: Int, sets: [String])] = [
        (
            0,
            [
                "git podman nginx-light", "linux-image-cloud-amd64/trixie-backports systemd-sysv",
                "mesa-vulkan-drivers/trixie-backports", "=golang-go/trixie-backports", "=cockpit/trixie-backports",
                "=qemu-system-x86/trixie-backports",
            ]
        ),
        (600, ["git podman nginx-light", "linux-image-cloud-amd64 systemd-sysv", "libreoffice", "+postgresql"]),
        (-1, ["git podman nginx-light", "linux-image-cloud-amd64"]),
    ]

    @Test(arguments: pinned)
    func `pins between suites mean what they mean to apt`(backports: Int, sets: [String]) async throws {
        let trial = try await AptTrial(backports: backports)
        defer { trial.finish() }
        let table = try await trial.judge(sets)
        print(table.joined(separator: "\n"))
    }

    @Test func `what apt finds uninstallable is refused`() async throws {
        let trial = try await AptTrial()
        defer { trial.finish() }
        try await trial.judgeRefusals(Self.uninstallable)
    }
}
