/// What a command takes, in every dialect.
struct CommandGrammar: Sendable {
    /// The first is the one that stands for all: `part`, `partition`.
    var names: [String]
    /// Where it exists at all, removed included.
    var dialects = DialectSet.all
    /// Where it is ignored, whatever its arguments are.
    var deprecated = DialectSet("")
    var removed = DialectSet("")
    /// Commands that may not stand in the same file.
    var conflicts: [(name: String, dialects: DialectSet)] = []
    var options: [OptionGrammar] = []

    var name: String { names[0] }

    func isLive(in dialect: Dialect) -> Bool {
        dialects.contains(dialect) && !removed.contains(dialect) && !deprecated.contains(dialect)
    }

    /// No section's header, and no group's line.
    var isCommand: Bool { !name.hasPrefix("%") && name != "@" }

    /// The newest dialect of each set of options, Fedora's before RHEL's and the newest first, of those where it is live:
    /// where the union of dialects looks.
    private(set) var variants: [Dialect] = []

    /// Once the options are known.
    mutating func findVariants() {
        var signatures: Set<[Int]> = []
        for dialect in Dialect.newestFirst where isLive(in: dialect) {
            var signature = options.indices.filter { options[$0].dialects.contains(dialect) }
            // Of these the arguments changed, and not the options.
            if ["device", "zerombr"].contains(name), DialectSet("F3-7 R3-5").contains(dialect) { signature.append(-1) }
            // It took any words without looking at them: nothing that a line could be meant for.
            if name == "reboot", DialectSet("F3-5 R3-4").contains(dialect) { continue }
            if signatures.insert(signature).inserted { variants.append(dialect) }
        }
    }

    func options(in dialect: Dialect) -> [OptionGrammar] {
        options.filter { $0.dialects.contains(dialect) }
    }
}

/// An option, or a positional argument, in some dialects.
struct OptionGrammar: Sendable {
    enum Kind: Sendable, Equatable {
        /// True when it stands there.
        case flag
        /// Sets a property that it shares with other options.
        case on, off
        case constant(String)
        /// Adds these to a list.
        case append([String])
        case string, integer
        /// on, yes, true, 1, off, no, false, 0.
        case boolean
        /// Split at commas, trimmed, empty ones dropped.
        case list
        /// A list for each time that the option stands there, one behind the other.
        case lists
        /// One value for each time.
        case strings
        case choice([String])
        case special(SpecialKind)
    }

    /// Values that have a notation of their own.
    enum SpecialKind: String, Sendable, CaseIterable {
        case path, partition, ports, teamslaves
        case autopartType = "autopart-type"
        case btrfsLevel = "btrfs-level"
        case raidLevel = "raid-level"
        case mdDevice = "md-device"
        case snapshotWhen = "snapshot-when"
    }

    enum Count: Sendable {
        case one, optional, any
    }

    /// `--fstype`, `--type`; of a positional argument its name.
    var names: [String]
    var kind: Kind
    var count = Count.one
    /// Of `OptionValues`.
    var property: String
    var isRequired = false
    /// The value where the option does not stand there.
    var fallback: String?
    /// Read, and of no effect.
    var isDeprecated = false
    var dialects: DialectSet

    var isPositional: Bool { !names[0].hasPrefix("-") }

    /// How many arguments an option takes: none, or `count`.
    var takesValue: Bool {
        switch kind {
        case .flag, .on, .off, .constant, .append: false
        default: true
        }
    }
}
