package import ApplianceSpec
package import BuildPlanning
import Diagnostics
import HostSystem

extension PackageResolver {
    /// Locks the wheels of a Python environment: pip of the appliance's own release, with its Python and its markers,
    /// says what it would install.
    ///
    /// - Parameters:
    ///   - previous: wheels of an earlier lock, held as `update` says where the requirements allow it.
    /// - Throws: `ResolutionError.badRequirement` at the lines of the requirements, `HostError`, `CancellationError`.
    package func resolvePython(
        _ environment: PythonEnvironment, tools: ToolsRoot, previous: [LockedWheel], update: UpdatePolicy
    ) async throws -> [LockedWheel] {
        try await PythonResolver(host: host, tools: tools).resolve(
            environment, held: previous.filter { !update.moves($0.name) })
    }
}

/// Runs pip from the tools root, in a sandbox with network, without installing anything.
struct PythonResolver {
    private let host: Host
    private let tools: ToolsRoot
    private static let folder = "/run/stonebake-python"
    private static let wheelFolder = "usr/share/python-wheels"

    init(host: Host, tools: ToolsRoot) {
        self.host = host
        self.tools = tools
    }

    func resolve(_ environment: PythonEnvironment, held: [LockedWheel]) async throws -> [LockedWheel] {
        let requirements = Requirements(environment.requirements)
        guard requirements.diagnostics.isEmpty else {
            throw ResolutionError(.badRequirement, requirements.diagnostics)
        }
        if requirements.requirements.isEmpty { return [] }
        if host.offline {
            throw ResolutionError(
                .offline, "the wheels of '\(environment.requirements.path)' cannot be locked offline",
                hint: "run it without --offline, or keep the lock that is there")
        }
        return try await host.progress.step("wheels", "Python requirements") {
            // What is held cannot always stay: then pip decides freely.
            if !held.isEmpty {
                let result = try await pip(environment, constraints: held)
                if result.succeeded { return try PipReport.decode(result.output).wheels() }
            }
            let result = try await pip(environment, constraints: [])
            if result.succeeded { return try PipReport.decode(result.output).wheels() }
            throw await PipFailure(requirements: requirements, lines: result.tail, wheels: WheelFetcher(host: host))
                .error()
        }
    }

    private func pip(_ environment: PythonEnvironment, constraints: [LockedWheel]) async throws -> CommandResult {
        let scratch = try host.scratch.newFolder("pip")
        let (inputs, upper) = ("\(scratch)/in", "\(scratch)/upper")
        try Files.makeFolder(inputs)
        try Files.makeFolder(upper)
        try Files.write(environment.requirements.text, to: "\(inputs)/requirements.txt")
        let lines = constraints.map { "\($0.name)==\($0.version)" }
        try Files.write(lines.joined(separator: "\n") + "\n", to: "\(inputs)/constraints.txt")
        let settings = PipSettings(host: host)
        var command = Self.command(pip: try pipPath(), folder: Self.folder)
        command.environment.merge(try settings.environment.mapValues { $0 }) { $1 }
        let job = SandboxJob(layers: [tools.tree], upper: upper, command: command).with {
            $0.network = true
            $0.binds = [.init(inputs, at: Self.folder)]
        }
        var complete = job
        complete.binds += try settings.binds
        return try await Sandbox(host: host).run(complete)
    }

    /// pip as the wheel that python3-pip-whl has; nil when it is installed as a module (python3-pip).
    private func pipPath() throws(HostError) -> String? {
        let wheel = try Files.names(in: "\(tools.tree)/\(Self.wheelFolder)").last {
            $0.hasPrefix("pip-") && $0.hasSuffix(".whl")
        }
        return wheel.map { "/\(Self.wheelFolder)/\($0)" }
    }

    static func command(pip: String?, folder: String) -> Command {
        Command(
            "python3",
            [
                "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--only-binary=:all:",
                "--break-system-packages", "--report", "-", "-r", "\(folder)/requirements.txt",
                "-c", "\(folder)/constraints.txt",
            ]
        ).with {
            if let pip { $0.environment["PYTHONPATH"] = pip }
            $0.output = .capture(limit: 64 << 20)
        }
    }
}
