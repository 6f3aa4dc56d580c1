import ApplianceSpec
import BuildPlanning
import Diagnostics
import FileTrees
import FoundationEssentials
import Glibc
import HostSystem
import RootfsAssembly
import SandboxInside

// Builds the root filesystem of a spec with a lock, as whichever user this runs as, and prints the digest and the path of
// its tar:
// TreeWorker SPEC LOCK CACHE STONEBAKE. For tests that compare what root and an ordinary user make.

func fail(_ message: String) -> Never {
    FileHandle.write("TreeWorker: \(message)\n")
    exit(1)
}

enum FileHandle {
    static func write(_ text: String) { _ = text.withCString { Glibc.write(2, $0, strlen($0)) } }
}

let arguments = CommandLine.arguments
guard arguments.count == 5 else { fail("wrong arguments") }
let progress = ProgressSink { event in
    switch event {
    case .log(let line): FileHandle.write("\(line)\n")
    case .stepFinished(let id, _, let outcome, let seconds): FileHandle.write("step \(id): \(outcome) \(seconds) s\n")
    default: break
    }
}
do {
    let host = try Host(testing: arguments[3], progress: progress) { $0.executable = arguments[4] }
    let (appliance, report) = SpecCompiler(workingDirectory: "/").compile(arguments[1])
    guard let appliance, !report.hasErrors else { fail("\(report.diagnostics.map(\.message))") }
    let lock = try LockfileFormat.decode(SourceFile(path: arguments[2], text: Files.readText(arguments[2])))
    let tree = try await RootfsAssembler(host: host).tree(BuildPlan(appliance: appliance, lock: lock, hostFiles: [:]))
    let tar = "\(arguments[3])/root.tar"
    let stream = TreeStream(layers: tree.layers, timestamp: lock.timestamp)
    guard let digest = try await stream.write(to: tar, host: host).digest else { fail("the tar has no digest") }
    try await host.close()
    print("\(digest) \(tar)")
} catch {
    fail("\(error)")
}
