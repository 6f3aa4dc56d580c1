import Diagnostics
import Foundation
import Kickstart
import Testing

@testable import ApplianceSpec

/// What Kickstart commands come to, as the YAML that says the same.
struct KickstartMeaningTests {
    static let key = Everything.key

    /// The YAML of a file, without what every one has.
    static func yaml(_ kickstart: String, reading: SpecReading = SpecReading()) throws -> String {
        let workspace = try Workspace(["x.ks": kickstart])
        let (text, report) = SpecCompiler(workingDirectory: workspace.path, reading: reading).yaml("x.ks")
        let lines = try #require(text, "\(report.rendered(as: .text))").split(
            separator: "\n", omittingEmptySubsequences: false)
        return lines.filter { !["stonebake: 1", "name: x", #"version: "1.0.0""#, ""].contains($0) }.joined(
            separator: "\n")
    }

    static func outcomes(_ kickstart: String) throws -> [KickstartOutcome] {
        let workspace = try Workspace(["x.ks": kickstart])
        return SpecCompiler(workingDirectory: workspace.path).explainKickstart("x.ks").outcomes
    }

    @Test(arguments: applied)
    func `a command is applied as the key that says the same`(line: String, expected: String) throws {
        #expect(try Self.yaml(line + "\n") == expected)
        #expect(try !Self.outcomes(line + "\n").contains { $0.status == .unsupported })
    }

    @Test(arguments: storage)
    func `storage is said with the keys of disk`(lines: String, expected: String) throws {
        let text = try Self.yaml(lines + "\n")
        #expect(text == expected)
        // And the model takes it.
        let workspace = try Workspace(["a.yaml": minimal(text.replacingOccurrences(of: "extents", with: "") + "\n")])
        let errors = workspace.compile().report.diagnostics.filter { $0.severity == .error }
        #expect(errors.isEmpty, "\(workspace.compile().report.rendered(as: .text))")
    }

    @Test(arguments: refused)
    func `what cannot be done says what to write instead`(line: String, hint: String) throws {
        let refusals = try Self.outcomes(line + "\n").filter { $0.status == .unsupported }
        #expect(refusals.count == 1)
        #expect(refusals.first?.hint?.contains(hint) == true, "\(refusals.first?.hint ?? "")")
        let workspace = try Workspace(["x.ks": "url --url=archive:debian/trixie\n" + line + "\n"])
        #expect(workspace.compile("x.ks").report.hasErrors)
        let lenient = SpecCompiler(workingDirectory: workspace.path, reading: SpecReading(allowsUnsupported: true))
        let (appliance, report) = lenient.compile("x.ks")
        #expect(appliance != nil, "\(report.rendered(as: .text))")
        #expect(report.diagnostics.contains { $0.severity == .warning && $0.code == "unsupported" })
    }

    @Test(arguments: [
        "text", "cmdline", "graphical", "reboot --eject", "poweroff", "zerombr", "clearpart --all", "eula --agreed",
        "vnc --password=hunter2", "sshpw --username=root hunter2 --plaintext", "logging --level=debug", "mediacheck",
        "ignoredisk --only-use=sda", "auth --enableshadow --passalgo=sha512", "%onerror\ntrue\n%end",
        "%addon com_redhat_kdump --disable\n%end",
    ])
    func `what needs nothing to be done says why`(line: String) throws {
        let outcomes = try Self.outcomes(line + "\n")
        #expect(outcomes.map(\.status) == [.noOp])
        #expect(outcomes.allSatisfy { !$0.text.isEmpty && !$0.subject.contains("hunter2") })
    }

    @Test func `of two lines that set one thing the last counts, and the first says so`() throws {
        let outcomes = try Self.outcomes("lang de_DE\nlang en_US\n")
        #expect(outcomes.map(\.status) == [.noOp, .applied])
        #expect(outcomes[0].text == "line 2 says it again, and the last one counts")
        #expect(try Self.yaml("lang de_DE\nlang en_US\n") == "locale: en_US.UTF-8")
    }

    @Test func `no password and no passphrase is shown, wherever a line is quoted`() throws {
        let kickstart = """
            rootpw --plaintext hunter2
            user --name=ada --password=hunter2 --plaintext
            part / --size=500 --encrypted --passphrase=hunter2
            bootloader --password=hunter2
            vnc --password=hunter2

            """
        let workspace = try Workspace(["x.ks": kickstart])
        let compiler = SpecCompiler(workingDirectory: workspace.path)
        let explanation = compiler.explainKickstart("x.ks")
        #expect(!"\(explanation.outcomes.map { [$0.subject, $0.text, $0.hint ?? ""] })".contains("hunter2"))
        #expect(!compiler.compile("x.ks").report.rendered(as: .text).contains("hunter2"))
        let (yaml, _) = SpecCompiler(workingDirectory: workspace.path, reading: SpecReading(allowsUnsupported: true))
            .yaml("x.ks")
        #expect(yaml?.contains("$y$j9T$") == true && yaml?.contains("grub.pbkdf2.sha512.10000.") == true)
        #expect(yaml?.contains("hunter2") == false)
    }

    /// What 20 of AlmaLinux's cloud images do.
    @Test func `partitions that %pre makes with parted are explained, with the lines that make them here`() throws {
        let kickstart = """
            url --url=archive:debian/trixie
            %pre --erroronfail
            parted -s -a optimal /dev/sda -- mklabel gpt
            parted -s -a optimal /dev/sda -- mkpart biosboot 1MiB 2MiB set 1 bios_grub on
            parted -s -a optimal /dev/sda -- mkpart '"EFI System Partition"' fat32 2MiB 202MiB set 2 esp on
            parted -s -a optimal /dev/sda -- mkpart boot xfs 202MiB 1226MiB
            parted -s -a optimal /dev/sda -- mkpart root xfs 1226MiB 100%
            %end
            part biosboot --fstype=biosboot --onpart=sda1
            part /boot/efi --fstype=efi --onpart=sda2
            part /boot --fstype=xfs --onpart=/dev/sda3 --label=boot
            part / --fstype=xfs --onpart=sda4

            """
        let lines = [
            "part biosboot --size=1", "part /boot/efi --fstype=efi --size=200",
            "part /boot --fstype=xfs --size=1024 --label=boot", "part / --fstype=xfs --size=1 --grow",
        ]
        let outcomes = try Self.outcomes(kickstart)
        #expect(outcomes.count { $0.status == .unsupported } == 5)
        let layout = try #require(outcomes.first { $0.subject == "%pre" }?.hint)
        for line in lines { #expect(layout.contains(line)) }
        #expect(outcomes.last?.hint == "write 'part / --fstype=xfs --size=1 --grow'")
        let lenient = SpecReading(allowsUnsupported: true)
        let base = "url --url=archive:debian/trixie\n"
        #expect(try Self.yaml(kickstart, reading: lenient) == Self.yaml(base + lines.joined(separator: "\n") + "\n"))
    }

    @Test func `a Kickstart for another distribution is built on Debian where what is unsupported is allowed`() throws {
        let workspace = try Workspace([
            "fedora.ks": "url --mirrorlist=https://mirrors.example.org/list?a=b\nlang en_US\n"
        ])
        #expect(workspace.compile("fedora.ks").report.hasErrors)
        let (made, report) = SpecCompiler(
            workingDirectory: workspace.path, reading: SpecReading(allowsUnsupported: true)
        ).compile("fedora.ks")
        #expect(made?.distribution.release.value == "trixie")
        #expect(made?.rpmRepositories.map(\.location) == [.mirrorList("https://mirrors.example.org/list?a=b")])
        #expect(report.diagnostics.map(\.severity) == [.warning])
    }
}
