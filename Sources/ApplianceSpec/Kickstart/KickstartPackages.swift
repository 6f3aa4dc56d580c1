import Diagnostics
import Kickstart

// `%packages`: all sections merged, as pykickstart merges them.
extension KickstartCompiler {
    /// Groups and environments that mean the system that every image has.
    private static let baseGroups: Set = [
        "core", "base", "minimal-environment", "minimal", "custom-environment", "cloud-server-environment",
        "cloud-server", "server-product-environment", "server-product", "guest-agents", "hardware-support",
    ]
    /// Debian's tasks (tasksel(8)), each a package `task-NAME`.
    private static let tasks: Set = [
        "cinnamon-desktop", "desktop", "gnome-desktop", "gnome-flashback-desktop", "kde-desktop", "laptop",
        "lxde-desktop", "lxqt-desktop", "mate-desktop", "ssh-server", "web-server", "xfce-desktop",
    ]

    mutating func compilePackages() {
        let packages = document.packages
        guard packages.isSeen, let header = packagesRange else { return }
        var map = NodeMap(at: header)
        place = header
        let orders = entryOrders
        func turn(_ range: SourceRange?) { order = range.flatMap { orders[Self.key($0)] } ?? order }
        turn(header)
        packageFlags(packages.flags, &map)
        for entry in groupEntries(packages) {
            turn(entry.range)
            compileGroup(entry.name, entry.range, &map)
        }
        for group in packages.excludedGroups {
            turn(group.range)
            subject = "-@\(group.value)"
            place = group.range ?? header
            if Self.tasks.contains(group.value) {
                map.append(.text("task-\(group.value)", place), to: "remove")
                applied("packages.remove: task-\(group.value)")
            } else {
                noOp("nothing of a group is installed that is not named")
            }
        }
        for package in packages.packages {
            turn(package.range)
            compilePackage(package, header, &map)
        }
        for package in packages.excludedPackages {
            turn(package.range)
            subject = "-\(package.value)"
            place = package.range ?? header
            guard TextRule.packageRemoval.accepts(package.value) else {
                noOp("no package of Debian can have this name")
                continue
            }
            map.append(.text(package.value, place), to: "remove")
            applied("packages.remove: \(package.value)")
        }
        root.set("packages", map.node, at: header)
    }

    private static func key(_ range: SourceRange) -> String { "\(range.file.path):\(range.start.line)" }

    /// The number of the item that a line of a section belongs to.
    private var entryOrders: [String: Int] {
        var orders: [String: Int] = [:]
        for (number, item) in document.items.enumerated() {
            guard case .packages(let section) = item else { continue }
            orders[Self.key(section.range)] = number
            for entry in section.entries {
                if let range = entry.kind.range { orders[Self.key(range)] = number }
            }
        }
        return orders
    }

    private var packagesRange: SourceRange? {
        for case .packages(let section) in document.items { return section.range }
        return nil
    }

    private func groupEntries(_ packages: Kickstart.PackageSelection) -> [(name: Located<String>, range: SourceRange?)]
    {
        var entries = packages.environment.map { [(Located("^" + $0.value, at: $0.range), $0.range)] } ?? []
        entries += packages.groups.map { (Located($0.value.groupName, at: $0.range), $0.range) }
        return entries
    }

    private mutating func packageFlags(_ flags: PackageFlags, _ map: inout NodeMap) {
        subject = "%packages"
        let hasWeak = !flags.excludeWeakdeps.value
        map.set("recommends", hasWeak, at: flags.excludeWeakdeps.range ?? place)
        add(
            KickstartOutcome(
                status: .applied, subject: hasWeak ? "%packages" : "  --exclude-weakdeps",
                text: "packages.recommends: \(hasWeak)\(hasWeak ? ", as without --exclude-weakdeps" : "")", range: place
            ))
        if flags.excludedocs.value {
            map.set("documentation", false, at: flags.excludedocs.range)
            add(
                KickstartOutcome(
                    status: .applied, subject: "  --excludedocs", text: "packages.documentation: false", range: place))
        }
        if let languages = flags.instLangs {
            let names = languages.value.split { $0 == ":" || $0 == "," }.map { language in
                String(language.prefix { $0 != "." })
            }
            if names.isEmpty {
                map.set("languages", SpecNode(content: .list([]), range: languages.range ?? place))
            } else {
                map.set("languages", texts: names.map { Located($0, at: languages.range ?? place) })
            }
            add(
                KickstartOutcome(
                    status: .applied, subject: "  --inst-langs",
                    text: "packages.languages: \(names.joined(separator: ", "))",
                    range: place))
        }
        option(
            "ignoremissing", isGiven: flags.ignoremissing.value,
            noOp: "a package that is not there is an error in any case")
        option(
            "ignorebroken", isGiven: flags.ignorebroken.value, noOp: "packages that do not fit are an error in any case"
        )
        option("timeout", isGiven: flags.timeout != nil, noOp: "downloads have limits of their own")
        option("retries", isGiven: flags.retries != nil, noOp: "downloads are tried again by themselves")
        option("default", isGiven: flags.default.value, noOp: "the base system is what Debian has by default")
        option("nobase", isGiven: flags.nobase.value, noOp: "there is no group 'base' in Debian")
        option(
            "nocore", refused: flags.nocore.range, isGiven: flags.nocore.value,
            "the base system is what boots the image",
            hint: "leave '--nocore' out, and name what is too much as '-name'")
        option(
            "multilib", refused: flags.multilib.range, isGiven: flags.multilib.value,
            "packages of a second architecture cannot be installed", hint: "leave '--multilib' out")
    }

    private mutating func compileGroup(_ group: Located<String>, _ range: SourceRange?, _ map: inout NodeMap) {
        subject = "@\(group.value)"
        place = range ?? place
        let name = group.value.hasPrefix("^") ? String(group.value.dropFirst()) : group.value
        if Self.baseGroups.contains(name.lowercased()) { return noOp("the base system is always there") }
        if Self.tasks.contains(name) {
            map.append(.text("task-\(name)", place), to: "install")
            return applied("packages.install: task-\(name)")
        }
        unsupported(
            "Debian has no group '\(name)'; the groups of rpm distributions are in their own repositories",
            hint:
                "name the packages, or one of Debian's tasks: @ssh-server, @web-server, @gnome-desktop, @xfce-desktop, …"
        )
    }

    private mutating func compilePackage(_ package: Located<String>, _ header: SourceRange, _ map: inout NodeMap) {
        subject = package.value
        place = package.range ?? header
        guard !package.value.hasPrefix("-"), TextRule.packageRequest.accepts(package.value) else {
            let lower = package.value.lowercased()
            unsupported(
                "no package of Debian can be called '\(package.value)'",
                hint: TextRule.packageRequest.accepts(lower)
                    ? "Debian's names are in lower case: is it '\(lower)'?"
                    : "write name, name=version, name/suite or a pattern")
            return
        }
        map.append(.text(package.value, place), to: "install")
        applied("packages.install: \(package.value)")
    }
}
