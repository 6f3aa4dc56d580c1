package import Diagnostics

/// One `%packages` section as it is written.
package struct PackagesSection: Sendable {
    package var flags: PackageFlags
    package var entries: [PackageEntry]
    /// The header.
    package var range: SourceRange
}

/// The options of a `%packages` header.
package struct PackageFlags: Sendable {
    package var excludedocs: Located<Bool>
    package var ignoremissing: Located<Bool>
    package var ignorebroken: Located<Bool>
    package var nocore: Located<Bool>
    /// Before Fedora 22.
    package var nobase: Located<Bool>
    package var `default`: Located<Bool>
    package var multilib: Located<Bool>
    package var excludeWeakdeps: Located<Bool>
    /// Seconds.
    package var timeout: Located<Int>?
    package var retries: Located<Int>?
    /// Language codes with `:` between them; nil: all.
    package var instLangs: Located<String>?

    init(_ values: OptionValues) {
        excludedocs = values.flag("excludedocs")
        ignoremissing = values.flag("ignoremissing")
        ignorebroken = values.flag("ignorebroken")
        nocore = values.flag("nocore")
        nobase = values.flag("nobase")
        `default` = values.flag("default")
        multilib = values.flag("multilib")
        excludeWeakdeps = values.flag("excludeWeakdeps")
        timeout = values.integer("timeout")
        retries = values.integer("retries")
        instLangs = values.string("instLangs")
    }
}

/// One line of a `%packages` section.
package struct PackageEntry: Sendable {
    package enum Kind: Sendable, Equatable {
        /// `@^name`, or `-@^name`.
        case environment(String)
        /// `@name`, which may hold spaces.
        case group(String, GroupExtent)
        /// `@name:stream/profile`.
        case module(name: String, stream: String?, profile: String?)
        /// A name, or a glob of `*`, `?` and `[…]`.
        case package(String)
    }

    /// What of a group is installed.
    package enum GroupExtent: Sendable, Equatable {
        case mandatoryAndDefault
        /// `--nodefaults`
        case mandatory
        /// `--optional`
        case all
    }

    package var kind: Located<Kind>
    /// With `-` before it.
    package var isExcluded: Bool

    /// Whether it is a package pattern rather than a name.
    package var isGlob: Bool {
        if case .package(let name) = kind.value { name.contains { "*?[".contains($0) } } else { false }
    }
}

/// What all `%packages` sections of a file say together, in the order of the file.
package struct PackageSelection: Sendable {
    /// Whether there is a section at all.
    package var isSeen = false
    /// Of the last section; `default` and `instLangs` of any.
    package var flags: PackageFlags
    /// The last one.
    package var environment: Located<String>?
    /// Groups and modules, without the `@`.
    package var groups: [Located<PackageEntry.Kind>] = []
    package var excludedGroups: [Located<String>] = []
    package var packages: [Located<String>] = []
    package var excludedPackages: [Located<String>] = []
}
