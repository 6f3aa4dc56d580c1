import ContentDigest
import Diagnostics
import Testing

@testable import ApplianceSpec

struct EverythingTests {
    @Test func `a spec that says everything compiles, and each value arrives`() throws {
        let shop = try appliance(Everything.spec, files: Everything.files)
        #expect(shop.name.value == "shop")
        #expect(shop.version.value == "2.1.0-rc1")
        #expect(shop.summary == "Everything that a spec can say")
        #expect(shop.architecture == .arm64)
        #expect(shop.distribution.release.value == "bookworm")
        #expect(shop.repositories.map(\.id) == ["debian/bookworm-backports", "vendor/stable"])
        #expect(shop.repositories[0].origin == .archive("debian"))
        #expect(shop.repositories[0].components == ["main", "contrib"])
        #expect(shop.repositories[0].priority == 200)
        #expect(shop.repositories[1].origin == .uri("https://apt.example.org/debian"))
        #expect(shop.repositories[1].signedBy?.hasSuffix("/keys/vendor.gpg") == true)
        #expect(shop.repositories[1].keyring == Digest.of("a keyring"))
        #expect(
            shop.packages.install.map(\.value)
                == [
                    "console-setup", "keyboard-configuration", "kbd", "chrony", "nftables", "selinux-basics",
                    "selinux-policy-default", "auditd", "nginx-light", "python3", "curl", "nano/bookworm-backports",
                    "less=590-2", "libc6:arm64", "puppet-agent",
                ])
        #expect(shop.packages.remove.map(\.value) == ["rsyslog", "systemd-timesyncd"])
        #expect(shop.packages.recommends)
        #expect(shop.system.hostname == "shop-1.example.org")
        #expect(shop.snapshot?.value.text == "20250607T000000Z")
        #expect(shop.system.locale == "en_GB.UTF-8")
        #expect(shop.system.timezone == "Europe/Berlin")
        #expect(shop.system.kernelArguments == ["security=selinux", "selinux=1", "quiet", "net.ifnames=0"])
        #expect(shop.firstBoot.dataSources == ["Ec2", "None"])
        #expect(shop.memory == .mebibytes(2048))
        #expect(shop.cpus == 4)
        #expect(shop.targets.map(\.value) == [.raw, .qcow2])
        #expect(Set(shop.ports) == [22, 8080, 9000])
        #expect(shop.scripts.map(\.name) == ["greet", "setup.sh", "read the Puppet manifest"])
        #expect(shop.scripts[1].text == "#!/bin/sh\ntrue\n")
    }

    @Test func `disk settings arrive`() throws {
        let disk = try appliance(Everything.spec, files: Everything.files).disk
        guard case .automatic = disk.size.value, case .bytes(let free) = disk.free else {
            Issue.record("\(disk)")
            return
        }
        #expect(free.bytes == 500_000_000)
        #expect(disk.budget?.value.bytes == 3 << 30)
        #expect(disk.budget?.range?.start.line == 78)
        #expect(disk.boot == [.uefi])
    }

    @Test func `partitions, volume groups and Btrfs volumes arrive`() throws {
        let storage = try #require(try appliance(Everything.spec, files: Everything.files).disk.storage)
        #expect(storage.disks.map(\.name.value) == ["system", "store", "data"])
        #expect(storage.disks.map { $0.size?.value.bytes } == [nil, 4 << 30, 2 << 30])
        #expect(storage.disks.map(\.use) == [.system, .system, .user])
        #expect(storage.partitions.map(\.disk.value) == ["system", "system", "system", "store", "data"])
        let volume = storage.partitions[2]
        guard case .physicalVolume(let group) = volume.content, let luks = volume.encryption else {
            Issue.record("\(volume)")
            return
        }
        #expect(group.value == "main")
        #expect(volume.space.grows && volume.space.most?.value.bytes == 40 << 30)
        #expect((luks.secret.value, luks.version, luks.cipher) == ("disk", 2, "aes-xts-plain64"))
        #expect((luks.keyDerivation, luks.memory?.bytes, luks.time, luks.iterations) == ("argon2id", 32 << 20, 0.5, 4))
        let volumes = storage.groups[0].volumes
        #expect(volumes.map(\.name.value) == ["swap", "root", "log", "pool", "home", "opt"])
        #expect(volumes[2].space.percent?.value == 10)
        guard case .thinPool(let chunk, let metadata) = volumes[3].content,
            case .percent(5)? = storage.groups[0].reserve
        else {
            Issue.record("\(volumes)")
            return
        }
        #expect(chunk.bytes == 128 << 10)
        #expect(metadata == .mebibytes(8))
        #expect(volumes[4].pool?.value == "pool")
        #expect(
            storage.btrfs[0].subvolumes.map { "\($0.name.value) \($0.mount?.value ?? "-")" } == ["srv /srv", "spare -"])
        #expect(storage.btrfs[0].filesystem.makeOptions == ["-m", "dup"])
        #expect(
            Set(storage.mounts.map(\.path.value)) == [
                "/", "/boot", "/boot/efi", "/data", "/home", "/mnt/pool", "/opt", "/srv", "/var/log",
            ])
        #expect(storage.secrets.map(\.value) == ["disk", "home"])
    }

    @Test(arguments: [
        ("lvm", ["/boot", "system"], ["swap", "root"]), ("thin", ["/boot", "system"], ["swap", "pool", "root"]),
        ("plain", ["/boot", "swap", "/"], []), ("btrfs", ["/boot", "swap", "system"], []),
    ])
    func `an automatic layout is the one that autopart makes`(
        type: String, partitions: [String], volumes: [String]
    ) throws {
        let spec = minimal("memory: 512 MiB\ndisk: {automatic: {type: \(type), filesystem: xfs}}\n")
        let storage = try #require(try appliance(spec).disk.storage)
        #expect(
            storage.partitions.map { partition in
                switch partition.content {
                case .filesystem(let filesystem): filesystem.mount?.value ?? filesystem.format.rawValue
                case .physicalVolume(let name), .btrfsDevice(let name): name.value
                }
            } == partitions)
        #expect(storage.groups.flatMap(\.volumes).map(\.name.value) == volumes)
        let root = try #require(storage.mounts.first { $0.path.value == "/" })
        #expect(root.format == (type == "btrfs" ? .btrfs : .xfs))
        #expect(storage.mounts.contains { $0.path.value == "/home" } == (type == "btrfs"))
        #expect(SpecDecoder.swap(.mebibytes(512), nil) == 1 << 30)
        #expect(SpecDecoder.swap(.mebibytes(512), ByteSize(bytes: 5 << 30)) == 512 << 20)
    }

    @Test func `users and services arrive, the application's own first`() throws {
        let shop = try appliance(Everything.spec, files: Everything.files)
        #expect(shop.users.map(\.name.value) == ["wsgi", "ada", "worker"])
        let ada = shop.users[1]
        #expect(ada.uid == 1500)
        #expect(ada.groups == ["sudo", "adm"])
        #expect(ada.sshKeys == [Everything.key])
        #expect(ada.shell == "/bin/sh")
        #expect(ada.home == "/srv/ada")
        #expect(ada.gecos == "Ada Lovelace")
        guard case .hashed(let hash) = ada.password else {
            Issue.record("\(ada.password)")
            return
        }
        #expect(hash.hasPrefix("$6$saltsalt$"))
        #expect(shop.users[2].isSystem)
        #expect(
            shop.services.enable.map(\.value) == [
                "stonebake-firstboot.service", "stonebake-data.service", "nftables.service", "wsgi.socket",
                "nginx.service", "cron.service",
            ])
        #expect(shop.services.disable.map(\.value) == ["apt-daily.timer"])
        #expect(shop.services.mask.map(\.value) == ["getty@tty1.service", "puppet.service"])
    }

    @Test func `files arrive with their modes and owners`() throws {
        let own = try appliance(Everything.spec, files: Everything.files).files.suffix(5).map { $0 }
        #expect(own.map(\.path.value) == ["/etc/motd", "/etc/issue", "/etc/shop", "/etc/shop/motd", "/etc/legal"])
        #expect(own[0].mode == 0o640)
        #expect(own[0].owner == "root:adm")
        guard case .source(let source) = own[0].content, case .text(let text) = own[1].content,
            case .directory = own[2].content, case .symlink(let target) = own[3].content, case .absent = own[4].content
        else {
            Issue.record("\(own)")
            return
        }
        #expect(source.hasSuffix("/motd"))
        #expect(text == "shop\n")
        #expect(target == "../motd")
    }

    @Test func `checks arrive after those of the application`() throws {
        let checks = try appliance(Everything.spec, files: Everything.files).checks
        #expect(
            checks.map(\.name) == [
                "the application answers", "nginx.service is active", "wsgi.socket is active", "wsgi.service is active",
                "the page", "tcp 9000", "id ada", "cron.service is active", "boot time", "GET / over TLS",
                "udp 9000", "amqp over TLS: subscribe, publish and expect", "amqp 1.0: subscribe, publish and expect",
                "amqp: publish", "amqp refuses whoever gives no name",
                "stomp over websocket: subscribe, publish and expect", "stomp refuses whoever gives no name",
                "mqtt over websocket: subscribe, publish and expect", "mqtt refuses whoever gives no name",
                "websocket over TLS: send and expect", "websocket refuses whoever gives no name", "stun over tcp",
                "turn", "turn refuses whoever gives no name", "in order", "a form", "no unit has failed",
            ])
        guard case .http(let http) = checks[4].kind else {
            Issue.record("\(checks[4])")
            return
        }
        #expect(checks[4].timeout == 120)
        #expect((http.method, http.port, http.path, http.status) == ("POST", 8080, "/orders?x=1", 201))
        #expect(http.headers == ["Accept": "application/json"])
        #expect(http.body == "{}")
        #expect(http.contains == ["ordered", "thanks"])
        #expect(http.json == ["status": #""ok""#, "items.0.count": "2", "done": "true", "none": "null"])
        guard case .tcp(let tcp) = checks[5].kind, case .command(let command) = checks[6].kind,
            case .bootTime(let bootTime) = checks[8].kind
        else {
            Issue.record("\(checks)")
            return
        }
        #expect((tcp.port, tcp.send, tcp.expect) == (9000, "PING", "PONG"))
        #expect(command.contains == ["sudo"])
        #expect(bootTime.atMost == 90)
    }

    /// So that no key can be declared and then be forgotten by the tests above.
    @Test func `every key that is declared stands in that spec`() throws {
        let root = try #require(YAMLReader.read(SourceFile(path: "a.yaml", text: Everything.spec)).root)
        // A disk cannot have both, and no spec with rpm repositories compiles: MachineTests has them. Of the kinds of
        // applications there is one; each of the others has its own tests.
        let kinds = ApplicationKinds.all.map { $0.field.key }.filter { $0 != "wsgi" }.map { "an application: \($0)" }
        #expect(
            missingKeys(of: SpecDeclarations.spec, in: [root])
                == ["a spec: rpm-repositories"] + kinds + ["a disk: automatic"])
    }

    private func missingKeys(of record: Record, in nodes: [SpecNode]) -> [String] {
        record.fields.flatMap { field -> [String] in
            let values = nodes.compactMap { $0[field.key] }
            if values.isEmpty { return ["\(record.name): \(field.key)"] }
            switch field.shape {
            // The same as in a check.
            case .record where record.name == "a step": return []
            case .record(let inner): return missingKeys(of: inner, in: values)
            case .list(.record(let inner), _): return missingKeys(of: inner, in: values.flatMap(\.items))
            default: return []
            }
        }
    }

    @Test func `what a spec leaves out has the defaults that the declarations name`() throws {
        let small = try appliance(minimal())
        #expect(small.summary == "a")
        #expect(small.architecture == .amd64)
        #expect(small.system.locale == "C.UTF-8")
        #expect(small.system.timezone == "Etc/UTC")
        #expect(small.system.hostname == nil)
        #expect(small.memory == .mebibytes(1024))
        #expect(small.cpus == 2)
        #expect(small.targets.map(\.value) == [.qcow2])
        #expect(small.disk.boot == [.bios, .uefi])
        #expect(!small.packages.recommends)
        #expect(small.ports == [22])
        #expect(small.checks.map(\.name) == ["no unit has failed"])
        guard case .percent(20) = small.disk.free, case .automatic = small.disk.size.value else {
            Issue.record("\(small.disk)")
            return
        }
    }
}
