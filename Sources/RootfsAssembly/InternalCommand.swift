import HostSystem

/// `stonebake internal …`: what Stonebake runs of itself inside a sandbox. Not for people, and in no help text.
package enum InternalCommand {
    /// `arguments` are those after `internal`. Returns the exit status.
    package static func run(_ arguments: [String]) -> Int32 {
        switch arguments.first {
        case "sandbox": SandboxInit.run()
        default: 2
        }
    }
}
