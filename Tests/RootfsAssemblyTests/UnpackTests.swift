import ContentDigest
import Diagnostics
import FoundationEssentials
import Glibc
import Testing

@testable import FileTrees
@testable import HostSystem
@testable import RootfsAssembly
@testable import SandboxInside

@Suite struct UnpackTests {
    /// dpkg itself is the judge: the same packages, unpacked by `dpkg --unpack` into another root.
    @Test func `a tree and its database are what dpkg itself would make of the packages`() async throws {
        let shop = try Workshop()
        let packages = try await oddPackages(shop)
        let ours = try await shop.unpack(packages, into: "ours")
        let theirs = "\(shop.path)/theirs"
        try Files.makeFolder(theirs)
        let script = """
            cd "$STONEBAKE_ROOT"
            mkdir -p usr/bin usr/sbin usr/lib usr/lib64 var/lib/dpkg/info var/lib/dpkg/updates var/lib/dpkg/triggers
            for name in bin sbin lib lib64; do ln -s usr/$name $name; done
            touch var/lib/dpkg/status var/lib/dpkg/available
            dpkg --root="$STONEBAKE_ROOT" --force-script-chrootless --force-bad-path --force-not-root \\
                --force-architecture --no-triggers --log=/dev/null --unpack "$@"
            """
        let job = SandboxJob(
            layers: [], upper: theirs, command: Command("/bin/sh", ["-ec", script, "sh"] + packages)
        ).with { $0.chroot = false }
        let judged = try await shop.assembler.sandbox.run(job)
        try #require(judged.succeeded, "\(judged.tail)")

        func tree(_ path: String) async throws -> [String] {
            try await shop.listing(path).filter { !$0.contains("var/lib/dpkg") && !$0.hasPrefix("var") }
                // dpkg was given the links of merged /usr by the test itself.
                .filter { line in !["bin ", "sbin ", "lib ", "lib64 "].contains { line.hasPrefix($0 + "l") } }
        }
        #expect(try await tree(ours) == tree(theirs))
        #expect(try await tree(ours).count > 30)
        for name in try Files.names(in: "\(theirs)/var/lib/dpkg/info").sorted() {
            let expected = try Files.readText("\(theirs)/var/lib/dpkg/info/\(name)")
            let found = try Files.readText("\(ours)/var/lib/dpkg/info/\(name)")
            #expect(found == expected, "\(name)")
        }
        #expect(
            try Files.names(in: "\(ours)/var/lib/dpkg/info").sorted()
                == Files.names(in: "\(theirs)/var/lib/dpkg/info").sorted())
        func status(_ root: String) throws -> [String] {
            ControlStanza.stanzas(try Files.readText("\(root)/var/lib/dpkg/status")).map { stanza in
                stanza.fields.sorted { $0.name < $1.name }.map { "\($0.name): \($0.value)\n" }.joined()
            }.sorted()
        }
        #expect(try status(ours) == status(theirs))
        for name in ["File", "test-trigger"] {
            let expected = try Files.readText("\(theirs)/var/lib/dpkg/triggers/\(name)").split(separator: "\n").sorted()
            #expect(
                try Files.readText("\(ours)/var/lib/dpkg/triggers/\(name)").split(separator: "\n").sorted() == expected)
        }
    }

    @Test func `a package that was unpacked before is unpacked from its copy, to the same tree`() async throws {
        let shop = try Workshop()
        let store = shop.assembler.host.store
        let originals = try await oddPackages(shop)
        let first = try await shop.unpack(originals, into: "first")
        var blobs: [String] = []
        for package in originals {
            try Files.copy(package, to: "\(package).copy")
            blobs.append(try store.addBlob(moving: "\(package).copy", expecting: nil).1)
        }
        let digests = blobs.compactMap { Digest(hex: Files.name(of: $0)) }
        let anew = try await shop.unpack(blobs, into: "anew")
        store.background.wait()
        let copies = try digests.map { try #require(try store.copy(of: $0)) }
        #expect(copies.count == originals.count)
        // A copy that has not the same in it would show: the package's own data archive is not read any more.
        let copied = try await shop.unpack(blobs, into: "copied")
        // All but the times of dpkg's own files, which are of now.
        func listing(_ tree: String) async throws -> [String] {
            try await shop.listing(tree).filter { !$0.hasPrefix("var/lib/dpkg") }
        }
        let expected = try await listing(first)
        #expect(expected.count > 40)
        #expect(try await listing(anew) == expected)
        #expect(try await listing(copied) == expected)

        for copy in copies {
            let content = try Files.read(copy)
            try Files.write(Array(content.dropLast()) + [content.last.map { $0 ^ 1 } ?? 0], to: copy)
        }
        let other = try ContentStore(root: store.root)
        #expect(try digests.allSatisfy { try other.copy(of: $0) == nil })
        #expect(try await listing(try await shop.unpack(blobs, into: "again")) == expected)
    }

    private func oddPackages(_ shop: Workshop) async throws -> [String] {
        [
            try await shop.package(
                "Package: odd-files\nSuggests: x | y\n",
                """
                mkdir -p $ROOT/usr/share/odd $ROOT/usr/bin $ROOT/srv/deep/er
                long=$ROOT/usr/share/odd/$(printf 'l%.0s' $(seq 180)); printf long >$long; ln -s $(basename $long) $long-link
                printf x >$ROOT/usr/bin/a; ln $ROOT/usr/bin/a $ROOT/usr/bin/b; ln -s a $ROOT/usr/bin/c
                printf 'ü' >"$ROOT/usr/share/odd/name with ü"; mkfifo $ROOT/usr/share/odd/fifo
                truncate -s 2M $ROOT/usr/share/odd/holes; printf end >>$ROOT/usr/share/odd/holes
                chmod 4755 $ROOT/usr/bin/a; chmod 1777 $ROOT/srv/deep/er; touch -d @1234567890 $ROOT/usr/bin/c -h
                """),
            try await shop.package(
                "Package: odd-conffiles\nArchitecture: amd64\nMulti-Arch: same\n", compression: "zstd",
                """
                mkdir -p $ROOT/etc/odd; printf one >$ROOT/etc/odd/one; printf two >$ROOT/etc/odd/two
                printf '/etc/odd/one\\n/etc/odd/two\\nremove-on-upgrade /etc/odd/gone\\n' >$ROOT/DEBIAN/conffiles
                printf '#!/bin/sh\\nexit 0\\n' >$ROOT/DEBIAN/postinst; chmod 755 $ROOT/DEBIAN/postinst
                printf 'interest-noawait /usr/share/odd\\ninterest test-trigger\\nactivate-noawait other\\n' >$ROOT/DEBIAN/triggers
                """),
            try await shop.package(
                "Package: odd-merged\nConflicts: odd-z\n", compression: "gzip",
                """
                mkdir -p $ROOT/lib/odd $ROOT/sbin $ROOT/usr/share/odd
                printf x >$ROOT/lib/odd/x; printf y >$ROOT/sbin/y; printf shared >$ROOT/usr/share/odd/shared
                chmod 700 $ROOT/usr/share/odd
                (cd $ROOT && find * -path DEBIAN -prune -o -type f -print | sort | xargs md5sum >DEBIAN/md5sums)
                """),
        ]
    }

    @Test func `file capabilities and other attributes come along`() async throws {
        let shop = try Workshop()
        // cap_net_raw=ep, as ping has it: VFS_CAP_REVISION_2 with the effective bit.
        let capability: [UInt8] = [1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let package = try shop.rawPackage(
            "caps",
            [
                ArchiveEntry(path: "./", kind: .directory, mode: 0o755),
                ArchiveEntry(
                    path: "./ping", kind: .file, mode: 0o755,
                    attributes: [
                        .init(name: "security.capability", value: capability), .init(name: "user.note", value: [1, 2]),
                    ]),
                ArchiveEntry(path: "./null", kind: .characterDevice(major: 1, minor: 3), mode: 0o666),
                ArchiveEntry(path: "./disk", kind: .blockDevice(major: 8, minor: 1), mode: 0o660, gid: 6),
            ])
        let tree = try await shop.unpack([package], into: "tree")
        try await TreeStream(layers: [tree], timestamp: 1000).write(
            to: "\(shop.path)/out.tar", host: shop.assembler.host)
        let reader = try ArchiveReader(path: "\(shop.path)/out.tar")
        var entries: [String: ArchiveEntry] = [:]
        while let entry = try reader.next() { entries[try entry.containedPath()] = entry }
        #expect(
            entries["ping"]?.attributes == [
                .init(name: "security.capability", value: capability), .init(name: "user.note", value: [1, 2]),
            ])
        #expect(entries["null"]?.kind == .characterDevice(major: 1, minor: 3))
        #expect(entries["disk"]?.kind == .blockDevice(major: 8, minor: 1))
        #expect(entries["disk"]?.gid == 6 && entries["disk"]?.mode == 0o660)
    }

    @Test(arguments: [
        ("absolute", "/etc/evil", ArchiveEntry.Kind.file, "the path '/etc/evil' is absolute"),
        ("dotdot", "./usr/../../evil", .file, "leaves the root"),
        ("newline", "./a\nb", .file, "holds a line break"),
        ("hardlink-out", "./evil", .hardLink(target: "../../etc/passwd"), "leaves the root"),
        ("hardlink-absolute", "./evil", .hardLink(target: "/etc/passwd"), "is absolute"),
        ("hardlink-other", "./evil", .hardLink(target: "./etc/passwd"), "is no earlier file of the package"),
        ("behind-link", "./link/evil", .file, "lies behind 'link', a symbolic link of the same package"),
        ("behind-deep-link", "./link/a/b", .directory, "lies behind 'link'"),
        ("over-folder", "./folder", .file, "a folder is in its place"),
    ])
    func `a package that reaches out of the root is refused, by name and entry`(
        name: String, path: String, kind: ArchiveEntry.Kind, reason: String
    ) async throws {
        let shop = try Workshop()
        try await shop.shell("mkdir outside")
        let package = try shop.rawPackage(
            name,
            [
                ArchiveEntry(path: "./", kind: .directory, mode: 0o755),
                ArchiveEntry(path: "./folder", kind: .directory, mode: 0o755),
                ArchiveEntry(path: "./link", kind: .symlink(target: "\(shop.path)/outside"), mode: 0o777),
                ArchiveEntry(path: path, kind: kind, mode: 0o644),
            ])
        let error = await #expect(throws: HostError.self) { try await shop.unpack([package], into: "tree") }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix("package \(name) 1: entry '\(path)") == true, "\(error?.message ?? "")")
        #expect(try Files.names(in: "\(shop.path)/outside").isEmpty)
    }

    @Test func `one package's link does not take another one's files out of the root`() async throws {
        let shop = try Workshop()
        try await shop.shell("mkdir outside")
        let link = try shop.rawPackage(
            "link", [ArchiveEntry(path: "./data", kind: .symlink(target: "\(shop.path)/outside"), mode: 0o777)])
        let file = try shop.rawPackage("file", [ArchiveEntry(path: "./data/evil", kind: .file, mode: 0o644)])
        let tree = try await shop.unpack([link], into: "tree")
        _ = try? await shop.unpack([file], into: "tree")
        #expect(try Files.names(in: "\(shop.path)/outside").isEmpty)
        #expect(!Files.exists("\(shop.path)/outside/evil"))
        #expect(try Files.linkTarget("\(tree)/data") == "\(shop.path)/outside")
    }

    @Test func `a damaged package is an error that names it`() async throws {
        let shop = try Workshop()
        let package = try await shop.package("Package: whole\n", "head -c 100000 /dev/urandom >$ROOT/data")
        let bytes = try Files.read(package)
        try Files.write(Array(bytes[..<(bytes.count - 30_000)]), to: "\(shop.path)/cut.deb")
        let error = await #expect(throws: HostError.self) {
            try await shop.unpack(["\(shop.path)/cut.deb"], into: "tree")
        }
        #expect(error?.code == .archive)
        #expect(error?.message.contains("package whole 1") == true, "\(error?.message ?? "")")
        try Files.write("no archive", to: "\(shop.path)/text.deb")
        await #expect(throws: HostError.self) { try await shop.unpack(["\(shop.path)/text.deb"], into: "tree2") }
    }

    @Test func `two packages with one file are refused unless one replaces the other`() async throws {
        let shop = try Workshop()
        let a = try await shop.package("Package: first\n", "mkdir $ROOT/opt; printf first >$ROOT/opt/file")
        let b = try await shop.package("Package: second\n", "mkdir $ROOT/opt; printf second >$ROOT/opt/file")
        let c = try await shop.package(
            "Package: third\nReplaces: first (<< 2)\n", "mkdir $ROOT/opt; printf third >$ROOT/opt/file")
        let error = await #expect(throws: HostError.self) { try await shop.unpack([a, b], into: "refused") }
        #expect(error?.message.contains("would overwrite '/opt/file', which package") == true)
        // In either order, in one go and in two.
        for (name, order) in [("ac", [a, c]), ("ca", [c, a])] {
            let tree = try await shop.unpack(order, into: name)
            #expect(try Files.readText("\(tree)/opt/file") == "third")
            #expect(try Files.readText("\(tree)/var/lib/dpkg/info/first.list").contains("/opt/file") == false)
        }
        let below = try await shop.unpack([a], into: "below")
        let above = try await shop.unpack([c], into: "above", on: RootLayers([below]))
        #expect(try Files.readText("\(above)/opt/file") == "third")
        #expect(try Files.readText("\(above)/var/lib/dpkg/info/first.list") == "/.\n/opt\n")
        #expect(try Files.readText("\(below)/opt/file") == "first")
    }

    @Test(arguments: [("size=1m", HostError.Code.noSpace), ("size=8m,ro", .readOnly)])
    func `a full or read-only disk is told as such`(options: String, code: HostError.Code) async throws {
        let shop = try Workshop()
        let package = try await shop.package("Package: large\n", "head -c 3000000 /dev/urandom >$ROOT/large")
        let manifest = UnpackManifest(
            packages: [.init(path: package)], database: true, folders: [], timestamp: 0, threads: 1)
        try Files.write(Array(try JSONEncoder().encode(manifest)), to: "\(shop.path)/manifest.json")
        let worker = ([shop.host.worker] + WorkerCommand.words(["unpack", "manifest.json"])).map(Command.quoted)
            .joined(separator: " ")
        let script = """
            mkdir -p small; mount -t tmpfs -o \(options) none small
            STONEBAKE_ROOT=$PWD/small exec \(worker)
            """
        let namespace = getuid() == 0 ? ["--mount"] : ["--map-root-user", "--map-auto", "--mount"]
        let command = Command("unshare", namespace + ["sh", "-ec", script]).with { $0.workingDirectory = shop.path }
        let result = try await shop.host.runner.run(command)
        let error = try #require(WorkerFailure.error(in: result.tail), "\(result.tail)")
        #expect(error.code == code)
        #expect(error.exitCode == (code == .noSpace ? .tryAgain : .unavailable))
    }

    @Test func `a sparse file keeps its content, and its holes stay holes`() async throws {
        let shop = try Workshop()
        try await shop.shell(
            """
            mkdir in; printf begin >in/sparse; truncate -s 5M in/sparse; printf middle >>in/sparse; truncate -s 8M in/sparse
            tar --create --sparse --format=gnu --file=sparse.tar --owner=0 --group=0 -C in ./sparse
            """)
        let package = try shop.rawPackage("sparse", data: "\(shop.path)/sparse.tar")
        let tree = try await shop.unpack([package], into: "tree")
        let report = try await shop.shell(
            """
            cmp in/sparse \(tree)/sparse
            test $(stat -c %b \(tree)/sparse) -lt 200 && echo "has holes"
            cd \(tree); md5sum --check --quiet var/lib/dpkg/info/sparse.md5sums && echo "sum is right"
            """)
        #expect(report == "has holes\nsum is right\n")
    }
}
