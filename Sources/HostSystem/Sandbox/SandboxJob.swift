package import SandboxInside

/// What is to run in a sandbox, and what it sees there.
package struct SandboxJob: Sendable {
    /// Folders that make up the root, the lowest first. May be empty when there is an `upper`, or
    /// together with `chroot: false` for a command that needs no root.
    package var layers: [String]
    /// Where writes go: an overlay's upper folder, or (without layers) the root itself. Nil: the root is read-only.
    package var upper: String?
    package var binds: [SandboxBind] = []
    /// Whether the host's network is reached; its resolver settings and CA certificates are then bound too.
    package var network = false
    /// False: the command runs in the host's tree and finds the root at `SandboxPlaces.rootVariable` of its environment.
    package var chroot = true
    /// True: the command sees the host's tree, read-only and with kernel filesystems of its own, and the root is a
    /// folder in it: `SandboxPlaces.beside`.
    package var isBesideRoot = false
    /// `environment` is added to the sandbox's own clean one; nothing comes from the host's.
    package var command: Command
    /// The command's arguments are those of a command of Stonebake's own, which runs inside the root.
    package var isWorkers = false
    package var hostname = "localhost"
    /// A terminal, open for both ways, at which a person sits: the command gets one of its own that is joined to it. The
    /// caller makes it raw.
    package var terminal: Int32?
    /// SOURCE_DATE_EPOCH, in seconds since 1970.
    package var timestamp: Int64?

    package init(layers: [String], upper: String? = nil, command: Command) {
        self.layers = layers
        self.upper = upper
        self.command = command
    }

    package func with(_ change: (inout SandboxJob) -> Void) -> SandboxJob {
        var copy = self
        change(&copy)
        return copy
    }
}
