import FileTrees
import Glibc
import SandboxInside

returnLargeBuffers()
exit(WorkerCommand.run(Array(CommandLine.arguments.dropFirst())))
