import FoundationEssentials
import Glibc
import HostSystem
import Testing

@testable import FileTrees
@testable import RootfsAssembly
@testable import SandboxInside

/// The part of a package's script that makes one of its maintainer scripts.
func script(_ name: String, _ text: String) -> String {
    "\ncat >$ROOT/DEBIAN/\(name) <<'SCRIPT'\n#!/bin/sh\nset -e\n\(text)\nSCRIPT\nchmod 755 $ROOT/DEBIAN/\(name)\n"
}

/// A folder for a test, a host whose store lies in it, and shells in it.
final class Workshop: Sendable {
    let path: String
    let host: Host
    let assembler: RootfsAssembler

    init(progress: ProgressSink = .silent) throws {
        path = try Files.newFolder(in: "/tmp", named: "stonebake-rootfs")
        host = try Host(testing: "\(path)/cache", progress: progress)
        assembler = RootfsAssembler(host: host)
    }

    deinit { try? removeTree(path) }

    @discardableResult
    func shell(_ script: String) async throws -> String {
        let command = Command("/bin/sh", ["-ec", script]).with {
            $0.workingDirectory = path
            $0.output = .capture(limit: 16 << 20)
        }
        return try await host.runner.check(command, purpose: "prepare a test").text
    }

    /// Builds a .deb with dpkg-deb from a control text and a script that fills `$ROOT` (and `$ROOT/DEBIAN`).
    func package(
        _ control: String, compression: String = "xz", _ script: String = ""
    ) async throws -> String {
        let stanza = ControlStanza(control)
        let name = try #require(stanza["Package"])
        let fields =
            stanza.text + (stanza["Version"] == nil ? "Version: 1\n" : "")
            + (stanza["Architecture"] == nil ? "Architecture: all\n" : "")
            + "Maintainer: Test <test@example.org>\nDescription: test\n"
        let deb = "\(path)/\(name).deb"
        try await shell(
            """
            export ROOT="$PWD/build-\(name)" SOURCE_DATE_EPOCH=1700000000
            mkdir -p $ROOT/DEBIAN; umask 022
            cat >$ROOT/DEBIAN/control <<'END'
            \(fields)END
            \(script)
            dpkg-deb --root-owner-group -Z\(compression) --build $ROOT \(deb) >/dev/null
            """)
        return deb
    }

    /// A .deb whose data archive holds exactly these entries, whatever nonsense they are.
    func rawPackage(_ name: String, _ entries: [ArchiveEntry]) throws -> String {
        let dataTar = try TarWriter(path: "\(path)/data.tar")
        for entry in entries {
            if entry.kind == .file {
                try dataTar.add(entry, content: Array("evil".utf8))
            } else {
                try dataTar.add(entry)
            }
        }
        _ = try dataTar.finish()
        return try rawPackage(name, data: "\(path)/data.tar")
    }

    /// A .deb with that file as its data archive.
    func rawPackage(_ name: String, data: String) throws -> String {
        let control = Array("Package: \(name)\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n".utf8)
        let controlTar = try TarWriter(path: "\(path)/control.tar")
        try controlTar.add(ArchiveEntry(path: "./control", kind: .file, mode: 0o644), content: control)
        _ = try controlTar.finish()
        var deb = Array("!<arch>\n".utf8)
        for (member, content) in [
            ("debian-binary", Array("2.0\n".utf8)), ("control.tar", try Files.read("\(path)/control.tar")),
            ("data.tar", try Files.read(data)),
        ] {
            func field(_ text: String, _ width: Int) -> String {
                text + String(repeating: " ", count: width - text.utf8.count)
            }
            let header =
                field(member, 16) + field("0", 12) + field("0", 6) + field("0", 6) + field("100644", 8)
                + field("\(content.count)", 10) + "`\n"
            deb += Array(header.utf8) + content + (content.count % 2 == 1 ? [10] : [])
        }
        let file = "\(path)/\(name).deb"
        try Files.write(deb, to: file)
        return file
    }

    /// Unpacks into `<path>/<name>`, on top of the layers.
    @discardableResult
    func unpack(
        _ packages: [String], into name: String, on layers: RootLayers = RootLayers([]), database: Bool = true
    ) async throws -> String {
        let tree = "\(path)/\(name)"
        try Files.makeFolder(tree)
        try await assembler.unpack(packages, into: tree, on: layers, database: database, timestamp: 1_700_000_000)
        return tree
    }

    /// What is in the tree, a line each: path, kind, mode, owner, time of files and links, attributes, content. Seen from
    /// inside the sandbox, where owners mean the same for every user.
    func listing(_ tree: String, layers: [String] = []) async throws -> [String] {
        let script = """
            cd "$STONEBAKE_ROOT"
            find . -mindepth 1 \\( -type d -printf '%P %y %m %U:%G\\n' \\) -o -printf '%P %y %m %U:%G %T@ %n %l\\n' | sort
            find . -type f -print0 | sort -z | xargs -0 -r sha256sum
            getcap -r .
            """
        let job = SandboxJob(
            layers: layers, upper: tree,
            command: Command("/bin/sh", ["-ec", script]).with { $0.output = .capture(limit: 64 << 20) }
        ).with { $0.chroot = false }
        return try await assembler.sandbox.check(job, purpose: "list").text.split(separator: "\n").map(String.init)
    }
}
