package import ApplianceSpec
import FileTrees
import HostSystem

/// The way from a target's file to a running instance, as commands with the names filled in. What only the deployer knows
/// (a bucket, a resource group) is a variable at the top.
package struct DeploymentGuide: Sendable {
    package var target: Target
    /// As a person would type it.
    package var image: String
    package var facts: ApplianceFacts
    /// Bytes of the disk.
    package var capacity: Int64

    /// Whether the documents that a build writes lie beside the image; a stranger's has none.
    package var hasDocuments: Bool

    package init(
        target: Target, image: String, facts: ApplianceFacts, capacity: Int64, hasDocuments: Bool = true
    ) {
        self.hasDocuments = hasDocuments
        self.target = target
        self.image = image
        self.facts = facts
        self.capacity = capacity
    }

    package struct Step: Sendable {
        /// A sentence without a full stop.
        package var title: String
        package var commands: [String]

        init(_ title: String, _ commands: String...) { self.init(title, commands: commands) }

        init(_ title: String, commands: [String]) {
            self.title = title
            self.commands = commands
        }
    }

    /// Variables that the deployer sets, and what they are at first.
    package var variables: [(name: String, value: String)] {
        switch target {
        case .aws: [("BUCKET", "my-bucket"), ("REGION", "eu-central-1"), ("KEY", "my-key")]
        case .azure: [("GROUP", "my-group"), ("LOCATION", "westeurope"), ("ACCOUNT", "mystorageaccount")]
        case .gce: [("BUCKET", "my-bucket"), ("ZONE", "europe-west3-a")]
        case .openstack: [("FLAVOR", "m1.small"), ("NETWORK", "my-network"), ("KEY", "my-key")]
        case .digitalocean: [("SPACE", "my-space"), ("REGION", "fra1"), ("SIZE", "s-1vcpu-1gb")]
        case .oracle: [("COMPARTMENT", "ocid1.compartment.oc1..example"), ("BUCKET", "my-bucket")]
        case .vmware:
            [("GOVC_URL", "https://vcenter.example.org"), ("DATASTORE", "datastore1"), ("NETWORK", "VM Network")]
        case .hyperv: [("SWITCH", "Default Switch")]
        case .proxmox: [("VMID", "9000"), ("STORAGE", "local-lvm")]
        case .xen: [("SR", "Local storage")]
        case .kubevirt: [("REGISTRY", "registry.example.org/appliances")]
        case .oci: [("REGISTRY", "registry.example.org/appliances")]
        default: []
        }
    }

    package var name: String { Files.name(of: image) }
    /// One word of a shell, and no option.
    var quoted: String { Self.word(image) }
    /// What it is called in a bucket: of any name one that URLs, shells and JSON leave alone.
    var objectName: String { Self.objectName(name) }

    static func objectName(_ name: String) -> String {
        let plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" })
        // No option of a program's either.
        return plain.hasPrefix("-") ? "image\(plain)" : plain
    }

    static func word(_ path: String) -> String { Command.quoted(path.hasPrefix("-") ? "./\(path)" : path) }

    /// One word of PowerShell.
    static func powerShellWord(_ text: String) -> String {
        // It takes typographic quotation marks for plain ones.
        var word = ""
        for character in text {
            word.append(character)
            if "'\u{2018}\u{2019}\u{201A}\u{201B}".contains(character) { word.append(character) }
        }
        return "'\(word)'"
    }

    private var usesPowerShell: Bool { target == .hyperv }

    /// A file that lies beside the image.
    func beside(_ suffix: String) -> String {
        let folder = image.contains("/") ? Files.folder(of: image) + "/" : ""
        return Self.word("\(folder)\(facts.stem)\(suffix)")
    }

    private func assignment(_ variable: (name: String, value: String)) -> String {
        usesPowerShell
            ? "$\(variable.name) = \(Self.powerShellWord(variable.value))"
            : "\(variable.name)=\(Command.quoted(variable.value))"
    }

    /// A script that one can run when the variables are set.
    package var script: String {
        // A name with a line break must not end the comment.
        let stem = facts.stem.map { $0.isNewline ? " " : String($0) }.joined()
        let title = "# Made by Stonebake: \(stem) on \(target.profile.title)."
        var lines: [String]
        if usesPowerShell {
            lines = ["#!/usr/bin/env pwsh", title, "$ErrorActionPreference = 'Stop'"] + variables.map(assignment)
        } else {
            lines = ["#!/bin/sh", title, "set -eu"]
            lines += variables.map { "\($0.name)=${\($0.name):-\(Command.quoted($0.value))}" }
        }
        for step in steps { lines += ["", "# \(step.title)."] + step.commands }
        return lines.joined(separator: "\n") + "\n"
    }

    /// For a terminal.
    package var text: String {
        var lines = ["\(target.profile.title): \(name)"]
        if !variables.isEmpty {
            lines += ["", "Set first what only you know:"]
            lines += variables.map { "  \(assignment($0))" }
        }
        for (number, step) in steps.enumerated() {
            lines += ["", "\(number + 1). \(step.title):"]
            lines += step.commands.flatMap { $0.split(separator: "\n").map { "  \($0)" } }
        }
        return lines.joined(separator: "\n")
    }

    /// A section of docs/deploy.md.
    package var markdown: String {
        let profile = target.profile
        var lines = ["## `\(target.rawValue)`: \(profile.title)", ""]
        lines.append("Container: \(profile.container.rawValue). Source: \(profile.source)")
        lines.append("")
        lines.append(Self.verification(of: profile))
        lines += ["", usesPowerShell ? "```powershell" : "```sh"]
        lines += variables.map(assignment)
        for step in steps { lines += ["# \(step.title)"] + step.commands }
        return (lines + ["```"]).joined(separator: "\n")
    }

    private static func verification(of profile: TargetProfile) -> String {
        let importers = profile.importers.joined(separator: ", ")
        let others = profile.judges.filter { !profile.importers.contains($0) }.joined(separator: ", ")
        let structure = others.isEmpty ? "Structure verified by our own lint" : "Structure verified (\(others))"
        return importers.isEmpty
            ? "\(structure); no importer of the platform's runs in the tests."
            : "\(structure); `make test-formats` has its importer take it (\(importers)), and `make test` does not."
    }
}
