package import ApplianceSpec
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

    package init(target: Target, image: String, facts: ApplianceFacts, capacity: Int64) {
        self.target = target
        self.image = image
        self.facts = facts
        self.capacity = capacity
    }

    package struct Step: Sendable {
        /// A sentence without a full stop.
        package var title: String
        package var commands: [String]

        init(_ title: String, _ commands: String...) {
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
        case .digitalocean: [("REGION", "fra1"), ("SIZE", "s-1vcpu-1gb"), ("URL", "https://example.org/\(name)")]
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
    var quoted: String { Command.quoted(image) }
    /// A file that lies beside the image.
    func beside(_ suffix: String) -> String {
        let folder = image.contains("/") ? Files.folder(of: image) + "/" : ""
        return Command.quoted("\(folder)\(facts.stem)\(suffix)")
    }

    /// A script that one can run when the variables are set.
    package var script: String {
        var lines = ["#!/bin/sh", "# Made by Stonebake: \(facts.stem) on \(target.profile.title).", "set -eu"]
        lines += variables.map { "\($0.name)=${\($0.name):-\(Command.quoted($0.value))}" }
        for step in steps { lines += ["", "# \(step.title)."] + step.commands }
        return lines.joined(separator: "\n") + "\n"
    }

    /// For a terminal.
    package var text: String {
        var lines = ["\(target.profile.title): \(name)"]
        if !variables.isEmpty {
            lines += ["", "Set first what only you know:"]
            lines += variables.map { "  \($0.name)=\(Command.quoted($0.value))" }
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
        lines += ["", "```sh"]
        lines += variables.map { "\($0.name)=\(Command.quoted($0.value))" }
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
