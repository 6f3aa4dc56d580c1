import BuildPlanning
import Diagnostics
import Testing

@testable import ApplianceSpec
@testable import FileTrees
@testable import RootfsAssembly

/// What the keys about the machine, and the ways to run a script, do to the tree.
extension ConfigurationTests {
    private struct Packed {
        var entries: [String: ArchiveEntry] = [:]
        var texts: [String: String] = [:]

        init(_ root: String) throws {
            let reader = try ArchiveReader(path: root)
            while let entry = try reader.next() {
                let path = try entry.containedPath()
                entries[path] = entry
                let isRead = ["etc/", "root/", "boot/grub/grub.cfg"].contains { path.hasPrefix($0) }
                if entry.kind == .file, entry.size < 100_000, isRead {
                    texts[path] = String(decoding: try reader.readAll(), as: UTF8.self)
                }
            }
        }
    }

    @Test func `root, groups, the boot menu and trimmed packages are in the tree`() async throws {
        let packed = try Packed(
            try await configure {
                $0.root = RootAccount(password: .hashed("$y$j9T$salt$root"), sshKeys: ["ssh-ed25519 AAAA root's"])
                $0.groups = [
                    GroupEntry(name: Located("crew"), gid: 1800, isSystem: false),
                    GroupEntry(name: Located("sudo"), gid: nil, isSystem: false),
                    GroupEntry(name: Located("feed"), gid: nil, isSystem: true),
                ]
                $0.users = [
                    UserEntry(
                        name: Located("ada"), uid: 1500, gid: 1600, groups: ["crew"], sshKeys: [], password: .locked,
                        shell: nil, home: nil, gecos: nil, isSystem: false)
                ]
                $0.bootLoader = BootLoaderSettings(timeout: 7, password: "grub.pbkdf2.sha512.10000.AB.CD")
                $0.packages.hasDocumentation = false
                $0.packages.languages = ["de"]
                $0.system.moreLocales = ["en_GB.UTF-8"]
            }.tar())
        let group = packed.texts["etc/group"] ?? ""
        #expect(group.contains("\ncrew:x:1800:ada\n") && group.contains("\nada:x:1600:\n"))
        let feed = group.split(separator: "\n").first { $0.hasPrefix("feed:") }?.split(separator: ":")
        #expect((feed?.count ?? 0) > 2 && (Int(feed?[2] ?? "") ?? 1000) < 1000)
        #expect(packed.texts["etc/passwd"]?.contains("\nada:x:1500:1600:") == true)
        #expect("\n\(packed.texts["etc/shadow"] ?? "")".contains("\nroot:$y$j9T$salt$root:"))
        #expect(packed.texts["root/.ssh/authorized_keys"] == "ssh-ed25519 AAAA root's\n")
        #expect(packed.entries["root/.ssh"]?.mode == 0o700)
        let menu = packed.texts["boot/grub/grub.cfg"] ?? ""
        #expect(menu.contains("set timeout=7\n"))
        #expect(menu.contains("set superusers=root\npassword_pbkdf2 root grub.pbkdf2.sha512.10000.AB.CD\n"))
        // It starts by itself; only another entry asks.
        #expect(menu.contains("menuentry 'Debian GNU/Linux' --unrestricted "))
        #expect(!menu.contains("recovery mode)' --unrestricted"))
        #expect(packed.texts["etc/grub.d/10_linux"]?.contains("CLASS=\"--unrestricted --class") == true)
        #expect(packed.texts["etc/grub.d/01_stonebake_password"]?.contains("password_pbkdf2 root") == true)
        let documents = packed.entries.filter { $0.key.hasPrefix("usr/share/doc/") && $0.value.kind == .file }
        #expect(!documents.isEmpty && documents.keys.allSatisfy { $0.hasSuffix("/copyright") })
        #expect(!packed.entries.keys.contains { $0.hasPrefix("usr/share/man/man1/") })
        let languages = Set(
            packed.entries.keys.filter { $0.hasPrefix("usr/share/locale/") && $0.hasSuffix("LC_MESSAGES") }.map {
                String($0.split(separator: "/")[3])
            })
        #expect(
            languages.contains("de")
                && languages.allSatisfy { $0 == "de" || $0.hasPrefix("de_") || $0.hasPrefix("de@") }, "\(languages)")
        #expect(packed.texts["etc/dpkg/dpkg.cfg.d/50-stonebake"]?.contains("path-exclude=/usr/share/man/*\n") == true)
        #expect(packed.texts["etc/locale.gen"]?.contains("\nen_GB.UTF-8 UTF-8\n") == true)
    }

    @Test func `a script has the interpreter and the log that it asks for`() async throws {
        let packed = try Packed(
            try await configure {
                $0.scripts = [
                    ScriptEntry(
                        name: "python", text: "import sys\nprint('to the log')\nprint('and this', file=sys.stderr)\n",
                        range: nil, interpreter: "/usr/bin/python3 -u", log: "/root/logs/post.log"),
                    ScriptEntry(
                        name: "shell", text: "#!/no/such/program\necho by the shell >/etc/shell\n", range: nil,
                        interpreter: "/bin/sh"),
                ]
            }.tar())
        #expect(packed.texts["root/logs/post.log"] == "to the log\nand this\n")
        #expect(packed.texts["etc/shell"] == "by the shell\n")
    }

    @Test func `a script that logs and fails fails the build, and says its last words`() async throws {
        let diagnostic = try await failure {
            $0.scripts = [
                ScriptEntry(
                    name: "%post 1", text: "echo last words\nexit 3\n", range: Self.place, log: "/root/post.log")
            ]
        }
        #expect(diagnostic.message == "the script '%post 1' failed")
        #expect(diagnostic.notes.map(\.message).prefix(2) == ["it ended with status 3", "last words"])
    }

    @Test func `an interpreter that is not there is named`() async throws {
        let diagnostic = try await failure {
            $0.scripts = [
                ScriptEntry(name: "ruby", text: "puts 1\n", range: Self.place, interpreter: "/usr/bin/ruby")
            ]
        }
        #expect(diagnostic.hint == "is '/usr/bin/ruby' in the image?")
    }

    @Test func `a script beside the root changes the root, and nothing of the machine that builds`() async throws {
        let mark = "/var/tmp/stonebake-test-\(UInt64.random(in: 0...UInt64.max))"
        let packed = try Packed(
            try await configure {
                $0.scripts = [
                    ScriptEntry(
                        name: "beside",
                        text: """
                            set -e
                            test "$INSTALL_ROOT" = /mnt/sysimage && test "$ANA_INSTALL_PATH" = /mnt/sysimage
                            echo one >$INSTALL_ROOT/etc/one
                            echo two >/mnt/sysroot/etc/two
                            chroot $INSTALL_ROOT id -un >$INSTALL_ROOT/etc/chrooted
                            # Programs of this machine, and no way to write to it.
                            python3 -c 'print(1)' >$INSTALL_ROOT/etc/host-python
                            for place in \(mark) /etc/x /usr/x /root/x $HOME/x; do
                                if touch $place 2>/dev/null; then echo "wrote $place"; exit 1; fi
                            done
                            if mount -o remount,rw / 2>/dev/null; then echo remounted; exit 1; fi
                            if ls /dev | grep -q '^[sv]d'; then echo disks; exit 1; fi
                            echo temporary >/tmp/x
                            echo output
                            """, range: nil, log: "/root/beside.log", place: .host)
                ]
            }.tar())
        #expect(packed.texts["etc/one"] == "one\n" && packed.texts["etc/two"] == "two\n")
        #expect(packed.texts["etc/chrooted"] == "root\n" && packed.texts["etc/host-python"] == "1\n")
        #expect(packed.texts["root/beside.log"] == "output\n")
        #expect(!Files.exists(mark))
        #expect(packed.entries["mnt/sysimage"] == nil && packed.entries["tmp/x"] == nil)
    }
}
