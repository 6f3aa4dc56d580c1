import Diagnostics

// `targets:` and `formats:`, and what the targets ask of the guest.
extension SpecDecoder {
    /// The spec's own, or those that the command line names in their place; without either `qcow2`.
    mutating func targets() -> [Located<Target>] {
        let asked = askedTargets.map { Located($0) }
        let all = asked.isEmpty ? root.list("targets").compactMap { $0.located(Target.init(rawValue:)) } : asked
        let targets = unique(all, "target", \.rawValue)
        return targets.isEmpty ? [Located(.qcow2)] : targets
    }

    mutating func formats() -> FormatSettings {
        var formats = FormatSettings()
        guard let node = root["formats"] else { return formats }
        formats.raw = choices(node, "raw") ?? formats.raw
        formats.aws = node.choice("aws") ?? formats.aws
        formats.instances = choices(node, "instances") ?? formats.instances
        formats.packings = choices(node, "packings") ?? formats.packings
        formats.vagrant = choices(node, "vagrant") ?? formats.vagrant
        return formats
    }

    private mutating func choices<Choice: RawRepresentable<String> & CaseIterable>(
        _ node: SpecNode, _ key: String
    ) -> [Choice]? {
        let items = unique(
            node.list(key).compactMap { $0.located(Choice.init(rawValue:)) }, "choice",
            { (choice: Choice) in choice.rawValue })
        return items.isEmpty ? nil : items.map(\.value)
    }

    /// Gives the guest what its targets need, all of it: one root serves them all. What the spec says against that, and
    /// what two targets want differently, is an error.
    mutating func applyTargets(to appliance: inout Appliance) {
        TargetRules(appliance: appliance, root: root).check {
            fail($0.code, $0.message, $0.range, hint: $0.hint, notes: $0.notes)
        }
        applyKernelArguments(to: &appliance)
        applyDataSources(to: &appliance)
        applyPackages(to: &appliance)
        applyKernels(to: &appliance)
        for driver in appliance.targets.flatMap(\.value.profile.guest.drivers)
        where !appliance.initramfsModules.contains(driver) {
            appliance.initramfsModules.append(driver)
        }
    }

    /// The option of a kernel argument and its value: `console`, `ttyS0`.
    private static func parts(_ argument: String) -> (key: String, value: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        return (String(parts.first ?? ""), parts.count > 1 ? String(parts[1]) : "")
    }

    /// Whether a console argument names the same device: what follows its comma is the line's speed, of which the virtual
    /// ones know nothing.
    private static func isSameConsole(_ one: String, _ other: String) -> Bool {
        one.prefix { $0 != "," } == other.prefix { $0 != "," }
    }

    private mutating func applyKernelArguments(to appliance: inout Appliance) {
        var added: [(argument: String, target: Target)] = []
        let own = root.texts("kernel-arguments")
        for target in appliance.targets {
            for argument in target.value.profile.guest.kernelArguments {
                let (key, value) = Self.parts(argument)
                // A machine has several consoles, and the serial line is one of every image's.
                if key == "console" {
                    let named = added.firstIndex {
                        Self.parts($0.argument).key == key && Self.isSameConsole($0.argument, argument)
                    }
                    guard let named else {
                        if !own.contains(where: { $0.value == argument }) { added.append((argument, target.value)) }
                        continue
                    }
                    // `ttyS0,38400n8d` is `ttyS0` too.
                    if argument.utf8.count > added[named].argument.utf8.count {
                        added[named] = (argument, target.value)
                    }
                    continue
                }
                if let other = own.first(where: { Self.parts($0.value).key == key && $0.value != argument }) {
                    fail(
                        "target-conflict", "\(target.value.profile.title) needs the kernel argument '\(argument)'",
                        other.range, hint: "leave '\(key)' out: the target adds it", notes: note(of: target))
                } else if let other = added.first(where: { Self.parts($0.argument).key == key }) {
                    if Self.parts(other.argument).value != value {
                        fail(
                            "target-conflict",
                            "the targets '\(other.target.rawValue)' and '\(target.value.rawValue)' need different kernel "
                                + "arguments, '\(other.argument)' and '\(argument)'", target.range,
                            hint: "build them from two specs")
                    }
                } else if !own.contains(where: { $0.value == argument }) {
                    added.append((argument, target.value))
                }
            }
        }
        // `console=ttyS0` is on every image's command line, with its speed.
        let needed = added.map(\.argument).filter { $0 != "console=ttyS0" }
        appliance.system.kernelArguments = needed + appliance.system.kernelArguments
    }

    private mutating func applyDataSources(to appliance: inout Appliance) {
        let given = root["first-boot"]?["data-sources"]
        for target in appliance.targets {
            let guest = target.value.profile.guest
            guard !guest.dataSources.isEmpty else { continue }
            var list = appliance.firstBoot.dataSources
            if !guest.dataSources.contains(where: list.contains) {
                guard given == nil else {
                    fail(
                        "target-conflict",
                        "on \(target.value.profile.title) cloud-init needs "
                            + guest.dataSources.joined(separator: " or ") + " among its data sources", given?.range,
                        hint: "add '\(guest.dataSources[0])'", notes: note(of: target))
                    continue
                }
                list.insert(guest.dataSources[0], at: list.firstIndex(of: "None") ?? list.count)
            }
            if given == nil {
                for source in guest.dataSources where !list.contains(source) {
                    list.insert(source, at: list.firstIndex(of: "None") ?? list.count)
                }
            }
            for late in guest.lateDataSources {
                guard let first = list.firstIndex(of: late),
                    let wanted = list.lastIndex(where: { guest.dataSources.contains($0) }), first < wanted
                else { continue }
                if let given {
                    let node = root["first-boot"]?.list("data-sources").first { $0.string == late }
                    fail(
                        "target-conflict",
                        "on \(target.value.profile.title) '\(late)' must not stand before "
                            + guest.dataSources.filter(list.contains).joined(separator: " and "),
                        node?.range ?? given.range, hint: "put it behind them", notes: note(of: target))
                } else {
                    list.remove(at: first)
                    list.insert(late, at: wanted)
                }
            }
            appliance.firstBoot.dataSources = list
        }
    }

    private mutating func applyPackages(to appliance: inout Appliance) {
        for target in appliance.targets {
            let guest = target.value.profile.guest
            let needed = guest.packages + (guest.dataSources.isEmpty ? [] : ["cloud-init"])
            for name in needed {
                if let refused = appliance.packages.remove.first(where: { $0.value == name }) {
                    fail(
                        "target-conflict", "\(target.value.profile.title) needs the package '\(name)'",
                        refused.range ?? target.range, notes: note(of: target))
                } else if guest.packages.contains(name),
                    !appliance.packages.install.contains(where: { Self.packageName($0.value) == name })
                {
                    appliance.packages.install.append(Located(name, at: target.range))
                }
            }
        }
    }

    /// Another kernel where the release's own lacks a target's drivers; a spec that names one has its own.
    private mutating func applyKernels(to appliance: inout Appliance) {
        for target in appliance.targets {
            for constraint in target.value.profile.constraints {
                guard case .noKernel(let name, let release, let other) = constraint.kind,
                    appliance.distribution.release.value == release, appliance.architecture == .amd64,
                    !appliance.packages.remove.contains(where: { $0.value == name })
                else { continue }
                appliance.packages.remove.append(Located(name, at: target.range))
                if !appliance.packages.install.contains(where: { $0.value.hasPrefix("linux-image-") }) {
                    appliance.packages.install.append(Located(other, at: target.range))
                }
            }
        }
    }

    private func note(of target: Located<Target>) -> [Diagnostic.Note] {
        [Diagnostic.Note("the target is named here", at: target.range)].filter { $0.range != nil }
    }
}
