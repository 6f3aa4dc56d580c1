import Diagnostics

/// Holds what a spec does to the guest against what one target needs of it: cloud-init, the agent, drivers, a console.
struct TargetGuestRules {
    let appliance: Appliance
    let root: SpecNode
    let target: Located<Target>

    private var guest: GuestNeeds { target.value.profile.guest }
    private var title: String { target.value.profile.title }
    /// Whether cloud-init tells the machine who it is.
    private var needsCloudInit: Bool { !guest.dataSources.isEmpty && guest.dataSources != ["None"] }

    var findings: [TargetRules.Finding] { kernelArguments + units + files }

    private func finding(_ message: String, _ range: SourceRange?, hint: String) -> TargetRules.Finding {
        var notes = [Diagnostic.Note("see \(target.value.profile.source)")]
        if let range = target.range { notes.insert(.init("the target is named here", at: range), at: 0) }
        return TargetRules.Finding(
            code: "target-conflict", message: message, range: range ?? target.range, hint: hint, notes: notes)
    }

    // MARK: Kernel arguments

    private var kernelArguments: [TargetRules.Finding] {
        root.texts("kernel-arguments").compactMap { argument in
            let parts = argument.value.split(separator: "=", maxSplits: 1).map(String.init)
            let (key, value) = (parts.first ?? "", parts.count > 1 ? parts[1] : "")
            switch key {
            case "console": return console(argument, value)
            case "cloud-init" where needsCloudInit && ["disabled", "0", "false"].contains(value):
                return finding(
                    "on \(title) cloud-init brings keys and user data, and '\(argument.value)' turns it off",
                    argument.range, hint: "leave it out")
            case "ds", "ci.ds", "ci.datasource":
                return dataSource(argument, String(value.prefix { $0 != ";" }))
            case "modprobe.blacklist", "module_blacklist", "rd.driver.blacklist":
                let refused = value.split(separator: ",").map { Self.module(String($0)) }
                guard let driver = guest.drivers.first(where: { refused.contains(Self.module($0)) }) else { return nil }
                return finding(
                    "\(title) has the disk or the network behind the driver '\(driver)'", argument.range,
                    hint: "leave '\(driver)' out")
            default: return nil
            }
        }
    }

    /// The same line at another speed, where the platform names one. The kernel keeps the first that it is told.
    private func console(_ argument: Located<String>, _ value: String) -> TargetRules.Finding? {
        let device = value.prefix { $0 != "," }
        let needed = guest.kernelArguments.first { $0.hasPrefix("console=\(device),") }
        guard let needed, value.contains(","), argument.value != needed else { return nil }
        return finding(
            "\(title) needs the kernel argument '\(needed)'", argument.range,
            hint: "leave '\(argument.value)' out: the target adds its own")
    }

    private func dataSource(_ argument: Located<String>, _ name: String) -> TargetRules.Finding? {
        let isNeeded = guest.dataSources.contains {
            $0.lowercased() == name.lowercased() || name.lowercased().hasPrefix("nocloud") && $0 == "NoCloud"
        }
        guard needsCloudInit, !name.isEmpty, !isNeeded else { return nil }
        return finding(
            "on \(title) cloud-init needs \(guest.dataSources.joined(separator: " or ")), and '\(argument.value)' allows "
                + "'\(name)' alone", argument.range, hint: "leave it out")
    }

    /// The kernel takes either dash for the same.
    private static func module(_ name: String) -> String { name.replacing("-", with: "_") }

    // MARK: Units

    private static let agentUnits: [String: [String]] = [
        "qemu-guest-agent": ["qemu-guest-agent.service"],
        "open-vm-tools": ["open-vm-tools.service", "vmtoolsd.service"],
        "hyperv-daemons": ["hyperv-daemons.hv-kvp-daemon.service"],
    ]
    private static let cloudInitUnits: Set<String> = [
        "cloud-init.service", "cloud-init-local.service", "cloud-init-main.service", "cloud-init-network.service",
        "cloud-config.service", "cloud-final.service", "cloud-init.target", "cloud-config.target",
    ]

    private var units: [TargetRules.Finding] {
        let refused = appliance.services.disable + appliance.services.mask
        return refused.compactMap { unit in
            let name = unit.value.contains(".") ? unit.value : "\(unit.value).service"
            if needsCloudInit, Self.cloudInitUnits.contains(name) {
                return finding(
                    "on \(title) cloud-init brings keys and user data, and needs '\(name)'", unit.range,
                    hint: "leave the unit as it is")
            }
            if let agent = guest.packages.first(where: { Self.agentUnits[$0]?.contains(name) == true }) {
                return finding(
                    "\(title) needs the agent of the package '\(agent)'", unit.range, hint: "leave the unit as it is")
            }
            let needsSSH = target.value.profile.constraints.contains { $0.kind == .package("openssh-server") }
            if needsSSH, ["ssh.service", "sshd.service"].contains(name) {
                return finding("\(title) needs the SSH server", unit.range, hint: "leave the unit as it is")
            }
            let hasSerial = guest.kernelArguments.contains { $0.hasPrefix("console=ttyS0") }
            if hasSerial, name == "serial-getty@ttyS0.service" {
                return finding(
                    "\(title) shows the serial line, where nobody could log in", unit.range,
                    hint: "leave the unit as it is")
            }
            return nil
        }
    }

    // MARK: Files

    private var files: [TargetRules.Finding] {
        guard needsCloudInit else { return [] }
        return appliance.files.compactMap { file in
            if case .absent = file.content { return nil }
            guard file.path.value == "/etc/cloud/cloud-init.disabled" else { return nil }
            return finding(
                "on \(title) cloud-init brings keys and user data, and this file turns it off",
                file.path.range ?? file.range, hint: "leave it out")
        }
    }
}
