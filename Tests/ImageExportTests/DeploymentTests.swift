import ApplianceSpec
import FileTrees
import Foundation
import Glibc
import HostSystem
import Testing

@testable import ImageExport

@Suite struct DeploymentTests {
    private static let path =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path + "/docs/deploy.md"
    private static let facts = ApplianceFacts(
        name: "wsgi", version: "1.0.0", summary: "A WSGI application", timestamp: 1_763_800_000)

    /// The file that one begins with.
    private static func image(_ target: Target) -> String {
        let suffix =
            switch target {
            case .raw: ".raw"
            case .qcow2: ".qcow2"
            case .aws: "-aws.vmdk"
            case .azure: "-azure.vhd"
            case .gce: "-gce.tar.gz"
            case .digitalocean: "-digitalocean.raw.gz"
            case .vmware, .virtualbox: "-\(target.rawValue).ova"
            case .hyperv: "-hyperv.vhdx"
            case .xen: "-xen.xva"
            case .kubevirt: "-kubevirt.oci.tar"
            case .oci: "-oci.oci.tar"
            case .incus: "-incus/incus.tar.xz"
            case .lxd: "-lxd/lxd.tar.xz"
            case .vagrant: "-vagrant.json"
            case .firecracker: "-firecracker.json"
            case .rootfs: "-rootfs.tar.gz"
            default: "-\(target.rawValue).qcow2"
            }
        return "Images/wsgi-1.0.0/wsgi-1.0.0\(suffix)"
    }

    private func guide(_ target: Target) -> DeploymentGuide {
        DeploymentGuide(target: target, image: Self.image(target), facts: Self.facts, capacity: 680_525_824)
    }

    /// Write it anew with `STONEBAKE_WRITE_REFERENCE=1 swift test --filter DeploymentTests`.
    @Test func `docs/deploy.md has the commands that deploy-help prints`() throws {
        let text = try String(contentsOfFile: Self.path, encoding: .utf8)
        let mark = "<!-- made by DeploymentTests -->\n"
        let head = text.components(separatedBy: mark)[0]
        let made = head + mark + "\n" + Target.allCases.map { guide($0).markdown }.joined(separator: "\n\n") + "\n"
        if ProcessInfo.processInfo.environment["STONEBAKE_WRITE_REFERENCE"] != nil {
            try made.write(toFile: Self.path, atomically: true, encoding: .utf8)
        } else {
            #expect(made == text)
        }
    }

    @Test(arguments: Target.allCases)
    func `each target's script is one that a shell reads, and names the file`(target: Target) async throws {
        let guide = guide(target)
        #expect(!guide.steps.isEmpty)
        #expect(guide.text.contains("wsgi-1.0.0"))
        // What is for PowerShell is for no shell.
        guard target != .hyperv else { return }
        let command = Command("sh", ["-n"]).with { $0.input = .text(guide.script) }
        try await CommandRunner(progress: .silent).check(command, purpose: "reading a script")
    }

    @Test func `a file's name with a space or a quotation mark stays one word`() async throws {
        let name = "it's my image.qcow2"
        let guide = DeploymentGuide(target: .openstack, image: name, facts: Self.facts, capacity: 1 << 30)
        let script = guide.script.replacingOccurrences(of: "openstack ", with: "printf '%s\\n' ")
        let command = Command("sh", ["-c", script]).with { $0.output = .capture(limit: 1 << 20) }
        let said = try await CommandRunner(progress: .silent).check(command, purpose: "a script").text
        #expect(said.split(separator: "\n").contains("it's my image.qcow2"))
    }

    /// Names of files that nobody would choose, and some have.
    static let names = [
        "it's my \"image\"", "$(touch pwned) `touch pwned` $HOME", "-rf", "a;touch pwned;&b|c>d<e",
        "bild-\u{E4}\u{FC}-\u{4E2D}",
        "line\nbreak\ntouch pwned", "back\\slash*?[x]{a,b}~", "#no comment",
    ]

    /// Every program is one that writes down its words; none may get others than the file's name as it is.
    @Test(arguments: Target.allCases)
    func `a script gives any file's name to each program as one word`(target: Target) async throws {
        guard target != .hyperv else { return }
        let folder = try Files.newFolder(in: "/var/tmp", named: "stonebake-deploy")
        defer { try? removeTree(folder) }
        let programs = [
            "aws", "az", "gcloud", "openstack", "doctl", "oci", "govc", "VBoxManage", "genisoimage", "virsh",
            "virt-install",
            "sudo", "qm", "xe", "skopeo", "kubectl", "virtctl", "incus", "lxc", "vagrant", "firecracker", "podman",
            "qemu-img",
            "qemu-system-x86_64", "unxz", "zstd", "base64", "sed", "head", "realpath",
        ]
        try Files.makeFolder("\(folder)/bin")
        for program in programs {
            let text = """
                #!/bin/sh
                for word; do printf '%s\\0' "$word" >>"$WORDS"; done
                [ "${0##*/}" != realpath ] || printf '%s' "$1"
                """
            try Files.write(Array(text.utf8), to: "\(folder)/bin/\(program)")
            chmod("\(folder)/bin/\(program)", 0o755)
        }
        for (number, stem) in Self.names.enumerated() {
            let image = stem + Self.image(target).dropFirst("Images/wsgi-1.0.0/wsgi-1.0.0".count)
            for hasDocuments in [true, false] {
                let work = "\(folder)/\(number)-\(hasDocuments)"
                try Files.makeFolder(work)
                let facts = ApplianceFacts(name: stem, version: "1", timestamp: 1_763_800_000)
                let guide = DeploymentGuide(
                    target: target, image: image, facts: facts, capacity: 1 << 30, hasDocuments: hasDocuments)
                let command = Command("sh", ["-s"]).with {
                    $0.input = .text(guide.script)
                    $0.workingDirectory = work
                    $0.environment["PATH"] = "\(folder)/bin:/usr/bin:/bin"
                    $0.environment["WORDS"] = "\(work)/words"
                    $0.output = .capture(limit: 1 << 20)
                }
                try await CommandRunner(progress: .silent).check(command, purpose: "a script for \(target)")
                let words = String(decoding: try Files.read("\(work)/words"), as: UTF8.self).split(separator: "\0")
                let wanted = image.hasPrefix("-") ? "./\(image)" : image
                #expect(
                    words.contains { $0 == wanted || $0.hasSuffix(":\(wanted)") || $0.hasSuffix("=\(wanted)") },
                    "\(target), \(image): \(words)")
                #expect(!Files.exists("\(work)/pwned"), "\(target), \(image)")
            }
        }
    }

    @Test func `PowerShell gets the name as one word too`() {
        let guide = DeploymentGuide(
            target: .hyperv, image: "it's $x.vhdx",
            facts: ApplianceFacts(name: "it\u{2019}s", version: "1", timestamp: 0),
            capacity: 1)
        #expect(guide.script.contains("(Resolve-Path -LiteralPath 'it''s $x.vhdx')"))
        #expect(guide.script.contains("New-VM -Name 'it\u{2019}\u{2019}s-1' "))
        #expect(guide.script.hasPrefix("#!/usr/bin/env pwsh\n") && guide.script.contains("$SWITCH = 'Default Switch'"))
    }

    @Test(arguments: [
        (0 as Int64, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
        (1_763_800_000, "2025-11-22T08:26:40Z"),
        (4_102_444_799, "2099-12-31T23:59:59Z"),
    ])
    func `seconds are days of the calendar`(seconds: Int64, text: String) {
        #expect(CalendarDate(seconds: seconds).iso == text)
    }

    @Test(arguments: [("1.0.0", "1.0.0"), ("2.1", "2.1.0"), ("1.0.0-rc1", "20251122.1.1"), ("7", "7.0.0")])
    func `a box's version is three numbers, as Vagrant wants them`(version: String, box: String) {
        #expect(VagrantFiles.version(ApplianceFacts(name: "a", version: version, timestamp: 1_763_800_000)) == box)
    }
}
