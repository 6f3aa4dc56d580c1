import Diagnostics
import FileTrees
import Glibc

/// `stonebake-worker BUILD COMMAND …`: what Stonebake runs of itself inside a sandbox. A program of its own, with few
/// libraries: it is started some twenty times for an appliance, and loading all that Stonebake is linked with took longer
/// than most of what is done here.
package enum WorkerCommand {
    /// The program's name; it lies beside `stonebake`.
    package static let program = "stonebake-worker"
    /// Both programs are of one build: what they say to one another has no other form. Raise the number when it changes.
    package static let build = "\(stonebakeVersion)-5"

    /// The words behind the program's path.
    package static func words(_ command: [String]) -> [String] { [build] + command }

    /// `arguments` are those behind the program's path. Returns the exit status.
    package static func run(_ arguments: [String]) -> Int32 {
        do {
            guard arguments.first == build else {
                throw HostError(
                    .unsupported, "'\(program)' is of another build than 'stonebake'",
                    hint: "install both of the same build, in one folder")
            }
            let rest = Array(arguments.dropFirst(2))
            switch arguments.dropFirst().first {
            case "sandbox": return SandboxInit.run()
            case "unpack": try UnpackCommand.run(rest, root: try root())
            case "place": try PlaceCommand.run(rest, root: try root())
            case "measure": try MeasureCommand.run(rest)
            case "pack": try PackCommand.run(rest)
            case "qcow2": try QCOW2Command.run(rest)
            default: throw HostError(.unsupported, "\(program): unknown command")
            }
            return 0
        } catch {
            WorkerFailure(error).report()
            return 1
        }
    }

    private static func root() throws(HostError) -> String {
        guard let path = getenv(SandboxPlaces.rootVariable) else {
            throw HostError(.unsupported, "\(program): \(SandboxPlaces.rootVariable) is not set")
        }
        return String(cString: path)
    }
}
