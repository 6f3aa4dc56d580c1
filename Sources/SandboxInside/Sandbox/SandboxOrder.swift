/// Something of the host that is visible inside.
package struct SandboxBind: Sendable, Codable, Equatable {
    /// An existing file or folder of the host; absolute.
    package var source: String
    /// Absolute, inside the root. What is missing of it is created; below /run nothing of that stays.
    package var target: String
    package var readOnly: Bool

    package init(_ source: String, at target: String, readOnly: Bool = true) {
        self.source = source
        self.target = target
        self.readOnly = readOnly
    }
}

/// A job as it is sent to the process that makes the mounts: everything decided, nothing left to look up.
package struct SandboxOrder: Codable {
    package var layers: [String]
    package var upper: String?
    package var work: String?
    package var mountPoint: String
    package var binds: [SandboxBind] = []
    package var privateNetwork = true
    package var chroot = true
    package var isBesideRoot = false
    package var hostname = "localhost"
    package var executable: String
    package var arguments: [String]
    package var environment: [String: String] = [:]
    /// The arguments are a command of the worker's own, and the first process carries it out itself: inside a root there is
    /// no other program of ours.
    package var isWorkers = false
    package var workingDirectory: String?
    /// Standard input: a text, or a file of the host.
    package var inputText: String?
    package var inputFile: String?
    /// Standard output is a person's terminal.
    package var isInteractive = false

    /// False: the command sees the host's tree, and nothing is mounted for it, `binds` neither.
    package var hasRoot: Bool { chroot || isBesideRoot || upper != nil || !layers.isEmpty }

    package init(layers: [String], upper: String?, mountPoint: String, executable: String, arguments: [String]) {
        self.layers = layers
        self.upper = upper
        self.mountPoint = mountPoint
        self.executable = executable
        self.arguments = arguments
    }
}

/// What that process says before the command starts.
package struct SandboxAnswer: Codable {
    /// Nil: everything is mounted and the command is being started.
    package var failure: String?
    package var errorNumber: Int32?
}

/// What that process says when the command has ended.
package struct SandboxUsage: Codable {
    /// Processor time of the command and of all that was waited for, in seconds.
    package var seconds: Double
}

/// Where things are in a sandbox.
package enum SandboxPlaces {
    /// The environment variable that holds the root's path for commands that do not run in it.
    package static let rootVariable = "STONEBAKE_ROOT"
    /// Where a job that runs beside its root finds it; what Anaconda calls it for `%post --nochroot`.
    package static let beside = "/mnt/sysimage"
    /// PATH.
    package static let programs = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}
