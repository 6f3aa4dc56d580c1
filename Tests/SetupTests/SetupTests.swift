import Foundation
import Testing

@testable import HostSystem

/// Another machine for `scripts/setup`: its files below a folder, its programs fakes that write down how they are called.
final class FakeMachine {
    let root: URL
    private static let tools = [
        "sh", "sed", "awk", "grep", "cut", "mktemp", "rm", "cat", "base64", "truncate", "timeout", "head", "env",
        "printf",
    ]

    /// - Parameters:
    ///   - codename: Debian's.
    ///   - missing: of the packages that setup wants, those that are not installed.
    ///   - qemu: the version of qemu-system-x86; its exit status is what a guest under KVM ends with.
    init(
        _ codename: String = "bookworm", user: String = "tester", missing: [String] = [], qemu: String = "1:7.2+dfsg-7",
        guestStatus: Int = 85, hasKVM: Bool = true, hasKernel: Bool = true, hasSudo: Bool = true,
        knowsBackports: Bool = false,
        aptStatus: Int = 0
    ) throws {
        root = FileManager.default.temporaryDirectory.appending(path: "stonebake-setup-\(UUID().uuidString)")
        try write("etc/os-release", "ID=debian\nVERSION_CODENAME=\(codename)\n")
        try write("etc/subuid", "\(user):100000:65536\n")
        if hasKVM { try write("dev/kvm", "") }
        if hasKernel {
            try write("boot/vmlinuz-6.1.0-1-amd64", "")
            try write("lib/modules/6.1.0-1-amd64/modules.dep", "")
        }
        for tool in Self.tools {
            for folder in ["/usr/bin", "/bin"] where FileManager.default.fileExists(atPath: "\(folder)/\(tool)") {
                try? FileManager.default.createDirectory(
                    at: root.appending(path: "bin"), withIntermediateDirectories: true)
                try? FileManager.default.createSymbolicLink(
                    atPath: root.appending(path: "bin/\(tool)").path, withDestinationPath: "\(folder)/\(tool)")
            }
        }
        try fake("swift", "")
        try fake("uname", "echo x86_64")
        try fake("id", "case $1 in -u) test \(user) = root && echo 0 || echo 1000 ;; -un) echo \(user) ;; esac")
        if hasSudo { try fake("sudo", "log sudo \"$@\"; exec \"$@\"") }
        try fake(
            "apt-get",
            "log apt-get \"$@\"; case $1 in indextargets) cat \"$ROOT/targets\" ;; *) exit \(aptStatus) ;; esac")
        try write(
            "targets",
            "bookworm-updates|main|http://u.example/debian/\nbookworm|non-free|http://n.example/debian/\n"
                + "bookworm|main|http://m.example/debian/\n")
        try fake("apt-cache", knowsBackports ? "echo release n=bookworm-backports" : "")
        try fake("install", "log install \"$@\"; cat \"$3\" >\"$ROOT/added\"")
        try fake("usermod", "log usermod \"$@\"")
        try fake("systemctl", "log systemctl \"$@\"")
        try fake("qemu-system-x86_64", "exit \(guestStatus)")
        try fake(
            "dpkg-query",
            """
            case $* in
            *Version*) echo '\(qemu)' ;;
            *) shift 3; for name; do case ' \(missing.joined(separator: " ")) ' in *" $name "*) ;; *) echo "ii $name" ;; esac; done ;;
            esac
            """)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func write(_ path: String, _ text: String) throws {
        let file = root.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func text(_ path: String) -> String {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
    }

    private func fake(_ name: String, _ script: String) throws {
        try write(
            "bin/\(name)", "#!/bin/sh\nROOT='\(root.path)'\nlog() { echo \"$*\" >>\"$ROOT/calls\"; }\n\(script)\n")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: root.appending(path: "bin/\(name)").path)
    }

    /// Runs setup; returns its exit status and what it said.
    func setUp(_ purposes: String...) async throws -> (status: Int32, said: String) {
        let path = root.path
        return try await blocking { try Self.run(purposes, root: path) }
    }

    private static func run(_ purposes: [String], root: String) throws -> (status: Int32, said: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [script] + purposes
        process.environment = ["PATH": "\(root)/bin", "STONEBAKE_SETUP_ROOT": root]
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }

    /// How the fakes that change something were called, in order.
    var calls: [String] {
        text("calls").split(separator: "\n").map(String.init).filter { !$0.contains("indextargets") }
    }

    static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "scripts/setup").path
}

@Suite struct SetupTests {
    @Test func `nothing is said or called when nothing is missing`() async throws {
        for machine in [try FakeMachine(), try FakeMachine("trixie", qemu: "1:10.0.2+ds-2", hasKVM: false)] {
            let result = try await machine.setUp()
            #expect(result.status == 0)
            #expect(result.said == "")
            #expect(machine.calls == [])
        }
    }

    @Test func `on this machine nothing is missing, and it is found out quickly`() async throws {
        // A tenth of a second when nothing else runs; the best of three, because other tests use the processors too.
        var times: [Duration] = []
        for _ in 0..<3 {
            times.append(
                try await ContinuousClock().measure {
                    let result = try await CommandRunner(progress: .silent).run(Command(FakeMachine.script, []))
                    #expect(result.status == .exited(0))
                    #expect(result.tail == [])
                })
        }
        #expect(times.min() ?? .seconds(9) < .seconds(4))
    }

    @Test func `what is missing is named with its reason, and installed through sudo`() async throws {
        let machine = try FakeMachine(missing: ["libsolv-dev", "gpgv", "gnupg"])
        let result = try await machine.setUp()
        #expect(result.status == 0)
        #expect(
            result.said == """
                setup: these packages are missing and will be installed:
                  libsolv-dev              build  solves dependencies
                  gpgv                     run    verifies the signatures of repositories
                  gnupg                    test   makes throw-away keys that test repositories are signed with

                """)
        let install = "env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install"
        #expect(
            machine.calls.filter { $0.hasPrefix("sudo ") } == [
                "sudo apt-get -q update", "sudo \(install) libsolv-dev gpgv gnupg",
            ])
    }

    @Test func `servers that come along for tests are not left running`() async throws {
        let machine = try FakeMachine(user: "root", missing: ["coturn", "gnupg"])
        #expect(try await machine.setUp("test").status == 0)
        #expect(!machine.calls.contains { $0.hasPrefix("systemctl") })
        try machine.write("run/systemd/system/here", "")
        #expect(try await machine.setUp("test").status == 0)
        #expect(machine.calls.last == "systemctl -q disable --now coturn.service")
    }

    @Test func `root needs no sudo; only what a purpose needs is looked at`() async throws {
        let machine = try FakeMachine(user: "root", missing: ["libsolv-dev", "gpgv"], hasKernel: false)
        #expect(try await machine.setUp("build").status == 0)
        #expect(machine.calls == ["apt-get -q update", "apt-get -q -y --no-install-recommends install libsolv-dev"])
    }

    @Test func `a kernel is installed where libguestfs would find none`() async throws {
        let machine = try FakeMachine(user: "root", hasKernel: false)
        #expect(
            try await machine.setUp("run").said.contains(
                "linux-image-cloud-amd64  run    a kernel that libguestfs may read"))
        #expect(machine.calls.last == "apt-get -q -y --no-install-recommends install linux-image-cloud-amd64")
    }

    /// Debian 12's QEMU where a guest under KVM ends otherwise than it should, or there is no KVM.
    @Test(arguments: [(1, true), (124, true), (0, true), (85, false)])
    func `QEMU comes from backports where KVM runs no guest`(guestStatus: Int, hasKVM: Bool) async throws {
        let machine = try FakeMachine(user: "root", guestStatus: guestStatus, hasKVM: hasKVM)
        let result = try await machine.setUp()
        #expect(result.status == 0)
        #expect(result.said.contains("KVM runs no guest here, and QEMU 7 cannot emulate Debian 13"))
        #expect(
            machine.text("added") == """
                Types: deb
                URIs: http://m.example/debian/
                Suites: bookworm-backports
                Components: main
                Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

                """)
        #expect(
            machine.calls.last
                == "apt-get -q -y --no-install-recommends install -t bookworm-backports qemu-system-x86 qemu-utils")
        let known = try FakeMachine(user: "root", guestStatus: guestStatus, hasKVM: hasKVM, knowsBackports: true)
        #expect(try await known.setUp().status == 0)
        #expect(known.text("added") == "")
    }

    @Test func `a failing apt-get, a missing sudo and a wrong purpose end in a plain message`() async throws {
        let failing = try await FakeMachine(missing: ["gpgv"], aptStatus: 100).setUp()
        #expect(failing.status == 69)
        #expect(failing.said.hasSuffix("setup: apt-get update failed\n"))
        let powerless = try await FakeMachine(missing: ["gpgv"], hasSudo: false).setUp()
        #expect(powerless.status == 69)
        #expect(powerless.said.contains("setup: not root and no sudo here; as root, run: apt-get -q update\n"))
        #expect(try await FakeMachine().setUp("all").status == 2)
    }

    @Test func `a user without subordinate ids gets a range that nobody has`() async throws {
        let machine = try FakeMachine()
        try machine.write("etc/subuid", "one:100000:65536\ntwo:300000:65536\n")
        try machine.write("etc/subgid", "one:500000:65536\n")
        #expect(try await machine.setUp("run").said.contains("tester has no subordinate ids"))
        #expect(machine.calls.last == "usermod --add-subuids 565536-631071 --add-subgids 565536-631071 tester")
    }

    @Test func `setup proves KVM with the guest that the program proves it with`() async throws {
        let text = try String(contentsOfFile: FakeMachine.script, encoding: .utf8)
        let encoded = try #require(
            text.split(separator: "proof_guest() {\n    cat <<'END'\n").last?.split(separator: "\nEND").first)
        let sector = try #require(Data(base64Encoded: String(encoded), options: .ignoreUnknownCharacters))
        #expect(Array(sector) == Array(ProofGuest.disk.prefix(512)))
        #expect(text.contains("status\" = \(ProofGuest.exitStatus) ]"))
    }
}
