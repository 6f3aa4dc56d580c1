/// Which versions of an earlier lock a new one may leave behind.
package enum UpdatePolicy: Sendable, Equatable {
    /// None that can stay: what is new is added, and a locked version moves only where a new package needs it to.
    case keep
    /// All: as if there had been no lock.
    case all
    /// The named packages and wheels, and what they then need; the rest as with `keep`.
    case named([String])

    /// Whether a package or wheel of this name may leave its locked version.
    package func moves(_ name: String) -> Bool {
        switch self {
        case .keep: false
        case .all: true
        case .named(let names): names.contains(name)
        }
    }
}
