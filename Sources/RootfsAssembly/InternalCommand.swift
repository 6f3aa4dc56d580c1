import HostSystem

/// `stonebake internal …`: what Stonebake runs of itself inside a sandbox. Not for people, and in no help text.
package enum InternalCommand {
    /// `arguments` are those after `internal`. Returns the exit status.
    package static func run(_ arguments: [String]) -> Int32 {
        if arguments.first == "sandbox" { return SandboxInit.run() }
        do {
            let environment = Host.processEnvironment()
            let rest = Array(arguments.dropFirst())
            switch arguments.first {
            case "unpack": try UnpackCommand.run(rest, environment: environment)
            case "place": try PlaceCommand.run(rest, environment: environment)
            case "measure": try MeasureCommand.run(rest, environment: environment)
            case "pack": try PackCommand.run(rest, environment: environment)
            default: throw HostError(.unsupported, "internal: unknown command")
            }
            return 0
        } catch {
            InternalFailure(error).report()
            return 1
        }
    }
}
