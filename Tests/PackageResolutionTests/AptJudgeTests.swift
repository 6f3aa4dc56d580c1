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
        let trial = try await Trial()
        defer { trial.finish() }
        let table = try await trial.judge(Self.installable)
        print(table.joined(separator: "\n"))
    }

    /// A whole lock as a build makes it, for each release: its image is installed by apt exactly, its base layer by
    /// itself too, and its tools.
    @Test(arguments: ["trixie", "bookworm"])
    func `a whole appliance is locked so that apt agrees`(release: String) async throws {
        let trial = try await Trial(release: release)
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

    @Test func `what apt finds uninstallable is refused`() async throws {
        let trial = try await Trial()
        defer { trial.finish() }
        try await trial.judgeRefusals(Self.uninstallable)
    }
}

/// One pool and one apt root, for all sets.
private struct Trial: Sendable {
    let host: Host
    let apt: AptJudge
    let snapshots: [RepositorySnapshot]
    let profile: DistributionProfile
    private let cache: TemporaryFolder

    init(release: String = "trixie") async throws {
        cache = try TemporaryFolder()
        host = try Host(testing: cache.path)
        profile = try #require(DistributionProfile.named("debian", release: release, architecture: .amd64))
        snapshots = try await RepositoryMetadata(host: host, architecture: .amd64).load(profile.toolRepositories)
        apt = try await AptJudge(host: host, snapshots: snapshots)
    }

    func request(_ install: [String]) -> ResolutionRequest {
        ResolutionRequest(
            architecture: .amd64, repositories: profile.repositories, base: profile.base,
            install: install.map { Located($0) }, remove: [], recommends: false,
            tools: (profile.tools + profile.pythonTools).map { Located($0) },
            toolRepositories: profile.toolRepositories, python: nil)
    }

    func finish() { cache.remove() }

    struct Ours: Sendable {
        /// The Essential and required packages, which every set has.
        var always: [String] = []
        /// `name=version`; nil for a set that is refused.
        var packages: Set<String>?
        var refusal: [String] = []
    }

    /// Ours for every set, and the Installed-Size of every version in the archive, in bytes.
    func resolve(_ sets: [String]) async throws -> (ours: [Ours], sizes: [String: Int64]) {
        let (snapshots, store, now) = (snapshots, host.store, host.now())
        return try await blocking {
            let pool = PackagePool(architecture: .amd64)
            let loader = IndexLoader(store: store, now: now)
            for snapshot in snapshots { try loader.load(snapshot, into: pool) }
            var sizes: [String: Int64] = [:]
            for id in pool.packages { sizes[Self.text(id, pool)] = pool.installedSize(of: id) }
            let candidates = Candidates(of: pool)
            let always = candidates.all.filter { pool.isEssential($0) || pool.priority(of: $0) == 0 }
                .map { pool.name(of: $0) }.sorted()
            let ours = sets.map { set -> Ours in
                let names = set.drop { $0 == "+" }.split(separator: " ").map { Located(String($0)) }
                var ours = Ours(always: always)
                do throws(ResolutionError) {
                    let goal = PackageGoal(install: names, recommends: set.hasPrefix("+"))
                    ours.packages = Set(
                        try PackageChooser(pool: pool).choose(goal).packages.map { Self.text($0, pool) })
                } catch {
                    ours.refusal = error.diagnostics.map(\.message)
                }
                return ours
            }
            return (ours, sizes)
        }
    }

    private static func text(_ id: PackageID, _ pool: PackagePool) -> String {
        "\(pool.name(of: id))=\(pool.version(of: id))"
    }

    func judge(_ sets: [String]) async throws -> [String] {
        let (ours, sizes) = try await resolve(sets)
        let rows = try await concurrently(Array(zip(sets, ours))) { set, ours in
            guard let packages = ours.packages else {
                Issue.record("\(set): \(ours.refusal)")
                return ""
            }
            let names = set.drop { $0 == "+" }.split(separator: " ").map(String.init)
            let exact = try await apt.install(packages.sorted())
            let choice = try await apt.choose(ours.always + names, recommends: set.hasPrefix("+"))
            #expect(exact.succeeded, "\(set): apt refuses what we lock")
            #expect(exact.installed == packages, "\(set): apt would change what we lock")
            #expect(exact.removed == [], "\(set)")
            #expect(choice.succeeded, "\(set): apt alone finds nothing")
            let size = packages.reduce(0) { $0 + (sizes[$1] ?? 0) }
            let aptSize = choice.installed.reduce(0) { $0 + (sizes[$1] ?? 0) }
            #expect(packages.count * 100 <= choice.installed.count * 102, "\(set)")
            #expect(size * 100 <= aptSize * 102, "\(set)")
            return "| \(set) | \(packages.count), \(choice.installed.count) | \(size >> 20), \(aptSize >> 20) |"
        }
        return ["| set | packages: ours, apt | Installed-Size, MiB: ours, apt |"] + rows
    }

    /// As many at once as there are processors, in order.
    private func concurrently(
        _ items: [(String, Ours)], _ body: @escaping @Sendable (String, Ours) async throws -> String
    ) async throws -> [String] {
        try await withThrowingTaskGroup(of: (Int, String).self) { group in
            var results = [String](repeating: "", count: items.count)
            var next = 0
            func addNext() {
                guard next < items.count else { return }
                let (index, item) = (next, items[next])
                next += 1
                group.addTask { (index, try await body(item.0, item.1)) }
            }
            for _ in 0..<host.cpus { addNext() }
            for try await (index, result) in group {
                results[index] = result
                addNext()
            }
            return results
        }
    }

    func judgeRefusals(_ sets: [String]) async throws {
        let (ours, _) = try await resolve(sets)
        let rows = try await concurrently(Array(zip(sets, ours))) { set, ours in
            let names = set.split(separator: " ").map(String.init)
            let choice = try await apt.choose(ours.always + names, recommends: false)
            #expect(!choice.succeeded, "\(set): apt installs it")
            #expect(ours.packages == nil, "\(set): we install it")
            #expect(!ours.refusal.isEmpty, "\(set)")
            return "\(set) → \(ours.refusal.joined(separator: "; "))"
        }
        print(rows.joined(separator: "\n"))
    }
}
