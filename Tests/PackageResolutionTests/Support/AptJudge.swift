import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import FoundationEssentials
import HostSystem

@testable import PackageResolution

/// apt itself, in a root of its own with nothing installed, over the very index files that were resolved.
struct AptJudge: Sendable {
    private let host: Host
    private let root: String

    init(host: Host, snapshots: [RepositorySnapshot]) async throws {
        self.host = host
        root = try host.scratch.newFolder("apt")
        for folder in ["etc/apt/preferences.d", "state/lists/partial", "cache/archives/partial", "mirror"] {
            try Files.makeFolder("\(root)/\(folder)")
        }
        var (sources, preferences) = ("", "")
        for snapshot in snapshots {
            let repository = snapshot.repository
            let archive = "\(root)/mirror/\(repository.id.split(separator: "/")[0])"
            let suite = "\(archive)/dists/\(repository.suite.value)"
            try Self.copy(host.store.blobPath(snapshot.digest), to: "\(suite)/InRelease")
            for index in snapshot.indexes { try Self.copy(index.file, to: "\(suite)/\(index.path)") }
            let keyring = repository.signedBy ?? "/usr/share/keyrings/debian-archive-keyring.gpg"
            sources += "deb [arch=amd64 signed-by=\(keyring)] file:\(archive) \(repository.suite.value) "
            sources += repository.components.joined(separator: " ") + "\n"
            if let priority = repository.priority {
                let codename = snapshot.release.codename ?? repository.suite.value
                preferences += "Package: *\nPin: release n=\(codename)\nPin-Priority: \(priority)\n\n"
            }
        }
        try Files.write(sources, to: "\(root)/etc/apt/sources.list")
        try Files.write(preferences, to: "\(root)/etc/apt/preferences")
        try Files.write("", to: "\(root)/status")
        try Files.write(
            """
            Dir "\(root)/"; Dir::Etc "etc/apt"; Dir::State "state"; Dir::Cache "cache";
            Dir::State::status "\(root)/status"; Dir::Log "\(root)";
            APT::Architecture "amd64"; APT::Architectures { "amd64"; };
            APT::Sandbox::User "root"; Acquire::Languages "none"; Debug::NoLocking "true";

            """, to: "\(root)/apt.conf")
        try await host.runner.check(apt(["update"]), purpose: "apt reads the indexes")
    }

    private static func copy(_ source: String, to target: String) throws {
        try Files.makeFolder(Files.folder(of: target))
        try Files.write(try Files.read(source), to: target)
    }

    private func apt(_ arguments: [String]) -> Command {
        Command("apt-get", arguments).with {
            $0.environment["APT_CONFIG"] = "\(root)/apt.conf"
            $0.output = .capture(limit: 16 << 20)
        }
    }

    struct Verdict {
        var succeeded: Bool
        /// `name=version` of what would be installed.
        var installed: Set<String> = []
        var removed: [String] = []
    }

    /// What `apt-get -s install` would do, step by step.
    func install(_ requests: [String]) async throws -> Verdict {
        let result = try await host.runner.run(
            apt(["--simulate", "-qq", "--no-install-recommends", "install"] + requests))
        guard result.succeeded else { return Verdict(succeeded: false) }
        var verdict = Verdict(succeeded: true)
        for line in result.text.split(separator: "\n") {
            // `Inst name (1.2-3 Debian:13.7/stable [amd64])`
            let words = line.split(separator: " ")
            if words.first == "Remv" { verdict.removed.append(String(words[1])) }
            if words.first == "Inst", words.count > 2 {
                let name = words[1].split(separator: ":")[0]
                verdict.installed.insert("\(name)=\(words[2].dropFirst())")
            }
        }
        return verdict
    }

    /// What apt alone would choose; without the simulation, which takes most of the time.
    func choose(_ requests: [String], recommends: Bool) async throws -> Verdict {
        let options = recommends ? "--install-recommends" : "--no-install-recommends"
        let result = try await host.runner.run(
            apt(["-qq", "--yes", "--download-only", "--print-uris", options, "install"] + requests))
        guard result.succeeded else { return Verdict(succeeded: false) }
        var verdict = Verdict(succeeded: true)
        for line in result.text.split(separator: "\n") where line.hasPrefix("'") {
            // `'file:/…' name_1%3a1.2-3_amd64.deb 1234 SHA256:…`
            let words = line.split(separator: " ")
            let parts = words.count > 1 ? words[1].split(separator: "_") : []
            if parts.count == 3 { verdict.installed.insert("\(parts[0])=\(parts[1].replacing("%3a", with: ":"))") }
        }
        return verdict
    }
}
