import Glibc
import RootfsAssembly

// Before anything else: what Stonebake runs of itself inside a sandbox.
if CommandLine.arguments.dropFirst().first == "internal" {
    exit(InternalCommand.run(Array(CommandLine.arguments.dropFirst(2))))
}
print("stonebake")
