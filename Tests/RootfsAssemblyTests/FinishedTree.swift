import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FoundationEssentials
import Glibc
import HostSystem
import PackageResolution
import Testing

@testable import FileTrees
@testable import RootfsAssembly
@testable import SandboxInside

/// The WSGI appliance's tree, made from Debian's real archive: once for all tests of a run, and from a store in the
/// build folder that later runs use again.
struct FinishedTree: Sendable {
    let host: Host
    let assembler: RootfsAssembler
    let plan: BuildPlan
    let root: RootFilesystem
    /// The spec and the lock, as TreeWorker takes them.
    let spec: String
    let lockFile: String
    /// What is configured: base and packages.
    let layers: RootLayers
    let initramfs: InitramfsLayer
    /// As one tar, and that tar's digest.
    let tar: String
    let digest: Digest

    static let shared = Task { try await FinishedTree() }

    static var buildFolder: String {
        get throws {
            Files.folder(of: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        }
    }

    private init() async throws {
        let store = "\(try Self.buildFolder)/rootfs-store-\(getuid())"
        host = try Host(testing: store)
        try await host.sweepDeadRuns()
        assembler = RootfsAssembler(host: host)
        let repository = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        spec = "\(repository)/Appliances/wsgi/appliance.yaml"
        let (appliance, report) = SpecCompiler(workingDirectory: repository).compile(spec)
        let compiled = try #require(appliance, "\(report.diagnostics.map(\.message))")
        let request = try #require(compiled.resolutionRequest())
        let locked = LockedSpec(
            name: compiled.name.value, version: compiled.version.value, inputs: request.inputs())
        let resolver = PackageResolver(host: host)
        var lock = try await resolver.resolve(request, spec: locked, previous: nil, update: .all)
        if let python = compiled.python {
            let tools = BuildPlan(appliance: compiled, lock: lock, hostFiles: [:])
            lock.wheels = try await resolver.resolvePython(
                python, tools: try await assembler.tools(try #require(tools[.tools]), from: lock), previous: [],
                update: .all)
        }
        plan = BuildPlan(appliance: compiled, lock: lock, hostFiles: [:])
        lockFile = "\(store)/test.lock"
        try Files.write(LockfileFormat.encode(lock), to: lockFile)
        root = try await assembler.tree(plan)
        let base = try await assembler.base(try #require(plan[.base]), from: lock)
        initramfs = try await assembler.initramfs(try #require(plan[.initramfs]), from: lock, on: base)
        layers = try await assembler.packages(try #require(plan[.packages]), from: lock, on: base)
        let stream = TreeStream(layers: root.layers, timestamp: lock.timestamp)
        tar = "\(try host.scratch.newFolder("tar"))/root.tar"
        digest = try #require(try await stream.write(to: tar, host: host).digest)
    }

    /// Runs a script in the finished tree, over a throw-away layer, and returns what it prints.
    func run(_ script: String) async throws -> CommandResult {
        let upper = try host.scratch.newFolder("upper")
        defer { try? removeTree(upper) }
        try Files.makeFolder("\(upper)/tree")
        let command = Command("/bin/sh", ["-s"]).with {
            $0.input = .text(script)
            $0.output = .capture(limit: 64 << 20)
        }
        return try await assembler.sandbox.run(
            SandboxJob(layers: root.layers, upper: "\(upper)/tree", command: command))
    }
}

extension RootFilesystem {
    /// Writes it as a tar.
    func tar() async throws -> String {
        let finished = try await FinishedTree.shared.value
        let path = "\(try finished.host.scratch.newFolder("tar"))/root.tar"
        try await TreeStream(layers: layers, timestamp: finished.plan.lock.timestamp).write(
            to: path, host: finished.host)
        return path
    }
}

/// Compares two tars entry by entry, and names the first difference.
func firstDifference(_ left: String, _ right: String) throws -> String? {
    let (a, b) = (try ArchiveReader(path: left), try ArchiveReader(path: right))
    while true {
        let (first, second) = (try a.next(), try b.next())
        guard first == second else { return "\(String(describing: first)) is not \(String(describing: second))" }
        guard let entry = first else { return nil }
        if entry.kind == .file, try a.readAll(limit: 1 << 30) != b.readAll(limit: 1 << 30) {
            return "the content of \(entry.path)"
        }
    }
}
