import Diagnostics
import Kickstart

/// A document of ours in the form of pykickstart's opinion.
extension KickstartReading {
    var firstErrorLine: Int? {
        report.diagnostics.first { $0.severity == .error }?.range?.start.line
    }
}

extension CommandStatement {
    /// The properties of the command by their names; nil for one that is ignored.
    var values: [String: JSON]? {
        switch command {
        case .deprecated: return nil
        case .authConfig(let text), .authSelect(let text), .deviceprobe(let text): return ["text": JSON(text)]
        default: break
        }
        // Of `case partition(PartitionCommand)` the payload is the only child.
        guard let payload = Mirror(reflecting: command).children.first?.value else { return [:] }
        var found: [String: JSON] = [:]
        for child in Mirror(reflecting: payload).children {
            guard let label = child.label else { continue }
            found[label] = JSON(child.value)
        }
        return found
    }
}

extension JSON {
    /// A property of a command: flags are true or null, as in the opinion.
    init(_ value: Any) {
        switch value {
        case let located as Located<Bool>?:
            let isOptional = type(of: value) == Located<Bool>?.self
            self = located.map { $0.value || isOptional ? .bool($0.value) : .null } ?? .null
        case let located as Located<Int>?: self = located.map { .integer($0.value) } ?? .null
        case let located as Located<String>: self = .string(located.value)
        case let located as Located<String>?: self = located.map { .string($0.value) } ?? .null
        case let list as [Located<String>]: self = .array(list.map { .string($0.value) })
        case let located as Located<AutoPartCommand.Scheme>?: self = JSON(name: located)
        case let located as Located<ClearPartCommand.Scope>?: self = JSON(name: located)
        case let located as Located<FirstBootCommand.Mode>?: self = JSON(name: located)
        case let located as Located<SELinuxCommand.Mode>?: self = JSON(name: located)
        case let located as Located<ZiplCommand.SecureBoot>?: self = JSON(name: located)
        case let located as Located<BootloaderCommand.Location>?: self = JSON(name: located)
        case let located as Located<NetworkCommand.BootProtocol>?: self = JSON(name: located)
        default: self = .string("a \(type(of: value)), which the test does not know")
        }
    }

    private init<Name: RawRepresentable>(name: Located<Name>?) where Name.RawValue == String {
        self = name.map { .string($0.value.rawValue) } ?? .null
    }

    /// Whether ours is theirs. Where nothing was written, Python's value may be null, and an empty list is none.
    static func isSame(theirs: JSON, ours: JSON) -> Bool {
        let nothing: [JSON] = [.null, .array([])]
        return theirs == ours || (nothing.contains(theirs) && (nothing + [.string(""), .integer(0)]).contains(ours))
            || (theirs == .string("") && ours == .null)
    }
}

extension ScriptSection {
    var view: JSON {
        .object([
            "kind": .string(kind.value.rawValue), "interpreter": .string(interpreter.value),
            "log": log.map { .string($0.value) } ?? .null, "erroronfail": .bool(erroronfail.value),
            "nochroot": .bool(nochroot.value), "body": .string(body), "line": .integer(range.start.line),
        ])
    }
}

extension CertificateSection {
    var view: JSON {
        .object([
            "filename": .string(filename.value), "directory": directory.map { .string($0.value) } ?? .null,
            "type": type.map { .string($0.value) } ?? .null, "body": .string(body),
        ])
    }
}

extension PackageSelection {
    /// Their lists of packages are sets.
    var view: JSON {
        .object([
            "seen": .bool(isSeen), "environment": environment.map { .string($0.value) } ?? .null,
            "groups": .array(groups.map { .array([.string($0.value.groupName), .string($0.value.extent)]) }),
            "excludedGroups": .array(excludedGroups.map { .string($0.value) }),
            "packages": .array(packages.map(\.value).sorted { isBefore($0, $1) }.map { .string($0) }),
            "excluded": .array(excludedPackages.map(\.value).sorted { isBefore($0, $1) }.map { .string($0) }),
            "excludedocs": .bool(flags.excludedocs.value), "nocore": .bool(flags.nocore.value),
            "nobase": .bool(flags.nobase.value), "default": .bool(flags.default.value),
            "multilib": .bool(flags.multilib.value), "excludeWeakdeps": .bool(flags.excludeWeakdeps.value),
            "ignoremissing": .bool(flags.ignoremissing.value), "ignorebroken": .bool(flags.ignorebroken.value),
            "instLangs": flags.instLangs.map { .string($0.value) } ?? .null,
            "timeout": flags.timeout.map { .integer($0.value) } ?? .null,
            "retries": flags.retries.map { .integer($0.value) } ?? .null,
        ])
    }

    /// As Python sorts: by code points.
    private func isBefore(_ left: String, _ right: String) -> Bool {
        left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
    }
}

extension PackageEntry.Kind {
    fileprivate var extent: String {
        switch self {
        case .group(_, .mandatory): "mandatory"
        case .group(_, .all): "all"
        default: "default"
        }
    }
}

/// Where our reading of an accepted text is not pykickstart's.
func differences(_ opinion: Opinion, _ reading: KickstartReading) -> [String] {
    let document = reading.document
    var found: [String] = []
    func compare(_ what: String, _ theirs: JSON, _ ours: JSON) {
        if theirs != ours { found.append("\(what)\n    theirs: \(theirs)\n    ours:   \(ours)") }
    }
    let theirs = opinion.commands ?? []
    let ours = document.commands
    if theirs.count != ours.count { found.append("they have \(theirs.count) commands, we have \(ours.count)") }
    for (their, our) in zip(theirs, ours) {
        let place = "line \(their.line), \(their.name)"
        if their.line != our.range.start.line || their.name != our.name.value {
            found.append("\(place): ours is line \(our.range.start.line), \(our.name.value)")
            break
        }
        let (theirValues, ourValues) = (their.values ?? [:], our.values ?? [:])
        if (their.values == nil) != (our.values == nil) { found.append("\(place): only one of us ignores it") }
        for key in Set(theirValues.keys).union(ourValues.keys).sorted() {
            guard let ourValue = ourValues[key] else {
                if theirValues[key] != .null { found.append("\(place): we have no property \(key)") }
                continue
            }
            let theirValue = theirValues[key] ?? .null
            if !JSON.isSame(theirs: theirValue, ours: ourValue) { compare("\(place), \(key)", theirValue, ourValue) }
        }
    }
    compare("scripts", .array(opinion.scripts ?? []), .array(document.scripts.map(\.view)))
    compare("packages", opinion.packages ?? .null, document.packages.view)
    compare("certificates", .array(opinion.certificates ?? []), .array(document.certificates.map(\.view)))
    let raw = document.rawSections.map { section -> JSON in
        .string(([section.name.value] + section.arguments.map(\.value)).joined(separator: " "))
    }
    compare("raw sections", .array(opinion.raw ?? []), .array(raw))
    return found
}
