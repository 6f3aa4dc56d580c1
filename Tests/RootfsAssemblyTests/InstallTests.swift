import BuildPlanning
import ContentDigest
import Diagnostics
import FoundationEssentials
import HostSystem
import Testing

@testable import ApplianceSpec
@testable import FileTrees
@testable import RootfsAssembly
@testable import SandboxInside

/// Packages made for the test, installed on top of a real base system.
@Suite(.serialized) struct InstallTests {
    /// Installs packages as a layer of their own; nothing is kept of it beyond the run.
    func install(
        _ packages: [String], on layers: RootLayers, by assembler: RootfsAssembler? = nil,
        named name: String = #function
    ) async throws -> RootLayers {
        let finished = try await FinishedTree.shared.value
        var lock = finished.plan.lock
        lock.repositories = [
            LockedRepository(
                id: "test", archive: nil, uri: "file:///", suite: "test", components: [], release: Digest.of(""),
                date: 0)
        ]
        var inputs = StepInputs()
        inputs.add("run", text: "\(UInt64.random(in: 0...UInt64.max))")
        lock.packages = try packages.map { path in
            let control = try DebianPackage(path: path).control()
            let content = try Files.read(path)
            return LockedPackage(
                name: control.name, version: control.version, architecture: control.architecture, repository: "test",
                path: String(path.drop { $0 == "/" }), size: Int64(content.count), sha256: Digest.of(content),
                installedSize: 0, layer: .appliance)
        }
        let step = BuildStep(kind: .packages, name: "test-\(name.prefix(8))", title: "install", inputs: inputs)
        return try await (assembler ?? finished.assembler).packages(step, from: lock, on: layers)
    }

    private func run(_ script: String, in layers: RootLayers) async throws -> String {
        let finished = try await FinishedTree.shared.value
        let command = Command("/bin/sh", ["-c", script]).with { $0.output = .capture(limit: 1 << 20) }
        return try await finished.assembler.sandbox.run(SandboxJob(layers: layers.folders, command: command)).text
    }

    @Test func `a maintainer script that fails is told with its package, its last lines and the log's path`()
        async throws
    {
        let finished = try await FinishedTree.shared.value
        let shop = try Workshop()
        let good = try await shop.package("Package: works\n", script("postinst", "echo all is well"))
        let bad = try await shop.package(
            "Package: breaks\nDepends: works\n",
            script("postinst", "echo first line; echo 'the database is down' >&2; exit 7"))
        let error = await #expect(throws: HostError.self) { try await install([good, bad], on: finished.layers) }
        #expect(error?.code == .commandFailed)
        #expect(error?.message.hasPrefix("package breaks: ") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("post-installation script subprocess") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("exit status 7") == true, "\(error?.message ?? "")")
        let notes = try #require(error?.notes)
        #expect(notes.dropLast().suffix(2) == ["first line", "the database is down"])
        let log = String(try #require(notes.last).dropFirst("the whole log: ".count))
        let text = try Files.readText(log)
        #expect(text.contains("all is well") && text.contains("the database is down"))
        // The layers below are as good as they were.
        #expect(try finished.host.store.entry(try #require(finished.plan[.packages]).digest) != nil)

        let early = try await shop.package("Package: early\n", script("preinst", "echo no room; exit 3"))
        let second = await #expect(throws: HostError.self) { try await install([early], on: finished.layers) }
        #expect(second?.message == "package early: its preinst script ended with status 3")
        #expect(second?.notes.first == "no room")
    }

    @Test func `no script starts a service or reaches the network, and the initramfs is made once`() async throws {
        let finished = try await FinishedTree.shared.value
        let shop = try Workshop()
        let package = try await shop.package(
            "Package: daemon\n",
            script(
                "postinst",
                """
                {
                invoke-rc.d nginx start; echo "invoke-rc.d $?"
                start-stop-daemon --start --exec /usr/bin/touch -- /etc/started; echo "start-stop-daemon $?"
                test ! -e /etc/started || echo started
                deb-systemd-invoke start nginx.service; echo "deb-systemd-invoke $?"
                getent hosts example.org || echo "getent $?"
                grep -c : /proc/net/dev
                update-initramfs -u; update-initramfs -u
                } >/etc/report 2>/dev/null
                """)
                + "\nmkdir -p $ROOT/usr/share/initramfs-tools/hooks; printf '#!/bin/sh\\ntest \"$1\" = prereqs || echo hook >>/etc/hooked\\n' "
                + ">$ROOT/usr/share/initramfs-tools/hooks/count; chmod 755 $ROOT/usr/share/initramfs-tools/hooks/count")
        let layers = try await install([package], on: finished.layers)
        let report = try await run("cat /etc/report; ls /usr/sbin/policy-rc.d 2>&1; cat /etc/hooked", in: layers)
        #expect(
            report == """
                invoke-rc.d 0
                start-stop-daemon 0
                deb-systemd-invoke 0
                getent 2
                1
                ls: cannot access '/usr/sbin/policy-rc.d': No such file or directory
                hook

                """, "\(report)")
    }

    @Test func `diversions, alternatives, conffiles and triggers work across layers`() async throws {
        let finished = try await FinishedTree.shared.value
        let shop = try Workshop()
        let watcher = try await shop.package(
            "Package: watcher\n",
            "mkdir -p $ROOT/opt/watched $ROOT/usr/bin; printf original >$ROOT/usr/bin/tool-a\n"
                + "printf 'interest-noawait /opt/watched\\ninterest-noawait named-trigger\\n' >$ROOT/DEBIAN/triggers\n"
                + script("postinst", "echo \"$@\" >>/etc/watched"))
        let first = try await install([watcher], on: finished.layers)
        #expect(try await run("cat /etc/watched", in: first) == "configure \n")

        let arrival = try await shop.package(
            "Package: arrival\nPre-Depends: watcher\n",
            "mkdir -p $ROOT/opt/watched $ROOT/usr/bin $ROOT/etc; printf x >$ROOT/opt/watched/x\n"
                + "printf replacement >$ROOT/usr/bin/tool-a; printf setting >$ROOT/etc/arrival.conf\n"
                + "echo /etc/arrival.conf >$ROOT/DEBIAN/conffiles; echo activate-noawait named-trigger >$ROOT/DEBIAN/triggers\n"
                + script(
                    "preinst",
                    "dpkg-divert --package arrival --add --rename --divert /usr/bin/tool-a.original /usr/bin/tool-a")
                + script(
                    "postinst",
                    "test -e /etc/arrival.conf; update-alternatives --install /usr/bin/tool tool /usr/bin/tool-a 10"))
        let second = try await install([arrival], on: first)
        let report = try await run(
            """
            cat /usr/bin/tool-a /usr/bin/tool-a.original /etc/arrival.conf; echo
            sort -u /etc/watched; readlink -f /usr/bin/tool; dpkg-divert --truename /usr/bin/tool-a
            dpkg-query -W -f '${Package} ${db:Status-Abbrev}${Conffiles}\\n' watcher arrival
            dpkg --audit; dpkg --verify watcher arrival; ls /etc/*.dpkg-new 2>/dev/null
            """, in: second)
        #expect(
            report == """
                replacementoriginalsetting
                configure 
                triggered named-trigger /opt/watched
                /usr/bin/tool-a
                /usr/bin/tool-a.original
                arrival ii  /etc/arrival.conf 7dc22b2c6a992f0232345df41303f5ea
                watcher ii 

                """, "\(report)")
    }

    /// Shell lines that write a maintainer script into the package being built.
}

/// What the spec itself can get wrong, told at its place.
@Suite(.serialized) struct ConfigurationTests {
    private static let source = SourceFile(path: "spec.yaml", text: "one\ntwo\nthree\n")
    static let place = source.range(line: 2, column: 3)

    func configure(_ change: (inout Appliance) -> Void) async throws -> RootFilesystem {
        let finished = try await FinishedTree.shared.value
        var appliance = finished.plan.appliance
        // Only what the test is about.
        appliance.files = []
        appliance.users = []
        appliance.scripts = []
        appliance.services = ServiceSettings(enable: [], disable: [], mask: [])
        change(&appliance)
        var inputs = StepInputs()
        inputs.add("run", text: "\(UInt64.random(in: 0...UInt64.max))")
        let step = BuildStep(kind: .configuration, name: "test", title: "configure", inputs: inputs)
        return try await finished.assembler.configuration(
            step, of: appliance, from: finished.plan.lock, identity: finished.plan.identity, on: finished.layers
        ) { finished.initramfs }
    }

    func failure(_ change: (inout Appliance) -> Void) async throws -> Diagnostic {
        let error = await #expect(throws: RootfsError.self) { _ = try await configure(change) }
        let diagnostic = try #require(error?.diagnostics.first)
        #expect(diagnostic.range?.description == "spec.yaml:2:3")
        #expect(error?.exitCode == .inputWrong)
        return diagnostic
    }

    @Test func `a script of the spec that fails is told at its place with its last lines`() async throws {
        let diagnostic = try await failure {
            $0.scripts = [
                ScriptEntry(name: "good", text: "echo fine >/etc/good", range: nil),
                ScriptEntry(
                    name: "prepare",
                    text: "#!/bin/bash\ntest -e /etc/good && echo seen\necho 'out of luck' >&2\nexit 4",
                    range: Self.place),
            ]
        }
        #expect(diagnostic.message == "the script 'prepare' failed")
        let notes = diagnostic.notes.map(\.message)
        #expect(notes.prefix(3) == ["it ended with status 4", "seen", "out of luck"])
        #expect(notes.last?.hasPrefix("the whole log: /") == true)
    }

    @Test func `a unit, an owner and a place that do not exist are told at their places`() async throws {
        let unit = try await failure { $0.services.enable = [Located("no-such.service", at: Self.place)] }
        #expect(unit.message == "cannot enable the unit 'no-such.service'")
        let owner = try await failure {
            $0.files = [
                FileEntry(
                    path: Located("/etc/x", at: Self.place), content: .text("x"), mode: nil, owner: "nobody-we-know",
                    range: Self.place)
            ]
        }
        #expect(owner.message == "cannot put '/etc/x' into the image: there is no user 'nobody-we-know' in the image")
        let folder = try await failure {
            $0.files = [
                FileEntry(
                    path: Located("/etc/ssh", at: Self.place), content: .text("x"), mode: nil, owner: nil,
                    range: Self.place)
            ]
        }
        #expect(folder.message == "cannot put '/etc/ssh' into the image: '/etc/ssh' is a folder in the image")
    }

    @Test func `users, files, services and settings of the spec are in the tree`() async throws {
        let root = try await configure {
            $0.users = [
                UserEntry(
                    name: Located("deploy"), uid: 1500, groups: ["sudo", "made-here"],
                    sshKeys: ["ssh-ed25519 AAAA it's me"],
                    password: .hashed("$y$j9T$salt$hash"), shell: "/bin/bash", home: nil, gecos: "De Ploy",
                    isSystem: false)
            ]
            $0.files = [
                FileEntry(
                    path: Located("/srv/a/b/text"), content: .text("ü\n"), mode: 0o640, owner: "deploy:made-here",
                    range: nil),
                FileEntry(path: Located("/srv/link"), content: .symlink("a/b"), mode: nil, owner: nil, range: nil),
                FileEntry(
                    path: Located("/srv/folder"), content: .directory, mode: 0o2775, owner: "www-data", range: nil),
                FileEntry(
                    path: Located("/etc/nginx/sites-enabled"), content: .absent, mode: nil, owner: nil, range: nil),
            ]
            $0.services.mask = [Located("nginx.service")]
            $0.services.disable = [Located("ssh.service")]
            $0.system.hostname = "bakery"
            $0.system.timezone = "Europe/Berlin"
            $0.system.locale = "de_DE.UTF-8"
            $0.system.kernelArguments = ["quiet", "mitigations=auto"]
        }
        let tar = try await root.tar()
        let reader = try ArchiveReader(path: tar)
        var entries: [String: ArchiveEntry] = [:]
        var texts: [String: String] = [:]
        while let entry = try reader.next() {
            let path = try entry.containedPath()
            entries[path] = entry
            let isRead = ["etc/", "srv/", "home/", "boot/grub/grub.cfg"].contains { path.hasPrefix($0) }
            if entry.kind == .file, entry.size < 100_000, isRead {
                texts[path] = String(decoding: try reader.readAll(), as: UTF8.self)
            }
        }
        let group = try #require(
            texts["etc/group"]?.split(separator: "\n").first { $0.hasPrefix("made-here:") }?.split(separator: ":")[2])
        #expect(texts["etc/passwd"]?.contains("\ndeploy:x:1500:1500:De Ploy:/home/deploy:/bin/bash\n") == true)
        #expect(texts["etc/shadow"]?.contains("\ndeploy:$y$j9T$salt$hash:") == true)
        #expect(texts["etc/group"]?.contains("\nsudo:x:27:deploy\n") == true)
        #expect(texts["home/deploy/.ssh/authorized_keys"] == "ssh-ed25519 AAAA it's me\n")
        #expect(entries["home/deploy/.ssh/authorized_keys"]?.mode == 0o600)
        #expect(entries["home/deploy/.ssh"]?.uid == 1500)
        #expect(texts["srv/a/b/text"] == "ü\n")
        #expect(entries["srv/a/b/text"]?.mode == 0o640)
        #expect(entries["srv/a/b/text"].map { "\($0.uid):\($0.gid)" } == "1500:\(group)")
        #expect(entries["srv/link"]?.kind == .symlink(target: "a/b"))
        #expect(entries["srv/folder"].map { "\(String($0.mode, radix: 8)) \($0.uid):\($0.gid)" } == "2775 33:33")
        #expect(entries["etc/nginx/sites-enabled"] == nil && entries["etc/nginx/sites-enabled/default"] == nil)
        #expect(entries["etc/systemd/system/nginx.service"]?.kind == .symlink(target: "/dev/null"))
        #expect(entries["etc/systemd/system/multi-user.target.wants/ssh.service"] == nil)
        #expect(texts["etc/hostname"] == "bakery\n")
        #expect(texts["etc/hosts"]?.contains("127.0.1.1\tbakery\n") == true)
        #expect(entries["etc/localtime"]?.kind == .symlink(target: "/usr/share/zoneinfo/Europe/Berlin"))
        let locale = texts["etc/locale.conf"] ?? texts["etc/default/locale"]
        #expect(locale?.contains("LANG=de_DE.UTF-8\n") == true)
        #expect(entries["usr/lib/locale/locale-archive"] != nil)
        #expect(texts["boot/grub/grub.cfg"]?.contains("quiet mitigations=auto") == true)
        #expect(entries.values.allSatisfy { $0.modified <= 1_900_000_000 })
    }
}
