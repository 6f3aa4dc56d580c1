import BuildPlanning
import HostSystem
import Testing
import SandboxInside

@testable import FileTrees
@testable import RootfsAssembly
@testable import SandboxInside

/// Scripts of packages, and what is run in place of parts of them, against each other in a real root.
@Suite(.serialized) struct ScriptShortcutTests {
    /// Runs a script in the finished tree, once with the packages' own scripts and once with the shorter ones.
    private func compare(_ shortcuts: [ScriptShortcut], _ script: String) async throws -> (own: String, shorter: String)
    {
        let finished = try await FinishedTree.shared.value
        let folder = try finished.host.scratch.newFolder("shortcuts")
        let binds = try ScriptShortcut.binds(shortcuts, over: finished.root.layers, in: folder)
        #expect(!binds.isEmpty)
        return (try await run(script, binds: []), try await run(script, binds: binds))
    }

    private func run(
        _ script: String, binds: [SandboxBind], _ environment: [String: String] = [:]
    ) async throws -> String {
        let finished = try await FinishedTree.shared.value
        let upper = try finished.host.scratch.newFolder("upper")
        defer { try? removeTree(upper) }
        let command = Command("/bin/sh", ["-c", script]).with {
            $0.output = .capture(limit: 16 << 20)
            for (name, value) in environment { $0.environment[name] = value }
        }
        let job = SandboxJob(layers: finished.root.layers, upper: upper, command: command).with { $0.binds = binds }
        return try await finished.assembler.sandbox.run(job).text
    }

    @Test func `each of them fits the scripts of this release`() async throws {
        let finished = try await FinishedTree.shared.value
        for shortcut in ScriptShortcut.configuring + ScriptShortcut.deferred {
            let file = try #require(
                finished.root.layers.map { $0 + shortcut.path }.last(where: Files.exists), "\(shortcut)")
            let own = try Files.readText(file)
            let shorter = try #require(shortcut.shortened(own), "\(shortcut)")
            #expect(shortcut.shortened(own + own) == nil, "what is there twice is not what is known")
            #expect(shortcut.shortened(own.replacing(shortcut.parts[0].own, with: "")) == nil, "nor what is not there")
            #expect(shorter != own)
            let syntax = try await run(
                "cat >/tmp/script <<'STONEBAKE'\n\(shorter)STONEBAKE\nsh -n /tmp/script 2>&1", binds: [])
            #expect(syntax == "")
        }
    }

    @Test func `a script that says something else is not replaced`() throws {
        let shop = try Workshop()
        let path = "/usr/sbin/update-ca-certificates"
        try Files.makeFolder("\(shop.path)/root/usr/sbin")
        try Files.write("#!/bin/sh\nadd() {\n  CERT=\"$1\"\n}\n", to: "\(shop.path)/root\(path)")
        let binds = try ScriptShortcut.binds(ScriptShortcut.deferred, over: ["\(shop.path)/root"], in: shop.path)
        #expect(binds.isEmpty)
    }

    @Test func `certificates get the same links, bundle and report, whatever they are called`() async throws {
        let (own, shorter) = try await compare(
            ScriptShortcut.deferred,
            #"""
            cd /usr/local/share/ca-certificates && folder=/usr/share/ca-certificates/mozilla
            set -- $folder/*.crt
            cp "$1" 'a b, (c).crt'; head -c -1 "$2" >short.crt; : >empty.crt; mkdir deep; cp "$3" deep/.crt; cp "$4" deep/same.crt
            cp "$5" same.crt
            ln -s /usr/share/elsewhere /etc/ssl/certs/orphan.pem; ln -s orphan.pem /etc/ssl/certs/second.pem
            ln -s $folder /etc/ssl/certs/folder; ln -sf "$1" /etc/ssl/certs/short.pem; mkdir /etc/ssl/certs/empty.pem
            show() {
                echo "status $?"
                find /etc/ssl/certs ! -type d -printf '%P %y %m %l\n' | sort; sha256sum /etc/ssl/certs/ca-certificates.crt
                find /tmp -name 'ca-cert*'
            }
            update-ca-certificates 2>&1; show
            sed -i '/^mozilla/{s/^/!/;:next;n;bnext}' /etc/ca-certificates.conf; rm short.crt
            update-ca-certificates 2>&1; show
            update-ca-certificates --fresh 2>&1; show
            chmod 0 same.crt; rm same.crt; ln -s deep same.crt; echo mozilla/../../../local/share/ca-certificates/x.crt \
                >>/etc/ca-certificates.conf; mkfifo x.crt; update-ca-certificates 2>&1; show
            """#)
        #expect(own == shorter)
        #expect(own.contains("a_b__=c=.pem l 777 /usr/local/share/ca-certificates/a b, (c).crt"), "\(own.suffix(2000))")
    }

    /// What the list has, and what is supported beyond the release's own.
    @Test(arguments: [
        ("# A list\n#\n", ""), ("# A list\n#\n", "\n  spaced out"), ("# A list\n#\n", "\nx*y Z"),
        ("# A list\n\n# de_DE.UTF-8 UTF-8\nen_US.UTF-8 UTF-8  \n##  fr_FR ISO-8859-1\n", "\nde_DE.UTF-8 UTF-8"),
        ("no newline", ""), ("# r\u{e9}sum\u{e9}\n", ""), ("aa_DJXUTF-8 UTF-8\n", ""),
    ])
    func `the list of locales is completed in the same way`(_ list: String, _ more: String) async throws {
        let own = try #require(ScriptShortcut.configuring.first { $0.path.contains("locales") }).parts[0]
        func script(_ part: String) -> String {
            """
            set -e; LC_ALL=C LANG=C LG=/tmp/list
            printf %s \(Command.quoted(list)) >$LG
            SUPPORTED_LOCALES="$(sed -e '/^[a-zA-Z]/!d' -e 's/ *$//g' /usr/share/i18n/SUPPORTED | sort -u)\(more)"
            \(part)
            cat $LG; echo ended
            """
        }
        let (old, new) = (try await run(script(own.own), binds: []), try await run(script(own.shorter), binds: []))
        #expect(old == new)
        #expect(old.contains("zu_ZA.UTF-8 UTF-8\n") && old.hasSuffix("ended\n"))
    }

    @Test func `of a new root no certificate was chosen before, of an old one some were`() async throws {
        let (own, shorter) = try await compare(
            ScriptShortcut.configuring,
            """
            export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin
            choose() {
                /usr/share/debconf/frontend /var/lib/dpkg/info/ca-certificates.config configure "$1" 2>&1
                echo GET ca-certificates/enable_crts | debconf-communicate | sha256sum
            }
            sed -i '20,$s/^mozilla/!mozilla/' /etc/ca-certificates.conf; choose 1
            rm /etc/ca-certificates.conf; choose ''
            """)
        #expect(own == shorter)
        let sums = Set(own.split(separator: "\n").filter { $0.hasSuffix("  -") })
        #expect(sums.count == 2, "\(own)")
    }

    @Test func `an initramfs' hooks copy the same files and links`() async throws {
        let (own, shorter) = try await compare(
            ScriptShortcut.initramfs,
            """
            export DESTDIR=/tmp/image verbose=y MODULES=most version=none
            mkdir -p /tmp/image /opt/'a b' /opt/real; for name in bin lib lib64 sbin; do
                mkdir -p /tmp/image/usr/$name; ln -s usr/$name /tmp/image/$name; done
            cp /usr/bin/true /opt/'a b'/true; cp /usr/bin/true /opt/real/true; ln -s real /opt/link; ln -s true /opt/real/other
            mkdir -p /usr/lib/neon; cp /usr/lib/*-linux-gnu/libz.so.1 /usr/lib/neon/libz.so.1
            cd /opt; . /usr/share/initramfs-tools/hook-functions
            for program in /bin/ls /usr/bin/perl /sbin/ldconfig /opt/'a b'/true /opt/link/true /opt/real/other //usr/bin//id \\
                /usr/bin/../bin/cp /usr/sbin/update-initramfs /no/such real/true /usr/lib/systemd/systemd-udevd /opt/link \\
                /usr/bin/ldd /lib/*-linux-gnu/libc.so.6; do
                copy_exec "$program"; echo "$program $?"
                copy_exec "$program" "/else/where/"; echo "$program $?"
            done 2>&1
            LD_LIBRARY_PATH=/usr/lib/neon copy_exec /usr/lib/systemd/systemd; echo $?
            copy_file config /etc/fstab; echo $?; copy_file config /etc/os-release /conf/release; echo $?
            for path in / /bin /bin/ls /lib /usr/lib/os-release /etc/os-release /opt/link/true relative //x /a/./b /a/ -n; do
                basename "$path"; dirname "$path"; readlink -f "$path"; realpath -ms "$path"; realpath -s "$path"
            done 2>&1
            basename /a/b.crt .crt; mkdir -p /tmp/x/y /tmp/z; mkdir -p /tmp/z /etc/passwd 2>&1; echo $?
            mkdir -p /etc/passwd 2>&1; echo $?; mkdir -p ''  2>&1; echo $?
            find /tmp/image /tmp/x /tmp/z -printf '%p %y %m %s %l\\n' | sort
            """)
        #expect(own == shorter)
        #expect(own.contains("/tmp/image/usr/lib/neon/libz.so.1") || own.contains("libz.so.1"), "\(own.suffix(3000))")
        #expect(own.contains("/tmp/image/opt/link/true l 777"), "\(own.suffix(3000))")
    }

    /// The arguments after `dpkg-maintscript-helper`, as a shell reads them.
    @Test(arguments: [
        "rm_conffile /etc/old 1.2-3~ -- configure ''", "rm_conffile /etc/old 1:1.2-3~ -- configure ''",
        "rm_conffile /etc/old 1.2-3~ -- configure 1.0", "rm_conffile /etc/old 1.2-3~ -- configure 2.0",
        "rm_conffile /etc/old 1.2-3~ -- install", "rm_conffile /etc/old 1.2-3~ -- install 1.0",
        "rm_conffile /etc/old 1.2-3~ -- abort-upgrade 1.0", "rm_conffile etc/old 1.2-3~ -- configure ''",
        "rm_conffile /etc/old 1.2- -- configure ''", "rm_conffile /etc/old x1 -- configure ''",
        "rm_conffile /etc/old 1_2 -- configure ''", "rm_conffile /etc/old -- configure ''",
        "rm_conffile /etc/old 1.2-3~ test -- configure ''", "rm_conffile /etc/old 1.2-3~", "rm_conffile",
        "rm_conffile /etc/old 1.2-3~ -- ''", "rm_conffile /etc/old 1.2-3~ -- '' ''",
        "mv_conffile /etc/old /etc/new 1.2-3~ -- configure ''", "supports rm_conffile", "nonsense", "",
    ])
    func `an old conffile is dealt with as by dpkg's own helper`(_ arguments: String) async throws {
        let finished = try await FinishedTree.shared.value
        let surroundings = try ScriptSurroundings(in: try finished.host.scratch.newFolder("scripts"))
        let script = """
            for name in preinst postinst postrm ''; do for package in test ''; do
                export DPKG_MAINTSCRIPT_NAME=$name DPKG_MAINTSCRIPT_PACKAGE=$package DPKG_ROOT=
                echo changed >/etc/old; echo saved >/etc/old.dpkg-remove
                dpkg-maintscript-helper \(arguments) >/tmp/printed 2>&1; echo "$name $package $?"
                sed 's:/run/stonebake/path:/usr/bin:' /tmp/printed; ls /etc/old*
            done; done
            """
        let binds = [SandboxBind(surroundings.folder, at: "/run/stonebake", readOnly: false)]
        let own = try await run(script, binds: binds)
        let standIn = try await run(script, binds: binds, ["PATH": ScriptSurroundings.searchPath])
        #expect(own == standIn)
    }
}
