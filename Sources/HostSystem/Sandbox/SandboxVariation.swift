import SandboxInside

/// What the second build of `build --verify-reproducible` has other than the first, where it reaches into sandboxes: the
/// clock and the order of directories. The rest (host name, locale, time zone, umask) a sandbox sets itself, the same
/// in every build; that the host's are others must not show.
///
/// A library that is preloaded does it (Sources/CVariation), for every program in the tree that uses glibc. Without
/// `libraryVariable` in the environment nothing is changed.
package struct SandboxVariation: Sendable {
    /// The library's path on the host.
    package static let libraryVariable = "STONEBAKE_VARIATION"
    package static let clockVariable = "STONEBAKE_VARY_CLOCK"
    package static let orderVariable = "STONEBAKE_VARY_ORDER"
    package static let hostVariable = "STONEBAKE_VARY_HOST"
    package static let libraryName = "libstonebake-variation.so"
    /// Where sandboxes see the library; /run is in memory and never part of a tree.
    private static let place = "/run/\(libraryName)"

    private let library: String
    private let settings: [String: String]

    /// Nil for an ordinary build.
    init?(_ environment: [String: String]) {
        guard let library = environment[Self.libraryVariable], !library.isEmpty else { return nil }
        self.library = library
        settings = environment.filter { [Self.clockVariable, Self.orderVariable].contains($0.key) }
    }

    func apply(to order: inout SandboxOrder) {
        order.environment.merge(settings) { $1 }
        guard order.chroot else {
            order.environment["LD_PRELOAD"] = library
            return
        }
        order.environment["LD_PRELOAD"] = Self.place
        order.binds.append(.init(library, at: Self.place))
    }
}
