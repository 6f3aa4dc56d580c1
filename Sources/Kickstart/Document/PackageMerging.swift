import Diagnostics

extension PackageSelection {
    /// As pykickstart merges: each line is applied in turn.
    init(merging sections: [PackagesSection]) {
        flags = PackageFlags(OptionValues())
        for section in sections {
            isSeen = true
            let earlier = flags
            flags = section.flags
            if earlier.default.value { flags.default = earlier.default }
            flags.instLangs = section.flags.instLangs ?? earlier.instLangs
            for entry in section.entries { apply(entry) }
        }
    }

    private mutating func apply(_ entry: PackageEntry) {
        let range = entry.kind.range
        switch (entry.kind.value, entry.isExcluded) {
        case (.environment(let name), false):
            environment = Located(name, at: range)
        case (.environment(let name), true):
            // Of an environment that is not chosen, pykickstart makes a group that is excluded.
            if environment?.value == name {
                environment = nil
            } else {
                excludedGroups.append(Located("^" + name, at: range))
            }
        case (.group, false), (.module, false):
            guard !groups.contains(where: { $0.value.groupName == entry.kind.value.groupName }) else { return }
            groups.append(entry.kind)
        case (.group, true), (.module, true):
            let name = entry.kind.value.groupName
            groups.removeAll { $0.value.groupName == name }
            excludedGroups.append(Located(name, at: range))
        case (.package(let name), false):
            excludedPackages.removeAll { $0.value == name }
            if !packages.contains(where: { $0.value == name }) { packages.append(Located(name, at: range)) }
        case (.package(let name), true):
            exclude(Located(name, at: range))
        }
    }

    private mutating func exclude(_ name: Located<String>) {
        packages.removeAll { $0.value == name.value }
        if !excludedPackages.contains(where: { $0.value == name.value }) { excludedPackages.append(name) }
    }
}

extension PackageEntry.Kind {
    /// What stands behind the `@`, without options.
    package var groupName: String {
        switch self {
        case .environment(let name): "^" + name
        case .group(let name, _): name
        case .module(let name, let stream, let profile):
            name + (stream.map { ":" + $0 } ?? "") + (profile.map { "/" + $0 } ?? "")
        case .package(let name): name
        }
    }
}
